"""The same number of bacteria in bodies of other ages and weights: what happens here, and whether medicine says so.

    python -m verification.ages [--only ROW ...]

What medicine says stands in ``ages.yaml``, written before the table was run. Everything is run without chance for the
average host of an age or a weight, for three weeks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import immunity
from verification.tables import print_table, read_cells

EXPECTED = Path(__file__).parent / "ages.yaml"
NEARLY_ALL, MOST = 0.9, 0.5
WORDS = ("nearly all live", "most live", "most die")


@dataclass(frozen=True)
class Cell:
    """One body that meets one number of bacteria, and what medicine expects."""

    row: str
    column: str
    scenario: str
    changes: Mapping[str, str]
    host: Mapping[str, str]
    words: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Course:
    """What happened: chance of being alive at the end, day of death (nan), and how ill the host became."""

    alive: float
    died: float
    temperature: float  # degC, highest
    pressure: float  # mmHg, lowest
    damage: float  # g of dead lung, most


def cells() -> Iterator[Cell]:
    """Every cell, row by row.

    Raises
    ------
    ValueError
        For a cell that is missing, or a word that means nothing.
    """
    bodies = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))["bodies"]
    for row, column, words, why in read_cells(EXPECTED, WORDS):
        yield Cell(row, column["id"], column["scenario"], column["changes"], bodies[row], words, why)


def classify(course: Course) -> str:
    """The word for a course; who has died before the end counts as dead, whatever the chance was then."""
    if course.died == course.died or course.alive < MOST:
        return WORDS[2]
    return WORDS[0] if course.alive >= NEARLY_ALL else WORDS[1]


def run(cell: Cell) -> Course:
    """Three weeks of one body."""
    host: dict[str, Any] = {**cell.host, "deficiencies": []}
    result = immunity.run(cell.scenario, host=host, changes=cell.changes, days=21.0, record_pools=False)
    survival = result["body.survival"]
    known = survival.dropna(survival.dims[0])
    died = float(known[known.dims[0]][-1]) if result.outcome == "dead" else float("nan")
    highest, lowest = float(result["body.temperature"].max()), float(result["body.arterial_pressure"].min())
    return Course(float(known[-1]), died, highest, lowest, float(result["alveoli.damage"].max()))


def main(arguments: list[str] | None = None) -> None:
    """Print the table as Markdown, and how many cells agree."""

    def told(cell: Cell) -> tuple[list[str], str, bool]:
        course = run(cell)
        word = classify(course)
        alive = f"{course.alive:.2f}" if course.died != course.died else f"dies on day {course.died:.1f}"
        measured = [f"{course.temperature:.1f}", f"{course.pressure:.0f}", f"{course.damage:.1f}", alive]
        return measured, word, word in cell.words

    headings = ("body", "bacteria", "highest degC", "lowest mmHg", "dead lung, g", "alive after three weeks")
    print_table(cells(), headings, told, __doc__, arguments)


if __name__ == "__main__":
    main()
