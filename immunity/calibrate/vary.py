"""A host whose numbers are multiplied by factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from immunity.compiler.case import Case
from immunity.compiler.derive import follow
from immunity.compiler.tables import Floats
from immunity.language.errors import fail

WIDTH_OF_STATUS = {"measured": 0.1, "derived": 0.2, "fitted": 0.7, "tuned": 1.0, "assumed": 1.2}
UNKNOWN_WIDTH = 1.2


@dataclass(frozen=True)
class Number:
    """A number of a rule book, and what is known of it.

    Attributes
    ----------
    index : int      position among the parameters of the model
    value : float    in base units
    said : str       value and unit as the book has it
    width : float    how far it may well be off, as the standard deviation of its natural logarithm
    """

    name: str
    index: int
    value: float
    said: str
    status: str
    source: str
    width: float


def numbers_of(case: Case, patterns: Iterable[str] = ("*",), *, literals: bool = False) -> tuple[Number, ...]:
    """The numbers of a host that can be varied: those with a value other than zero that follow from no others.

    Parameters
    ----------
    patterns : iterable of str    names as they are, or with ``*`` for anything
    literals : bool               take also those whose formula holds a number of its own beside others

    Raises
    ------
    RuleError
        E831 for a pattern that matches none.
    """
    names = case.model.tables.names.parameter
    follows = {
        formula.parameter
        for formula in case.model.formulas
        if not (literals and formula.where.keys() - formula.follows.keys())
    }
    sources = case.model.parameter_sources
    found: dict[int, Number] = {}
    for pattern in patterns:
        matching = [i for i, name in enumerate(names) if name == pattern or fnmatchcase(name, pattern)]
        usable = [i for i in matching if i not in follows and case.theta[i] != 0.0 and names[i] in sources]
        if not usable:
            reason = "it follows from others, or is zero" if matching else "the rule book has none of this name"
            raise fail("E831", text=pattern, reason=reason, known=names)
        for i in usable:
            known = sources[names[i]]
            status = str(known.get("status") or "")
            said = f"{known.get('value', '')} {known.get('unit') or ''}".strip()
            width = WIDTH_OF_STATUS.get(status, UNKNOWN_WIDTH)
            found[i] = Number(names[i], i, float(case.theta[i]), said, status, str(known.get("source") or ""), width)
    return tuple(found[i] for i in sorted(found))


def with_factors(case: Case, factors: Mapping[int, float]) -> Case:
    """The same host with some numbers multiplied, in what was lived before day 0 too; numbers derived from them follow.

    Parameters
    ----------
    factors : mapping    index of a parameter -> factor
    """

    def multiplied(before: Floats) -> Floats:
        theta = np.array(before, dtype=np.float64)
        for index, factor in factors.items():
            theta[index] *= factor
        follow(case.model.formulas, before, theta)
        return theta

    past = None if case.past is None else replace(case.past, theta=multiplied(case.past.theta))
    return replace(case, theta=multiplied(case.theta), past=past)


def by_name(case: Case, factors: Mapping[str, float]) -> Case:
    """As :func:`with_factors`, by the names of numbers."""
    index = {name: i for i, name in enumerate(case.model.tables.names.parameter)}
    return with_factors(case, {index[name]: factor for name, factor in factors.items()})


def common(names: Sequence[str], cases: Iterable[Case]) -> None:
    """Check that every case knows the numbers.

    Raises
    ------
    RuleError
        E831
    """
    for case in cases:
        for name in names:
            if name not in case.model.tables.names.parameter:
                raise fail("E831", text=name, reason="a scenario does not have it", known=())
