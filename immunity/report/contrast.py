"""How a second run differs, in words: the differences that a laboratory or the person would notice, largest first."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from immunity.report.excursions import Peak, cleared
from immunity.report.model import Curve, Floats, ReportInput
from immunity.report.roles import is_microbe, is_symptom
from immunity.report.story import LEAST_AMOUNT, Beat, capital, end_of, headline
from immunity.report.words import Clock, clock, is_plural, number, temperature

_AT_MOST = 6
_LEAST_WEIGHT = 0.1  # a quarter more or less, or a tenth of the width of the healthy range
_UNJUDGED = 0.25  # a readout without range or limit counts for less: nobody knows what much of it is
_MOST_DECADES = 4.0


@dataclass(frozen=True)
class _Gap:
    """How far two curves are apart at their highest or lowest points."""

    weight: float
    lowest: bool


def contrasts(report: ReportInput) -> tuple[Beat, ...]:
    """How the second run differs, the largest differences first, closed by how it ended."""
    if report.second is None:
        return ()
    time = clock(report.days)
    beats = [beat for curve in report.curves if curve.second is not None for beat in _contrast(curve, report, time)]
    told = sorted(beats, key=lambda b: -b.weight)[:_AT_MOST]
    return (*told, Beat(end_of(report.second), headline(report.second)))


def _contrast(curve: Curve, report: ReportInput, time: Clock) -> list[Beat]:
    assert curve.second is not None
    if not (np.isfinite(curve.values).any() and np.isfinite(curve.second).any()):
        return []
    other = replace(curve, values=curve.second)
    gap = _gap(curve)
    parts = []
    day = 0.0
    if gap.weight >= _LEAST_WEIGHT:
        ours, theirs = (_extreme(values, report.times, lowest=gap.lowest) for values in (curve.values, curve.second))
        told = [_at(peak, curve, time) for peak in (theirs, ours)]
        verb = "lowest" if gap.lowest else f"peak{'' if is_plural(curve.name) else 's'}"
        parts.append(f"{verb} at {told[0]} instead of {told[1]}")
        day = theirs.day
    weight = gap.weight
    if is_microbe(curve):
        said, more, when = _clearance(curve, other, report, time)
        parts += said
        weight += more
        day = day if gap.weight >= _LEAST_WEIGHT or when is None else when
    if not parts:
        return []
    weight *= 1.5 if is_microbe(curve) or is_symptom(curve) or curve.main else 1.0
    return [Beat(day, capital(f"{curve.name} {' and '.join(parts)}."), curve.id, weight)]


def _extreme(values: Floats, times: Floats, *, lowest: bool) -> Peak:
    index = int(np.nanargmin(values) if lowest else np.nanargmax(values))
    return Peak(index, float(times[index]), float(values[index]))


def _gap(curve: Curve) -> _Gap:
    """How far apart two curves are, in decades or in widths of the healthy range, as far as anybody could tell."""
    assert curve.second is not None
    tops = [float(np.nanmax(values)) for values in (curve.values, curve.second)]
    lows = [float(np.nanmin(values)) for values in (curve.values, curve.second)]
    if curve.healthy is None:
        floor = floor_of(curve)
        decades = _decades(max(tops[0], floor), max(tops[1], floor))
        judged = curve.limit_of_detection is not None or is_microbe(curve)
        return _Gap(decades if judged else _UNJUDGED * decades, lowest=False)
    low, high = curve.healthy
    above = below = 0.0
    if curve.unit == "degC":
        above = abs(max(tops[0], high) - max(tops[1], high)) / (high - low)
        below = abs(min(lows[0], low) - min(lows[1], low)) / (high - low)
    else:
        if math.isfinite(high) and high > 0:
            above = _decades(max(tops[0], high), max(tops[1], high))
        if math.isfinite(low) and low > 0:
            least = low * 10.0**-_MOST_DECADES
            below = _decades(max(min(lows[0], low), least), max(min(lows[1], low), least))
    return _Gap(max(above, below), lowest=below > above)


def _decades(one: float, two: float) -> float:
    return min(abs(math.log10(one / two)), _MOST_DECADES)


def floor_of(curve: Curve) -> float:
    """The least that anybody could tell from nothing."""
    if curve.limit_of_detection is not None and curve.limit_of_detection > 0:
        return curve.limit_of_detection
    return 1.0 if is_microbe(curve) else LEAST_AMOUNT


def _at(peak: Peak, curve: Curve, time: Clock) -> str:
    """A value with its moment; what nobody could measure is not given to three digits."""
    if peak.value < floor_of(curve) and curve.healthy is None:
        limit = curve.limit_of_detection
        return f"less than {number(limit)}, the limit of detection" if limit else "next to nothing"
    return f"{temperature(peak.value, curve.unit)} ({time.stamp(peak.day)})"


def _clearance(ours: Curve, theirs: Curve, report: ReportInput, time: Clock) -> tuple[list[str], float, float | None]:
    """What differs in when they are gone, what that weighs, and when it is."""
    mine, other = cleared(ours, report.times), cleared(theirs, report.times)
    if not (mine.present and other.present) or mine.day == other.day:
        return [], 0.0, None
    be = "are" if is_plural(ours.name) else "is"
    if other.day is None:
        return [f"{be} still there at the end instead of gone"], 1.0, end_of(report.second or report)
    if mine.day is not None and abs(mine.day - other.day) < 0.02 * report.days:
        return [], 0.0, None
    gone = time.when(other.day)
    preposition = gone.split(" ")[0] + " "
    instead = time.when(mine.day).removeprefix(preposition) if mine.day is not None else "still there at the end"
    apart = abs(other.day - mine.day) / report.days if mine.day is not None else 1.0
    return [f"{be} gone {gone} instead of {instead}"], apart, other.day
