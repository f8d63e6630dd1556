"""The command probe: the stress suite of a rule book."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from immunity import api
from immunity.arguments import check_count, check_seed
from immunity.cli.options import Book, Some, Whole

BOOK = Book()
BUILT_IN = api.HERE / "physiology"
UNEXPECTED = 1


def register(app: App) -> None:
    app.command(probe)


def probe(
    *scenarios: str,
    physiology: Annotated[list[Path] | None, Parameter(negative=())] = None,
    quick: bool = False,
    pairs: Whole = 1,
    stochastic: bool = False,
    seed: Whole = 0,
    workers: Some = None,
    strict: bool = False,
    json: bool = False,
    markdown: bool = False,
    book: Book = BOOK,
) -> int:
    """Push a rule book beyond what it was fitted to, and say where it leaves the bounds of physiology.

    Every scenario at a hundredth to a hundred times its doses, over a day, daily and weekly, in a newborn, a child,
    adults of 45 and 140 kg and an old person, with every defect, and with every other scenario. No reading is to leave
    what living or dying bodies show; more microbes are never to harm less, a defence less never to leave fewer; and
    what is gone is to be over.

    Parameters
    ----------
    scenarios
        Scenarios to push; all of them, and their pairs, if none is named.
    physiology
        Folder or file of invariants instead of the built-in ones; may be given several times.
    quick
        A tenth of the runs: the ends of the doses, the extremes of age, few pairs.
    pairs
        Every so manieth pair of scenarios.
    stochastic
        Draw events instead of following expectations. Chance then breaks some orders.
    seed
        Of all random numbers.
    workers
        Local processes; as many as there are cores if not given.
    strict
        Exit code 1 if anything without an excuse does not hold.
    json
        Print as JSON.
    markdown
        Print as Markdown.
    """
    from immunity.cohorts import usable_cores
    from immunity.probe import judge_book, load_physiology, plan_trials, run_trials, to_json, to_markdown, to_text
    from immunity.progress import progress_bar

    check_seed(seed)
    for count, name in ((pairs, "--pairs"), (1 if workers is None else workers, "--workers")):
        check_count(count, name)
    held = load_physiology(physiology or [BUILT_IN])
    compiled = book.load()
    trials = plan_trials(compiled.book, held, only=scenarios, quick=quick, pairs=pairs)

    def build_case(scenario, *, host, changes, days):  # type: ignore[no-untyped-def]
        return api.case(scenario, host=host, changes=changes, days=days, book=compiled)

    with progress_bar("runs", 1, quiet=json or markdown) as update:
        traces = run_trials(
            trials,
            build_case,
            workers=workers or usable_cores(),
            stochastic=stochastic,
            seed=seed,
            progress=update,
        )
    infos = api.case(trials[0].scenario, book=compiled).model.readouts
    judged = judge_book(compiled.book, infos, trials, traces, held)
    sys.stdout.write((to_json if json else to_markdown if markdown else to_text)(judged) + "\n")
    return UNEXPECTED if strict and any(not violation.excuse for violation in judged.violations) else 0
