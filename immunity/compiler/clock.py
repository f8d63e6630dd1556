"""Times as whole ticks, so that two ways to write one instant are one number."""

from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Floats

TICKS_PER_DAY = 8.64e9  # a tick is 10 microseconds: far above rounding, even after centuries


def at_tick(day: float) -> float:
    """The tick nearest to a time in days, in days; infinite times stay."""
    ticks = day * TICKS_PER_DAY
    return round(ticks) / TICKS_PER_DAY if math.isfinite(ticks) else day


def grid(step: float, count: int) -> Floats:
    """The times 0, step, ..., count * step, each on its tick."""
    return np.rint(np.arange(count + 1, dtype=np.float64) * step * TICKS_PER_DAY) / TICKS_PER_DAY
