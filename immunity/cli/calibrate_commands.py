"""The commands sensitivity and fit."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.table import Table

from immunity import api
from immunity.arguments import check_count, check_seed
from immunity.cli.options import Book, Decimal, Setting, Some, Whole, Words
from immunity.cli.tables import number, output
from immunity.cli.validate_command import BUILT_IN
from immunity.compiler.case import Case

BOOK, SETTING = Book(), Setting()
ALL = ("*",)


def register(app: App) -> None:
    app.command(sensitivity)
    app.command(fit)


def sensitivity(
    scenario: str,
    *,
    readout: str | None = None,
    statistic: Literal["maximum", "minimum", "last", "area", "baseline", "maximum_day", "minimum_day"] = "maximum",
    numbers: Annotated[list[str] | None, Parameter(negative=(), consume_multiple=True)] = None,
    method: Literal["local", "morris", "sobol"] = "local",
    step: Decimal = 0.1,
    samples: Whole = 16,
    seed: Whole = 0,
    top: Whole = 20,
    workers: Some = None,
    json: bool = False,
    setting: Setting = SETTING,
    book: Book = BOOK,
) -> int:
    """Say which numbers a reading hangs on, with their status and source.

    Without a readout: how far each number moves what it moves most of all that the scenario shows.

    Parameters
    ----------
    scenario
        A name from `immunity list scenarios`, or a path.
    readout
        The readout that is watched; every one that the scenario shows if none is named.
    statistic
        What of its curve. Without a readout: the largest, the smallest and the area, whichever moves most.
    numbers
        Numbers to vary, with * for anything; all of them if none is named.
    method
        local: each number by itself, a step up and a step down. morris and sobol: all together, each as far as its
        status leaves open; they need the extra `calibrate` and chosen numbers.
    step
        Of the local method, as a share of the number.
    samples
        Trajectories of morris, or base points of sobol (a power of two).
    seed
        Of the samples.
    top
        How many numbers to show.
    workers
        Local processes; as many as there are cores if not given.
    json
        Print as JSON, all numbers.
    """
    from immunity.calibrate import global_influences, local_influences
    from immunity.cohorts import usable_cores
    from immunity.language.errors import fail
    from immunity.progress import progress_bar
    from immunity.results.present import UnknownName

    check_seed(seed)
    for count, name in ((samples, "--samples"), (top, "--top"), (1 if workers is None else workers, "--workers")):
        check_count(count, name)
    case = api.case(
        scenario, host=setting.host_words(), changes=setting.change_words(), days=setting.days, book=book.load()
    )
    patterns, cores = tuple(numbers or ALL), workers or usable_cores()
    if readout is None:
        if method != "local":
            raise fail("E832", reason=f"{method} watches one readout: name it with --readout")
        _strongest(case, patterns, step=step, top=top, workers=cores, json=json)
        return 0
    try:
        with progress_bar("runs", 1, quiet=json) as update:
            if method == "local":
                base, found = local_influences(
                    case, readout, statistic, patterns=patterns, step=step, workers=cores, progress=update
                )
            else:
                base, found = global_influences(
                    case,
                    readout,
                    statistic,
                    patterns=patterns,
                    method=method,
                    samples=samples,
                    seed=seed,
                    workers=cores,
                    progress=update,
                )
    except UnknownName as unknown:
        raise fail("E832", reason=str(unknown)) from None
    if json:
        rows = [
            {"number": one.number.name, "value": one.number.said, "status": one.number.status}
            | {"source": one.number.source, "effect": one.effect, "spread": one.spread}
            for one in found
        ]
        sys.stdout.write(dumps({"readout": readout, "statistic": statistic, "value": base, "numbers": rows}) + "\n")
        return 0
    console = output()
    console.print(f"{statistic} of {readout} in {case.title}: {number(base)}", markup=False, highlight=False)
    heads = {"local": ("elasticity", "curvature"), "morris": ("mean effect", "spread"), "sobol": ("total", "first")}
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for name in ("number", "value", "status", "source"):
        table.add_column(name, overflow="fold")
    for name in heads[method]:
        table.add_column(name, justify="right")
    for one in found[:top]:
        n = one.number
        table.add_row(n.name, n.said, n.status, n.source, number(one.effect), number(one.spread))
    console.print(table)
    return 0


def _strongest(case: Case, patterns: tuple[str, ...], *, step: float, top: int, workers: int, json: bool) -> None:
    """Print how far each number moves what it moves most."""
    from immunity.calibrate import strongest_influences
    from immunity.progress import progress_bar

    with progress_bar("runs", 1, quiet=json) as update:
        found = strongest_influences(case, patterns=patterns, step=step, workers=workers, progress=update)
    if json:
        rows = [
            {"number": one.number.name, "value": one.number.said, "status": one.number.status}
            | {"source": one.number.source, "effect": one.effect, "readout": one.readout, "statistic": one.statistic}
            for one in found
        ]
        sys.stdout.write(dumps({"scenario": case.scenario, "numbers": rows}) + "\n")
        return
    console = output()
    console.print(f"What {case.title} shows hangs on", markup=False, highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for name in ("number", "value", "status", "source"):
        table.add_column(name, overflow="fold")
    table.add_column("elasticity", justify="right")
    table.add_column("of", overflow="fold")
    for one in found[:top]:
        n = one.number
        table.add_row(n.name, n.said, n.status, n.source, number(one.effect), f"{one.statistic} of {one.readout}")
    console.print(table)


def fit(
    *numbers: str,
    to: Words = None,
    data: Words = None,
    scenario: str | None = None,
    errors: Literal["auto", "linear", "log"] = "auto",
    within: Path | None = None,
    starts: Whole = 1,
    curvature: Annotated[bool, Parameter(negative=())] = False,
    hold_out: Annotated[list[str] | None, Parameter(negative=(), consume_multiple=True)] = None,
    findings: Annotated[list[Path] | None, Parameter(negative=())] = None,
    evaluations: Whole = 200,
    seed: Whole = 1,
    workers: Whole = 1,
    out: Path | None = None,
    resume: bool = False,
    json: bool = False,
    book: Book = BOOK,
) -> int:
    """Fit chosen numbers to findings, and judge findings that were held out; or to a table, with 95 % intervals.

    To findings: numbers are held near what they are by a prior that goes by their status. What fits as well as the best
    says how far each number is known. To a table: no prior; the values alone say how far each number is known. Nothing
    is written into the rule book.

    Parameters
    ----------
    numbers
        Numbers to fit, with * for anything.
    to
        Findings or topics to fit to.
    data
        A table of observed values to fit to instead; then readout=, unit=, time= where it does not say.
    scenario
        In which they were observed, if the table has no column for it.
    errors
        Of the values: linear, log (of their logarithms), or auto, log where the readout is shown as a logarithm.
    within
        A table of numbers and how far each may go: number,least,most. Without numbers named, all of these are fitted.
    starts
        With data: how many places to begin at.
    curvature
        With data: intervals by the curvature of the likelihood instead of its profile, in a fraction of the runs.
    hold_out
        Findings or topics to judge with the fitted numbers and never to fit to.
    findings
        Folder or file of findings instead of the built-in ones; may be given several times.
    evaluations
        Sets of numbers to try.
    seed
        Of the search.
    workers
        Local processes for the runs of one set.
    out
        Folder that keeps every trial, or what a fit to a table came to.
    resume
        Go on with the fit in that folder.
    json
        Print as JSON.
    """
    from immunity.calibrate import fit_numbers, score
    from immunity.language.errors import fail
    from immunity.progress import progress_bar
    from immunity.validate import headline, load_findings
    from immunity.validate.load import pick_findings

    check_seed(seed)
    for count, name in ((evaluations, "--evaluations"), (workers, "--workers")):
        check_count(count, name)
    if data is not None and to is None:
        from immunity.cli.fit_data import fit_table

        check_count(starts, "--starts")
        return fit_table(
            numbers,
            data,
            book.load(),
            scenario=scenario,
            within=within,
            errors=errors,
            starts=starts,
            profile=not curvature,
            out=out,
            json=json,
        )
    if to is None or data is not None:
        raise fail("E833", reason="say what to fit to: findings with --to, or a table with --data, not both")
    published = load_findings(findings or [BUILT_IN])
    chosen = pick_findings(published, to)
    held = pick_findings(published, hold_out) if hold_out else ()
    both = sorted({p.id for p in chosen} & {p.id for p in held})
    if both:
        raise fail("E833", reason=f"{both[0]} is fitted to and held out")
    if not numbers:
        raise fail("E833", reason="no number is named")
    compiled = book.load()

    def build_case(scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Case:
        return api.case(scenario, host=host, changes=with_, days=days, book=compiled)

    with progress_bar("sets of numbers", evaluations, quiet=json) as update:
        made = fit_numbers(
            chosen,
            build_case,
            numbers,
            evaluations=evaluations,
            seed=seed,
            workers=workers,
            out=out,
            resume=resume,
            progress=update,
        )
    first = made.trials[0]
    before = score(held, build_case, {}, workers=workers) if held else []
    after = score(held, build_case, made.factors(), workers=workers) if held else []
    rows = [
        {"number": n.name, "value": n.said, "status": n.status, "factor": factor, "least": least, "most": most}
        for n, factor, (least, most) in zip(made.numbers, made.best.factors, made.spread, strict=True)
    ]
    if json:
        told: dict[str, Any] = {"misfit_before": first.misfit, "misfit": made.best.misfit, "numbers": rows}
        told |= {"held_out_before": [v.to_dict() for v in before], "held_out": [v.to_dict() for v in after]}
        sys.stdout.write(dumps(told) + "\n")
        return 0
    console = output()
    console.print(f"misfit {number(first.misfit)} before, {number(made.best.misfit)} after", highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for name in ("number", "value", "status", "factor", "as good from", "to"):
        table.add_column(name, overflow="fold")
    for row in rows:
        cells = [number(row[key]) for key in ("factor", "least", "most")]
        table.add_row(row["number"], row["value"], row["status"], *cells)
    console.print(table)
    if held:
        console.print(f"held out, before: {headline(before)}", highlight=False, markup=False)
        console.print(f"held out, after:  {headline(after)}", highlight=False, markup=False)
    return 0
