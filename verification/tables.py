"""Tables of what medicine expects beside what happens here: cells, half of them held back, and how they are printed."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml


class Cell(Protocol):
    """One deficiency (``row``) in one course (``column``), and the words that medicine allows."""

    @property
    def row(self) -> str: ...
    @property
    def column(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...


C = TypeVar("C", bound=Cell)


def held_back(cell: Cell) -> bool:
    """Whether nobody looks at a cell before the end; drawn by the digest of its names."""
    return hashlib.sha256(f"{cell.row} {cell.column}".encode()).digest()[0] % 2 == 0


def read_cells(file: Path, known: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any], tuple[str, ...], str]]:
    """Every cell of a file, row by row: its row, its column, the words that medicine allows, and why.

    Raises
    ------
    ValueError
        For a cell that is missing, or a word that means nothing.
    """
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    for row, expected in data["rows"].items():
        for column in data["columns"]:
            if column["id"] not in expected:
                raise ValueError(f"{row} says nothing of {column['id']}")
            said, why = expected[column["id"]]
            words = tuple(said.split(" or "))
            if not set(words) <= set(known):
                raise ValueError(f"{row}, {column['id']}: {said!r} is none of {known}")
            yield row, column, words, why


def print_table(
    cells: Iterable[C],
    headings: Sequence[str],
    judge: Callable[[C], tuple[Sequence[str], str, bool]],
    about: str | None,
    arguments: list[str] | None,
) -> None:
    """Print a table as Markdown, and how many cells agree.

    Parameters
    ----------
    headings : sequence of str    of what comes between the names of a cell and the words
    judge : callable              cell -> (what is measured, the word for it, whether medicine says so)
    about : str                   help text
    arguments : list of str       of the command line
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("shown", "held_back"), help="only these cells")
    parser.add_argument("--only", nargs="+", default=[], help="only these rows")
    asked = parser.parse_args(arguments)
    agreed = judged = 0
    names = [*headings, "here", "medicine", "agree"]
    print(f"| {' | '.join(names)} |\n{'|---' * len(names)}|")
    for cell in cells:
        if (asked.only and cell.row not in asked.only) or (
            asked.half and held_back(cell) != (asked.half == "held_back")
        ):
            continue
        measured, word, agrees = judge(cell)
        agreed, judged = agreed + agrees, judged + 1
        told = [cell.row, cell.column, *measured, word, " or ".join(cell.words), "yes" if agrees else "no"]
        print(f"| {' | '.join(told)} |", flush=True)
    print(f"\n{agreed} of {judged} agree")
