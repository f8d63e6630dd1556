"""Each deficiency against each bacterium: what happens here, what medicine says, and whether the two agree.

    python -m verification.deficiencies [--workers 2] [--only ROW ...] [--page FILE] [--reuse]

What medicine says stands in ``deficiencies.yaml``. What happens here is measured, and kept in ``measured.json``;
``--reuse`` judges what is kept, ``--only`` measures some rows anew and keeps the rest. How much smaller is the dose at
which half of the hosts fail than in the healthy? Medicine counts risks, not doses. Exposures are spread over many
decades, each decade of dose about as many times rarer as it is higher, so that a dose at half that is k times lower is
met about k times as often: classes of risk are read as the same factors of dose.

    much worse   30 times lower or more (1.5 decades)
    worse        2 to 30 times lower
    same         within a factor of 2 (0.3 decades)
    milder       2 times higher or more
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import immunity
from verification.expectations import Cell, Condition, Expectations, Exposure, read_expectations
from verification.half_dose import HOSTS, HalfDose, half_dose

MUCH, SOME = 1.5, 0.3
TARGET = 0.85
KEPT = Path(__file__).parent / "measured.json"


@dataclass(frozen=True)
class Measured:
    """One cell: half doses of those with the condition and of the healthy."""

    row: str
    column: str
    here: HalfDose
    healthy: HalfDose

    @property
    def shift(self) -> float:
        """By how many decades the dose at half is lower than in the healthy."""
        return self.healthy.log10 - self.here.log10

    @property
    def happens(self) -> str:
        """What happens here, in the words of ``deficiencies.yaml``."""
        return classify(self.shift)


def classify(shift: float) -> str:
    """The word for a shift, in decades towards lower doses."""
    if shift >= MUCH:
        return "much worse"
    if shift >= SOME:
        return "worse"
    return "same" if shift > -SOME else "milder"


def agrees(happens: str, cell: Cell) -> bool:
    """Whether what happens is what medicine says, in size too where medicine knows the size."""
    return happens in ("worse", "much worse") if cell.medicine == "worse or much worse" else happens == cell.medicine


def same_direction(happens: str, cell: Cell) -> bool:
    """The same, but for how much worse."""
    return ("worse" in happens) == ("worse" in cell.medicine) and (happens == "milder") == (cell.medicine == "milder")


def known(row: Condition) -> bool:
    """Whether the rule book has what the row is about."""
    entries = immunity.load().book.entries
    return all(name in entries.get("deficiency", {}) for name in row.deficiencies) and all(
        given["therapy"] in entries.get("therapy", {}) for given in row.therapies
    )


def measure_healthy(task: tuple[Exposure, int]) -> HalfDose:
    """The half dose of the healthy."""
    exposure, hosts = task
    return half_dose(exposure, None, start=None, hosts=hosts)


def measure_cell(task: tuple[Exposure, str, Condition, HalfDose, int]) -> Measured:
    """The half dose of those with a condition, beside that of the healthy."""
    exposure, column, condition, healthy, hosts = task
    here = half_dose(exposure, condition, start=healthy.log10, hosts=hosts)
    return Measured(condition.id, column, here, healthy)


def measure_table(
    expectations: Expectations, *, rows: Iterable[str] | None = None, hosts: int = HOSTS, workers: int = 1
) -> list[Measured]:
    """Measure every cell whose condition the rule book knows."""
    wanted = [row for row in expectations.conditions if (rows is None or row.id in set(rows)) and known(row)]
    tasks = [
        (expectations.exposure(row.through.get(column.id, column.id)), column.id, row)
        for row in wanted
        for column in expectations.exposures
    ]
    columns = {exposure.id: exposure for exposure, _, _ in tasks}
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        healthy = dict(
            zip(columns, pool.map(measure_healthy, [(exposure, hosts) for exposure in columns.values()]), strict=True)
        )
        table = []
        for cell in pool.map(measure_cell, [(x, column, row, healthy[x.id], hosts) for x, column, row in tasks]):
            table.append(cell)
            print(f"{len(table)} of {len(tasks)} cells", end="\r", file=sys.stderr, flush=True)
        return table


def keep(table: Iterable[Measured], file: Path = KEPT) -> None:
    """Write what was measured, a line a cell."""
    lines = [json.dumps(asdict(measured)) for measured in table]
    file.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def kept(file: Path = KEPT) -> list[Measured]:
    """Read what was measured."""
    if not file.is_file():
        return []
    cells = json.loads(file.read_text(encoding="utf-8"))
    return [Measured(c["row"], c["column"], HalfDose(**c["here"]), HalfDose(**c["healthy"])) for c in cells]


@dataclass(frozen=True)
class Score:
    """How many cells agree: all, those where medicine says that something changes, and by direction alone."""

    cells: int
    agree: int
    changing: int
    changing_agree: int
    direction: int

    @property
    def share(self) -> float:
        return self.agree / self.cells

    @property
    def passed(self) -> bool:
        return self.share >= TARGET


def judge(expectations: Expectations, table: Sequence[Measured]) -> Score:
    """Count agreement."""
    rows = {row.id: row for row in expectations.conditions}
    pairs = [(m.happens, rows[m.row].cells[m.column]) for m in table]
    changing = [(happens, cell) for happens, cell in pairs if cell.medicine != "same"]
    return Score(
        cells=len(pairs),
        agree=sum(agrees(*pair) for pair in pairs),
        changing=len(changing),
        changing_agree=sum(agrees(*pair) for pair in changing),
        direction=sum(same_direction(*pair) for pair in pairs),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Each deficiency against each bacterium.")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=HOSTS)
    parser.add_argument("--only", nargs="*", help="rows to measure")
    parser.add_argument("--page", type=Path, help="write the page of the documentation, with its picture")
    parser.add_argument("--reuse", action="store_true", help="judge what was measured last")
    said = parser.parse_args(arguments)
    expectations = read_expectations()
    started = time.perf_counter()
    table = [] if said.reuse else measure_table(expectations, rows=said.only, hosts=said.hosts, workers=said.workers)
    if said.reuse or said.only:
        cells = {(m.row, m.column): m for m in (*kept(), *table)}
        table = [
            cells[row.id, column]
            for row in expectations.conditions
            for column in row.cells
            if (row.id, column) in cells
        ]
    keep(table)
    rows = {row.id: row for row in expectations.conditions}
    for m in table:
        cell = rows[m.row].cells[m.column]
        mark = "agree" if agrees(m.happens, cell) else "DISAGREE"
        edge = {1: ">", -1: "<"}.get(m.here.beyond, " ")
        print(
            f"{m.row:30} {m.column:18} {m.healthy.log10:6.2f} -> {edge}{m.here.log10:5.2f} {m.shift:+6.2f}"
            f"  {m.happens:11} medicine: {cell.medicine:20} {mark}"
        )
    score = judge(expectations, table)
    print(
        f"{score.agree} of {score.cells} agree ({score.share:.0%}); {score.changing_agree} of {score.changing} where"
        f" medicine says that something changes; {score.direction} in direction; {time.perf_counter() - started:.0f} s"
    )
    if said.page:
        from verification import dose_response
        from verification.page import write_page

        curves = dose_response.kept() if said.reuse else dose_response.measure_curves(workers=said.workers)
        dose_response.keep(curves)
        picture = said.page.parent.parent / "images" / dose_response.IMAGE
        dose_response.draw(curves).savefig(picture, dpi=110)
        said.page.write_text(write_page(expectations, table, curves), encoding="utf-8")
    return 0 if score.passed else 1


if __name__ == "__main__":
    sys.exit(main())
