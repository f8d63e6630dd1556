"""Each deficiency after each vaccine: what happens here, what medicine says, and whether the two agree.

    python -m verification.vaccines [--half shown|held_back] [--only ROW ...]

What medicine says stands in ``vaccines.yaml``, written before the model was asked. Half of the cells, drawn by the
digest of their names, are held back: whoever changes rules looks at the others alone, and asks for these at the end.
Everything is run without chance, for a host of 35 years.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

import immunity

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

    @property
    def held_back(self) -> bool:
        """Whether nobody looks at it before the end."""
        return hashlib.sha256(f"{self.row} {self.column}".encode()).digest()[0] % 2 == 0


def cells() -> Iterator[Cell]:
    """Every cell, row by row.

    Raises
    ------
    ValueError
        For a cell that is missing, or a word that means nothing.
    """
    data = yaml.safe_load(EXPECTED.read_text())
    for row, expected in data["rows"].items():
        for column in data["columns"]:
            if column["id"] not in expected:
                raise ValueError(f"{row} says nothing of {column['id']}")
            said, why = expected[column["id"]]
            words = tuple(said.split(" or "))
            if not set(words) <= set(WORDS):
                raise ValueError(f"{row}, {column['id']}: {said!r} is none of {WORDS}")
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("shown", "held_back"), help="only these cells")
    parser.add_argument("--only", nargs="+", default=[], help="only these rows")
    asked = parser.parse_args(arguments)
    agreed = judged = 0
    print("| deficiency | vaccine | here, decades | here | medicine | agree |\n|---|---|---|---|---|---|")
    for cell in cells():
        if (asked.only and cell.row not in asked.only) or (
            asked.half and cell.held_back != (asked.half == "held_back")
        ):
            continue
        shift, word, agrees = judge(cell)
        agreed, judged = agreed + agrees, judged + 1
        said = " or ".join(cell.words)
        print(
            f"| {cell.row} | {cell.column} | {shift:.2f} | {word} | {said} | {'yes' if agrees else 'no'} |", flush=True
        )
    print(f"\n{agreed} of {judged} agree")


if __name__ == "__main__":
    main()
