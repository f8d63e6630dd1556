"""Tests of order against published values, against SciPy, and against chance: no effect is found one time in twenty."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import CensoredData, binomtest, kstest
from scipy.stats import logrank as of_scipy

from immunity.trials.cox import Followed, hazard_ratio
from immunity.trials.ranks import logrank, logrank_of_pairs, ratio_within_hosts
from tests.trials.test_analyse import MERCAPTOPURINE, PLACEBO
from tests.trials.test_cox import followed, twins


def p_of(effect) -> float:
    assert effect is not None and effect.p is not None
    return effect.p


def test_log_rank_of_the_remissions() -> None:
    hosts = followed(MERCAPTOPURINE, PLACEBO)
    effect = logrank(hosts)
    assert p_of(effect) == pytest.approx(math.erfc(math.sqrt(16.79 / 2)), rel=0.01)  # chi-squared of 16.79
    one, other = (
        CensoredData(uncensored=hosts.time[arm & hosts.event], right=hosts.time[arm & ~hosts.event])
        for arm in (hosts.treated, ~hosts.treated)
    )
    assert p_of(effect) == pytest.approx(of_scipy(one, other).pvalue, rel=1e-9)
    assert effect is not None and (effect.test, effect.paired) == ("log-rank", False)
    assert logrank(followed("9+ 9+", "9+ 9+")) is None and logrank_of_pairs(followed("9+ 9+", "9+ 9+")) is None


def test_groups_are_not_compared_with_one_another() -> None:
    """A second group of whom all are dead at once in one arm, which has none of it in the other."""
    hosts = followed(MERCAPTOPURINE + " 0.1 0.1 0.1 0.1", PLACEBO)
    apart = replace(hosts, stratum=(hosts.time < 1.0).astype(np.int64))
    assert p_of(logrank(apart)) == pytest.approx(p_of(logrank(followed(MERCAPTOPURINE, PLACEBO))))
    assert p_of(logrank(hosts)) > 5.0 * p_of(logrank(apart))


def test_without_an_effect_p_of_pairs_is_spread_evenly_and_that_of_different_hosts_is_not() -> None:
    rng = np.random.default_rng(1)
    null = [twins(rng, 60, lambda hazard: hazard) for _ in range(150)]
    assert kstest([p_of(logrank_of_pairs(each)) for each in null], "uniform").pvalue > 0.05
    apart = [p_of(logrank(each)) for each in null]
    assert kstest(apart, "uniform").pvalue < 1e-6 and np.mean(np.array(apart) < 0.2) < 0.06  # far too cautious
    within = np.array([p_of(ratio_within_hosts(each, 0.95)) for each in null])
    assert np.mean(within < 0.05) <= 0.06 and np.mean(within < 0.5) > 0.3  # exact: never too bold
    few = [p_of(logrank_of_pairs(twins(rng, 8, lambda hazard: hazard))) for _ in range(100)]
    assert np.mean(np.array(few) <= 0.1) <= 0.16


def test_pairs_find_what_tests_of_different_hosts_overlook() -> None:
    """Half as much again of a hazard: every test and interval of pairs tells the same, about the planted ratio."""
    hosts = twins(np.random.default_rng(2), 40, lambda hazard: hazard / 1.5, alike=0.98)
    ratio, within = hazard_ratio(hosts, 0.95, paired=True), ratio_within_hosts(hosts, 0.95)
    assert max(p_of(ratio), p_of(logrank_of_pairs(hosts)), p_of(within)) < 0.01 < 0.05 < p_of(logrank(hosts))
    assert ratio is not None and ratio.estimate.low is not None and ratio.estimate.high is not None
    assert ratio.estimate.low < 1.5 < ratio.estimate.high
    assert within is not None and (within.estimate.low or 0.0) > 1.0


def test_few_pairs_are_swapped_one_by_one() -> None:
    hosts = followed("2 4 6 8 9+", "1 3 5 7 9+", cluster=np.r_[np.arange(5), np.arange(5)])
    pairs, within = logrank_of_pairs(hosts), ratio_within_hosts(hosts, 0.95)
    assert p_of(pairs) == 2 / 2**4 == p_of(within)  # all four the same way, of sixteen ways
    assert pairs is not None and pairs.test == "log-rank of pairs, exact" and pairs.paired
    assert within is not None and (within.estimate.value, within.estimate.low, within.n) == (0.0, 0.0, 4)
    back = ratio_within_hosts(followed("1 3 5 7", "2 4 6 8", cluster=np.r_[:4, :4]), 0.95)
    assert back is not None and back.estimate.value is None and within.estimate.high is not None
    assert back.estimate.low == pytest.approx(1.0 / within.estimate.high)


def test_within_hosts_it_is_a_coin() -> None:
    """Who leaves at a time is at risk until then; a tie tells nothing, nor does what comes after the other has left."""
    one, other = "1 3+ 2 5 4+ 7", "2 3 2 5+ 3+ 6+"
    hosts = followed(one, other, cluster=np.r_[:6, :6])
    found = ratio_within_hosts(hosts, 0.9)
    assert found is not None and (found.estimate.value, found.n) == (2.0, 3)
    between = binomtest(2, 3).proportion_ci(0.9)
    assert found.estimate.low == pytest.approx(between.low / (1.0 - between.low))
    assert found.estimate.high == pytest.approx(between.high / (1.0 - between.high))
    assert ratio_within_hosts(followed("1 2", "1 2", cluster=np.r_[:2, :2]), 0.9) is None
    assert p_of(logrank_of_pairs(followed("1 2", "1 2", cluster=np.r_[:2, :2]))) == 1.0
    shuffled = np.random.default_rng(0).permutation(12)
    again = Followed(*(getattr(hosts, key)[shuffled] for key in ("time", "event", "treated", "cluster", "stratum")))
    assert ratio_within_hosts(again, 0.9) == found
