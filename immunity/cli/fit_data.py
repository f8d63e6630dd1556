"""The command fit, where it fits to a table of observed values."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Sequence
from json import dumps
from pathlib import Path
from typing import Any

from rich.table import Table

from immunity import api
from immunity.calibrate import DataFit, fit_to_data, numbers_of
from immunity.cli.files import write_text
from immunity.cli.run_commands import read_data
from immunity.cli.tables import number, output
from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.language.errors import Location, fail
from immunity.language.quantity import parse_quantity

FILE = "fit.json"


def fit_table(
    patterns: Sequence[str],
    words: list[str],
    book: Compiled,
    *,
    scenario: str | None,
    within: Path | None,
    errors: str,
    starts: int,
    profile: bool,
    out: Path | None,
    json: bool,
) -> int:
    """Fit, and say what came out."""
    observed = read_data(words, book.model.readouts)
    assert observed is not None
    names = list(dict.fromkeys(s.scenario for s in observed.series if s.scenario))
    if scenario is not None:
        names = [scenario, *(name for name in names if name != scenario)]
    elif not names or any(not s.scenario for s in observed.series):
        raise fail("E833", reason="the table has no column scenario: say --scenario")
    cases = {name: api.case(name, book=book) for name in names}
    bounds = read_bounds(within, next(iter(cases.values()))) if within else {}
    chosen = list(patterns) or list(bounds)
    if not chosen:
        raise fail("E833", reason="no number is named")
    from immunity.progress import progress_bar

    with progress_bar("runs", 1, quiet=json) as update:
        made = fit_to_data(
            cases,
            observed,
            chosen,
            errors=errors,
            bounds=bounds,
            starts=starts,
            profile=profile,
            progress=lambda runs: update(runs, runs + 1),
        )
    told = _told(made)
    if out is not None:
        write_text(out / FILE, dumps(told, indent=2) + "\n")
    if json:
        sys.stdout.write(dumps(told) + "\n")
        return 0
    console = output()
    console.print(f"{made.values} values, misfit {number(made.misfit)}", highlight=False, markup=False)
    for name, size in made.sizes.items():
        console.print(f"size of errors of {name}: {number(size)}", highlight=False, markup=False)
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for name in ("number", "value", "fitted", "factor", "95 % from", "to"):
        table.add_column(name, overflow="fold")
    for row in told["numbers"]:
        ends = [_end(row["least"]), _end(row["most"])]
        table.add_row(row["number"], row["value"], row["fitted"] or "", number(row["factor"]), *ends)
    console.print(table)
    console.print("From and to are factors, as is the third number; open: the values set no end.", markup=False)
    return 0


def _end(factor: float | None) -> str:
    return "open" if factor is None else number(factor)


def _told(made: DataFit) -> dict[str, Any]:
    rows = []
    for n, factor, interval in zip(made.numbers, made.factors, made.intervals, strict=True):
        least = interval.least if interval.least > 0.0 else None
        most = interval.most if math.isfinite(interval.most) else None
        row = {"number": n.name, "value": n.said, "status": n.status, "factor": factor, "least": least, "most": most}
        rows.append(row | {"fitted": _times(n.said, factor)})
    return {"values": made.values, "misfit": made.misfit, "sizes": made.sizes, "numbers": rows}


def _times(said: str, factor: float) -> str | None:
    """A number as the book has it, times a factor; None where it is a formula."""
    first, _, unit = said.partition(" ")
    try:
        return f"{float(first) * factor:.4g} {unit}".strip()
    except ValueError:
        return None


def read_bounds(file: Path, case: Case) -> dict[str, tuple[float, float]]:
    """Numbers and how far each may go, ``number,least,most`` in their own units, as factors on what the book has.

    Raises
    ------
    RuleError
        E101, E831 for an unknown number, E833 for a table that says something else.
    """
    if not file.is_file():
        raise fail("E101", text=str(file))
    found: dict[str, tuple[float, float]] = {}
    with file.open(encoding="utf-8-sig", newline="") as handle:
        for line, row in enumerate(csv.DictReader(handle), 2):
            at = Location(str(file), line)
            if not {"number", "least", "most"} <= row.keys():
                raise fail("E833", at=at, reason="its columns are number, least, most")
            (known,) = numbers_of(case, [row["number"]])
            least, most = (parse_quantity(row[key], at=at).value / known.value for key in ("least", "most"))
            if not 0.0 < least < most:
                raise fail("E833", at=at, reason=f"{known.name} goes from {row['least']} to {row['most']}")
            found[known.name] = (least, most)
    return found
