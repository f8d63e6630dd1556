"""Deterministic runs against closed forms, and against a reference integrator where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import root_scalar

from immunity.compiler.tables import Floats, Tables
from tests.engine import zoo
from tests.engine.checks import run
from tests.engine.nets import Builder, curve, hill, proportional

RTOL = 1e-9
DAYS = np.array([0.0, 0.3, 1.0, 2.5, 6.0])


def check_path(tables: Tables, exact: Floats, tolerance: float = 1e-6, days: Floats = DAYS, rtol: float = RTOL) -> None:
    """Judge all pools at all times, relative to amount + floor."""
    result = run(tables, days, rtol=rtol, record_pools=True)
    assert result.status == 0 and result.pools is not None
    gap = np.abs(result.pools - exact) / (np.abs(exact) + tables.floor)
    assert gap.max() <= tolerance, f"off by {gap.max():.2e}"


def columns(*values: Floats) -> Floats:
    return np.array([np.broadcast_to(value, DAYS.shape) for value in values]).T


@pytest.mark.parametrize("countable", [False, True])
@pytest.mark.parametrize("hazard", [0.1, 1.0, 30.0])
def test_exponential_decay(hazard: float, countable: bool) -> None:
    check_path(zoo.decay(hazard, 1e4, countable=countable), columns(1e4 * np.exp(-hazard * DAYS)))


def test_mean_of_birth_and_death() -> None:
    check_path(zoo.birth_death(1.7, 1.2, 50.0), columns(50.0 * np.exp(0.5 * DAYS)))
    check_path(zoo.birth_death(1.2, 1.7, 5e6), columns(5e6 * np.exp(-0.5 * DAYS)))


def test_mean_of_immigration_and_death() -> None:
    level = 3 * 40.0 / 0.8
    check_path(zoo.immigration_death(40.0, 0.8, 7.0, batch=3), columns(level + (7.0 - level) * np.exp(-0.8 * DAYS)))


def test_two_compartments() -> None:
    """a -> b at 2/day, b -> a at 0.5/day, b -> gone at 0.7/day."""
    net = Builder()
    net.pool("a", 1000.0)
    net.pool("b", 200.0)
    net.flow("there", 2.0, {"a": -1, "b": 1}, "a")
    net.flow("back", 0.5, {"a": 1, "b": -1}, "b")
    net.flow("gone", 0.7, {"b": -1}, "b")
    rates, vectors = np.linalg.eig(np.array([[-2.0, 0.5], [2.0, -1.2]]))
    parts = np.linalg.solve(vectors, np.array([1000.0, 200.0]))
    check_path(net.tables(), (vectors @ (parts[:, None] * np.exp(np.outer(rates, DAYS)))).T)


def test_chain_with_yields() -> None:
    """Each firing of a -> b turns one a into 2.5 b."""
    net = Builder()
    net.pool("a", 100.0)
    net.pool("b", 0.0)
    net.flow("turn", 0.9, {"a": -1, "b": 2.5}, "a")
    net.flow("fade", 0.4, {"b": -1}, "b")
    b = 2.5 * 100.0 * 0.9 / (0.9 - 0.4) * (np.exp(-0.4 * DAYS) - np.exp(-0.9 * DAYS))
    check_path(net.tables(), columns(100.0 * np.exp(-0.9 * DAYS), b))


def logistic(countable: bool = False) -> Tables:
    """x' = 1.4 x * (1 - x / (K + x)) - 0.35 x, crowding as a Hill law of order 1."""
    net = Builder()
    net.pool("x", 3.0, countable=countable, floor=0.01)
    net.signal("crowd", ["x"])
    net.flow("grow", 1.4, {"x": 1}, "x", [hill("crowd", base=1.0, top=0.0, half=80.0)])
    net.flow("die", 0.35, {"x": -1}, "x")
    return net.tables()


def reference(slope: Callable[[float, Floats], list[float]], start: list[float], days: Floats = DAYS) -> Floats:
    solved = solve_ivp(slope, (0.0, days[-1]), start, "DOP853", t_eval=days, rtol=1e-12, atol=1e-12)
    assert solved.success
    return solved.y.T


@pytest.mark.parametrize("countable", [False, True])
def test_growth_to_a_limit_by_a_hill_law(countable: bool) -> None:
    """0.35 t = log(x / 3) / 3 - 4 / 3 log((240 - x) / 237), solved for x."""

    def missing(log_x: float, t: float) -> float:
        return (log_x - np.log(3.0)) / 3.0 - 4.0 / 3.0 * np.log((240.0 - np.exp(log_x)) / 237.0) - 0.35 * t

    ends = (float(np.log(3.0)) - 1e-9, float(np.log(240.0)) - 1e-12)
    roots = [root_scalar(missing, (t,), bracket=ends, xtol=1e-14, rtol=1e-14).root for t in DAYS.tolist()]
    exact = columns(np.exp(np.array(roots)))
    check_path(logistic(countable), exact)
    late = run(logistic(countable), 100.0, rtol=1e-6)
    assert late.state[0] == pytest.approx(240.0, rel=1e-5)


def test_meeting_of_two_by_mass_action() -> None:
    """a + b -> c with a - b kept: closed form of second-order kinetics."""
    net = Builder()
    for pool, start in (("a", 30.0), ("b", 20.0), ("c", 0.0)):
        net.pool(pool, start, floor=0.01)
    net.signal("level", ["b"], divisor=4.0)
    net.flow("meet", 0.2, {"a": -1, "b": -1, "c": 1}, "a", [proportional("level")], [("b", "level", 1.0)])
    k, more = 0.2 / 4.0, 10.0
    growth = np.exp(more * k * DAYS)
    b = 20.0 * more / (30.0 * growth - 20.0)
    check_path(net.tables(), columns(b + more, b, 20.0 - b))


def test_a_rate_that_follows_the_calendar() -> None:
    """Decay at 0.5 * curve(t), a ramp from 1 at day 0 to 3 at day 2, then down to 0 at day 3."""
    net = Builder()
    net.pool("x", 500.0)
    net.signal("day", ["time"])
    net.flow("decay", 0.5, {"x": -1}, "x", [curve("day", [(0.0, 1.0), (2.0, 3.0), (3.0, 0.0)])])
    late = np.clip(DAYS - 2.0, 0.0, 1.0)
    early = np.minimum(DAYS, 2.0)
    check_path(net.tables(), columns(500.0 * np.exp(-0.5 * (early + early**2 / 2 + 3.0 * late - 1.5 * late**2))))


@pytest.mark.parametrize("half_life", [0.02, 0.5, 11.0])
def test_a_half_life_is_ln_2_over_it(half_life: float) -> None:
    """hazard = ln 2 * half_life ** -1, as the compiler writes it."""
    net = Builder()
    net.pool("x", 64.0, floor=1e-9)
    net.flow("fade", half_life, {"x": -1}, "x")
    tables = net.tables()
    tables.flows.coefficient[0] = np.log(2.0)
    tables.flows.power[0] = -1
    days = half_life * np.arange(4.0)
    check_path(tables, np.array([[64.0], [32.0], [16.0], [8.0]]), days=days)


def test_signals_of_signals() -> None:
    """inflow * (0.5 + 2 a / V) / 4 * hill: the sum, the divisor and the laws of nested signals."""
    net = Builder()
    net.pool("a", 6.0, floor=1e-6)
    net.pool("b", 0.0, floor=1e-6)
    net.signal("level", ["a"], divisor=3.0)
    net.signal("drive", [("level", 2.0)], constant=0.5, divisor=4.0, laws=[hill("level", half=1.5, n=2.5)])
    net.flow("fade", 0.6, {"a": -1}, "a")
    net.flow("make", 10.0, {"b": 1}, None, [proportional("drive")])
    net.read("drive", scale=7.0, offset=-1.0)

    def drive(a: Floats) -> Floats:
        level = a / 3.0
        return (0.5 + 2.0 * level) / 4.0 * level**2.5 / (1.5**2.5 + level**2.5)

    exact = reference(lambda t, y: [-0.6 * y[0], float(10.0 * drive(y[0]))], [6.0, 0.0])
    check_path(net.tables(), exact)
    seen = run(net.tables(), DAYS, rtol=RTOL).readouts[:, 0]
    np.testing.assert_allclose(seen, 7.0 * drive(exact[:, 0]) - 1.0, rtol=1e-6)


def test_every_law_at_once_against_a_reference() -> None:
    exact = reference(everything_slope, [40.0, 25.0, 60.0, 3.0, 2.0])
    for countable in (False, True):
        check_path(zoo.everything(countable=countable), exact, tolerance=3e-6, rtol=1e-8)


def everything_slope(t: float, y: Floats) -> list[float]:
    """`zoo.everything` once more, by hand."""
    prey, hunter, resting, alarm, shield = y.tolist()
    level = alarm / 2.0
    mood = (0.1 + 0.5 * level + 0.2 * shield) * level**2 / (1.0 + level**2)
    divide = 1.5 * prey * (1.0 - prey**3 / (60.0**3 + prey**3))
    kill = 3.0 * prey * hunter / (50.0 + hunter + prey)
    wake = 0.2 * resting * (1.0 + 7.0 * mood**1.5 / (0.5**1.5 + mood**1.5))
    tire = 0.6 * hunter * float(np.interp(0.5 + 0.3 * t, [0.0, 1.0, 2.0], [0.5, 1.0, 0.8]))
    secrete = 0.4 * hunter * (1.0 - 0.9 * level**4 / (4.0**4 + level**4))
    make = 30.0 * (0.2 + 1.8 * mood**2 / (0.3**2 + mood**2))
    bind = 0.3 * shield * level
    return [
        divide - kill,
        wake - tire - 0.1 * hunter,
        tire - wake + 4.0,
        0.05 * kill + secrete - 5.0 * alarm - bind,
        make - 12.0 * shield - bind,
    ]


@pytest.mark.parametrize("rtol", [1e-2, 1e-3, 1e-4])
def test_the_usual_tolerance_keeps_its_promise(rtol: float) -> None:
    exact = reference(everything_slope, [40.0, 25.0, 60.0, 3.0, 2.0])
    check_path(zoo.everything(), exact, tolerance=10.0 * rtol, rtol=rtol)


def test_the_judge_notices_planted_errors() -> None:
    tables = zoo.decay(1.0, 1e4)
    with pytest.raises(AssertionError, match="off by"):
        check_path(tables, columns(1e4 * np.exp(-1.00001 * DAYS)))
    with pytest.raises(AssertionError, match="off by"):
        check_path(tables, columns(1e4 * np.exp(-DAYS)), rtol=1e-2)
