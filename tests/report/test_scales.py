"""Axes hold what is drawn on them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from immunity.report import chart
from immunity.report.model import Curve, Point
from immunity.report.scales import nice_ticks, value_axis
from immunity.report.words import clock

LINEAR = Curve("a", "A", "mg/L", "blood", "linear", np.array([1.0, 4.0, 2.0]))
LOG = dataclasses.replace(LINEAR, scale="log10", values=np.array([1e2, 3e6, 0.0]))


def test_ticks_are_round_and_inside() -> None:
    assert nice_ticks(0, 10, 5) == (0, 2, 4, 6, 8, 10)
    assert nice_ticks(36.1, 38.9) == (37, 38)
    assert all(0.13 <= t <= 0.62 for t in nice_ticks(0.13, 0.62))


@pytest.mark.parametrize("scale", ["linear", "log10"])
def test_everything_drawn_is_inside(scale: str) -> None:
    point = Point(1, 50.0, 5.0, 500.0, "x")
    curve = dataclasses.replace(LINEAR, scale=scale, second=np.array([9.0, 80.0, 1.0]), points=(point,))
    axis = value_axis(curve)
    assert axis.lo < 1.0 and axis.hi > 500.0


def test_a_log_axis_starts_below_the_limit_of_detection_not_at_zero() -> None:
    axis = value_axis(dataclasses.replace(LOG, limit_of_detection=10.0))
    assert 0 < axis.lo < 10.0
    assert axis.hi >= 3e6
    positions = axis.at(np.array([0.0, axis.lo, axis.hi]))
    assert positions.tolist() == [0.0, 0.0, 1.0]


def test_a_log_axis_of_zeros_can_be_drawn() -> None:
    axis = value_axis(dataclasses.replace(LOG, values=np.zeros(3)))
    assert np.isfinite(axis.at(np.zeros(3))).all()


def test_a_log_axis_shows_at_most_ten_decades() -> None:
    axis = value_axis(dataclasses.replace(LOG, values=np.array([1e-30, 1e6, 1.0])))
    assert np.log10(axis.hi / axis.lo) <= 11


@pytest.mark.parametrize("values", [[3.0, 3.0, 3.0], [0.0, 0.0, 0.0], [-1.0, 2.0, 0.5], [np.nan, np.nan, np.nan]])
def test_flat_negative_and_missing_values_get_an_axis(values: list[float]) -> None:
    axis = value_axis(dataclasses.replace(LINEAR, values=np.array(values)))
    assert axis.hi > axis.lo and len(axis.ticks) >= 1
    known = np.array(values)[np.isfinite(values)]
    assert (known >= axis.lo).all() and (known <= axis.hi).all()


def test_large_numbers_share_a_power_of_ten() -> None:
    axis = value_axis(dataclasses.replace(LINEAR, values=np.array([0.0, 6e6, 1e6])))
    assert axis.power == 6
    assert all(len(label) <= 4 for label in axis.labels)


def test_the_whole_healthy_range_is_seen() -> None:
    axis = value_axis(dataclasses.replace(LINEAR, healthy=(0.5, 40.0)))
    assert axis.lo <= 0.5 and axis.hi > 40.0


def test_a_curve_that_hardly_moves_is_drawn_flat() -> None:
    still = dataclasses.replace(LINEAR, values=np.array([4.17, 4.1701, 4.1699]))
    assert np.ptp(value_axis(still).at(still.values)) < 0.001
    warm = dataclasses.replace(still, unit="degC", values=np.array([37.0, 37.01, 37.0]))
    axis = value_axis(warm)
    assert axis.lo > 30 and np.ptp(axis.at(warm.values)) < 0.01


def test_a_chart_shows_the_time_in_which_something_happens() -> None:
    times = np.linspace(0.0, 4.0, 401)
    early = Curve("c", "C", "mg/L", "blood", "linear", np.exp(-(((times - 0.2) / 0.05) ** 2)))
    first, last = chart.window(early, times)
    assert first == 0.0 and 0.3 < last < 0.6
    assert chart.window(dataclasses.replace(early, points=(Point(3.0, 1, None, None, "x"),)), times) == (0.0, 4.0)
    assert chart.window(dataclasses.replace(early, values=np.sin(times)), times) == (0.0, 4.0)
    assert chart.window(dataclasses.replace(early, values=np.ones(401)), times) == (0.0, 4.0)
    assert 'data-last="4"' in chart.draw(dataclasses.replace(early, values=np.sin(times)), times, clock(4.0))
    assert f'data-last="{last:.6g}"' in chart.draw(early, times, clock(4.0))
