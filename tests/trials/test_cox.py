"""The ratio of hazards against published fits, and where it has no end."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import kstest

from immunity.trials.cox import Followed, adjusted_ratio, hazard_ratio, proportionality
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


# logarithms of white cells of the same patients, in the order of the remissions
WHITE = "2.31 4.06 3.28 3.20 4.43 2.80 2.96 2.70 2.60 2.88 3.60 2.16 2.05 2.01 2.32 2.57 1.78 2.20 2.53 1.47 1.45"
WHITE_0 = "2.80 5.00 4.91 4.48 4.01 4.36 2.42 3.49 3.97 3.52 3.05 2.32 3.26 3.49 2.12 1.50 3.06 2.30 2.95 2.73 1.97"


def test_white_cells_beside_the_drug_as_r_fits_them() -> None:
    """coxph(Surv(t, relapse) ~ Rx + logWBC) of Kleinbaum's table: 1.3861 (0.4248)."""
    cells = np.array([float(word) for word in (WHITE + " " + WHITE_0).split()])[:, None]
    hosts = followed(MERCAPTOPURINE, PLACEBO)
    effect = adjusted_ratio(hosts, cells, ["cells"], 0.95, paired=False)
    assert effect is not None and effect.test == "Cox, with cells"
    assert logs(effect) == pytest.approx((-1.3861, 0.4248), abs=1e-4)
    robust = adjusted_ratio(hosts, cells, ["cells"], 0.95, paired=True)  # every host a cluster of its own
    assert robust is not None and logs(robust)[0] == pytest.approx(-1.3861, abs=1e-4)
    missing = adjusted_ratio(hosts, np.where(cells > 4.0, np.nan, cells), ["cells"], 0.95, paired=False)
    assert missing is not None and missing.n + missing.n_reference == (cells <= 4.0).sum()
    same = adjusted_ratio(hosts, np.ones((42, 1)), ["cells"], 0.95, paired=False)  # tells nobody from anybody
    assert same is not None and logs(same) == pytest.approx((-1.5721, 0.4124), abs=1e-4)
    twice = adjusted_ratio(hosts, np.hstack([cells, cells]), ["a", "b"], 0.95, paired=False)
    assert twice is None or twice.estimate.value is None or logs(twice)[0] == pytest.approx(-1.3861, abs=1e-3)


def twins(rng: np.random.Generator, n: int, ratio, alike: float = 0.8) -> Followed:
    """Hosts in both arms, more or less of the same luck; ``ratio`` makes times in the arm of hazards lived through."""
    luck = rng.normal(size=n) * math.sqrt(alike)
    arms = [ndtr(luck + rng.normal(size=n) * math.sqrt(1.0 - alike)) for _ in range(2)]
    time = np.r_[ratio(-np.log(arms[0])), -np.log(arms[1])]
    end = np.ceil(np.minimum(time, 1.0) * 40.0) / 40.0  # looked at now and then, so that some tie
    return Followed(end, time < 1.0, np.arange(2 * n) < n, np.tile(np.arange(n), 2), np.zeros(2 * n, np.int64))


def test_whether_hazards_are_proportional() -> None:
    hosts = followed(MERCAPTOPURINE, PLACEBO)
    plain = proportionality(hosts, paired=False)
    assert plain is not None and plain.p is not None and plain.p > 0.5
    back = proportionality(followed(PLACEBO, MERCAPTOPURINE), paired=False)
    assert back is not None and back.p == pytest.approx(plain.p)  # whichever arm is the reference
    rng = np.random.default_rng(4)
    crossing = twins(rng, 200, lambda h: np.where(h < 0.6, h / 3.0, 0.2 + 3.0 * (h - 0.6)))  # thrice, then a third
    for paired in (False, True):
        found = proportionality(crossing, paired=paired)
        assert found is not None and found.p is not None and found.p < 1e-3
    ps = [proportionality(twins(rng, 80, lambda h: 2.0 * h), paired=True) for _ in range(80)]
    assert kstest([each.p for each in ps if each is not None and each.p is not None], "uniform").pvalue > 0.01
    assert proportionality(followed("9+ 9+", "9+ 9+"), paired=False) is None


def test_nothing_to_compare() -> None:
    assert hazard_ratio(followed("9+ 9+", "9+ 9+"), 0.95, paired=False) is None
    alone = hazard_ratio(followed("1+ 1+", "2 3"), 0.95, paired=False)  # all had left before the first event
    assert alone is not None and alone.estimate.value is None
