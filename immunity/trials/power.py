"""How many hosts a randomised trial would need to show what was found, and what it would show with fewer."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from immunity.trials.analyse import Floats

SIZES = (10, 20, 50, 100, 200, 500, 1000, 2000)
WANTED = (0.8, 0.9)
LARGEST = 10_000_000

_normal = NormalDist()
Power = Callable[[int], float]


def of_shares(risk: float, risk_0: float, alpha: float) -> Power:
    """Power of the test of two proportions, normal approximation."""
    middle = 0.5 * (risk + risk_0)
    under_null = math.sqrt(2.0 * middle * (1.0 - middle))
    spread = math.sqrt(risk * (1.0 - risk) + risk_0 * (1.0 - risk_0))
    z = _normal.inv_cdf(1.0 - alpha / 2.0)

    def power(n: int) -> float:
        if under_null == 0.0:
            return alpha
        distance = abs(risk - risk_0) * math.sqrt(n) - z * under_null
        return _normal.cdf(distance / spread) if spread > 0.0 else float(distance > 0.0)

    return power


def of_survival(risk: float, risk_0: float, alpha: float) -> Power:
    """Power of the log-rank test by Freedman's formula, which holds for large effects too.

    The ratio of hazards is the one that the risks at the end give.
    """
    z = _normal.inv_cdf(1.0 - alpha / 2.0)
    less, more = sorted((risk, risk_0))
    if more >= 1.0 or more <= 0.0:
        return of_shares(risk, risk_0, alpha)
    ratio = math.log1p(-less) / math.log1p(-more)

    def power(n: int) -> float:
        return _normal.cdf(math.sqrt(n * (risk + risk_0)) * (1.0 - ratio) / (1.0 + ratio) - z)

    return power


def of_means(values: Floats, values_0: Floats, alpha: float) -> Power:
    """Power of the t test of two independent groups with the spread that was found."""
    from scipy.stats import nct, t

    spread = math.sqrt(0.5 * (float(np.var(values, ddof=1)) + float(np.var(values_0, ddof=1))))
    gap = abs(float(values.mean() - values_0.mean()))

    def power(n: int) -> float:
        if spread == 0.0:
            return alpha if gap == 0.0 else 1.0
        freedom, shift = 2 * n - 2, gap / spread * math.sqrt(n / 2.0)
        if shift > 30.0:  # the distribution is not computed so far out, and it makes no difference
            return 1.0
        edge = float(t.ppf(1.0 - alpha / 2.0, freedom))
        return float(nct.sf(edge, freedom, shift) + nct.cdf(-edge, freedom, shift))

    return power


def size_for(power: Power, wanted: float) -> int | None:
    """The fewest hosts per arm with a power, None if ten million are too few."""
    low, high = 1, 2
    while power(high) < wanted:
        low, high = high, 2 * high
        if high > LARGEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= wanted else (middle, high)
    return high
