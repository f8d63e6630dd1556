"""Proportional hazards (Cox) of two arms: the ratio of hazards, alone or beside covariates, and whether it is one.

The information is that of the partial likelihood. Where the same hosts are in both arms the variance is robust, that of
Lin and Wei, with hosts as clusters. An arm without an event has a ratio of nothing and no standard error: then the far
end of its interval is where the likelihood has fallen as far as the confidence asks for.

References
----------
Lin and Wei 1989, J Am Stat Assoc 84:1074. Grambsch and Therneau 1994, Biometrika 81:515 (proportionality).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunity.trials.analyse import Effect, Estimate, Floats, Truths
from immunity.trials.partial import Partial

STEPS = 50
FARTHEST = 12.0  # |log ratio| beyond which there is no telling it from nothing
NEAR_ENOUGH = 1e-12
PROPORTIONAL = "proportional hazards"


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

    def likelihood(self, covariates: Floats | None = None) -> Partial:
        """The partial likelihood of the arm, and of covariates beside it."""
        z = self.treated.astype(float)[:, None]
        return Partial(self.time, self.event, self.stratum, z if covariates is None else np.hstack([z, covariates]))

    def counts(self) -> tuple[int, int]:
        """Hosts of the arm and of the reference."""
        return int(self.treated.sum()), int((~self.treated).sum())


def hazard_ratio(hosts: Followed, confidence: float, *, paired: bool) -> Effect | None:
    """The ratio of hazards of the arm to the reference; None where nobody had the event."""
    if not hosts.event.any():
        return None

    def effect(estimate: Estimate, p: float | None = None) -> Effect:
        return Effect("hazard ratio", estimate, p, "Cox", *hosts.counts(), paired)

    partial = hosts.likelihood()
    if not partial.mixed():
        return effect(Estimate(None))
    log_ratio = _maximum(partial)
    if log_ratio is None:
        return effect(_one_sided(partial, confidence))
    beta = np.array([log_ratio])
    return effect(*_ratio(log_ratio, float(_variance(hosts, partial, beta, paired=paired)[0, 0]), confidence))


def adjusted_ratio(
    hosts: Followed, covariates: Floats, names: Sequence[str], confidence: float, *, paired: bool
) -> Effect | None:
    """The ratio of hazards beside covariates; without a value where they leave none to be told.

    Parameters
    ----------
    covariates : float64[host, covariate]    hosts of which one is missing (NaN) are left out
    """
    there = np.isfinite(covariates).all(1)
    hosts = Followed(*(getattr(hosts, key)[there] for key in ("time", "event", "treated", "cluster", "stratum")))
    if not hosts.event.any():
        return None
    spread = covariates[there].std(0)
    scaled = ((covariates[there] - covariates[there].mean(0)) / np.where(spread > 0.0, spread, 1.0))[:, spread > 0.0]
    partial = hosts.likelihood(scaled)
    beta = _climb(partial) if partial.mixed() else None
    estimate, p = Estimate(None), None
    if beta is not None:
        estimate, p = _ratio(float(beta[0]), float(_variance(hosts, partial, beta, paired=paired)[0, 0]), confidence)
    return Effect("adjusted hazard ratio", estimate, p, f"Cox, with {', '.join(names)}", *hosts.counts(), paired)


def proportionality(hosts: Followed, *, paired: bool) -> Effect | None:
    """Whether the ratio of hazards is one number: p small where it changes with time. None where it cannot be told.

    The score test of Grambsch and Therneau against a log ratio that is linear in the share that has had the event.
    """
    if not hosts.event.any():
        return None
    partial = hosts.likelihood()
    log_ratio = _maximum(partial) if partial.mixed() else None
    moments = np.unique(hosts.time[hosts.event])
    if log_ratio is None or len(moments) < 3:
        return None
    beta, g = np.array([log_ratio]), _had_it_before(hosts, moments)[np.searchsorted(moments, partial.time)]
    g = g - g.mean()
    spread = partial.at(beta).spread[:, 0, 0]
    if spread.sum() <= 0.0:
        return None
    share = float(np.sum(g * spread) / spread.sum())
    slope = float(partial.slopes(beta, g)[0])
    if paired:
        own = partial.residuals(beta, g)[:, 0] - share * partial.residuals(beta, np.ones_like(g))[:, 0]
        variance = float(np.sum(_by_cluster(hosts, own[:, None]) ** 2))
    else:
        variance = float(np.sum(g**2 * spread)) - share * float(np.sum(g * spread))
    if variance <= 1e-12:
        return None
    p = math.erfc(abs(slope) / math.sqrt(2.0 * variance))
    return Effect(PROPORTIONAL, Estimate(None), p, "Grambsch-Therneau", *hosts.counts(), paired)


def _had_it_before(hosts: Followed, moments: Floats) -> Floats:
    """The share of all hosts that had the event before each moment (Kaplan-Meier)."""
    at_risk = len(hosts.time) - np.searchsorted(np.sort(hosts.time), moments)
    came = np.bincount(np.searchsorted(moments, hosts.time[hosts.event]), minlength=len(moments))
    return 1.0 - np.r_[1.0, np.cumprod(1.0 - came / at_risk)[:-1]]


def _variance(hosts: Followed, partial: Partial, beta: Floats, *, paired: bool) -> Floats:
    inverse = np.asarray(np.linalg.inv(partial.likelihood(beta)[2]), np.float64)
    if not paired:
        return inverse
    sums = _by_cluster(hosts, partial.residuals(beta, np.ones(len(partial.events))))
    return inverse @ (sums.T @ sums) @ inverse


def _by_cluster(hosts: Followed, residuals: Floats) -> Floats:
    names, its = np.unique(hosts.cluster, return_inverse=True)
    sums = np.zeros((len(names), residuals.shape[1]))
    np.add.at(sums, its, residuals)
    return sums


def _ratio(log_ratio: float, variance: float, confidence: float) -> tuple[Estimate, float | None]:
    spread = math.sqrt(variance)
    if spread == 0.0:
        return Estimate(math.exp(log_ratio)), None
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    low, high = (math.exp(log_ratio + side * z * spread) for side in (-1.0, 1.0))
    return Estimate(math.exp(log_ratio), low, high), math.erfc(abs(log_ratio) / spread / math.sqrt(2.0))


def _maximum(partial: Partial) -> float | None:
    """Where the likelihood is highest; None where it only rises toward a ratio of nothing or without end."""

    def at(log_ratio: float) -> tuple[float, float]:
        _, slope, information = partial.likelihood(np.array([log_ratio]))
        return float(slope[0]), float(information[0, 0])

    low, high = -FARTHEST, FARTHEST
    if at(low)[0] <= 0.0 or at(high)[0] >= 0.0:
        return None
    here = 0.0
    for _ in range(STEPS):
        slope, information = at(here)
        low, high = (here, high) if slope > 0.0 else (low, here)
        step = here + slope / information if information > 0.0 else math.inf
        after = step if low < step < high else 0.5 * (low + high)
        if abs(after - here) < NEAR_ENOUGH:
            return after
        here = after
    return here


def _climb(partial: Partial) -> Floats | None:
    """Where the likelihood of several numbers is highest; None where it has no highest point in reach."""
    beta = np.zeros(partial.covariates)
    value, slope, information = partial.likelihood(beta)
    for _ in range(STEPS):
        try:
            step = np.linalg.solve(information, slope)
        except np.linalg.LinAlgError:
            return None
        if np.abs(step).max() < 1e-9:
            return beta
        for _ in range(STEPS):  # it is concave, so that some part of the step leads up
            after = partial.likelihood(beta + step) if np.abs(beta + step).max() < FARTHEST else None
            if after is not None and after[0] >= value - 1e-12:
                break
            step = 0.5 * step
        else:
            return None
        beta, (value, slope, information) = beta + step, after
    return None


def _one_sided(partial: Partial, confidence: float) -> Estimate:
    """A ratio of nothing with the end of its interval; without end, only where that begins."""
    from scipy.optimize import brentq

    def value(log_ratio: float) -> float:
        return partial.likelihood(np.array([log_ratio]))[0]

    rising = partial.likelihood(np.zeros(1))[1][0] > 0.0
    far = FARTHEST if rising else -FARTHEST
    best = value(far)
    fall = 0.5 * NormalDist().inv_cdf(0.5 + confidence / 2.0) ** 2

    def left(log_ratio: float) -> float:
        return best - value(log_ratio) - fall

    root: Any = brentq(left, -far, far) if left(-far) > 0.0 else None
    edge = None if root is None else math.exp(root)
    return Estimate(None, edge, None) if rising else Estimate(0.0, 0.0, edge)
