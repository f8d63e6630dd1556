"""What a finding expects, in base units."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from immunity.language.errors import Location, fail
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension, parse_quantity, parse_unit
from immunity.validate.models import Finding

At = Callable[..., Location]
TIME_AXIS = "time"
EACH_AXIS = "each"
INDEX = "index"
LOG = "log10"

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$", re.DOTALL | re.ASCII)


@dataclass(frozen=True)
class Unit:
    """The unit a finding speaks in. On ``log`` units a value is the decadic logarithm of an amount.

    base value = value * factor, or value + log10(factor) on ``log`` units
    """

    text: str
    factor: float
    dimension: Dimension
    log: bool = False

    def to_base(self, value: float) -> float:
        return value + math.log10(self.factor) if self.log else value * self.factor

    def from_base(self, value: float) -> float:
        return value - math.log10(self.factor) if self.log else value / self.factor

    def fits(self, other: Unit) -> bool:
        return self.dimension == other.dimension and self.log == other.log


@dataclass(frozen=True)
class Point:
    """A published number with its interval, in ``Expectation.unit``. ``x`` is in base units, or an index."""

    x: float
    value: float
    lo: float
    hi: float
    label: str = ""


@dataclass(frozen=True)
class Expectation:
    """One point, or several over ``time``, over the values of a parameter, or one for ``each`` measure.

    Attributes
    ----------
    over : str or None    None for a single value
    scale : str           linear or log10: how distance is judged
    by_index : bool       x counts values from 0
    """

    points: tuple[Point, ...]
    unit: Unit
    scale: str
    over: str | None = None
    by_index: bool = False
    x_unit: str = ""


def check_expectation(finding: Finding, at: At) -> Expectation:
    """Read the expectation of a finding.

    Raises
    ------
    RuleError
        E805 if it does not fit together, E3xx for its quantities.
    """
    expect = finding.expect
    here = at("expect")
    single = (expect.value, expect.lo, expect.hi)
    if expect.points is None:
        if any(part is None for part in single):
            raise fail("E805", at=here, reason="value, lo and hi belong together, or give points")
        if any(part is not None for part in (expect.over, expect.x, expect.y, expect.labels)):
            raise fail("E805", at=here, reason="over, x, y and labels belong to points")
        if finding.measure.each is not None:
            raise fail("E805", at=here, reason="a measure with 'each' needs points")
        return _single(finding, at)
    if any(part is not None for part in single):
        raise fail("E805", at=here, reason="give either points or value, lo and hi")
    return _series(finding, at)


def _single(finding: Finding, at: At) -> Expectation:
    expect = finding.expect
    numbers, units = [], []
    for key in ("value", "lo", "hi"):
        number, unit = read_value(getattr(expect, key), at("expect", key))
        numbers.append(number)
        units.append(unit)
        if not unit.fits(units[0]):
            raise fail(
                "E805", at=at("expect", key), reason=f"its unit differs from that of the value ({units[0].text})"
            )
    shown = [units[0].from_base(unit.to_base(number)) for number, unit in zip(numbers, units, strict=True)]
    point = Point(0.0, *shown)
    _check_point(point, expect.scale, units[0], at("expect", "lo"))
    return Expectation((point,), units[0], expect.scale)


def _series(finding: Finding, at: At) -> Expectation:
    expect = finding.expect
    if expect.x is None or expect.y is None:
        raise fail("E805", at=at("expect"), reason="points need their units, x and y")
    over = expect.over or (EACH_AXIS if finding.measure.each is not None else TIME_AXIS)
    by_index = expect.x == INDEX
    unit = read_unit(expect.y, at("expect", "y"))
    factor, dimension = (1.0, DIMENSIONLESS) if by_index else parse_unit(expect.x, at=at("expect", "x"))
    paths = {path for run in finding.runs.values() for path in run.parameters}
    if over == TIME_AXIS:
        if by_index or dimension != TIME:
            raise fail("E805", at=at("expect", "x"), reason="over time, x is a unit of time")
    elif over == EACH_AXIS:
        if finding.measure.each is None or not by_index:
            raise fail("E805", at=at("expect"), reason="over each needs a measure with 'each', and x: index")
    elif over not in paths:
        raise fail("E805", at=at("expect", "over"), reason=f"no run has the parameter {over!r}")
    if (finding.measure.each is not None) != (over == EACH_AXIS):
        raise fail("E805", at=at("expect", "over"), reason="a measure with 'each' goes over each")
    labels = expect.labels or [""] * len(expect.points or ())
    if len(labels) != len(expect.points or ()):
        raise fail("E805", at=at("expect", "labels"), reason="there are not as many labels as points")
    points = tuple(
        Point(x * factor, y, lo, hi, label) for (x, y, lo, hi), label in zip(expect.points or (), labels, strict=True)
    )
    for position, point in enumerate(points):
        _check_point(point, expect.scale, unit, at("expect", "points", position))
        if by_index and not point.x.is_integer():
            raise fail("E805", at=at("expect", "points", position), reason="an index is a whole number")
    if len({point.x for point in points}) != len(points):
        raise fail("E805", at=at("expect", "points"), reason="two points have the same x")
    return Expectation(points, unit, expect.scale, over, by_index, expect.x)


def _check_point(point: Point, scale: str, unit: Unit, at: Location) -> None:
    numbers = (point.x, point.value, point.lo, point.hi)
    if not all(math.isfinite(number) for number in numbers):
        raise fail("E805", at=at, reason="a number is not finite")
    if not point.lo <= point.value <= point.hi or point.lo == point.hi:
        raise fail("E805", at=at, reason=f"{point.lo:g} to {point.hi:g} is no interval around {point.value:g}")
    if scale == LOG and unit.log:
        raise fail("E805", at=at, reason="values that are logarithms already are judged on a linear scale")
    if scale == LOG and point.lo <= 0.0:
        raise fail("E805", at=at, reason="zero has no logarithm")


def read_unit(text: str, at: Location | None = None) -> Unit:
    """Read a unit, ``log10 UNIT`` for a logarithm."""
    if text.strip().startswith(LOG):
        factor, dimension = parse_unit(text.strip().removeprefix(LOG).strip() or "1", at=at)
        return Unit(text.strip(), factor, dimension, log=True)
    factor, dimension = parse_unit(text, at=at)
    return Unit(text.strip(), factor, dimension)


def read_value(text: str, at: Location | None = None) -> tuple[float, Unit]:
    """Read a number with its unit, such as ``2 d``, ``95 %``, ``7.5 1e9 cell/L`` or ``5.1 log10 TCID50/mL``."""
    found = _NUMBER.match(text)
    if found is None or not math.isfinite(float(found[1])):
        parse_quantity(text, at=at)  # says what is wrong with it
        raise fail("E306", at=at, text=text)
    return float(found[1]), read_unit(found[2] or "1", at)
