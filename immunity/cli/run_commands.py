"""Commands that simulate: run, compare, cohort, export."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.console import Console

from immunity import api, beside
from immunity.arguments import check_count, parse_assignments
from immunity.cli.files import check_writable
from immunity.cli.options import Book, Decimal, Setting, Whole, Words
from immunity.cli.tables import cohort_table, comparison_table, output, run_table
from immunity.language.errors import fail

if TYPE_CHECKING:
    from immunity.compiler.case import ReadoutInfo
    from immunity.results.observed import ObservedData

BOOK, SETTING = Book(), Setting()


def register(app: App) -> None:
    for command in (run, compare, cohort, export):
        app.command(command)


def run(
    scenario: str,
    *,
    stochastic: bool = False,
    seed: Whole = 0,
    rtol: Decimal = 1e-3,
    vary: bool = False,
    out: Path | None = None,
    data: Words = None,
    json: bool = False,
    setting: Setting = SETTING,
    book: Book = BOOK,
) -> int:
    """Run one host in one scenario, and say what happened.

    Parameters
    ----------
    scenario
        A name from `immunity list scenarios`, or a path.
    stochastic
        Draw events instead of following expectations.
    seed
        Of all random numbers.
    rtol
        Relative accuracy of the results.
    vary
        Draw this host from the variation between people.
    out
        Folder for result.zarr, summary.json and report.html.
    data
        A table of observed values (CSV) to lay over the curves of the report; then readout=NAME unit=UNIT time=UNIT
        where it has no such column.
    json
        Print the summary as JSON.
    """
    check_writable(out)
    beside.begin(stochastic=stochastic)
    rules = book.load()
    observed = read_data(data, rules.model.readouts)
    made = api.run(
        scenario,
        host=setting.host_words(),
        changes=setting.change_words(),
        days=setting.days,
        stochastic=stochastic,
        seed=seed,
        rtol=rtol,
        vary=vary,
        record_pools=out is not None,
        book=rules,
    )
    if out is not None:
        from immunity.cli.files import write_run
        from immunity.report.from_run import page_of_run

        write_run(made, out, lambda: page_of_run(made, observed))
    _say(made.summary, json, lambda console: run_table(console, made))
    if out is not None:
        _note(f"Report: {out / 'report.html'}", quiet=json)
    return _failed(made.summary)


def compare(
    first: str,
    second: str,
    *,
    other_host: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    stochastic: bool = False,
    seed: Whole = 0,
    rtol: Decimal = 1e-3,
    out: Path | None = None,
    data: Words = None,
    json: bool = False,
    setting: Setting = SETTING,
    book: Book = BOOK,
) -> int:
    """Run the same person twice, with the same random numbers. --with changes the second scenario only.

    Parameters
    ----------
    first
        The first scenario.
    second
        The second scenario; may be the same.
    other_host
        Attributes of the second host alone.
    stochastic
        Draw events instead of following expectations.
    seed
        Of all random numbers.
    rtol
        Relative accuracy of the results.
    out
        Folder for report.html with both runs, and both results.
    data
        A table of observed values to lay over the curves, as for run.
    json
        Print both summaries as JSON.
    """
    check_writable(out)
    beside.begin(stochastic=stochastic)
    rules = book.load()
    observed = read_data(data, rules.model.readouts)
    one, two = api.compare(
        first,
        second,
        host=setting.host_words(),
        changes=setting.change_words(),
        second_host=parse_assignments(other_host or [], option="--other-host"),
        days=setting.days,
        stochastic=stochastic,
        seed=seed,
        rtol=rtol,
        book=rules,
    )
    if out is not None:
        from immunity.cli.files import write_pair
        from immunity.report.from_run import page_of_pair

        write_pair(one, two, out, lambda: page_of_pair(one, two, observed))
    _say({"first": one.summary, "second": two.summary}, json, lambda console: comparison_table(console, one, two))
    if out is not None:
        _note(f"Report: {out / 'report.html'}", quiet=json)
    return _failed(one.summary) or _failed(two.summary)


def cohort(
    scenario: str,
    *,
    hosts: Whole,
    workers: Whole = 1,
    deterministic: bool = False,
    seed: Whole = 0,
    rtol: Decimal = 1e-3,
    out: Path | None = None,
    data: Words = None,
    resume: bool = False,
    keep: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    dask: str | None = None,
    json: bool = False,
    setting: Setting = SETTING,
    book: Book = BOOK,
) -> int:
    """Run many hosts that differ as people do.

    Parameters
    ----------
    scenario
        A name from `immunity list scenarios`, or a path.
    hosts
        How many.
    workers
        Local processes.
    deterministic
        Follow expectations instead of drawing events; hosts still differ.
    seed
        Of all random numbers; host k is the same person in every cohort of one seed.
    rtol
        Relative accuracy of the results.
    out
        Folder for result.zarr, summary.json and report.html; finished batches are kept there.
    resume
        Go on with the cohort in that folder, or add hosts to it.
    keep
        Readouts to keep, all if none is named; a large cohort needs few.
    dask
        Address of a Dask scheduler whose workers run the hosts, all of which see the folder.
    data
        A table of observed values to lay over the curves, as for run.
    json
        Print the summary as JSON.
    """
    from immunity.progress import progress_bar

    check_count(hosts, "--hosts")
    check_count(workers, "--workers")
    check_writable(out)
    beside.begin(stochastic=not deterministic)
    compiled = book.load()
    observed = read_data(data, compiled.model.readouts)
    with progress_bar("hosts", hosts, quiet=json) as progress:
        made = api.cohort(
            scenario,
            hosts=hosts,
            host=setting.host_words(),
            changes=setting.change_words(),
            days=setting.days,
            stochastic=not deterministic,
            seed=seed,
            rtol=rtol,
            workers=workers,
            out=out,
            resume=resume,
            keep=keep or (),
            dask=dask,
            progress=progress,
            book=compiled,
        )
    if out is not None:
        from immunity.cli.files import write_page
        from immunity.report.from_run import page_of_cohort

        write_page(made, out, lambda cohort: page_of_cohort(cohort, observed))
    _say(made.summary, json, lambda console: cohort_table(console, made))
    if out is not None:
        _note(f"Report: {out / 'report.html'}", quiet=json)
    return 0


def export(
    scenario: str,
    *,
    to: Literal["sbml", "omex"] | None = None,
    out: Path | None = None,
    setting: Setting = SETTING,
    book: Book = BOOK,
) -> int:
    """Export the model of one host in one scenario, settled, for other simulators.

    Parameters
    ----------
    scenario
        A name from `immunity list scenarios`, or a path.
    to
        The format: sbml, the model; omex, a COMBINE archive of the model and of what is run and shown (SED-ML). If not
        given, omex where the file is called so.
    out
        The file; standard output if not given.
    """
    from immunity.interop.archive import archive_of_case
    from immunity.interop.case import sbml_of_case

    archive = to == "omex" or (to is None and out is not None and out.suffix == ".omex")
    if archive and out is None:
        raise fail("E608", text="--to omex", reason="an archive is a file: say --out FILE.omex")
    rules = book.load()
    made = api.case(scenario, host=setting.host_words(), changes=setting.change_words(), days=setting.days, book=rules)
    if out is None:
        sys.stdout.write(sbml_of_case(made, rules))
        return 0
    from immunity.cli.files import write_bytes, write_text

    if archive:
        write_bytes(out, archive_of_case(made, rules))
    else:
        write_text(out, sbml_of_case(made, rules))
    _note(f"Wrote {out}")
    return 0


def read_data(words: list[str] | None, infos: Sequence[ReadoutInfo]) -> ObservedData | None:
    """A table of observed values as --data names it: a file, then what it does not say itself."""
    if not words:
        return None
    from immunity.results.observed import read_observed

    said = parse_assignments(words[1:])
    for key in said:
        if key not in ("readout", "unit", "time"):
            raise fail("E608", text=key, reason="--data takes a file, readout=, unit= and time=")
    return read_observed(words[0], infos, **{key: str(value) for key, value in said.items()})


def _say(summary: Any, as_json: bool, table: Any) -> None:
    if as_json:
        sys.stdout.write(dumps(summary, indent=2, allow_nan=False) + "\n")
    else:
        table(output())


def _note(text: str, *, quiet: bool = False) -> None:
    if not quiet:
        Console(stderr=True, soft_wrap=True, highlight=False).print(text, markup=False)


def _failed(summary: dict[str, Any]) -> int:
    return 0 if summary.get("status", "ok") == "ok" else 1
