"""The order of the Rosenbrock-W step: conditions on its tableau, and convergence as steps shrink."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from immunity.compiler.tables import EVENT_ADD, Floats, Tables
from immunity.engine import rosenbrock, twin
from tests.engine import zoo
from tests.engine.checks import run
from tests.engine.nets import Builder, dose, events, hill, proportional

DAYS = 2.0
CUTS = (16, 32, 64, 128)


def bent(countable: bool) -> Tables:
    """Smooth and nonlinear: mass action, Hill laws, a rate that follows the calendar.

    Countable pools leave the laws out of W, so that it is far from the Jacobian.
    """
    net = Builder()
    net.pool("a", 9.0, countable=countable)
    net.pool("b", 4.0, countable=countable)
    net.pool("c", 1.0, countable=countable)
    net.signal("level a", ["a"], divisor=5.0)
    net.signal("level b", [("b", 0.5), ("time", 0.3)], constant=0.2)
    net.flow("meet", 0.5, {"a": -1, "b": -1, "c": 1}, "b", [proportional("level a")], [("a", "level a", 1.0)])
    net.flow("grow", 1.1, {"a": 1}, "a", [hill("level a", base=1.0, top=0.0, half=1.5, n=2.0)])
    net.flow("help", 2.0, {"b": 1}, None, [hill("level b", base=0.1, top=1.0, half=0.8, n=1.7)])
    net.flow("part", 0.9, {"c": -1, "a": 1}, "c", [hill("level b", base=2.0, top=0.4, half=1.0, n=2.0)])
    net.flow("fade", 0.7, {"c": -1}, "c")
    return net.tables()


def engine_steps(tables: Tables, n: int) -> Floats:
    """Take n steps of equal length: events that add nothing cut time, and no error is too large."""
    cuts = [(DAYS * k / n, EVENT_ADD, 0, 0.0) for k in range(1, n)]
    result = run(tables, DAYS, events(*cuts), rtol=1e12)
    assert result.status == 0 and result.n_steps == n and not result.clipped.any()
    return result.state


def twin_steps(tables: Tables, n: int) -> Floats:
    model, x = twin.build(tables, tables.theta), tables.initial
    for k in range(n):
        x = twin.rosenbrock_step(model, x, DAYS * k / n, DAYS / n).new
    return x


def measured_order(tables: Tables, steps: Callable[[Tables, int], Floats], exact: Floats) -> float:
    """Return the slope of log error over log step between the shortest two steps."""
    errors = [np.abs(steps(tables, n) - exact).max() for n in CUTS]
    assert errors == sorted(errors, reverse=True)
    return float(np.log2(errors[-2] / errors[-1]))


def finest(tables: Tables) -> Floats:
    return run(tables, DAYS, rtol=1e-12).state


@pytest.mark.parametrize("countable", [False, True], ids=["near the Jacobian", "far from the Jacobian"])
def test_steps_converge_with_order_3(countable: bool) -> None:
    tables = bent(countable)
    assert 2.8 < measured_order(tables, engine_steps, finest(tables)) < 3.4


def test_the_error_falls_with_the_tolerance() -> None:
    tables = zoo.birth_death(1.3, 0.2, 10.0)
    exact = 10.0 * np.exp(1.1 * DAYS)
    tolerances = [1e-4, 1e-6, 1e-8]
    runs = [run(tables, DAYS, rtol=rtol) for rtol in tolerances]
    errors = [abs(result.state[0] - exact) / exact for result in runs]
    assert all(error < 3.0 * rtol for error, rtol in zip(errors, tolerances, strict=True))
    growth = np.log(runs[2].n_steps / runs[0].n_steps) / np.log(1e4)
    assert 0.28 < growth < 0.40  # steps needed grow as tolerance to the power -1/3


def conditions(alpha: Floats, gamma: Floats, b: Floats) -> Floats:
    """Return how far a W-method is from order 3: all conditions of Hairer and Wanner, IV.7, for any W."""
    one, row = np.ones(len(b)), alpha.sum(axis=1)
    lower = gamma.sum(axis=1)
    return np.array(
        [
            b @ one - 1.0,
            b @ row - 1.0 / 2.0,
            b @ lower,
            b @ row**2 - 1.0 / 3.0,
            b @ alpha @ row - 1.0 / 6.0,
            b @ alpha @ lower,
            b @ gamma @ row,
            b @ gamma @ lower,
        ]
    )


def test_the_tableau_meets_the_conditions_of_order_3() -> None:
    alpha, gamma = rosenbrock.ALPHA, rosenbrock.GAMMAS
    assert np.abs(conditions(alpha, gamma, rosenbrock.B)).max() < 1e-14
    embedded = np.abs(conditions(alpha, gamma, rosenbrock.B_HAT))
    assert embedded[:3].max() < 1e-14 and embedded[3:].max() > 1e-3
    for table in (alpha, gamma):
        for i, j in zip(*np.nonzero(np.tril(table, -1)), strict=True):
            wrong = table.copy()
            wrong[i, j] += 1e-6
            pair = (wrong, gamma) if table is alpha else (alpha, wrong)
            assert np.abs(conditions(*pair, rosenbrock.B)).max() > 1e-8


def test_the_weights_between_steps_end_at_the_step() -> None:
    np.testing.assert_allclose(rosenbrock.DENSE.sum(axis=1), rosenbrock.LAST, atol=1e-13)


@pytest.mark.parametrize(
    ("table", "row", "column"), [("ALPHA", 2, 1), ("LOWER", 2, 1), ("LOWER", 3, 2)], ids=lambda value: str(value)
)
def test_a_planted_wrong_coefficient_is_noticed(
    monkeypatch: pytest.MonkeyPatch, table: str, row: int, column: int
) -> None:
    """The kernels keep their numbers compiled, so the plain twin carries the error."""
    tables = bent(True)
    exact = finest(tables)
    assert 2.8 < measured_order(tables, twin_steps, exact) < 3.4
    wrong = [list(line) for line in getattr(twin, table)]
    wrong[row][column] += 0.02
    monkeypatch.setattr(twin, table, wrong)
    assert measured_order(tables, twin_steps, exact) < 2.5


def test_an_event_of_nothing_changes_nothing_but_steps() -> None:
    """What `engine_steps` rests on."""
    tables = bent(False)
    cut = run(tables, DAYS, events(dose(0.7, 0, 0.0)), rtol=1e-8)
    np.testing.assert_allclose(cut.state, finest(tables), rtol=1e-6)
    assert not cut.added.any()
