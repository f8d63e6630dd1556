"""Derived numbers that follow other numbers of the book, also where a host or a scenario changes those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from immunity.compiler.tables import Floats
from immunity.language.errors import Location
from immunity.language.formula import number
from immunity.language.quantity import Quantity


@dataclass(frozen=True)
class Formula:
    """How one parameter follows from others.

    Attributes
    ----------
    parameter : int
    text : str
    where : mapping           what the names of the formula stand for
    follows : mapping         those names that stand for other parameters
    """

    parameter: int
    text: str
    where: Mapping[str, Quantity]
    follows: Mapping[str, int]
    location: Location | None = None

    def value(self, theta: Floats) -> float:
        """The formula's value under given parameters."""
        values = {name: quantity.value for name, quantity in self.where.items()}
        values |= {name: float(theta[index]) for name, index in self.follows.items()}
        return number(self.text, values, at=self.location)


def follow(formulas: Sequence[Formula], before: Floats, after: Floats, *, pinned: Set[int] = frozenset()) -> None:
    """Let derived parameters follow what changed between two sets of parameters, in place.

    after[derived] *= f(after) / f(before), so that factors laid on the derived number itself stay.

    Parameters
    ----------
    formulas : sequence of Formula      each after those it needs
    before, after : float64[parameter]
    pinned : set of int                 parameters that were given a value of their own, and follow no longer
    """
    for formula in formulas:
        if formula.parameter in pinned:
            continue
        if all(before[index] == after[index] for index in formula.follows.values()):
            continue
        was, now = formula.value(before), formula.value(after)
        if was == 0.0:
            after[formula.parameter] = now
        elif was != now:
            after[formula.parameter] *= now / was


def followers(formulas: Sequence[Formula], parameter: int) -> list[int]:
    """All parameters that follow one, directly or through others."""
    moved = {parameter}
    found: list[int] = []
    for formula in formulas:
        if not moved.isdisjoint(formula.follows.values()):
            moved.add(formula.parameter)
            found.append(formula.parameter)
    return found
