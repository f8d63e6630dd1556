"""Factors of a change: multiples, allometry and curves of an attribute of the host."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from immunity.compiler.numbers import Numbers
from immunity.compiler.tables import Floats
from immunity.language.errors import Location, fail
from immunity.language.models import Change, Curve
from immunity.language.quantity import DIMENSIONLESS, Dimension, Quantity, expect, parse_quantity

Attributes = Mapping[str, Quantity | str]
HISTORY = "history"  # of a host: what happened before day 0
AGE = "age"  # the attribute that moves with time


def said(value: Quantity | str) -> str:
    """An attribute as it was written."""
    return value.text if isinstance(value, Quantity) else value


def plain(text: str | None, dimension: Dimension, at: Location) -> float:
    """A value in base units; only a plain value can stand here, no formula and no family."""
    if text is None:
        raise fail("E512", at=at)
    return expect(parse_quantity(text, at=at), dimension, at=at).value


def factor_of(numbers: Numbers, change: Change, attributes: Attributes, at: Location) -> float:
    factor = 1.0
    if change.multiply is not None:
        factor *= plain(change.multiply.value, DIMENSIONLESS, at)
    if change.scales_with is not None:
        value = attributes.get(change.scales_with)
        if not isinstance(value, Quantity):
            raise fail("E607", at=at, what="attribute", text=change.scales_with, known=attributes)
        reference = numbers[numbers.index[f"host.{change.scales_with}"]]
        power = plain(change.power, DIMENSIONLESS, at)
        try:
            factor *= (value.value / reference.value) ** power
        except (ZeroDivisionError, OverflowError):
            raise fail("E302", at=at, text=f"({value.value:g} / {reference.value:g}) to the power {power:g}") from None
    for curve in curves_of(change):
        factor *= on_curve(curve, attributes, at)
    return factor


def curves_of(change: Change) -> list[Curve]:
    return change.curve if isinstance(change.curve, list) else [change.curve] if change.curve else []


def on_curve(curve: Curve, attributes: Attributes, at: Location, dimension: Dimension = DIMENSIONLESS) -> float:
    if not curve.points:
        raise fail("E509", at=at, reason="an attribute has no time to swing or fade with; give points")
    value = attributes.get(curve.signal)
    if not isinstance(value, Quantity):
        raise fail("E607", at=at, what="attribute", text=curve.signal, known=attributes)
    xs, ys = _points(tuple(curve.points), value.dimension, dimension, at)
    return float(np.interp(value.value - begins(curve, attributes, at), xs, ys))


def begins(curve: Curve, attributes: Attributes, at: Location) -> float:
    """The value of a curve's own signal at which it begins to count; 0 unless it says ``since``."""
    if curve.since is None:
        return 0.0
    value, name = attributes.get(curve.since.attribute), curve.since.attribute
    if not isinstance(value, Quantity):
        raise fail("E607", at=at, what="attribute", text=name, known=attributes)
    return value.value if curve.since.at is None else plain(curve.since.at, value.dimension, at) - value.value


@lru_cache(maxsize=4096)
def _points(
    points: tuple[tuple[str, str], ...], across: Dimension, up: Dimension, at: Location
) -> tuple[Floats, Floats]:
    """The corners of a curve in base units; kept, since a host that ages comes to each of them time and again."""
    xs, ys = [plain(x, across, at) for x, _ in points], [plain(y, up, at) for _, y in points]
    if len(xs) < 2 or any(b <= a for a, b in itertools.pairwise(xs)):
        raise fail("E509", at=at, reason="it needs two points or more, with x ascending")
    return np.array(xs), np.array(ys)
