"""Each deficiency after each vaccine: what happens here, what medicine says, and whether the two agree.

    python -m verification.vaccines [--half shown|held_back] [--only ROW ...]

What medicine says stands in ``vaccines.yaml``, written before the model was asked. Half of the cells, drawn by the
digest of their names, are held back: whoever changes rules looks at the others alone, and asks for these at the end.
Everything is run without chance, for a host of 35 years.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import immunity
from verification.tables import print_table, read_cells

EXPECTED = Path(__file__).parent / "vaccines.yaml"
HALF, THIRTIETH = -0.301, -1.477
WORDS = ("as health", "less", "none")


@dataclass(frozen=True)
class Cell:
    """One deficiency after one vaccine, and what medicine expects."""

    row: str
    column: str
    scenario: str
    readout: str
    day: float
    words: tuple[str, ...]
    why: str


def cells() -> Iterator[Cell]:
    """Every cell, row by row.

    Raises
    ------
    ValueError
        For a cell that is missing, or a word that means nothing.
    """
    for row, column, words, why in read_cells(EXPECTED, WORDS):
        yield Cell(row, column["id"], column["scenario"], column["readout"], column["day"], words, why)


def classify(shift: float) -> str:
    """The word for a shift, in decades from health."""
    return WORDS[0] if shift >= HALF else WORDS[1] if shift > THIRTIETH else WORDS[2]


@cache
def level(scenario: str, readout: str, day: float, lacks: str = "") -> float:
    """What is measured on a day, in decades; what was measured last of a host that died before."""
    host = {"deficiencies": [lacks]} if lacks else {}
    found = immunity.run(scenario, host=host, days=day + 1.0, record_pools=False)[readout]
    known = found.dropna(found.dims[0])
    return float(known.interp({found.dims[0]: min(day, float(known[found.dims[0]][-1]))}))


def judge(cell: Cell) -> tuple[float, str, bool]:
    """The shift from health in decades, the word for it, and whether medicine says so."""
    shift = level(cell.scenario, cell.readout, cell.day, cell.row) - level(cell.scenario, cell.readout, cell.day)
    word = classify(shift)
    return shift, word, word in cell.words


def main(arguments: list[str] | None = None) -> None:
    """Print the table as Markdown, and how many cells agree."""

    def told(cell: Cell) -> tuple[list[str], str, bool]:
        shift, word, agrees = judge(cell)
        return [f"{shift:.2f}"], word, agrees

    print_table(cells(), ("deficiency", "vaccine", "here, decades"), told, __doc__, arguments)


if __name__ == "__main__":
    main()
