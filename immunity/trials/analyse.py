"""Numbers of arms, and how they differ, with intervals: the statistics that trials report.

Estimates, intervals and tests are SciPy's where it has them. Of the same hosts in two arms every comparison is a paired
one. Times to an event are compared in :mod:`immunity.trials.cox` and :mod:`immunity.trials.ranks`.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Effect:
    """How an arm differs from the reference.

    Attributes
    ----------
    measure : str     what is estimated, such as risk ratio, or what is tested, such as proportional hazards
    p : float         two-sided
    n : int           hosts of the arm, or pairs, that this rests on
    """

    measure: str
    estimate: Estimate
    p: float | None
    test: str
    n: int
    n_reference: int
    paired: bool


@dataclass(frozen=True)
class Steps:
    """A Kaplan-Meier curve: from each day on the share without the event, with its interval, and who is at risk.

    Attributes
    ----------
    followed : float64[host]    how long each host was followed, ascending
    """

    day: Floats
    free: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    followed: Floats

    def at_risk_on(self, day: float) -> int:
        """How many are followed and without the event just before a day."""
        return int(np.sum(self.followed >= day))


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(_finite(value), _finite(low), _finite(high))


def share(met: Truths, confidence: float) -> Estimate:
    """A share with Wilson's interval."""
    from scipy.stats import binomtest

    if not len(met):
        return Estimate(None)
    found = binomtest(int(met.sum()), len(met)).proportion_ci(confidence, method="wilson")
    return _estimate(float(met.mean()), found.low, found.high)


def mean(values: Floats, confidence: float) -> Estimate:
    """A mean with Student's interval."""
    from scipy.stats import t

    if not len(values):
        return Estimate(None)
    if len(values) < 2:
        return Estimate(_finite(values[0]))
    middle = float(values.mean())
    half = float(values.std(ddof=1)) / math.sqrt(len(values)) * float(t.ppf(0.5 + confidence / 2.0, len(values) - 1))
    return _estimate(middle, middle - half, middle + half)


def kaplan_meier(time: Floats, event: Truths, confidence: float) -> Steps:
    """The share without an event over time, with intervals of log(-log)."""
    from scipy.stats import CensoredData, ecdf

    found = ecdf(CensoredData(uncensored=time[event], right=time[~event])).sf
    day = found.quantiles
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where all or none are left there is no interval
        between = found.confidence_interval(confidence, method="log-log")
    free = found.probabilities
    low, high = (
        np.where(np.isfinite(part.probabilities), part.probabilities, free) for part in (between.low, between.high)
    )
    at_risk = np.array([np.sum(time >= each) for each in day], np.int64)
    events = np.array([np.sum(event & (time == each)) for each in day], np.int64)
    keep = events > 0
    return Steps(
        np.r_[0.0, day[keep]],
        np.r_[1.0, free[keep]],
        np.r_[1.0, low[keep]],
        np.r_[1.0, high[keep]],
        np.r_[len(time), at_risk[keep]].astype(np.int64),
        np.r_[0, events[keep]].astype(np.int64),
        np.sort(time),
    )


def compare_shares(met: Truths, met_0: Truths, confidence: float, *, paired: bool) -> tuple[Effect, Effect]:
    """Risk difference and risk ratio. Pairs: intervals of Bonett and Price, McNemar's exact test."""
    from scipy.stats import binomtest, fisher_exact
    from scipy.stats.contingency import relative_risk

    n, n_0, a, b = len(met), len(met_0), int(met.sum()), int(met_0.sum())
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    if n == 0 or n_0 == 0:
        nothing = Estimate(None)
        return tuple(Effect(m, nothing, None, "", n, n_0, paired) for m in ("risk difference", "risk ratio"))  # type: ignore[return-value]
    gap = a / n - b / n_0
    if paired:
        only, only_0 = int((met & ~met_0).sum()), int((met_0 & ~met).sum())
        p = float(binomtest(only, only + only_0).pvalue) if only + only_0 else 1.0
        test = "McNemar, exact"
        more, less = (only + 1) / (n + 2), (only_0 + 1) / (n + 2)
        half = z * math.sqrt((more + less - (more - less) ** 2) / (n + 2))
        difference = _estimate(gap, max(-1.0, more - less - half), min(1.0, more - less + half))
        spread = math.sqrt((only + only_0) / (a * b)) if a and b else math.nan
        ratio = _ratio(a / n, b / n_0, z * spread)
    else:
        p = float(cast(Any, fisher_exact([[a, n - a], [b, n_0 - b]])).pvalue)
        test = "Fisher, exact"
        one, other = share(met, confidence), share(met_0, confidence)
        difference = _newcombe(gap, a / n, one, b / n_0, other)
        if a and b:
            found = relative_risk(a, n, b, n_0)
            between = found.confidence_interval(confidence)
            ratio = _estimate(found.relative_risk, between.low, between.high)
        else:
            ratio = _ratio(a / n, b / n_0, math.nan)
    return (
        Effect("risk difference", difference, p, test, n, n_0, paired),
        Effect("risk ratio", ratio, p, test, n, n_0, paired),
    )


def _ratio(risk: float, risk_0: float, width: float) -> Estimate:
    if risk_0 == 0.0:
        return Estimate(None)
    value = risk / risk_0
    if not math.isfinite(width) or value == 0.0:
        return Estimate(value)
    return _estimate(value, value * math.exp(-width), value * math.exp(width))


def _newcombe(gap: float, risk: float, one: Estimate, risk_0: float, other: Estimate) -> Estimate:
    """Newcombe's interval of a difference, from Wilson's of both."""
    assert None not in (one.low, one.high, other.low, other.high)
    low = gap - math.hypot(risk - one.low, other.high - risk_0)  # type: ignore[operator]
    high = gap + math.hypot(one.high - risk, risk_0 - other.low)  # type: ignore[operator]
    return _estimate(gap, low, high)


def compare_means(values: Floats, values_0: Floats, confidence: float, *, paired: bool, ratio: bool) -> Effect:
    """Difference of means; with ``ratio`` of natural logarithms, told as a ratio of geometric means."""
    from scipy.stats import ttest_ind, ttest_rel

    n, n_0 = len(values), len(values_0)
    name = "ratio of geometric means" if ratio else "difference of means"
    test = "t, paired" if paired else "t, Welch"
    if min(n, n_0) < 2:
        return Effect(name, Estimate(None), None, test, n, n_0, paired)
    gap = float(values.mean() - values_0.mean())
    if np.ptp(values - values_0 if paired else np.r_[values - values.mean(), values_0 - values_0.mean()]) == 0.0:
        low = high = gap  # every host differs by the same: nothing to estimate
        p = None
    else:
        found: Any = ttest_rel(values, values_0) if paired else ttest_ind(values, values_0, equal_var=False)
        between = found.confidence_interval(confidence)
        low, high, p = float(between.low), float(between.high), _finite(float(found.pvalue))
    if ratio:
        gap, low, high = math.exp(gap), math.exp(low), math.exp(high)
    return Effect(name, _estimate(gap, low, high), p, test, n, n_0, paired)


def compare_curves(one: Steps, other: Steps, n: int, n_0: int, confidence: float) -> tuple[Effect, Effect]:
    """Difference and ratio of the risks at the end of two Kaplan-Meier curves, with Greenwood's variance."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    (risk, spread), (risk_0, spread_0) = _risk_at_end(one), _risk_at_end(other)
    half = z * math.hypot(spread, spread_0)
    difference = _estimate(risk - risk_0, max(-1.0, risk - risk_0 - half), min(1.0, risk - risk_0 + half))
    relative = math.hypot(spread / risk, spread_0 / risk_0) if risk > 0.0 and risk_0 > 0.0 else math.nan
    return (
        Effect("risk difference", difference, None, "", n, n_0, False),
        Effect("risk ratio", _ratio(risk, risk_0, z * relative), None, "", n, n_0, False),
    )


def _risk_at_end(steps: Steps) -> tuple[float, float]:
    """Risk by the end and its standard error."""
    risk = 1.0 - float(steps.free[-1])
    left = (steps.at_risk - steps.events)[1:]
    if not len(left) or (left <= 0).any():
        return risk, 0.0 if not len(left) else math.nan
    total = float(np.sum(steps.events[1:] / (steps.at_risk[1:] * left)))
    return risk, float(steps.free[-1]) * math.sqrt(total)
