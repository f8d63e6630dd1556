"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from cyclopts import Parameter

GENERATED = "<!-- Written by docs/generate.py from the commands themselves; edit those instead. -->"
HEAD = """\
Every command takes `--help`. Those that take long show progress; many take `--json`, for programs that read on. Bad
input is refused with a [code](errors.md), file, line and a way to mend it, before anything is written.

| exit code | |
| --- | --- |
| 0 | done |
| 1 | a run failed, or `validate --strict` found a finding that should be reproduced and is not |
| 2 | bad input |
| 130 | interrupted |
"""


@dataclass(frozen=True)
class Option:
    """One argument or option of a command."""

    name: str
    values: str
    positional: bool
    required: bool
    about: str


def command_line_page(commands: dict[str, Callable[..., Any]]) -> str:
    """Make the page from the functions behind the commands."""
    lines = [GENERATED, "", "# Command line", "", HEAD]
    lines += ["| command | |", "| --- | --- |"]
    lines += [f"| [`immunity {name}`](#immunity-{name}) | {_about(command)} |" for name, command in commands.items()]
    for name, command in commands.items():
        options = list(_options(command))
        usage = " ".join(each.name if each.required else f"[{each.name}]" for each in options if each.positional)
        lines += [
            "",
            f"## immunity {name}",
            "",
            f"    immunity {name} {usage}".rstrip()
            + (" [OPTIONS]" if any(not each.positional for each in options) else ""),
            "",
            _about(command),
            "",
        ]
        lines += ["| argument or option | |", "| --- | --- |"]
        for each in options:
            shown = f"{each.name} {each.values}".strip()
            lines.append(f"| `{shown}` | {each.about}{' Required.' if each.required and not each.positional else ''} |")
    return "\n".join(lines).rstrip() + "\n"


def _about(command: Callable[..., Any]) -> str:
    text = (inspect.getdoc(command) or "").partition("\n\nParameters\n")[0]
    return " ".join(text.split())


def _options(command: Callable[..., Any]) -> Iterator[Option]:
    told = _documented(inspect.getdoc(command) or "")
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        hint = hints[name]
        if is_dataclass(hint):
            yield from _options_of_group(hint)
            continue
        positional = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.VAR_POSITIONAL)
        required = parameter.default is parameter.empty and parameter.kind != parameter.VAR_POSITIONAL
        yield _option(name, hint, told.get(name, ""), positional, required)


def _options_of_group(group: Any) -> Iterator[Option]:
    told = _documented(inspect.getdoc(group) or "")
    hints = get_type_hints(group, include_extras=True)
    for each in fields(group):
        required = each.default is MISSING and each.default_factory is MISSING
        yield _option(each.name, hints[each.name], told.get(each.name, ""), False, required)


def _option(name: str, hint: Any, about: str, positional: bool, required: bool) -> Option:
    shown, listed, values = _kind(hint)
    text = about.replace("|", "\\|")
    if positional:
        return Option(name.upper() + ("..." if listed else ""), "", True, required, text)
    return Option(shown or f"--{name.replace('_', '-')}", values + ("..." if listed else ""), False, required, text)


def _kind(hint: Any) -> tuple[str, bool, str]:
    """Name given to an option, whether it takes several values, and what a value looks like."""
    shown = ""
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        shown = next((note.name[0] for note in notes if isinstance(note, Parameter) and note.name), "")
    listed = "list" in str(hint) or "tuple" in str(hint)
    inner = [each for each in get_args(hint) if each is not type(None)]
    if get_origin(hint) is Literal:
        return shown, False, "|".join(map(str, inner)).replace("|", "\\|")
    text = str(hint)
    words = {"bool": "", "int": "N", "float": "NUMBER", "Path": "PATH", "str": "TEXT"}
    return shown, listed, next((word for key, word in words.items() if re.search(rf"\b{key}\b", text)), "")


def _documented(text: str) -> dict[str, str]:
    """What a docstring says of each parameter."""
    told: dict[str, str] = {}
    name = ""
    for line in text.partition("Parameters\n----------\n")[2].splitlines():
        if line and not line.startswith(" "):
            name = line.strip()
            told[name] = ""
        elif name:
            told[name] = f"{told[name]} {line.strip()}".strip()
    return told
