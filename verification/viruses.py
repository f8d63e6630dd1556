"""Each deficiency when a virus comes: what happens here, what medicine says, and whether the two agree.

    python -m verification.viruses [--half shown|held_back] [--only ROW ...]

What medicine says stands in ``viruses.yaml``, written before the model was asked. Half of the cells, drawn by the
digest of their names, are held back: whoever changes rules looks at the others alone, and asks for these at the end.
Everything is run without chance, with the reference host of the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

import immunity
from verification.tables import print_table, read_cells

EXPECTED = Path(__file__).parent / "viruses.yaml"
WORDS = ("same", "worse", "grave")
MORE, BEYOND = 1.4, 3.0  # of decades times days; what is added keeps a trace from counting
LEFT = 2.0  # decades above what can be found: not rid of it
OXYGEN_WORSE, OXYGEN_GRAVE, OXYGEN_WELL = 2.0, 88.0, 94.0
DEAD = 0.5


@dataclass(frozen=True)
class Cell:
    """One deficiency when one virus comes, and what medicine expects."""

    row: str
    column: str
    scenario: str
    host: tuple[tuple[str, str], ...]
    days: float
    virus: tuple[str, ...]
    words: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Course:
    """What an infection came to.

    Attributes
    ----------
    burden : float    decades above what can be found, times days, of all readouts of the virus
    left : float      decades above what can be found at the end
    oxygen : float    the least, in percent
    alive : float     the least expectation of being alive
    """

    burden: float
    left: float
    oxygen: float
    alive: float


def cells() -> Iterator[Cell]:
    """Every cell, row by row.

    Raises
    ------
    ValueError
        For a cell that is missing, or a word that means nothing.
    """
    for row, column, words, why in read_cells(EXPECTED, WORDS):
        host, virus = tuple(column.get("host", {}).items()), tuple(column["virus"])
        yield Cell(row, column["id"], column["scenario"], host, column["days"], virus, words, why)


def classify(here: Course, healthy: Course) -> str:
    """The word for a course beside that of the healthy."""
    lingers = here.left >= LEFT > healthy.left
    suffocates = here.oxygen <= OXYGEN_GRAVE and healthy.oxygen >= OXYGEN_WELL
    if lingers or suffocates or (here.alive < DEAD <= healthy.alive):
        return "grave"
    more = here.burden > MORE * healthy.burden + BEYOND
    return "worse" if more or here.oxygen <= healthy.oxygen - OXYGEN_WORSE else "same"


@cache
def course(
    scenario: str, host: tuple[tuple[str, str], ...], days: float, virus: tuple[str, ...], lacks: str = ""
) -> Course:
    """Live through an infection; what is missing after a death counts as it was before."""
    said: Mapping[str, object] = dict(host) | ({"deficiencies": [lacks]} if lacks else {})
    run = immunity.run(scenario, host=said, days=days, record_pools=False)
    burden = left = 0.0
    for name in virus:
        found = run[name].dropna(run[name].dims[0])
        above = np.maximum(found.values - np.log10(found.attrs["limit_of_detection"]), 0.0)
        burden += float(np.trapezoid(above, found[found.dims[0]].values))
        left = max(left, float(above[-1]))
    oxygen, alive = (run[name].dropna(run[name].dims[0]).values for name in ("blood.oxygen", "body.survival"))
    return Course(burden, left, float(oxygen.min()), float(alive.min()))


def judge(cell: Cell) -> tuple[Course, str, bool]:
    """The course, the word for it, and whether medicine says so."""
    said = (cell.scenario, cell.host, cell.days, cell.virus)
    here = course(*said, cell.row)
    word = classify(here, course(*said))
    return here, word, word in cell.words


def main(arguments: list[str] | None = None) -> None:
    """Print the table as Markdown, and how many cells agree."""

    def told(cell: Cell) -> tuple[list[str], str, bool]:
        here, word, agrees = judge(cell)
        return [f"{here.burden:.0f}", f"{here.left:.1f}", f"{here.oxygen:.0f}", f"{here.alive:.2f}"], word, agrees

    headings = ("deficiency", "virus", "decades x days", "left", "oxygen", "alive")
    print_table(cells(), headings, told, __doc__, arguments)


if __name__ == "__main__":
    main()
