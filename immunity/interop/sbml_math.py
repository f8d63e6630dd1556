"""MathML as sums of products, and as numbers where a model says how it begins."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from immunity.interop.algebra import (
    Formula,
    NoSuchShape,
    added,
    multiplied,
    named,
    names_in,
    negated,
    never_negative,
    number,
    raised,
    worked_out,
    wrapped,
)
from immunity.interop.sbml_cases import least, most, piecewise, size, tanh

TIME = "time"  # the name of the clock in formulas
AVOGADRO = 6.02214179e23  # as the standard fixes it

Resolve = Callable[[str], Formula]


def formula_of(node: Any, resolve: Resolve, constants: Mapping[str, float] = MappingProxyType({})) -> Formula:
    """A formula as a sum of products.

    Parameters
    ----------
    node : libsbml.ASTNode
    resolve : callable      identifier -> what it stands for
    constants : mapping     what exponents may name: there a constant stands by its value

    Raises
    ------
    NoSuchShape
        Where the language has no words for it.
    """
    import libsbml as sbml

    kind = node.getType()
    parts = [node.getChild(k) for k in range(node.getNumChildren())]
    if kind in _numbers(sbml):
        return number(node.getValue())
    if kind == sbml.AST_NAME_TIME:
        return named(TIME)
    fixed = {sbml.AST_CONSTANT_PI: math.pi, sbml.AST_CONSTANT_E: math.e, sbml.AST_NAME_AVOGADRO: AVOGADRO}
    if kind in fixed:
        return number(fixed[kind])
    if kind == sbml.AST_NAME:
        return resolve(node.getName())
    if kind == sbml.AST_PLUS:
        return added(*(formula_of(part, resolve, constants) for part in parts))
    if kind == sbml.AST_MINUS:
        first, *others = (formula_of(part, resolve, constants) for part in parts)
        return added(first, *map(negated, others)) if others else negated(first)
    if kind == sbml.AST_TIMES:
        found = number(1.0)
        for part in parts:
            found = multiplied(found, formula_of(part, resolve, constants))
        return found
    if kind == sbml.AST_DIVIDE:
        above, below = (formula_of(part, resolve, constants) for part in parts)
        return multiplied(above, raised(below, -1.0))
    if kind in (sbml.AST_POWER, sbml.AST_FUNCTION_POWER):
        base, exponent = (formula_of(part, resolve, constants) for part in parts)
        if names_in(exponent) - set(constants) and never_negative(base):
            return wrapped("exp", multiplied(exponent, wrapped("log", base)))
        return raised(base, _plain(exponent, "an exponent", constants))
    if kind == sbml.AST_FUNCTION_ROOT:
        degree = _plain(formula_of(parts[0], resolve, constants), "a degree", constants) if len(parts) == 2 else 2.0
        return raised(formula_of(parts[-1], resolve, constants), 1.0 / degree)
    if kind == sbml.AST_FUNCTION_EXP:
        return wrapped("exp", formula_of(parts[0], resolve, constants))
    if kind == sbml.AST_FUNCTION_LN:
        return wrapped("log", formula_of(parts[0], resolve, constants))
    if kind == sbml.AST_FUNCTION_LOG:
        base = _plain(formula_of(parts[0], resolve, constants), "a base", constants) if len(parts) == 2 else 10.0
        return multiplied(number(1.0 / math.log(base)), wrapped("log", formula_of(parts[-1], resolve, constants)))
    if kind == sbml.AST_FUNCTION_PIECEWISE:
        return piecewise(
            parts,
            lambda part: formula_of(part, resolve, constants),
            lambda formula: _plain(formula, "what is compared", constants),
        )
    if kind in (sbml.AST_FUNCTION_MIN, sbml.AST_FUNCTION_MAX):
        which = least if kind == sbml.AST_FUNCTION_MIN else most
        return functools.reduce(which, (formula_of(part, resolve, constants) for part in parts))
    if kind in (sbml.AST_FUNCTION_ABS, sbml.AST_FUNCTION_TANH):
        return (size if kind == sbml.AST_FUNCTION_ABS else tanh)(formula_of(parts[0], resolve, constants))
    raise NoSuchShape(f"it has {_word(node, sbml)}")


def value_of(node: Any, values: Mapping[str, float]) -> float:
    """The value of a formula at the start.

    Raises
    ------
    NoSuchShape
        Where it cannot be worked out.
    """

    def resolve(name: str) -> Formula:
        if name not in values:
            raise NoSuchShape(f"{name!r} has no value at the start")
        return number(values[name])

    try:
        return worked_out(formula_of(node, resolve), {TIME: 0.0})
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise NoSuchShape(str(error)) from None


def _numbers(sbml: Any) -> tuple[int, ...]:
    return (sbml.AST_INTEGER, sbml.AST_REAL, sbml.AST_REAL_E, sbml.AST_RATIONAL)


def _plain(formula: Formula, what: str, constants: Mapping[str, float]) -> float:
    if names_in(formula) - set(constants):
        raise NoSuchShape(f"{what} changes in time")
    return worked_out(formula, constants)


def _word(node: Any, sbml: Any) -> str:
    """What a kind of node is called."""
    known = {
        sbml.AST_FUNCTION_DELAY: "a delay",
        sbml.AST_FUNCTION_RATE_OF: "rateOf",
        sbml.AST_FUNCTION_FLOOR: "floor",
        sbml.AST_FUNCTION_CEILING: "ceiling",
    }
    return known.get(node.getType()) or f"{(node.getName() or sbml.formulaToL3String(node))!r}"
