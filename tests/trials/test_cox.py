"""The ratio of hazards against published fits, and where it has no end."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from immunity.trials.cox import Followed, hazard_ratio
from immunity.trials.tell import interval
from tests.trials.test_analyse import MERCAPTOPURINE, PLACEBO, read


def followed(one: str, other: str, **parts: np.ndarray) -> Followed:
    (time, event), (time_0, event_0) = read(one), read(other)
    n = len(time) + len(time_0)
    given = {"cluster": np.arange(n), "stratum": np.zeros(n, np.int64), **parts}
    return Followed(np.r_[time, time_0], np.r_[event, event_0], np.arange(n) < len(time), **given)


def logs(effect) -> tuple[float, float]:
    e = effect.estimate
    z = NormalDist().inv_cdf(0.975)
    return math.log(e.value), (math.log(e.high) - math.log(e.low)) / 2.0 / z


def test_the_remissions_as_r_fits_them() -> None:
    """coxph(Surv(time, cens) ~ treat, MASS::gehan): 1.5721 (0.4124)."""
    effect = hazard_ratio(followed(MERCAPTOPURINE, PLACEBO), 0.95, paired=False)
    assert effect is not None and effect.p == pytest.approx(0.000138, rel=0.01)
    assert logs(effect) == pytest.approx((-1.5721, 0.4124), abs=1e-4)
    back = hazard_ratio(followed(PLACEBO, MERCAPTOPURINE), 0.95, paired=False)
    assert back is not None and logs(back)[0] == pytest.approx(1.5721, abs=1e-4)


def test_pairs_have_the_robust_spread_of_their_hosts() -> None:
    """CoxPHFitter(cluster_col=...) of lifelines 0.30.3, with the ties of the remissions undone as here."""
    hosts = followed(MERCAPTOPURINE, PLACEBO, cluster=np.r_[np.arange(21), np.arange(21)])
    effect = hazard_ratio(replace(hosts, time=hosts.time + 1e-4 * np.arange(42)), 0.95, paired=True)
    assert effect is not None and effect.paired
    assert logs(effect) == pytest.approx((-1.516365, 0.264020), abs=1e-6)


def test_strata_are_not_compared_with_one_another() -> None:
    """Two strata of which one dies ten times as soon; among all the ratio would be thinned."""
    rng = np.random.default_rng(1)
    n = 4000
    stratum, treated = np.arange(n) % 2, np.arange(n) < n // 2
    time = rng.exponential(1.0 / (np.where(stratum == 1, 10.0, 1.0) * np.where(treated, 0.5, 1.0)))
    event = time < 1.0
    whole = Followed(np.minimum(time, 1.0), event, treated, np.arange(n), stratum)
    effect = hazard_ratio(whole, 0.95, paired=False)
    assert effect is not None
    found, spread = logs(effect)
    assert abs(found - math.log(0.5)) < 2.5 * spread
    thinned = hazard_ratio(Followed(whole.time, event, treated, np.arange(n), 0 * stratum), 0.95, paired=False)
    assert thinned is not None and logs(thinned)[0] > found + 0.1


def test_an_arm_without_an_event_has_a_ratio_of_nothing_and_an_end() -> None:
    effect = hazard_ratio(followed("9+ 9+ 9+ 9+ 9+ 9+", "1 2 3 4 5 9+"), 0.95, paired=False)
    assert effect is not None and effect.p is None
    estimate = effect.estimate
    assert estimate.value == estimate.low == 0.0
    assert estimate.high is not None and 0.1 < estimate.high < 1.0
    # at that end twice the logarithm of the likelihood has fallen by 3.84
    fall = sum(math.log(1.0 + 6.0 * estimate.high / others) for others in (6, 5, 4, 3, 2))
    assert 2.0 * fall == pytest.approx(3.8415, abs=1e-3)
    other = hazard_ratio(followed("1 2 3", "9+ 9+ 9+"), 0.95, paired=False)
    assert other is not None and other.estimate.value is None and other.estimate.low is not None
    assert interval(other.estimate) == f"above {other.estimate.low:.3g}"


def test_nothing_to_compare() -> None:
    assert hazard_ratio(followed("9+ 9+", "9+ 9+"), 0.95, paired=False) is None
    alone = hazard_ratio(followed("1+ 1+", "2 3"), 0.95, paired=False)  # all had left before the first event
    assert alone is not None and alone.estimate.value is None
