"""Settling, stopping, failing, writing down."""

from __future__ import annotations

import numpy as np
import pytest

from immunity.compiler.tables import EVENT_PARAMETER_SET, LAW_PROPORTIONAL, Stop, Tables
from immunity.engine import STATUS_MESSAGES, prepare, run_host, settle
from immunity.engine.status import NOT_FINITE, OK, STEP_UNDERFLOW, STOPPED, TOO_MANY_STEPS, failed
from tests.engine import zoo
from tests.engine.checks import run
from tests.engine.nets import Builder, dose, events, no_events, proportional

MODES = pytest.mark.parametrize("stochastic", [False, True], ids=["deterministic", "stochastic"])


def at_rest(tables: Tables, days: float) -> bool:
    """Say whether a settled state stays what it is."""
    state, status, _ = settle(prepare(tables), tables.theta, tables.initial, days, rtol=1e-6)
    assert status == OK
    later, _, _ = settle(prepare(tables), tables.theta, state, 50.0, rtol=1e-6)
    return bool(np.allclose(state, later, rtol=1e-4))


def test_settling_reaches_the_steady_state() -> None:
    tables = zoo.immigration_death(30.0, 0.4, start=2.0)
    state, status, _ = settle(prepare(tables), tables.theta, tables.initial, 100.0)
    assert status == OK and state[0] == pytest.approx(75.0, rel=1e-3)
    assert at_rest(tables, 100.0) and not at_rest(tables, 1.0)
    assert tables.initial[0] == 2.0


def test_a_body_that_swings_is_settled_more_closely() -> None:
    net = Builder()
    net.pool("hare", 2.0)
    net.pool("lynx", 1.0)
    net.signal("hares", ["hare"])
    net.signal("lynxes", ["lynx"])
    net.flow("litter", 1.0, {"hare": 1}, "hare")
    net.flow("eat", 1.0, {"hare": -1}, "hare", [proportional("lynxes")])
    net.flow("thrive", 1.0, {"lynx": 1}, "lynx", [proportional("hares")])
    net.flow("starve", 1.0, {"lynx": -1}, "lynx")
    tables = net.tables()
    state, status, closer = settle(prepare(tables), tables.theta, tables.initial, 200.0)
    exact, _, _ = settle(prepare(tables), tables.theta, tables.initial, 200.0, rtol=1e-7)
    assert status == OK and closer < 1.0
    assert state == pytest.approx(exact, rel=0.008)  # 0.017 off at the accuracy asked for
    resting = zoo.immigration_death(30.0, 0.4, start=2.0)
    assert settle(prepare(resting), resting.theta, resting.initial, 200.0)[2] == 1.0


def test_settling_for_no_time_changes_nothing() -> None:
    tables = zoo.everything()
    state, status, _ = settle(prepare(tables), tables.theta, tables.initial, 0.0)
    assert status == OK and np.array_equal(state, tables.initial)


def test_settling_uses_the_hosts_own_numbers_and_ends_on_day_0() -> None:
    net = Builder()
    net.pool("x", 5.0)
    net.signal("day", ["time"])
    net.flow("come", 1.0, {"x": 1}, None, [(LAW_PROPORTIONAL, "day", None, (), None)])
    tables = net.tables()
    state, _, _ = settle(prepare(tables), tables.theta, tables.initial, 10.0)
    assert state[0] == 5.0  # before day 0 the rate, which is the day, is below zero, so nothing fires
    tables = zoo.immigration_death(30.0, 0.4)
    state, _, _ = settle(prepare(tables), np.array([30.0, 0.8]), tables.initial, 100.0)
    assert state[0] == pytest.approx(37.5, rel=1e-3)


def stopping(countable: bool = False) -> Tables:
    """x decays from 100 at 0.7/day; halt below 25."""
    net = Builder()
    net.pool("x", 100.0, countable=countable)
    net.signal("level", ["x"], divisor=2.0)
    net.flow("decay", 0.7, {"x": -1}, "x")
    net.read("level")
    net.stop = Stop(0, 12.5, "gone")
    return net.tables()


def test_the_stop_rule_halts_and_holds() -> None:
    when = np.log(4.0) / 0.7
    days = [0.0, 1.0, when + 0.1, 7.0]
    result = run(stopping(), days, rtol=1e-8)
    assert result.status == STOPPED and not failed(result.status)
    assert result.stopped_at == pytest.approx(when, rel=1e-5)
    np.testing.assert_allclose(result.readouts[:, 0], [50.0, 50.0 * np.exp(-0.7), 12.5, 12.5], rtol=1e-5)
    assert result.state[0] == pytest.approx(25.0, rel=1e-5)
    assert result.fired[0] == pytest.approx(75.0, rel=1e-5)


def test_the_stop_rule_counts_members() -> None:
    result = run(stopping(True), [1.0, 30.0], stochastic=True)
    assert result.status == STOPPED and 0.5 < result.stopped_at <= 30.0
    assert result.readouts[-1, 0] < 12.5 and result.state[0] == 2.0 * result.readouts[-1, 0]


@MODES
def test_a_run_that_is_never_low_never_stops(stochastic: bool) -> None:
    result = run(stopping(True), [0.5, 1.0], stochastic=stochastic)
    assert result.status == OK and np.isnan(result.stopped_at)


@MODES
def test_the_stop_rule_sees_events_and_starts(stochastic: bool) -> None:
    result = run(stopping(True), [0.2, 1.0], events(dose(0.5, 0, -50.0)), stochastic=stochastic)
    assert result.status == STOPPED and result.stopped_at == 0.5
    tables = stopping(True)
    tables.initial[0] = 10.0
    result = run(tables, [0.0, 1.0], stochastic=stochastic)
    assert result.status == STOPPED and result.stopped_at == 0.0 and result.readouts[:, 0].tolist() == [5.0, 5.0]
    again = run(tables, [0.0, 1.0], events(dose(0.5, 0, 1e3)), stochastic=stochastic)
    assert again.added[0] == 0.0  # nothing happens to a host that has halted


def explosion() -> Tables:
    """x' = x ** 2: infinite on day 1 / x(0)."""
    net = Builder()
    net.pool("x", 1.0)
    net.signal("level", ["x"])
    net.flow("burst", 1.0, {"x": 1}, "x", [(LAW_PROPORTIONAL, "level", None, (), None)])
    net.read_pool("x")
    return net.tables()


@MODES
def test_an_explosion_is_a_status_not_a_hang(stochastic: bool) -> None:
    result = run(explosion(), [0.5, 2.0], stochastic=stochastic)
    assert result.status in (STEP_UNDERFLOW, NOT_FINITE) and failed(result.status)
    assert result.readouts[0, 0] == pytest.approx(2.0, rel=1e-2) and np.isnan(result.readouts[1, 0])
    assert STATUS_MESSAGES[result.status]
    assert run(explosion(), 0.9, stochastic=stochastic).status == OK


@MODES
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_number_that_is_none_is_a_status(value: float, stochastic: bool) -> None:
    tables = zoo.everything()
    dated = events((1.0, EVENT_PARAMETER_SET, 0, value))
    result = run(tables, [0.5, 2.0], dated, stochastic=stochastic, max_steps=100_000)
    assert result.status == NOT_FINITE
    assert np.isfinite(result.readouts[0]).all() and np.isnan(result.readouts[1]).all()
    theta = tables.theta.copy()
    theta[0] = value
    assert settle(prepare(tables), theta, tables.initial, 5.0)[1] == NOT_FINITE


@MODES
def test_too_many_steps_is_a_status(stochastic: bool) -> None:
    result = run(zoo.everything(), [0.0, 50.0], stochastic=stochastic, max_steps=5)
    assert result.status == TOO_MANY_STEPS and result.n_steps == 5
    assert np.isfinite(result.readouts[0]).all() and np.isnan(result.readouts[1]).all()


@MODES
def test_pools_are_recorded_on_demand(stochastic: bool) -> None:
    tables = zoo.everything()
    days = [0.0, 0.4, 1.0, 3.0]
    with_pools = run(tables, days, stochastic=stochastic, record_pools=True)
    without = run(tables, days, stochastic=stochastic)
    assert without.pools is None and with_pools.pools is not None
    assert with_pools.pools.shape == (4, 5)
    assert np.array_equal(with_pools.readouts, without.readouts)
    assert np.array_equal(with_pools.pools, with_pools.readouts)  # here every pool has its readout
    np.testing.assert_allclose(with_pools.pools[-1], with_pools.state, rtol=1e-12)
    assert np.array_equal(with_pools.pools[0], tables.initial)
    some = run(tables, days, stochastic=stochastic, record_pools=(3, 1)).pools
    assert some is not None and np.array_equal(some, with_pools.pools[:, [3, 1]])


def test_outputs_do_not_change_the_deterministic_path() -> None:
    tables = zoo.everything()
    dated = events(dose(1.3, 0, 30.0))
    coarse = run(tables, [0.0, 2.0, 5.0], dated)
    fine = run(tables, np.linspace(0.0, 5.0, 51), dated)
    assert fine.n_steps == coarse.n_steps
    for name in ("state", "fired", "added", "clipped"):
        assert np.array_equal(getattr(fine, name), getattr(coarse, name))
    assert np.array_equal(fine.readouts[[0, 20, 50]], coarse.readouts)
    assert not np.array_equal(run(tables, [5.0], dated, rtol=1e-4).state, coarse.state)


def test_outputs_between_steps_are_as_good_as_the_steps() -> None:
    days = np.linspace(0.0, 6.0, 301)
    result = run(zoo.decay(1.0, 1e3), days)
    assert result.n_steps < 60
    np.testing.assert_allclose(result.readouts[:, 0], 1e3 * np.exp(-days), rtol=3e-3, atol=1e-2)


def test_outputs_do_not_change_what_happens_event_by_event() -> None:
    tables = zoo.birth_death(0.8, 0.7, 25.0)
    for host in range(10):
        coarse = run(tables, [2.0, 4.0], stochastic=True, host=host)
        fine = run(tables, np.linspace(0.0, 4.0, 41), stochastic=True, host=host)
        assert np.array_equal(fine.readouts[[20, 40]], coarse.readouts)


def test_no_output_times_at_all() -> None:
    tables = zoo.decay()
    result = run_host(prepare(tables), tables.theta, tables.initial, no_events(), np.empty(0))
    assert result.status == OK and result.readouts.shape == (0, 1) and result.n_steps == 0


def with_guest(guest: float | None) -> Tables:
    """A slow pool, and, on demand, a guest that makes everything quick as long as it is there."""
    net = Builder()
    net.pool("x", 1000.0, countable=True)
    if guest is not None:
        net.pool("guest", guest, countable=True)
        net.pool("trail", 0.0)
    net.flow("come", 40.0, {"x": 1})
    net.flow("go", 0.1, {"x": -1}, "x")
    if guest is not None:
        net.signal("level", ["guest"])
        net.flow("spawn", 5e3, {"guest": 1}, "guest")
        net.flow("vanish", 6e3, {"guest": -1}, "guest")
        net.flow("leave", 2e3, {"trail": 3}, "guest")
        net.flow("eaten", 7e3, {"x": -1}, "x", [(LAW_PROPORTIONAL, "level", None, (), None)])
        net.flow("fade", 9e3, {"trail": -1}, "trail")
    net.read_pool("x")
    return net.tables()


@MODES
def test_empty_pools_cost_nothing(stochastic: bool) -> None:
    days = np.linspace(0.0, 20.0, 5)
    alone = run(with_guest(None), days, stochastic=stochastic)
    empty = run(with_guest(0.0), days, stochastic=stochastic)
    assert empty.n_steps == alone.n_steps
    assert np.array_equal(empty.readouts, alone.readouts)
    assert not empty.fired[2:].any() and empty.state[1:].tolist() == [0.0, 0.0]
    assert run(with_guest(40.0), 0.01, stochastic=stochastic).fired[2:].all()  # the judge can see them fire


@MODES
def test_a_pool_that_was_empty_wakes_up(stochastic: bool) -> None:
    result = run(with_guest(0.0), [1.0, 1.5], events(dose(1.0, 1, 3.0)), stochastic=stochastic)
    assert result.status == OK and result.fired[3] > 0.0 and result.fired[4] > 0.0


def test_drawn_flows_of_an_empty_pool_stay_silent_after_it_dies_out() -> None:
    tables = zoo.birth_death(0.5, 1.5, 4.0)
    for host in range(30):
        early, late = (run(tables, days, stochastic=True, host=host) for days in (40.0, 80.0))
        assert late.state[0] == 0.0
        assert np.array_equal(early.fired, late.fired)
        assert late.fired[1] - late.fired[0] == 4.0
