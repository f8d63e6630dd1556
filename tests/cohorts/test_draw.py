"""Numbers that differ between people."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cohorts.cases import cells_and_drug
from immunity.cohorts import draw_theta
from immunity.cohorts.draw import correlation_factor, stream_key
from immunity.language.errors import RuleError

TWO = (("feed.hazard", 0.3), ("die.hazard", 0.5))


def multipliers(case, name, hosts=400, seed=1):
    return np.array([draw_theta(case, seed, host)[1][name] for host in range(hosts)])


def test_theta_is_the_cases_times_the_draws():
    case = cells_and_drug(spreads=TWO)
    theta, draws = draw_theta(case, 1, 5)
    names = case.model.tables.names.parameter
    assert theta[names.index("die.hazard")] == pytest.approx(0.2 * draws["die.hazard"])
    assert theta[names.index("fall.hazard")] == case.theta[names.index("fall.hazard")]
    assert draws["feed.hazard"] != draws["die.hazard"]
    assert case.theta[names.index("die.hazard")] == 0.2  # the case itself is untouched


def test_spread_has_median_one_and_the_sigma_asked_for():
    logs = np.log(multipliers(cells_and_drug(spreads=TWO), "die.hazard"))
    assert abs(logs.mean()) < 3 * 0.5 / math.sqrt(400)
    assert logs.std() == pytest.approx(0.5, rel=0.1)


def test_a_further_spread_changes_no_other_number():
    alone = cells_and_drug(spreads=(("die.hazard", 0.5),))
    more = cells_and_drug(spreads=(("fall.hazard", 0.1), *TWO))
    assert (multipliers(alone, "die.hazard", 50) == multipliers(more, "die.hazard", 50)).all()


def test_a_correlated_spread_that_is_added_last_changes_no_other_number():
    alone = cells_and_drug(spreads=TWO)
    matrix = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, -0.5], [0.6, -0.5, 1.0]])
    more = cells_and_drug(spreads=(*TWO, ("fall.hazard", 0.2)), correlation=matrix)
    assert (multipliers(alone, "die.hazard", 20) == multipliers(more, "die.hazard", 20)).all()


def test_hosts_and_seeds_differ():
    case = cells_and_drug(spreads=TWO)
    draws = {draw_theta(case, seed, host)[1]["die.hazard"] for seed in range(3) for host in range(3)}
    assert len(draws) == 9


@pytest.mark.parametrize("r", [0.8, -0.6, 0.0])
def test_draws_have_the_correlation_asked_for(r):
    case = cells_and_drug(spreads=TWO, correlation=np.array([[1.0, r], [r, 1.0]]))
    logs = np.log([multipliers(case, "feed.hazard"), multipliers(case, "die.hazard")])
    assert np.corrcoef(logs)[0, 1] == pytest.approx(r, abs=0.12)


def test_factor_is_the_cholesky_factor():
    matrix = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]])
    assert correlation_factor(matrix, ("a", "b", "c")) == pytest.approx(np.linalg.cholesky(matrix))


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]],
        [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[1.0, 0.5, 0.0], [0.4, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[1.0, 0.0], [0.0, 1.0]],
    ],
)
def test_impossible_correlations_are_refused(matrix):
    with pytest.raises(RuleError) as caught:
        correlation_factor(np.array(matrix), ("a", "b", "c"))
    assert caught.value.code == "E722"


def test_streams_of_different_names_differ():
    assert stream_key("a.b") != stream_key("a.c")
    assert 0 <= stream_key("a.b") < 2**32
