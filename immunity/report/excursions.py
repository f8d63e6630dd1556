"""Features of one curve: its highest point, its trips out of the healthy range, when it starts, when it is gone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from immunity.report.model import Curve, Floats


@dataclass(frozen=True)
class Peak:
    index: int
    day: float
    value: float


@dataclass(frozen=True)
class Excursion:
    """A trip above or below the healthy range, from the first crossing to the last return.

    `back` is None when it has not returned at the end; `strength` is the larger of extreme and bound
    over the smaller.
    """

    above: bool
    bound: float
    start: float
    from_start: bool
    back: float | None
    index: int
    extreme: float
    extreme_day: float
    strength: float


@dataclass(frozen=True)
class Clearance:
    """Whether and since when something is there, since when it is gone (None: still there), and how much is left."""

    present: bool
    since: float
    day: float | None
    last: float


def highest(values: Floats, times: Floats) -> Peak | None:
    """The highest point of a curve, None if it has no values."""
    if not np.isfinite(values).any():
        return None
    index = int(np.nanargmax(values))
    return Peak(index, float(times[index]), float(values[index]))


def crossing(times: Floats, values: Floats, index: int, bound: float) -> float:
    """When a curve crossed a bound between rows ``index - 1`` and ``index``, by interpolation."""
    if index == 0:
        return float(times[0])
    y0, y1 = float(values[index - 1]), float(values[index])
    if not (math.isfinite(y0) and math.isfinite(y1)) or y0 == y1:
        return float(times[index])
    share = min(max((bound - y0) / (y1 - y0), 0.0), 1.0)
    return float(times[index - 1] + share * (times[index] - times[index - 1]))


def excursions(curve: Curve, times: Floats) -> tuple[Excursion, ...]:
    """The trips of a curve out of its healthy range: at most one above and one below."""
    if curve.healthy is None:
        return ()
    found = (
        _excursion(curve.values, times, bound, above) for bound, above in zip(curve.healthy, (False, True), strict=True)
    )
    return tuple(trip for trip in found if trip is not None)


def _excursion(values: Floats, times: Floats, bound: float, above: bool) -> Excursion | None:
    if not math.isfinite(bound):
        return None
    there = np.flatnonzero(np.isfinite(values))
    outside = there[values[there] > bound] if above else there[values[there] < bound]
    if not len(outside):
        return None
    first, last = int(outside[0]), int(outside[-1])
    index = int(outside[np.argmax(values[outside]) if above else np.argmin(values[outside])])
    extreme = float(values[index])
    back = None if last == there[-1] else crossing(times, values, last + 1, bound)
    large, small = (extreme, bound) if above else (bound, extreme)
    strength = large / small if small > 0 else 10.0
    start = crossing(times, values, first, bound)
    return Excursion(above, bound, start, first == there[0], back, index, extreme, float(times[index]), strength)


def onset(values: Floats, times: Floats, share: float = 0.1) -> float | None:
    """When a curve has first covered a share of the way from its first value to its highest."""
    peak = highest(values, times)
    if peak is None or not math.isfinite(values[0]) or peak.value <= values[0]:
        return None
    bound = float(values[0] + share * (peak.value - values[0]))
    index = int(np.flatnonzero(values >= bound)[0])
    return crossing(times, values, index, bound)


def cleared(curve: Curve, times: Floats) -> Clearance:
    """Since when a curve stays below its limit of detection (below one where it has none)."""
    floor = curve.limit_of_detection if curve.limit_of_detection is not None else 1.0
    there = np.flatnonzero(np.isfinite(curve.values))
    above = there[curve.values[there] >= floor]
    if not len(above):
        return Clearance(False, math.nan, None, math.nan)
    since = crossing(times, curve.values, int(above[0]), floor)
    last = int(above[-1])
    left = float(curve.values[there[-1]])
    if last == there[-1]:
        return Clearance(True, since, None, left)
    return Clearance(True, since, crossing(times, curve.values, last + 1, floor), left)
