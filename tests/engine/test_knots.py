"""Curves of time: nothing in them is stepped over, and they begin again where they repeat."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from immunity.compiler.tables import Tables
from immunity.engine import prepare
from tests.engine.checks import many, run
from tests.engine.nets import Builder, curve


def guests(points: list[tuple[float, float]], *, countable: bool, period: float = 0.0) -> Tables:
    """Guests arrive at up to a thousand a day, as a curve of time says."""
    net = Builder()
    net.pool("guest", countable=countable)
    net.signal("time", ["time"])
    net.flow("arrive", 1000.0, {"guest": 1}, None, [curve("time", points)])
    net.read_pool("guest")
    tables = net.tables()
    if period:
        theta = np.append(tables.theta, period)
        parameter = tables.flows.laws.parameter.copy()
        parameter[0, 0] = len(tables.theta)
        laws = dataclasses.replace(tables.flows.laws, parameter=parameter)
        tables = dataclasses.replace(tables, theta=theta, flows=dataclasses.replace(tables.flows, laws=laws))
    return tables


TRIANGLE = [(49.0, 0.0), (50.0, 1.0), (51.0, 0.0)]


def test_a_short_visit_long_after_the_start_is_seen() -> None:
    assert run(guests(TRIANGLE, countable=False), [100.0]).state[0] == pytest.approx(1000.0, rel=1e-9)
    came = many(prepare(guests(TRIANGLE, countable=True)), 100.0, 300)[:, 0]
    assert abs(came.mean() - 1000.0) < 4.5 * np.sqrt(1000.0 / 300)
    assert abs(came.var(ddof=1) / 1000.0 - 1.0) < 4.5 * np.sqrt(2.0 / 300)


def test_a_curve_that_repeats_is_met_in_every_turn() -> None:
    weekly = [(0.0, 0.0), (2.0, 0.0), (2.5, 1.0), (3.0, 0.0), (7.0, 0.0)]
    for countable in (False, True):
        tables = guests(weekly, countable=countable, period=7.0)
        state = run(tables, [70.0], stochastic=countable).state[0]
        assert abs(state - 5000.0) <= (350.0 if countable else 1e-6)


def test_where_time_is_not_sensed_no_step_ends() -> None:
    tables = guests(TRIANGLE, countable=False)
    assert run(tables, [40.0]).n_steps < 30
