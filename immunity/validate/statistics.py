"""Numbers taken of a curve. Times are days; ``values`` are presented values, NaN after a host has ended.

Where the curve jumps a time stands twice, with the value before and the value after.
"""

from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Floats
from immunity.results.curves import area, value_at, value_before

WELL = 7.0  # days without, after which an illness is a new one, as family cohorts count


def cut(time: Floats, values: Floats, first: float, last: float) -> tuple[Floats, Floats]:
    """The part of a curve between two days; NaN are left out.

    It begins with the state after the events of the first day and ends with the state before those of the last.
    """
    inside = (time > first) & (time < last)
    times = np.concatenate([[first], time[inside], [last]])
    shown = np.concatenate([[value_at(time, values, first)], values[inside], [value_before(time, values, last)]])
    there = ~np.isnan(shown)
    return times[there], shown[there]


def mean(time: Floats, values: Floats, *, logarithm: bool = False) -> float:
    """Mean over time: the area over the time."""
    if len(time) < 2 or time[-1] == time[0]:
        return float(values[0]) if len(values) else math.nan
    return float(area(time, values, logarithm=logarithm) / (time[-1] - time[0]))


def half_life(time: Floats, values: Floats, limit: float) -> float:
    """Half-life of a decay, from a straight line through the logarithms of the values above a limit.

    Infinite if the curve does not fall.
    """
    above = values > max(limit, 0.0)
    if above.sum() < 2:
        return math.nan
    t, y = time[above], np.log(values[above])
    t = t - t.mean()
    spread = float(np.dot(t, t))
    slope = float(np.dot(t, y - y.mean())) / spread if spread > 0.0 else math.nan
    return -math.log(2.0) / slope if slope < 0.0 else math.inf


def time_to_cross(time: Floats, values: Floats, level: float) -> float:
    """When the curve first reaches a level, from whichever side it starts. Infinite if it never does."""
    if not len(values):
        return math.nan
    side = np.sign(values - level)
    if side[0] == 0.0:
        return float(time[0])
    reached = np.flatnonzero(side != side[0])
    if not len(reached):
        return math.inf
    after = reached[0]
    return _meet(time, values, level, after - 1)


def duration_above(time: Floats, values: Floats, level: float) -> float:
    """How long the curve is above a level, in all, by straight lines between output times."""
    total = 0.0
    for i in range(len(time) - 1):
        start, end, step = values[i] > level, values[i + 1] > level, time[i + 1] - time[i]
        if start and end:
            total += step
        elif start != end:
            before = _meet(time, values, level, i) - time[i]
            total += before if start else step - before
    return float(total)


def duration_below(time: Floats, values: Floats, level: float) -> float:
    """How long the curve is below a level, in all."""
    return duration_above(time, -values, -level)


def episodes(time: Floats, values: Floats, level: float) -> float:
    """How often the curve rises above a level; what comes back within `WELL` days belongs to the episode before."""
    count, last, ill = 0, -math.inf, False
    for day, value in zip(time, values, strict=True):
        if value > level:
            count += not ill and day - last > WELL
            last = float(day)
        ill = bool(value > level)
    return float(count)


def _meet(time: Floats, values: Floats, level: float, i: int) -> float:
    if time[i + 1] == time[i]:
        return float(time[i])
    share = (level - values[i]) / (values[i + 1] - values[i])
    return float(time[i] + share * (time[i + 1] - time[i]))


def across(values: Floats, how: str) -> float:
    """One number of many hosts: median, mean, min, max or ``quantile Q``. Hosts without a value do not count.

    Infinite values (what never happened) are ordered like any other.
    """
    there = np.sort(values[~np.isnan(values)])
    if not len(there):
        return math.nan
    if how == "mean":
        return float(there.mean())
    if how == "min":
        return float(there[0])
    if how == "max":
        return float(there[-1])
    return _quantile(there, 0.5 if how == "median" else float(how.split()[1]))


def _quantile(ordered: Floats, q: float) -> float:
    place = q * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return float(low) if low == high else float(low + (place - math.floor(place)) * (high - low))


__all__ = [
    "across",
    "area",
    "cut",
    "duration_above",
    "duration_below",
    "episodes",
    "half_life",
    "mean",
    "time_to_cross",
    "value_at",
    "value_before",
]
