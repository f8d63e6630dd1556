"""SBML documents as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from immunity.interop.algebra import Formula, Product


@dataclass(frozen=True)
class Amount:
    """Something that changes by reactions or a rate rule; ``size`` turns its amount into what its name means.

    ``begins``: what its name means at the start, where that follows from constants.
    """

    id: str
    name: str
    start: float  # amount
    size: float
    begins: Product | None = None


@dataclass(frozen=True)
class Change:
    """A rate (amount per time), and what one firing adds to amounts."""

    id: str
    name: str
    rate: Formula
    net: dict[str, float]


@dataclass(frozen=True)
class Happening:
    """An event: when (a time, or a name that crosses a level), and what is set to which formula."""

    id: str
    at: float | None
    level: tuple[str, str, float] | None  # name, above or below, value
    delay: float
    sets: dict[str, Formula]


@dataclass
class Document:
    """A model, ready to be written in another language.

    Attributes
    ----------
    constants : dict            name -> value, of what never changes
    amounts : dict of Amount    what changes
    follows : dict of Formula   what assignment rules make of others
    """

    id: str
    title: str
    unit_of_time: str
    counted: bool
    constants: dict[str, float] = field(default_factory=dict)
    amounts: dict[str, Amount] = field(default_factory=dict)
    follows: dict[str, Formula] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)


def each_of(holder: Any, what: str) -> list[Any]:
    """The reactions, rules or whatever else libSBML counts in something."""
    many = {"Species": "getNumSpecies"}.get(what, f"getNum{what}s")
    return [getattr(holder, f"get{what}")(k) for k in range(getattr(holder, many)())]


def id_of(thing: Any) -> str:
    """Its identifier, or no text."""
    return thing.getId() if thing.isSetId() else ""
