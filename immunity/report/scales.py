"""Axes: from values to positions, and where the ticks stand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from immunity.report.model import Curve, Floats
from immunity.report.words import number, power_of_ten

_DECADES_SHOWN = 9


@dataclass(frozen=True)
class Axis:
    """A value axis. Positions run from 0 (`lo`) to 1 (`hi`)."""

    lo: float
    hi: float
    log: bool
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    power: int = 0  # labels are in units of ten to this power

    def at(self, values: Floats | float) -> Floats:
        """Positions of values; what lies outside is drawn on the edge."""
        array = np.asarray(values, dtype=float)
        if self.log:
            array = np.log10(np.maximum(array, self.lo))
            lo, hi = math.log10(self.lo), math.log10(self.hi)
        else:
            lo, hi = self.lo, self.hi
        return np.clip((array - lo) / (hi - lo), 0.0, 1.0)


def nice_ticks(lo: float, hi: float, count: int = 4) -> tuple[float, ...]:
    """Round values (1, 2, 2.5, 5 times a power of ten) inside an interval, about `count` of them."""
    raw = (hi - lo) / max(count, 1)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * magnitude >= raw * 0.999)
    first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def _finite(arrays: Iterable[Floats | float | None]) -> Floats:
    parts = [np.ravel(np.asarray(a, dtype=float)) for a in arrays if a is not None]
    joined = np.concatenate(parts) if parts else np.empty(0)
    return joined[np.isfinite(joined)]


def value_axis(curve: Curve) -> Axis:
    """An axis that holds the curve and everything drawn with it."""
    band = curve.band or (None, None)
    points = [v for p in curve.points for v in (p.y, p.lo, p.hi)]
    observed = [series.value for series in curve.observed]
    shown = _finite([curve.values, curve.second, *band, *points, *observed])
    return _log_axis(curve, shown) if curve.scale == "log10" else _linear_axis(curve, shown)


def _linear_axis(curve: Curve, shown: Floats) -> Axis:
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    for bound in curve.healthy or ():
        if math.isfinite(bound):
            low, high = min(low, bound), max(high, bound)
    # From zero, so that a curve that hardly moves looks as if it hardly moves; no temperature starts at zero.
    if low >= 0 and (curve.healthy is None or low <= 0.5 * high) and curve.unit != "degC":
        low = 0.0
    least = 2.0 if curve.unit == "degC" else 0.02 * max(abs(low), abs(high)) or 1.0
    if high - low < least:
        middle = (low + high) / 2
        low, high = (0.0, least) if low == 0 else (middle - least / 2, middle + least / 2)
    pad = 0.06 * (high - low)
    low, high = (low if low == 0 else low - pad), high + pad
    ticks = nice_ticks(low, high)
    largest = max(abs(t) for t in ticks)
    power = math.floor(math.log10(largest)) if largest > 0 else 0
    power = power if power >= 4 or power <= -4 else 0
    return Axis(low, high, False, ticks, tuple(number(t / 10.0**power) for t in ticks), power)


def _log_axis(curve: Curve, shown: Floats) -> Axis:
    positive = shown[shown > 0]
    high = float(positive.max()) if len(positive) else 10.0
    low = float(positive.min()) if len(positive) else 1.0
    limit = curve.limit_of_detection
    if limit is not None and limit > 0:
        low, high = limit, max(high, limit)
    for bound in curve.healthy or ():
        if bound > 0 and math.isfinite(bound) and (low / 30 <= bound <= high * 30):
            low, high = min(low, bound), max(high, bound)
    low = max(low, high * 10.0**-_DECADES_SHOWN)
    bottom, top = math.floor(math.log10(low) - 0.15), math.ceil(math.log10(high) + 0.05)
    top = max(top, bottom + 2)
    step = max(1, math.ceil((top - bottom) / 5))
    exponents = range(math.ceil(bottom / step) * step, top + 1, step)
    labels = tuple(power_of_ten(e) if not -2 <= e <= 3 else number(10.0**e) for e in exponents)
    return Axis(10.0**bottom, 10.0**top, True, tuple(10.0**e for e in exponents), labels)
