"""Formulas as sums of products, the shape in which the rule language says what a rate is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

MOST_TERMS = 400  # of one formula that is multiplied out


class NoSuchShape(ValueError):
    """A formula that is no sum of products of what the language knows; the text says why."""


@dataclass(frozen=True, order=True)
class Factor:
    """What a product is made of: a name, or a formula in brackets.

    Under ``up`` it counts where it is above zero, under ``step`` it is 1 there and 0 below. A power of a ``sum`` is 0
    where the sum is not above zero.
    """

    kind: str  # name | sum | exp | log | up | step
    name: str = ""
    of: Formula = ()


@dataclass(frozen=True, order=True)
class Product:
    """``coefficient * factor ** exponent * ...``, factors in order."""

    factors: tuple[tuple[Factor, float], ...]
    coefficient: float

    def without(self, name: str) -> Product | None:
        """This divided by a name once; None where that is not there to the first power or more."""
        left = []
        found = False
        for factor, exponent in self.factors:
            if factor.kind == "name" and factor.name == name and exponent >= 1.0:
                found = True
                if exponent > 1.0:
                    left.append((factor, exponent - 1.0))
            else:
                left.append((factor, exponent))
        return Product(tuple(left), self.coefficient) if found else None


Formula = tuple[Product, ...]

NOTHING: Formula = ()


def number(value: float) -> Formula:
    """A number."""
    if not math.isfinite(value):
        raise NoSuchShape(f"{value} is no number")
    return (Product((), float(value)),) if value else NOTHING


def named(name: str) -> Formula:
    """A name."""
    return (Product(((Factor("name", name), 1.0),), 1.0),)


def added(*formulas: Formula) -> Formula:
    """A sum, like terms put together."""
    found: dict[tuple[tuple[Factor, float], ...], float] = {}
    for formula in formulas:
        for term in formula:
            found[term.factors] = found.get(term.factors, 0.0) + term.coefficient
    return tuple(sorted(Product(factors, value) for factors, value in found.items() if value))


def negated(formula: Formula) -> Formula:
    """Minus a formula."""
    return tuple(Product(term.factors, -term.coefficient) for term in formula)


def multiplied(first: Formula, second: Formula) -> Formula:
    """A product. A sum with nothing negative in it stays in its brackets; others are multiplied out."""
    first, second = (_in_brackets(each) if never_negative(each) else each for each in (first, second))
    if len(first) * len(second) > MOST_TERMS:
        raise NoSuchShape(f"it has more than {MOST_TERMS} terms when multiplied out")
    return added(*((_joined(a, b),) for a in first for b in second))


def raised(base: Formula, exponent: float) -> Formula:
    """A power."""
    if exponent == 0.0:
        return number(1.0)
    if not base:
        if exponent < 0.0:
            raise NoSuchShape("it divides by zero")
        return NOTHING
    logs = any(factor.kind == "log" for term in base for factor, _ in term.factors)
    if (len(base) > 1 or logs) and not never_negative(base):
        return _either_sign(base, exponent)
    term = _in_brackets(base)[0]
    if term.coefficient < 0.0 and exponent != int(exponent):
        raise NoSuchShape("something negative is raised to a broken power")
    factors = tuple((factor, power * exponent) for factor, power in term.factors)
    return (Product(factors, math.pow(term.coefficient, exponent)),)


def _either_sign(base: Formula, exponent: float) -> Formula:
    """A power of what may be below zero: there, a whole one is that of the opposite, and a broken one is none."""
    if exponent in (1.0, 2.0, 3.0, 4.0):
        found = base
        for _ in range(int(exponent) - 1):
            found = multiplied(found, base)
        return found
    above = Product(((Factor("sum", of=base), exponent),), 1.0)
    if exponent != int(exponent):
        return (above,)
    below = Product(((Factor("sum", of=negated(base)), exponent),), -1.0 if exponent % 2.0 else 1.0)
    return added((above,), (below,))


def above_zero(formula: Formula) -> Formula:
    """A formula where it is above zero, else none."""
    if never_negative(formula):
        return formula
    fixed = _fixed(formula)
    return number(max(fixed, 0.0)) if fixed is not None else (Product(((Factor("up", of=formula), 1.0),), 1.0),)


def stepped(formula: Formula) -> Formula:
    """1 where a formula is above zero, 0 where it is below."""
    fixed = _fixed(formula)
    if fixed is not None:
        return number(_step(fixed))
    return (Product(((Factor("step", of=formula), 1.0),), 1.0),)


def without_logs(term: Product) -> Formula:
    """A product with each logarithm as what it is above zero less what it is below."""
    plain = Product(tuple((factor, power) for factor, power in term.factors if factor.kind != "log"), term.coefficient)
    found: Formula = (plain,)
    for factor, power in term.factors:
        if factor.kind == "log":
            log = (Product(((factor, 1.0),), 1.0),)
            either = added(_up(log), negated(_up(negated(log))))
            for _ in range(int(power)):
                found = multiplied(found, either)
    return found


def _up(formula: Formula) -> Formula:
    return (Product(((Factor("up", of=formula), 1.0),), 1.0),)


def _fixed(formula: Formula) -> float | None:
    """The value of what holds no name."""
    return None if names_in(formula) else worked_out(formula, {})


def _step(value: float) -> float:
    return 0.5 if value == 0.0 else float(value > 0.0)


def wrapped(kind: str, formula: Formula) -> Formula:
    """``exp`` or ``log`` of a formula."""
    if not formula or (len(formula) == 1 and not formula[0].factors):
        value = formula[0].coefficient if formula else 0.0
        try:
            return number(math.exp(value) if kind == "exp" else math.log(value))
        except (ValueError, OverflowError):
            raise NoSuchShape(f"{kind} of {value:g}") from None
    return (Product(((Factor(kind, of=formula), 1.0),), 1.0),)


def never_negative(formula: Formula) -> bool:
    """Whether a sum adds nothing that may be below zero, where no name is."""
    return all(
        term.coefficient > 0.0 and not any(_may_be_negative(factor, power) for factor, power in term.factors)
        for term in formula
    )


def _may_be_negative(factor: Factor, power: float) -> bool:
    return factor.kind == "log" or (factor.kind == "sum" and power == 1.0 and not never_negative(factor.of))


def names_in(formula: Formula) -> set[str]:
    """Every name in a formula."""
    found: set[str] = set()
    for term in formula:
        for factor, _ in term.factors:
            found |= {factor.name} if factor.kind == "name" else names_in(factor.of)
    return found


def written(formula: Formula, spell: Callable[[str], str] = str) -> str:
    """A formula as text, for those that hold numbers alone."""
    if not formula:
        return "0"
    return " + ".join(_written(term, spell) for term in formula)


def worked_out(formula: Formula, values: Mapping[str, float]) -> float:
    """The value of a formula."""
    return sum(
        term.coefficient * math.prod(_value(factor, exponent, values) for factor, exponent in term.factors)
        for term in formula
    )


def _value(factor: Factor, exponent: float, values: Mapping[str, float]) -> float:
    if factor.kind == "name":
        return values[factor.name] ** exponent
    inside = worked_out(factor.of, values)
    if factor.kind == "sum" and exponent != 1.0 and inside <= 0.0 and not never_negative(factor.of):
        return 0.0
    shapes = {"sum": float, "exp": math.exp, "log": math.log, "up": lambda x: max(x, 0.0), "step": _step}
    return shapes[factor.kind](inside) ** exponent


def _in_brackets(formula: Formula) -> Formula:
    """A sum of several as one factor."""
    return formula if len(formula) < 2 else (Product(((Factor("sum", of=formula), 1.0),), 1.0),)


def _joined(first: Product, second: Product) -> Product:
    powers: dict[Factor, float] = {}
    for factor, exponent in (*first.factors, *second.factors):
        powers[factor] = powers.get(factor, 0.0) + exponent
    kept = tuple(sorted((factor, exponent) for factor, exponent in powers.items() if exponent))
    return Product(kept, first.coefficient * second.coefficient)


def _written(term: Product, spell: Callable[[str], str]) -> str:
    def one(factor: Factor, exponent: float) -> str:
        text = spell(factor.name) if factor.kind == "name" else f"({written(factor.of, spell)})"
        text = text if factor.kind in ("name", "sum") else factor.kind + text
        return text if exponent == 1.0 else f"{text} ** ({exponent!r})"

    parts = [one(factor, exponent) for factor, exponent in term.factors]
    alone = term.coefficient == 1.0 and parts
    return " * ".join(parts if alone else [f"({term.coefficient!r})", *parts])


def split(term: Product, variable: Iterable[str]) -> tuple[Product, Product]:
    """A product as what never changes and what does, or has a sign that only signals can ask for."""
    changing = set(variable)
    fixed: list[tuple[Factor, float]] = []
    moving: list[tuple[Factor, float]] = []
    for factor, exponent in term.factors:
        names = {factor.name} if factor.kind == "name" else names_in(factor.of)
        (moving if _asks_for_sign(factor) or names & changing else fixed).append((factor, exponent))
    return Product(tuple(fixed), term.coefficient), Product(tuple(moving), 1.0)


def _asks_for_sign(factor: Factor) -> bool:
    if factor.kind in ("up", "step") or (factor.kind == "sum" and not never_negative(factor.of)):
        return True
    return any(_asks_for_sign(inner) for term in factor.of for inner, _ in term.factors)
