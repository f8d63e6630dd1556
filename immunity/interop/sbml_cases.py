"""Formulas of several cases as sums: each case times how far it holds, which is 0 or 1 but for a sliver between."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from immunity.interop.algebra import (
    NOTHING,
    Formula,
    NoSuchShape,
    above_zero,
    added,
    multiplied,
    names_in,
    negated,
    never_negative,
    number,
    raised,
    stepped,
    wrapped,
)

Read = Callable[[Any], Formula]
Fixed = Callable[[Formula], float]
Truth = tuple[Formula, Formula]  # how far something holds, and how far it does not: neither is ever negative

ALWAYS: Truth = (number(1.0), NOTHING)


def piecewise(parts: list[Any], read: Read, fixed: Fixed) -> Formula:
    """Value, condition, value, condition, ..., and what else there is, as a sum.

    Parameters
    ----------
    parts : list of libsbml.ASTNode
    read : callable             a node as a formula
    fixed : callable            the value of a formula of constants alone; NoSuchShape if it is not

    Raises
    ------
    NoSuchShape
        For an equality between what changes, which holds at single moments alone.
    """
    found = read(parts[-1]) if len(parts) % 2 else NOTHING
    for k in range(len(parts) // 2 - 1, -1, -1):
        holds, fails = truth(parts[2 * k + 1], read, fixed)
        found = added(multiplied(holds, read(parts[2 * k])), multiplied(fails, found))
    return found


def truth(node: Any, read: Read, fixed: Fixed) -> Truth:
    """How far a condition holds."""
    import libsbml as sbml

    kind = node.getType()
    parts = [node.getChild(k) for k in range(node.getNumChildren())]
    if kind in (sbml.AST_CONSTANT_TRUE, sbml.AST_CONSTANT_FALSE):
        return ALWAYS if kind == sbml.AST_CONSTANT_TRUE else _not(ALWAYS)
    if kind == sbml.AST_LOGICAL_NOT:
        return _not(truth(parts[0], read, fixed))
    if kind in (sbml.AST_LOGICAL_AND, sbml.AST_LOGICAL_OR):
        truths = [truth(part, read, fixed) for part in parts]
        if kind == sbml.AST_LOGICAL_AND:
            return reduce(_and, truths, ALWAYS)
        return _not(reduce(_and, map(_not, truths), ALWAYS))
    compare = {
        sbml.AST_RELATIONAL_GT: (lambda a, b: a > b),
        sbml.AST_RELATIONAL_GEQ: (lambda a, b: a >= b),
        sbml.AST_RELATIONAL_LT: (lambda a, b: a < b),
        sbml.AST_RELATIONAL_LEQ: (lambda a, b: a <= b),
        sbml.AST_RELATIONAL_EQ: (lambda a, b: a == b),
        sbml.AST_RELATIONAL_NEQ: (lambda a, b: a != b),
    }.get(kind)
    if compare is None or len(parts) != 2:
        raise NoSuchShape("it has a condition that is no comparison of two things")
    left, right = map(read, parts)
    try:
        return ALWAYS if compare(fixed(left), fixed(right)) else _not(ALWAYS)
    except NoSuchShape:
        pass
    if kind in (sbml.AST_RELATIONAL_EQ, sbml.AST_RELATIONAL_NEQ):
        raise NoSuchShape("it asks whether two things are equal") from None
    larger = _larger(left, right)
    return larger if kind in (sbml.AST_RELATIONAL_GT, sbml.AST_RELATIONAL_GEQ) else _not(larger)


def most(first: Formula, second: Formula) -> Formula:
    """The larger of two."""
    if never_negative(first) and not never_negative(second):
        first, second = second, first
    return added(second, above_zero(added(first, negated(second))))


def least(first: Formula, second: Formula) -> Formula:
    """The smaller of two."""
    larger, smaller = _larger(first, second)
    return added(multiplied(larger, second), multiplied(smaller, first))


def size(formula: Formula) -> Formula:
    """What is left without a sign."""
    return formula if never_negative(formula) else added(above_zero(formula), above_zero(negated(formula)))


def tanh(formula: Formula) -> Formula:
    """The hyperbolic tangent."""
    twice = wrapped("exp", multiplied(number(2.0), formula))
    return added(number(1.0), negated(multiplied(number(2.0), raised(added(twice, number(1.0)), -1.0))))


def _larger(left: Formula, right: Formula) -> Truth:
    """Whether the first is larger: in parts of both, where that can be told, so that the sliver is as small as they."""
    difference = added(left, negated(right))
    if left and right and never_negative(left) and never_negative(right) and "time" not in names_in(difference):
        difference = multiplied(difference, raised(added(left, right), -1.0))
    return stepped(difference), stepped(negated(difference))


def _not(one: Truth) -> Truth:
    return one[1], one[0]


def _and(one: Truth, other: Truth) -> Truth:
    return multiplied(one[0], other[0]), added(one[1], multiplied(one[0], other[1]))
