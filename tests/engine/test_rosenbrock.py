"""One step is of order 3 whatever the matrix W is, and its firings agree with its state.

Judged on the twin, whose steps are those of the kernel (`test_twin`).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from immunity.compiler.tables import Floats, Tables
from immunity.engine import twin
from tests.engine import zoo
from tests.engine.checks import stoichiometry

DAYS = 0.4
exact_arms = twin.arms


def distrust(monkeypatch: pytest.MonkeyPatch, trust: float) -> None:
    """Scale W, by 0 to 1."""
    monkeypatch.setattr(twin, "arms", lambda model, x, t: trust * exact_arms(model, x, t))


def take(tables: Tables, n: int) -> tuple[Floats, Floats]:
    model = twin.build(tables, tables.theta)
    x, fired, h = tables.initial.copy(), np.zeros(tables.n_flow), DAYS / n
    for k in range(n):
        step = twin.rosenbrock_step(model, x, k * h, h)
        x, fired = step.new, fired + step.expected
    return x, fired


def truth(tables: Tables) -> Floats:
    model = twin.build(tables, tables.theta)

    def slope(t: float, x: Floats) -> Floats:
        return twin.net_change(model, twin.propensities(model, x.tolist(), t))

    return solve_ivp(slope, (0.0, DAYS), tables.initial, method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]


@pytest.mark.parametrize("countable", [False, True], ids=["exact W", "approximate W"])
@pytest.mark.parametrize("trust", [1.0, 0.6, 0.0])
def test_order_3_whatever_the_matrix(countable: bool, trust: float, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = zoo.everything(countable=countable)
    wanted = truth(tables)
    distrust(monkeypatch, trust)
    errors = np.array([np.max(np.abs(take(tables, n)[0] / wanted - 1)) for n in (32, 64, 128)])
    orders = np.log2(errors[:-1] / errors[1:])
    assert np.all(orders > 2.75) and np.all(orders < 3.7), orders


@pytest.mark.parametrize("trust", [1.0, 0.5, 0.0])
def test_firings_agree_with_the_state(trust: float, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = zoo.everything()
    distrust(monkeypatch, trust)
    x, fired = take(tables, 10)
    booked = tables.initial + stoichiometry(tables, tables.theta) @ fired
    np.testing.assert_allclose(booked, x, rtol=1e-12)
    fired[3] *= 1 + 1e-9  # and a wrong firing is seen
    assert not np.allclose(tables.initial + stoichiometry(tables, tables.theta) @ fired, x, rtol=1e-12, atol=0)


def test_where_nothing_is_counted_the_matrix_is_the_jacobian() -> None:
    tables = zoo.everything(countable=False)
    model, x = twin.build(tables, tables.theta), tables.initial
    slopes = exact_arms(model, x, 0.1)
    for pool in range(tables.n_pool):
        tilt = 1e-6 * np.eye(tables.n_pool)[pool] * x[pool]
        up, down = (np.array(twin.propensities(model, (x + s * tilt).tolist(), 0.1)) for s in (1, -1))
        np.testing.assert_allclose(slopes[:, pool], (up - down) / (2 * tilt[pool]), rtol=1e-6, atol=1e-6)
