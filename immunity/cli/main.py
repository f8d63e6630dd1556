"""The command ``immunity``: commands, and what becomes of errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import cyclopts
from rich.console import Console

from immunity._version import __version__
from immunity.arguments import check_text
from immunity.cli import (
    calibrate_commands,
    explore_command,
    inspect_commands,
    life_command,
    make_commands,
    probe_command,
    run_commands,
    scan_command,
    trial_command,
    validate_command,
    why_command,
)
from immunity.cli.text_out import FULL, give_up_stdout, never_fail_on_letters
from immunity.language.errors import Location, RuleError, RuleErrors, fail, render

BAD_INPUT = 2
INTERRUPTED = 130
COMMAND_LINE = "(command line)"

app = cyclopts.App(
    name="immunity",
    version=__version__,
    help="Simulate the human immune system. For research and teaching, not medical advice.",
    help_format="plaintext",
    default_parameter=cyclopts.Parameter(negative=()),
    suppress_keyboard_interrupt=False,  # an interrupted command says below what is kept
)
for module in (
    run_commands,
    inspect_commands,
    make_commands,
    validate_command,
    probe_command,
    calibrate_commands,
    trial_command,
    scan_command,
    why_command,
    explore_command,
    life_command,
):
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 done, 1 red findings, 2 bad input, 130 interrupted."""
    never_fail_on_letters()
    sys.exit(run_command(sys.argv[1:] if arguments is None else list(arguments)))


def run_command(arguments: list[str]) -> int:
    """Run one command line.

    Returns
    -------
    int
        The exit code. Bad input prints its code, place and mend on stderr and leaves nothing half-written.
    """
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        for word in arguments:
            check_text(word, at=Location(COMMAND_LINE, 0))
        result = app(arguments, exit_on_error=False, print_error=False, result_action="return_value", console=Console())
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except (RuleError, RuleErrors) as error:
        errors.print(render(error), markup=False)
        return BAD_INPUT
    except cyclopts.CycloptsError as error:
        errors.print(f"{error}\nTo mend it: see immunity --help, or immunity COMMAND --help.", markup=False)
        return BAD_INPUT
    except KeyboardInterrupt as error:
        errors.print(f"\nInterrupted. {error}".rstrip(), markup=False)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough; nothing more can be said on stdout
        give_up_stdout()
        return 0
    except OSError as error:
        if error.errno not in FULL:
            raise
        give_up_stdout()
        errors.print(render(fail("E702", text="standard output")), markup=False)
        return BAD_INPUT
