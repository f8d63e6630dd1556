"""Powers, logarithms and exponentials of signals: held against mathematics, and against the twin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from immunity.compiler.tables import Tables
from immunity.engine import twin
from tests.engine.checks import run
from tests.engine.nets import Builder, Law, exponential, logarithm, power


def grow(start: float, law: Law, *, rate: float = 1.0, terms: tuple = ("x",), weight: float = 1.0) -> Tables:
    """x grows at rate * x * weight * law(sensed)."""
    net = Builder()
    net.pool("x", start)
    net.signal("sensed", list(terms))
    net.signal("heard", [], constant=weight, laws=[law])
    net.flow("grow", rate, {"x": 1}, "x", [(0, "heard", None, (), None)])
    net.read_pool("x")
    return net.tables()


def made(law: Law, *, terms: tuple = ("x",), start: float = 1.0) -> Tables:
    """x is made at law(sensed)."""
    net = Builder()
    net.pool("x", start)
    net.signal("sensed", list(terms))
    net.flow("make", 1.0, {"x": 1}, None, [law])
    net.read_pool("x")
    return net.tables()


def gompertz(start: float, capacity: float, rate: float) -> Tables:
    """x grows at rate * ln(capacity / x) * x."""
    return grow(start, logarithm("sensed", capacity), rate=rate, weight=-1.0)


CASES = {
    "power": (made(power("sensed", 2.0, 0.5)), lambda t: (1.0 + t / math.sqrt(8.0)) ** 2),
    "inverse": (made(power("sensed", 1.0, -1.0), start=3.0), lambda t: math.sqrt(9.0 + 2.0 * t)),
    "gompertz": (gompertz(10.0, 1000.0, 0.7), lambda t: 1000.0 * math.exp(math.log(0.01) * math.exp(-0.7 * t))),
    "exponential": (made(exponential("sensed", 2.0), terms=("time",)), lambda t: 1.0 + 2.0 * (math.exp(t / 2.0) - 1.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_runs_follow_mathematics(name: str) -> None:
    tables, truth = CASES[name]
    result = run(tables, [0.0, 1.0, 3.0], rtol=1e-7)
    assert result.readouts[:, 0] == pytest.approx([truth(t) for t in (0.0, 1.0, 3.0)], rel=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_the_twin_does_the_same(name: str) -> None:
    tables, _ = CASES[name]
    result = run(tables, [0.0, 2.5], rtol=1e-4)
    state, fired, steps = twin.run_smooth(tables, tables.theta, tables.initial, 2.5, 1e-4)
    assert result.n_steps == steps
    assert result.state == pytest.approx(state, rel=1e-10)
    assert result.fired == pytest.approx(fired, rel=1e-10)


def test_nothing_is_infinite_where_nothing_is_sensed() -> None:
    for law in (power("sensed", 1.0, -1.0), power("sensed", 1.0, 0.5), logarithm("sensed", 1.0)):
        result = run(made(law, start=0.0), [0.0, 1.0])
        assert result.status == 0 and result.readouts[:, 0].tolist() == [0.0, 0.0]
    steep = run(made(exponential("sensed", 1e-3), terms=("x",), start=-1.0 + 1.0), [0.0, 1e-4])
    assert steep.status == 0 and np.isfinite(steep.readouts).all()
