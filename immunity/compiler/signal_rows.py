"""Rows of signals and laws, and the growing list of signals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from immunity.compiler.numbers import Numbers
from immunity.compiler.space import Space
from immunity.language.errors import Location
from immunity.language.load import Entry
from immunity.language.models import Signal
from immunity.language.quantity import Dimension

NONE = -1
NO_PARAMETERS = (NONE, NONE, NONE, NONE)


class LawRow(NamedTuple):
    """One factor. ``dimension`` is what it contributes to the product."""

    kind: int
    signal: int
    signal2: int
    parameters: tuple[int, int, int, int]
    curve: tuple[tuple[float, ...], tuple[float, ...]] | None
    dimension: Dimension
    key: str  # which law of the rule it is, for English and trace


class TermRow(NamedTuple):
    """One term of a sum: ``coefficient * theta[weight] * source``."""

    kind: int
    source: int
    coefficient: float
    weight: int


@dataclass(frozen=True)
class SignalRow:
    """One instance of a signal."""

    name: str
    dimension: Dimension
    unit: str
    terms: tuple[TermRow, ...]
    constant: int
    divisor: int
    laws: tuple[LawRow, ...]
    location: Location | None
    empty: bool = False  # nothing of the class is there: zero, in any unit


@dataclass
class Signals:
    """Signals made so far; making one makes those it needs first."""

    space: Space
    numbers: Numbers
    declared: dict[str, tuple[Signal, Entry, tuple[str | int, ...]]] = field(default_factory=dict)
    rows: list[SignalRow] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    laws: dict[tuple[Any, ...], tuple[LawRow, ...]] = field(default_factory=dict, repr=False)  # those made before
    law_words: dict[tuple[Any, ...], frozenset[str]] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "laws": {}, "law_words": {}}

    def __getitem__(self, index: int) -> SignalRow:
        return self.rows[index]


def add_row(signals: Signals, row: SignalRow) -> int:
    """Append a signal, under its name."""
    signals.index[row.name] = len(signals.rows)
    signals.rows.append(row)
    return signals.index[row.name]


def signal_names(signals: Signals) -> list[str]:
    """Everything that a law or a sum may name, for near misses."""
    return [*signals.declared, *signals.space.entities, *signals.space.entity_classes, "time", "age"]
