"""Proportional hazards (Cox) of two arms: the ratio of hazards, with Efron's way with ties.

The information is that of the partial likelihood. Where the same hosts are in both arms the variance is robust, that of
Lin and Wei, with hosts as clusters. An arm without an event has a ratio of nothing and no standard error: then the far
end of its interval is where the likelihood has fallen as far as the confidence asks for.

References
----------
Efron 1977, J Am Stat Assoc 72:557. Lin and Wei 1989, J Am Stat Assoc 84:1074.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunity.trials.analyse import Effect, Estimate, Floats, Truths

STEPS = 50
FARTHEST = 12.0  # |log ratio| beyond which there is no telling it from nothing


@dataclass(frozen=True)
class Followed:
    """Hosts of both arms.

    Attributes
    ----------
    time, event : float64[host], bool[host]
    treated : bool[host]        in the arm, and not in the reference
    cluster : int64[host]       the same number for the same host
    stratum : int64[host]       hosts are at risk beside those of their stratum
    """

    time: Floats
    event: Truths
    treated: Truths
    cluster: NDArray[np.int64]
    stratum: NDArray[np.int64]


@dataclass(frozen=True)
class _Moment:
    """A time at which some had the event: who was at risk, and who had it."""

    at_risk: Truths
    came: Truths


def hazard_ratio(hosts: Followed, confidence: float, *, paired: bool) -> Effect | None:
    """The ratio of hazards of the arm to the reference; None where nobody had the event."""
    if not hosts.event.any():
        return None
    n, n_0 = int(hosts.treated.sum()), int((~hosts.treated).sum())
    moments = list(_moments(hosts))
    if not _informative(hosts, moments):
        return Effect("hazard ratio", Estimate(None), None, "Cox", n, n_0, paired)
    log_ratio = _maximum(hosts, moments)
    if log_ratio is None:
        return Effect("hazard ratio", _one_sided(hosts, moments, confidence), None, "Cox", n, n_0, paired)
    _, _, information = _likelihood(hosts, moments, log_ratio)
    variance = 1.0 / information
    if paired:
        residuals = _residuals(hosts, moments, log_ratio)
        sums = np.bincount(np.unique(hosts.cluster, return_inverse=True)[1], residuals)
        variance *= float(np.sum(sums**2)) / information
    spread = math.sqrt(variance)
    if spread == 0.0:
        return Effect("hazard ratio", Estimate(math.exp(log_ratio)), None, "Cox", n, n_0, paired)
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    low, high = (math.exp(log_ratio + side * z * spread) for side in (-1.0, 1.0))
    p = math.erfc(abs(log_ratio) / spread / math.sqrt(2.0))
    return Effect("hazard ratio", Estimate(math.exp(log_ratio), low, high), p, "Cox", n, n_0, paired)


def _moments(hosts: Followed) -> Iterator[_Moment]:
    for stratum in np.unique(hosts.stratum):
        mine = hosts.stratum == stratum
        for time in np.unique(hosts.time[mine & hosts.event]):
            yield _Moment(mine & (hosts.time >= time), mine & hosts.event & (hosts.time == time))


def _informative(hosts: Followed, moments: list[_Moment]) -> bool:
    """Whether at any event both arms were at risk."""
    return any(0 < hosts.treated[each.at_risk].sum() < each.at_risk.sum() for each in moments)


def _likelihood(hosts: Followed, moments: list[_Moment], log_ratio: float) -> tuple[float, float, float]:
    """Logarithm of the partial likelihood, its slope, and minus its curvature."""
    ratio = math.exp(log_ratio)
    value = slope = information = 0.0
    for each in moments:
        treated = int(hosts.treated[each.at_risk].sum())
        others = int(each.at_risk.sum()) - treated
        came = int(each.came.sum())
        mine = int(hosts.treated[each.came].sum())
        value += mine * log_ratio
        slope += mine
        for k in range(came):
            gone = k / came
            up = ratio * (treated - gone * mine)
            whole = up + others - gone * (came - mine)
            value -= math.log(whole)
            slope -= up / whole
            information += up / whole * (1.0 - up / whole)
    return value, slope, information


def _maximum(hosts: Followed, moments: list[_Moment]) -> float | None:
    """Where the likelihood is highest; None where it only rises toward a ratio of nothing or without end."""
    low, high = -FARTHEST, FARTHEST
    if _likelihood(hosts, moments, low)[1] <= 0.0 or _likelihood(hosts, moments, high)[1] >= 0.0:
        return None
    at = 0.0
    for _ in range(STEPS):
        _, slope, information = _likelihood(hosts, moments, at)
        low, high = (at, high) if slope > 0.0 else (low, at)
        step = at + slope / information if information > 0.0 else math.inf
        after = step if low < step < high else 0.5 * (low + high)
        if abs(after - at) < 1e-12:
            return after
        at = after
    return at


def _one_sided(hosts: Followed, moments: list[_Moment], confidence: float) -> Estimate:
    """A ratio of nothing with the end of its interval; without end, only where that begins."""
    from scipy.optimize import brentq

    rising = _likelihood(hosts, moments, 0.0)[1] > 0.0
    far = FARTHEST if rising else -FARTHEST
    best = _likelihood(hosts, moments, far)[0]
    fall = 0.5 * NormalDist().inv_cdf(0.5 + confidence / 2.0) ** 2

    def left(log_ratio: float) -> float:
        return best - _likelihood(hosts, moments, log_ratio)[0] - fall

    root: Any = brentq(left, -far, far) if left(-far) > 0.0 else None
    edge = None if root is None else math.exp(root)
    return Estimate(None, edge, None) if rising else Estimate(0.0, 0.0, edge)


def _residuals(hosts: Followed, moments: list[_Moment], log_ratio: float) -> Floats:
    """What each host adds to the slope of the likelihood."""
    arm = hosts.treated.astype(float)
    risk = np.exp(log_ratio * arm)
    found = np.zeros(len(arm))
    for each in moments:
        came = int(each.came.sum())
        for k in range(came):
            weight = np.where(each.came, 1.0 - k / came, 1.0) * each.at_risk * risk
            mean = float(np.sum(weight * arm)) / float(weight.sum())
            found += each.came * (arm - mean) / came - weight * (arm - mean) / float(weight.sum())
    return found
