"""Statistics against published worked examples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from immunity.trials import analyse as stats
from immunity.trials import power

# remission of leukaemia in weeks, 6-MP and placebo (Freireich 1963): + is censored
MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def read(text: str) -> tuple[np.ndarray, np.ndarray]:
    words = text.split()
    return np.array([float(w.rstrip("+")) for w in words]), np.array([not w.endswith("+") for w in words])


def truths(yes: int, of: int) -> np.ndarray:
    return np.arange(of) < yes


def test_kaplan_meier_of_the_remissions() -> None:
    steps = stats.kaplan_meier(*read(MERCAPTOPURINE), 0.95)
    assert steps.day.tolist() == [0, 6, 7, 10, 13, 16, 22, 23]
    assert steps.at_risk.tolist() == [21, 21, 17, 15, 12, 11, 7, 6]
    assert steps.events.tolist() == [0, 3, 1, 1, 1, 1, 1, 1]
    assert steps.free == pytest.approx([1, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=1e-4)
    later = [steps.at_risk_on(day) for day in (0, 6, 9, 9.5, 20.5, 40)]
    assert later == [21, 21, 16, 15, 7, 0]  # the censored leave too
    assert (steps.low <= steps.free).all() and (steps.free <= steps.high).all()


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    difference, ratio = stats.compare_shares(truths(56, 70), truths(48, 80), 0.95, paired=False)
    assert difference.estimate.value == pytest.approx(0.2)
    assert (difference.estimate.low, difference.estimate.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert ratio.estimate.value == pytest.approx(0.8 / 0.6)
    spread = math.sqrt(1 / 56 - 1 / 70 + 1 / 48 - 1 / 80)
    assert ratio.estimate.low == pytest.approx(0.8 / 0.6 * math.exp(-1.959964 * spread), rel=1e-5)


def test_pairs_are_judged_by_those_that_differ() -> None:
    met, met_0 = np.r_[truths(10, 12), truths(8, 8)], np.r_[~truths(10, 12), truths(8, 8)]
    difference, ratio = stats.compare_shares(met, met_0, 0.95, paired=True)
    assert difference.p == pytest.approx(2 * sum(math.comb(12, k) for k in range(3)) / 2**12)
    assert difference.estimate.value == pytest.approx(8 / 20)
    assert difference.estimate.low is not None and 0.0 < difference.estimate.low < 0.4
    assert ratio.estimate.value == pytest.approx(18 / 10)
    same, _ = stats.compare_shares(met, met, 0.95, paired=True)
    assert same.p == 1.0 and same.estimate.value == 0.0
    assert same.estimate.low is not None and same.estimate.low < 0.0 < (same.estimate.high or 0.0)


def test_no_events_leave_no_interval_of_a_ratio() -> None:
    _, ratio = stats.compare_shares(truths(0, 10), truths(5, 10), 0.95, paired=False)
    assert (ratio.estimate.value, ratio.estimate.low) == (0.0, None)
    _, ratio = stats.compare_shares(truths(5, 10), truths(0, 10), 0.95, paired=False)
    assert ratio.estimate.value is None


def test_ratio_of_geometric_means_in_pairs_is_narrower() -> None:
    base = np.log(np.array([1.0, 10.0, 100.0, 1000.0]))
    other = base + np.log(2.0) + np.array([0.01, -0.01, 0.02, -0.02])
    paired = stats.compare_means(other, base, 0.95, paired=True, ratio=True)
    apart = stats.compare_means(other, base, 0.95, paired=False, ratio=True)
    assert paired.estimate.value == pytest.approx(2.0) == apart.estimate.value
    assert paired.p is not None and apart.p is not None and paired.p < 1e-3 < 0.5 < apart.p
    assert paired.estimate.low is not None and paired.estimate.low > 1.9
    exact = stats.compare_means(base + 1.0, base, 0.95, paired=True, ratio=False)
    assert (exact.estimate.low, exact.estimate.high) == (exact.estimate.value, exact.estimate.value)


def test_risks_of_curves_with_censoring() -> None:
    curves = [stats.kaplan_meier(*read(text), 0.95) for text in (MERCAPTOPURINE, PLACEBO)]
    difference, _ = stats.compare_curves(curves[0], curves[1], 21, 21, 0.95)
    assert difference.estimate.value == pytest.approx(-0.4482, abs=1e-4)


@pytest.mark.parametrize(
    ("of", "wanted", "size"),
    [
        (power.of_shares(0.5, 0.3, 0.05), 0.8, 93),  # Fleiss, without correction for continuity
        (power.of_means(np.array([-1.0, 0.0, 1.0]), np.array([-1.0, 0.0, 1.0]) + 0.5, 0.05), 0.8, 64),  # Cohen, d = 0.5
    ],
)
def test_sizes_of_the_textbooks(of: power.Power, wanted: float, size: int) -> None:
    assert power.size_for(of, wanted) == size
    assert of(size) >= wanted > of(size - 1)


def test_survival_needs_freedmans_events() -> None:
    of = power.of_survival(1.0 - 0.5**0.5, 0.5, 0.05)  # hazard ratio 1/2: 71 events for 80 %
    size = power.size_for(of, 0.8)
    assert size is not None
    assert size * (1.5 - 0.5**0.5) == pytest.approx(9 * (1.95996 + 0.84162) ** 2, abs=1.0)
    for risks in ((0.0, 0.5), (0.5, 0.0)):  # however good a drug, it takes some who die without it
        assert power.size_for(power.of_survival(*risks, 0.05), 0.8) == 16
    assert power.size_for(power.of_shares(0.3, 0.3, 0.05), 0.8) is None
