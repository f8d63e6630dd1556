"""The command trial: arms of hosts, compared."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.text import Text

from immunity import beside, experiments
from immunity.arguments import check_count
from immunity.cli.files import check_writable
from immunity.cli.options import Book, Whole, read_decimal
from immunity.cli.tables import NOTE, output, print_rows

if TYPE_CHECKING:
    from immunity.trials import Trial
    from immunity.trials.analyse import Effect

BOOK = Book()


def register(app: App) -> None:
    app.command(trial)


def trial(
    trial: str,
    *,
    hosts: Whole | None = None,
    seed: Whole | None = None,
    days: Annotated[float | None, Parameter(converter=read_decimal)] = None,
    workers: Whole = 1,
    out: Path | None = None,
    resume: bool = False,
    dask: str | None = None,
    json: bool = False,
    book: Book = BOOK,
) -> int:
    """Run a trial: arms of hosts, their endpoints, and how they differ, with intervals.

    Parameters
    ----------
    trial
        A name from `immunity list trials`, or a file; see `immunity new trial`.
    hosts
        Hosts per arm, instead of what the trial says.
    seed
        Of all random numbers, instead of what the trial says.
    days
        How many days to run, instead of what the trial says.
    workers
        Local processes. What is found does not depend on it.
    out
        Folder for trial.json, tables (CSV) and report.html; finished hosts are kept there.
    resume
        Go on with the trial in that folder, or add hosts to it.
    dask
        Address of a Dask scheduler whose workers run the hosts.
    json
        Print what was found as JSON.
    """
    from immunity.progress import progress_bar

    check_count(workers, "--workers")
    if hosts is not None:
        check_count(hosts, "--hosts")
    check_writable(out)
    beside.begin(stochastic=True)
    compiled = book.load()
    with progress_bar("hosts", 1, quiet=json) as update:
        made = experiments.trial(
            trial,
            hosts=hosts,
            seed=seed,
            days=days,
            workers=workers,
            out=out,
            resume=resume,
            dask=dask,
            progress=update,
            book=compiled,
        )
    if json:
        sys.stdout.write(dumps(made.summary, indent=2, allow_nan=False) + "\n")
    else:
        trial_table(output(), made)
    if out is not None and not json:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"Report: {out / 'report.html'}", markup=False)
    return 0


def trial_table(console: Console, made: Trial) -> None:
    """Who was in which arm, what each endpoint is there, and how arms differ."""
    from immunity.trials import tell

    findings = made.findings
    spec = findings.plan.trial
    reference = spec.reference_arm()
    console.print(Text(spec.title), style="bold")
    if spec.question:
        console.print(Text(spec.question))
    rows = [
        (arm.title, "hosts", *map(str, (f.screened, f.enrolled, f.dropped_out, f.died, f.analysed)))
        for arm in findings.arms.values()
        for f in [arm.flow]
    ]
    print_rows(console, ("arm", "", "screened", "enrolled", "dropped out", "died", "analysed"), rows)
    for name, endpoint in spec.endpoints.items():
        mark = " (primary)" if name == spec.primary_id() else ""
        console.print(Text(f"\n{endpoint.title or name}{mark}"), style="bold")
        for found in tell.of_all(findings, name):
            left = f"; {found.left_out} without a value" if found.left_out else ""
            arm = findings.arms[found.arm]
            console.print(Text(f"  {arm.title}: {found.what} {tell.say_found(found)}{left}"))
        for compared in findings.compared:
            if compared.endpoint != name or (compared.group != "all" and name != spec.primary_id()):
                continue
            whom = "" if compared.group == "all" else f", {compared.group}"
            told = [said for effect in compared.effects if (said := _said(effect))]
            arm, other = findings.arms[compared.arm].title, findings.arms[reference].title
            console.print(Text(f"  {arm} against {other}{whom}: {'; '.join(told)}"))
    for each in findings.powered:
        if each.endpoint == spec.primary_id():
            sizes = [f"{size:,} for {100 * wanted:.0f} %" for wanted, size in each.size_for if size is not None]
            if sizes:
                arm = findings.arms[each.arm].title
                console.print(Text(f"\nTo show it in other people, hosts per arm for {arm}: {', '.join(sizes)} power."))
    for warning in findings.warnings:
        console.print(Text(f"Mind: {warning}."))
    console.print(Text(NOTE), style="dim")


def _said(effect: Effect) -> str:
    """A measure with its interval and p, a test by its p alone; nothing where there is neither."""
    from immunity.trials import tell

    if effect.estimate.value is None:
        return f"{effect.test} p {tell.p_text(effect.p)}" if effect.p is not None else ""
    p = f", p {tell.p_text(effect.p)}" if effect.p is not None else ""
    return f"{effect.measure} {tell.say_effect(effect)}{p}"
