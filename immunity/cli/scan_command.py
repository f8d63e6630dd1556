"""The command scan: keys of a scenario over grids or Sobol points."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.text import Text

from immunity import experiments
from immunity.arguments import check_count, parse_assignments
from immunity.cli.files import check_writable
from immunity.cli.options import Book, Setting, Whole
from immunity.cli.tables import NOTE, number, output, print_rows

if TYPE_CHECKING:
    from immunity.scans import Scan

BOOK, SETTING = Book(), Setting()
SHOWN = 40


def register(app: App) -> None:
    app.command(scan)


def scan(
    scenario: str,
    *,
    over: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    read: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    hosts: Whole = 1,
    sobol: Whole | None = None,
    deterministic: bool = False,
    seed: Whole = 0,
    at_most: Whole | None = None,
    workers: Whole = 1,
    out: Path | None = None,
    resume: bool = False,
    dask: str | None = None,
    json: bool = False,
    setting: Setting = SETTING,
    book: Book = BOOK,
) -> int:
    """Run a scenario over values of one or more of its keys, the same hosts at every point.

    Parameters
    ----------
    scenario
        A name from `immunity list scenarios`, or a path.
    over
        Keys with their values: host.age="[20 y, 50 y]", or a range: exposures.0.dose="1e5 CFU to 1e9 CFU in 5 log".
    read
        What to look at: a readout with a statistic ("blood.crp maximum"), or a condition ("outcome is dead"), of which
        the share of hosts is taken.
    hosts
        Hosts at each point. One is the reference person; several vary as people do and follow single events.
    sobol
        That many points (a power of two) spread evenly over the ranges, instead of every combination.
    deterministic
        Follow expectations; several hosts still differ.
    seed
        Of all random numbers.
    at_most
        Runs that are not refused, 20000 if not given; more are, with how long they would take.
    workers
        Local processes. What is found does not depend on it.
    out
        Folder for scan.json, scan.csv, scan.zarr and report.html; finished hosts are kept there.
    resume
        Go on with the scan in that folder.
    dask
        Address of a Dask scheduler whose workers run the hosts.
    json
        Print what was found as JSON.
    """
    from immunity.progress import progress_bar

    for count, name in ((hosts, "--hosts"), (workers, "--workers"), (at_most, "--at-most")):
        if count is not None:
            check_count(count, name)
    check_writable(out)
    with progress_bar("runs", 1, quiet=json) as update:
        made = experiments.scan(
            scenario,
            over=parse_assignments(over, option="--over"),
            read=read,
            hosts=hosts,
            sobol=sobol,
            host=setting.host_words(),
            changes=setting.change_words(),
            days=setting.days,
            stochastic=False if deterministic else None,
            seed=seed,
            at_most=at_most,
            workers=workers,
            out=out,
            resume=resume,
            dask=dask,
            progress=update,
            book=book.load(),
        )
    if json:
        sys.stdout.write(dumps(made.summary, indent=2, allow_nan=False, default=str) + "\n")
    else:
        scan_table(output(), made)
    if out is not None and not json:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"Report: {out / 'report.html'}", markup=False)
    return 0


def scan_table(console: Console, made: Scan) -> None:
    """A row for each point."""
    header, rows = made.rows()
    found = made.found
    console.print(Text(f"{found.title}: {len(rows)} points, {found.values.shape[1]} hosts at each"), style="bold")
    units = dict(zip((read.text for read in found.reads), found.units, strict=True))
    told = [name if (unit := units.get(name.partition(", ")[0])) is None else f"{name} [{unit}]" for name in header]
    cells = [
        [number(cell) if isinstance(cell, float) else "-" if cell is None else str(cell) for cell in row]
        for row in rows
    ]
    print_rows(console, told, cells[:SHOWN])
    if len(rows) > SHOWN:
        console.print(Text(f"and {len(rows) - SHOWN} more points; all of them with --out or --json"))
    if found.failed:
        console.print(Text(f"Mind: the numbers of {found.failed} hosts failed; they are left out."))
    console.print(Text(NOTE), style="dim")


def _cell(cell: Any) -> str:
    return "-" if cell is None else number(cell) if isinstance(cell, float) else str(cell)
