"""Numbers taken of curves that can be worked out on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from immunity.validate import statistics as st

TIME = np.arange(0.0, 11.0)
TENT = 10.0 - 2.0 * abs(TIME - 5.0)


def test_value_between_output_times():
    assert st.value_at(TIME, TENT, 2.25) == 4.5


def test_cut_keeps_its_ends_and_drops_what_is_missing():
    times, values = st.cut(TIME, np.where(TIME > 6, np.nan, TENT), 1.5, 9.0)
    assert times.tolist() == [1.5, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert values.tolist() == [3.0, 4.0, 6.0, 8.0, 10.0, 8.0]


def test_mean_is_over_time():
    assert st.mean(TIME[:6], TENT[:6]) == 5.0
    assert st.mean(TIME, TENT, logarithm=True) == 5.0
    assert st.mean(TIME, 8.0 * 0.5**TIME) == pytest.approx(0.8 / math.log(2.0) * (1.0 - 0.5**10))
    assert st.mean(np.array([0.0, 1.0, 10.0]), np.array([0.0, 0.0, 10.0])) == 4.5


@pytest.mark.parametrize("life", [0.3, 1.0, 7.0])
def test_half_life_of_a_decay(life):
    assert st.half_life(TIME, 1e6 * 0.5 ** (TIME / life), 0.0) == pytest.approx(life)


def test_half_life_looks_above_the_limit_only():
    values = np.maximum(1e3 * 0.5**TIME, 10.0)
    assert st.half_life(TIME, values, 10.0) == pytest.approx(1.0)
    assert st.half_life(TIME, values, 0.0) > 1.2


def test_what_does_not_fall_has_no_half_life():
    assert st.half_life(TIME, 1.0 + TIME, 0.0) == math.inf
    assert math.isnan(st.half_life(TIME, np.zeros(11), 0.0))


@pytest.mark.parametrize(("level", "day"), [(5.0, 2.5), (0.0, 0.0), (10.0, 5.0), (11.0, math.inf)])
def test_time_to_cross_upwards(level, day):
    assert st.time_to_cross(TIME, TENT, level) == day


def test_time_to_cross_downwards():
    assert st.time_to_cross(TIME[5:], TENT[5:], 5.0) == 7.5


def test_durations_add_up():
    assert st.duration_above(TIME, TENT, 5.0) == pytest.approx(5.0)
    assert st.duration_below(TIME, TENT, 5.0) == pytest.approx(5.0)
    assert st.duration_above(TIME, TENT, 8.0) == pytest.approx(2.0)
    assert st.duration_above(TIME, TENT, 20.0) == 0.0


@pytest.mark.parametrize(
    ("peaks", "count"),
    [([], 0), ([3], 1), ([3, 5], 1), ([3, 9], 1), ([3, 11], 2), ([3, 9, 15, 21], 1), ([0, 8, 16], 3)],
)
def test_what_comes_back_within_a_week_is_the_same_episode(peaks, count):
    days = np.arange(30.0)
    fever = np.where(np.isin(days, peaks), 39.0, 37.0)
    assert st.episodes(days, fever, 38.0) == count
    assert st.episodes(days, fever, 39.5) == 0


def test_an_episode_that_lasts_is_one_however_far_apart_it_is_looked_at():
    assert st.episodes(np.arange(0.0, 100.0, 10.0), np.full(10, 39.0), 38.0) == 1


@pytest.mark.parametrize(
    ("how", "value"),
    [("median", 2.5), ("mean", 4.0), ("min", 1.0), ("max", 10.0), ("quantile 0", 1.0), ("quantile 0.75", 4.75)],
)
def test_across_hosts(how, value):
    assert st.across(np.array([3.0, 1.0, np.nan, 10.0, 2.0]), how) == value


def test_never_is_later_than_any_day():
    values = np.array([1.0, math.inf, math.inf, 2.0, math.inf])
    assert st.across(values, "median") == math.inf
    assert st.across(values, "quantile 0.25") == 2.0
    assert math.isnan(st.across(np.array([np.nan]), "median"))
