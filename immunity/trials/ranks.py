"""Tests of the order in which hosts had an event: of different hosts, and of the same hosts in two arms.

All are log-rank tests within strata. Of different hosts the variance is that of drawing without replacement. Of the
same hosts the numerator is that of the same test and the variance that of swapping the arms of each host, exact where
few differ: what a ratio of hazards with robust intervals goes with. Cox regression with each host as a stratum
asks only in which arm a host had the event first; its likelihood is that of a coin: interval and test are exact.

References
----------
Mantel 1966, Cancer Chemother Rep 50:163. Jung 1999, Lifetime Data Anal 5:67, and O'Brien and Fleming 1987, Biometrics
43:169 (pairs). Holt and Prentice 1974, Biometrika 61:17 (a stratum for each pair).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from immunity.trials.analyse import Effect, Estimate, Floats, Truths
from immunity.trials.cox import Followed

LOGRANK = "log-rank test"
SWAPPED_ONE_BY_ONE = 12  # hosts that differ, at most, of which every swap is tried


def logrank(hosts: Followed) -> Effect | None:
    """The log-rank test of different hosts; None where nobody had the event."""
    if not hosts.event.any():
        return None
    excess = variance = 0.0
    strata = np.unique(hosts.stratum)
    for stratum in strata:
        mine = hosts.stratum == stratum
        arm = mine & hosts.treated
        moments = np.unique(hosts.time[mine & hosts.event])
        came, at_risk = _at(moments, hosts, mine)
        came_there, share = _at(moments, hosts, arm)[0], _at(moments, hosts, arm)[1] / at_risk
        excess += float(np.sum(came_there - came * share))
        left = (at_risk - came) / np.maximum(at_risk - 1.0, 1.0)
        variance += float(np.sum(came * share * (1.0 - share) * left))
    p = math.erfc(abs(excess) / math.sqrt(2.0 * variance)) if variance > 0.0 else None
    test = "log-rank" if len(strata) == 1 else "log-rank, by group"
    return Effect(LOGRANK, Estimate(None), p, test, *hosts.counts(), False)


def logrank_of_pairs(hosts: Followed) -> Effect | None:
    """The log-rank test of the same hosts in both arms; None where nobody had the event."""
    if not hosts.event.any():
        return None
    scores = np.zeros(len(hosts.time))
    for stratum in np.unique(hosts.stratum):
        mine = hosts.stratum == stratum
        moments = np.unique(hosts.time[mine & hosts.event])
        came, at_risk = _at(moments, hosts, mine)
        expected = np.r_[0.0, np.cumsum(came / at_risk)]
        scores[mine] = hosts.event[mine] - expected[np.searchsorted(moments, hosts.time[mine], side="right")]
    one, other = _pairs(hosts)
    gaps = scores[one] - scores[other]
    gaps = gaps[np.abs(gaps) > 1e-9]
    if len(gaps) > SWAPPED_ONE_BY_ONE:
        test, p = "log-rank of pairs", math.erfc(abs(float(gaps.sum())) / math.sqrt(2.0 * float(np.sum(gaps**2))))
    else:
        swaps = 1 - 2 * (np.arange(2 ** len(gaps))[:, None] >> np.arange(len(gaps)) & 1)
        as_far = np.abs(swaps @ gaps) >= abs(float(gaps.sum())) - 1e-9
        test, p = "log-rank of pairs, exact", float(as_far.mean())
    return Effect(LOGRANK, Estimate(None), p, test, *hosts.counts(), True)


def ratio_within_hosts(hosts: Followed, confidence: float) -> Effect | None:
    """Cox regression in which each host is a stratum; None where no host had the event in one arm before the other."""
    from scipy.stats import binomtest

    one, other = _pairs(hosts)
    (time, event), (time_0, event_0) = ((hosts.time[rows], hosts.event[rows]) for rows in (one, other))
    first = int(np.sum(event & ((time < time_0) | ((time == time_0) & ~event_0))))
    first_0 = int(np.sum(event_0 & ((time_0 < time) | ((time_0 == time) & ~event))))
    told = first + first_0
    if not told:
        return None
    found = binomtest(first, told)
    between = found.proportion_ci(confidence, method="exact")
    low, high = (share / (1.0 - share) if share < 1.0 else None for share in (between.low, between.high))
    estimate = Estimate(first / first_0 if first_0 else None, low, high)
    return Effect("hazard ratio within hosts", estimate, float(found.pvalue), "Cox by host, exact", told, told, True)


def _at(moments: Floats, hosts: Followed, whose: Truths) -> tuple[Floats, Floats]:
    """How many of some had the event at each moment, and how many were at risk."""
    time, came = np.sort(hosts.time[whose]), np.sort(hosts.time[whose & hosts.event])
    count = np.searchsorted(came, moments, side="right") - np.searchsorted(came, moments)
    return count.astype(float), (len(time) - np.searchsorted(time, moments)).astype(float)


def _pairs(hosts: Followed) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each host that is in both arms stands in the arm and in the reference."""
    one, other = np.flatnonzero(hosts.treated), np.flatnonzero(~hosts.treated)
    _, here, there = np.intersect1d(hosts.cluster[one], hosts.cluster[other], return_indices=True)
    return one[here], other[there]
