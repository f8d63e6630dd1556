"""Factors that follow a signal point by point; of clocks also such as repeat, swing or fade."""

from __future__ import annotations

import itertools
import math

from immunity.compiler.numbers import constant
from immunity.compiler.signal_rows import NONE, Signals
from immunity.compiler.space import alike
from immunity.language.errors import Location, fail
from immunity.language.models import Curve
from immunity.language.quantity import DIMENSIONLESS, Dimension, parse_quantity

CLOCKS = ("time", "age")
WAVE_POINTS = 48  # in a period: within a fifth of a percent of the swing
FADE_POINTS, FADE_TIMES = 8, 20  # in a mean time, within a fifth of a percent; after twenty it is over

Points = tuple[tuple[float, ...], tuple[float, ...]]


def curve_points(signals: Signals, law: Curve, signal: int, at: Location) -> tuple[Points, int]:
    """Return the points of a curve, and the parameter that holds the period with which it repeats, or NONE.

    Raises
    ------
    RuleError
        E505 for wrong units, E509 for a curve that has no shape or several, or repeats in something but time.
    """
    shapes = [law.wave is not None, law.fades is not None, bool(law.points)]
    if sum(shapes) != 1:
        raise fail("E509", at=at, reason="it needs one of points, wave and fades")
    if law.since is not None:
        raise fail("E509", at=at, reason="only a host's curves of its attributes count from another one")
    timed = signals[signal].name in CLOCKS
    if (law.repeats or not law.points) and not timed:
        raise fail("E509", at=at, reason="only curves of time or age repeat, swing or fade")

    def span(text: str) -> float:
        value = _number(signals, text, signals[signal].dimension, at)
        if value <= 0.0:
            raise fail("E516", at=at, text=text, reason="a time of a curve is above zero")
        return value

    if law.wave is not None:
        period, swing = span(law.wave.period), _number(signals, law.wave.swing, DIMENSIONLESS, at)
        if not 0.0 <= swing <= 1.0:
            raise fail("E516", at=at, text=law.wave.swing, reason="a wave swings by 0 to 1")
        shift = _number(signals, law.wave.peak, signals[signal].dimension, at) % period
        xs = [period * k / WAVE_POINTS for k in range(WAVE_POINTS + 1)]
        ys = [1.0 + swing * math.cos(2.0 * math.pi * (x - shift) / period) for x in xs]
        return (tuple(xs), tuple(ys)), constant(signals.numbers, period)
    if law.fades is not None:
        mean = span(law.fades)
        times = [k / FADE_POINTS for k in range(FADE_POINTS * FADE_TIMES + 1)]
        ys = [math.exp(-each) for each in times[:-1]] + [0.0]
        return (tuple(mean * each for each in times), tuple(ys)), NONE
    xs = [_number(signals, x, None if signals[signal].empty else signals[signal].dimension, at) for x, _ in law.points]
    ys = [_number(signals, y, DIMENSIONLESS, at) for _, y in law.points]
    if len(xs) < 2 or any(b <= a for a, b in itertools.pairwise(xs)):
        raise fail("E509", at=at, reason="it needs two points or more, with x ascending")
    if law.repeats is None:
        return (tuple(xs), tuple(ys)), NONE
    period = span(law.repeats)
    if xs[0] < 0.0 or xs[-1] > period:
        raise fail("E509", at=at, reason="the points of a curve that repeats lie between zero and its period")
    return _closed(xs, ys, period), constant(signals.numbers, period)


def _closed(xs: list[float], ys: list[float], period: float) -> Points:
    """Points from zero to the period, so that the last of one turn and the first of the next are joined."""
    gap = xs[0] + period - xs[-1]
    share = (period - xs[-1]) / gap if gap > 0.0 else 0.0
    seam = ys[-1] + share * (ys[0] - ys[-1])
    head = [] if xs[0] == 0.0 else [(0.0, seam)]
    tail = [] if xs[-1] == period else [(period, seam)]
    points = [*head, *zip(xs, ys, strict=True), *tail]
    return tuple(x for x, _ in points), tuple(y for _, y in points)


def _number(signals: Signals, text: str, dimension: Dimension | None, at: Location) -> float:
    found = parse_quantity(text, at=at)
    if dimension is not None and not alike(found.dimension, dimension):
        expected = "a pure number" if dimension == DIMENSIONLESS else str(dimension)
        raise fail("E505", at=at, text=text, found=str(found.dimension), expected=expected)
    return found.value
