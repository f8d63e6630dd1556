"""Kaplan and Meier, against numbers worked out on paper."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from immunity.results import Cohort
from immunity.results.survival import kaplan_meier

from .records import record, with_death, with_failure


def test_deaths_and_a_host_that_failed() -> None:
    made = with_failure(with_death(with_death(record(5), 0, 2.5), 3, 6.0), 2, -1)
    stopped = made.stopped_at.copy()
    stopped[2] = 4.0  # lost between the two deaths: censored
    found = kaplan_meier(dataclasses.replace(made, stopped_at=stopped))
    np.testing.assert_allclose(found.day, [0.0, 2.5, 6.0])
    np.testing.assert_allclose(found.alive, [1.0, 4 / 5, 4 / 5 * 2 / 3])
    assert [found.at_risk(day) for day in (0.0, 2.5, 2.6, 6.0, 10.0)] == [5, 5, 4, 3, 2]
    assert found.reached(0.8) == 2.5 and found.reached(0.5) is None
    assert found.at(2.4) == 1.0 and found.at(10.0) == pytest.approx(8 / 15)


def test_the_interval_is_that_of_log_minus_log() -> None:
    found = kaplan_meier(with_death(record(10), 0, 5.0))
    sigma = np.sqrt(1 / (10 * 9)) / abs(np.log(0.9))
    np.testing.assert_allclose(found.low[1], 0.9 ** np.exp(1.96 * sigma))
    np.testing.assert_allclose(found.high[1], 0.9 ** np.exp(-1.96 * sigma))


def test_everybody_dies_and_nobody_does() -> None:
    made = record(2)
    for host in (0, 1):
        made = with_death(made, host, 3.0 + host)
    assert kaplan_meier(made).alive.tolist() == [1.0, 0.5, 0.0]
    assert np.isfinite(kaplan_meier(made).low).all()
    assert kaplan_meier(record(3)).alive.tolist() == [1.0]


def test_a_cohort_says_over_whom_it_speaks() -> None:
    cohort = Cohort(with_death(record(4), 1, 4.5))
    assert cohort.survival()["at_risk"].values.tolist() == [4, 4]
    median = cohort.median("line")
    assert median.hosts.values.tolist() == [4] * 5 + [3] * 6 and "alive" in median.attrs["over"]
    assert cohort.outcome.values.tolist() == ["healthy", "dead", "healthy", "healthy"]
