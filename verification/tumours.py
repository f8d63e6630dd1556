"""A tumour on a therapy where a part of immunity is missing: what happens here, and whether it is as is known.

    python -m verification.tumours [--half shown|held_back] [--only ROW ...]

What is known stands in ``tumours.yaml``, written before the model was asked. Half of the cells, drawn by the digest of
their names, are held back: whoever changes rules looks at the others alone, and asks for these at the end. Everything
is run without chance, with the reference host of the scenario, who lacks the part from birth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

import immunity
from verification.tables import print_table, read_cells

EXPECTED = Path(__file__).parent / "tumours.yaml"
WORDS = ("same", "worse", "better")
TWOFOLD = 0.301
DEAD = 0.5


@dataclass(frozen=True)
class Cell:
    """One part that is missing, one tumour on one therapy, and what is expected."""

    row: str
    column: str
    scenario: str
    readout: str
    day: float
    words: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Course:
    """What a tumour came to.

    Attributes
    ----------
    burden : float    its cells, or its volume, in decades
    alive : float     expectation of being alive
    """

    burden: float
    alive: float


def cells() -> Iterator[Cell]:
    """Every cell, row by row.

    Raises
    ------
    ValueError
        For a cell that is missing, or a word that means nothing.
    """
    for row, column, words, why in read_cells(EXPECTED, WORDS):
        yield Cell(row, column["id"], column["scenario"], column["readout"], column["day"], words, why)


@cache
def lacks(row: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Deficiencies and changed numbers of a row."""
    said = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))["rows"][row]
    return tuple(said.get("deficiencies", ())), dict(said.get("changes", {}))


def classify(here: Course, whole: Course) -> str:
    """The word for a course beside that of who lacks nothing."""
    if here.alive < DEAD <= whole.alive:
        return "worse"
    shift = here.burden - whole.burden
    return "worse" if shift > TWOFOLD else "better" if shift < -TWOFOLD else "same"


@cache
def course(scenario: str, readout: str, day: float, row: str = "") -> Course:
    """Live with a tumour until a day; of who died before, what was there last."""
    deficiencies, changes = lacks(row) if row else ((), {})
    host = {"deficiencies": list(deficiencies)} if deficiencies else {}
    run = immunity.run(scenario, host=host, days=day + 1.0, record_pools=False, changes=changes)
    found, alive = (run[name].dropna(run[name].dims[0]) for name in (readout, "body.survival"))
    last = min(day, float(found[found.dims[0]][-1]))
    return Course(float(found.interp({found.dims[0]: last})), float(alive.min()))


def judge(cell: Cell) -> tuple[Course, str, bool]:
    """The course, the word for it, and whether it is one of those expected."""
    said = (cell.scenario, cell.readout, cell.day)
    here = course(*said, cell.row)
    word = classify(here, course(*said))
    return here, word, word in cell.words


def main(arguments: list[str] | None = None) -> None:
    """Print the table as Markdown, and how many cells agree."""

    def told(cell: Cell) -> tuple[list[str], str, bool]:
        here, word, agrees = judge(cell)
        whole = course(cell.scenario, cell.readout, cell.day)
        return [f"{whole.burden:.1f}", f"{here.burden:.1f}", f"{here.alive:.2f}"], word, agrees

    headings = ("missing", "tumour", "whole, decades", "here", "alive")
    print_table(cells(), headings, told, __doc__, arguments)


if __name__ == "__main__":
    main()
