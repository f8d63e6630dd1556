"""Dated events: every kind, in order, in both modes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    EVENT_AGE,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    EVENT_SCALE,
    EVENT_SET,
    Floats,
    Tables,
)
from immunity.engine import HostRun, prepare
from immunity.engine.status import NEGATIVE
from tests.engine import zoo
from tests.engine.checks import check_discrete, check_moments, many, run
from tests.engine.nets import Builder, dose, events

HOSTS = 1500


def still(start: float, *, countable: bool = True) -> Tables:
    """Two pools in which nothing happens."""
    net = Builder()
    net.pool("x", start, countable=countable)
    net.pool("other", 3.0, countable=countable)
    net.flow("decay", 0.0, {"x": -1}, "x")
    net.read_pool("x")
    return net.tables()


DETERMINISTIC = [
    (EVENT_ADD, 2.5, 102.5),
    (EVENT_ADD, -40.0, 60.0),
    (EVENT_ADD_COUNTED, 2.5, 102.5),
    (EVENT_SCALE, 0.25, 25.0),
    (EVENT_SCALE, 3.0, 300.0),
    (EVENT_SET, 7.5, 7.5),
]


@pytest.mark.parametrize("countable", [False, True])
@pytest.mark.parametrize(("kind", "value", "after"), DETERMINISTIC)
def test_every_kind_changes_its_pool(kind: int, value: float, after: float, countable: bool) -> None:
    result = run(still(100.0, countable=countable), [0.5, 1.0, 1.5], events((1.0, kind, 0, value)))
    assert result.readouts[:, 0].tolist() == [100.0, after, after]  # an output at the instant of an event follows it
    assert [side.tolist() for side in (result.jumps.time, result.jumps.before[:, 0], result.jumps.after[:, 0])] == [
        [1.0],
        [100.0],
        [after],
    ]
    assert result.state.tolist() == [after, 3.0]
    assert result.added.tolist() == [after - 100.0, 0.0]


@pytest.mark.parametrize(("kind", "value", "after"), DETERMINISTIC)
def test_molecules_change_by_the_same_in_stochastic_mode(kind: int, value: float, after: float) -> None:
    result = run(still(100.0, countable=False), 1.5, events((1.0, kind, 0, value)), stochastic=True)
    assert result.state[0] == after


def test_events_at_the_same_time_keep_their_order() -> None:
    add, scale, put = (1.0, EVENT_ADD, 0, 20.0), (1.0, EVENT_SCALE, 0, 3.0), (1.0, EVENT_SET, 0, 5.0)
    ends = {
        (add, scale): 360.0,
        (scale, add): 320.0,
        (add, put): 5.0,
        (put, add): 25.0,
        (scale, put, add, scale): 75.0,
    }
    for order, end in ends.items():
        assert run(still(100.0), 2.0, events(*order)).state[0] == end


def test_events_on_day_0_and_at_the_end() -> None:
    tables = zoo.decay(1.0, 100.0)
    result = run(tables, [0.0, 1.0, 2.0], events(dose(0.0, 0, 50.0), dose(2.0, 0, 1e6)), rtol=1e-9)
    np.testing.assert_allclose(result.readouts[:, 0], [150.0, 150.0 * np.exp(-1.0), 150.0 * np.exp(-2.0)], rtol=1e-6)
    assert result.added[0] == 50.0


def test_doses_decay_from_the_time_they_are_given() -> None:
    days = np.array([0.5, 1.5, 2.5, 4.0])
    result = run(zoo.decay(0.8, 10.0), days, events(dose(1.0, 0, 100.0), dose(2.0, 0, 30.0)), rtol=1e-9)

    def since(day: float) -> Floats:
        return np.where(days > day, np.exp(-0.8 * (days - day)), 0.0)

    np.testing.assert_allclose(result.readouts[:, 0], 10 * since(0) + 100 * since(1) + 30 * since(2), rtol=1e-6)


def test_parameter_events_change_later_flow() -> None:
    tables = zoo.decay(0.5, 1000.0)
    dated = events((1.0, EVENT_PARAMETER_SCALE, 0, 4.0), (2.0, EVENT_PARAMETER_SET, 0, 0.1))
    result = run(tables, [1.0, 2.0, 5.0], dated, rtol=1e-9)
    np.testing.assert_allclose(result.readouts[:, 0], 1000.0 * np.exp([-0.5, -2.5, -2.8]), rtol=1e-6)
    assert tables.theta[0] == 0.5  # the rule book's own numbers are left alone


def growing(kind: int, every: float = 10.0) -> HostRun:
    """A fast and a slow pool at rest, of which what makes them grows by a hundredth every so many days."""
    net = Builder()
    for name, rate in (("fast", 100.0), ("slow", 0.02)):
        net.pool(name, 1.0, countable=False)
        net.flow(f"make_{name}", rate, {name: 1})
        net.flow(f"lose_{name}", rate, {name: -1}, name)
        net.read_pool(name)
    makes = [k for k in range(len(net.tables().theta)) if k % 2 == 0]
    dated = events(*((every * n, kind, k, 1.01) for n in range(1, 60) for k in makes))
    return run(net.tables(), np.arange(0.0, 601.0, 5.0), dated)


def test_growth_goes_on_with_the_step_as_it_was_and_is_as_near_as_it_is_coarse() -> None:
    gradual, sudden = growing(EVENT_AGE), growing(EVENT_PARAMETER_SCALE)
    assert gradual.n_steps < 0.5 * sudden.n_steps
    np.testing.assert_allclose(gradual.readouts, sudden.readouts, rtol=0.012)
    assert not gradual.jumps.time.size
    seldom = growing(EVENT_AGE, 40.0).readouts  # then a body has time to come to rest in between, and is traced
    np.testing.assert_array_equal(seldom, growing(EVENT_PARAMETER_SCALE, 40.0).readouts)


def test_parameter_events_act_on_drawn_flows() -> None:
    net = prepare(zoo.decay(0.5, 100.0, countable=True))
    sample = many(net, 2.0, HOSTS, events((1.0, EVENT_PARAMETER_SET, 0, 0.0)))[:, 0]
    check_discrete(sample, lambda k: stats.binom.cdf(k, 100, np.exp(-0.5)))


@pytest.mark.parametrize("mean", [0.6, 20.0, 5000.0])
def test_counted_doses_are_poisson(mean: float) -> None:
    sample = many(prepare(still(4.0)), 2.0, HOSTS, events((1.0, EVENT_ADD_COUNTED, 0, mean)))[:, 0] - 4.0
    check_moments(sample, mean, mean)
    check_discrete(sample, lambda k: stats.poisson.cdf(k, mean))
    with pytest.raises(AssertionError):
        check_discrete(sample, lambda k: stats.poisson.cdf(k, mean + 0.3 * np.sqrt(mean)))


@pytest.mark.parametrize(("count", "share"), [(60.0, 0.25), (50000.0, 0.7)])
def test_losses_of_counts_are_binomial(count: float, share: float) -> None:
    sample = many(prepare(still(count)), 2.0, HOSTS, events((1.0, EVENT_SCALE, 0, share)))[:, 0]
    check_moments(sample, count * share, count * share * (1.0 - share))
    check_discrete(sample, lambda k: stats.binom.cdf(k, count, share))


@pytest.mark.parametrize(
    ("kind", "value", "mean"), [(EVENT_ADD, 2.3, 102.3), (EVENT_SCALE, 1.117, 111.7), (EVENT_SET, 5.2, 5.2)]
)
def test_all_else_is_rounded_so_that_the_mean_is_kept(kind: int, value: float, mean: float) -> None:
    sample = many(prepare(still(100.0)), 2.0, HOSTS, events((1.0, kind, 0, value)))[:, 0]
    low, part = np.floor(mean), mean - np.floor(mean)
    assert set(sample) == {low, low + 1.0}
    check_moments(sample, mean, part * (1.0 - part))


def test_two_doses_are_independent() -> None:
    tables = still(0.0)
    days = np.array([1.5, 2.5])
    dated = events((1.0, EVENT_ADD_COUNTED, 0, 30.0), (2.0, EVENT_ADD_COUNTED, 0, 30.0))
    rows = np.array([run(tables, days, dated, stochastic=True, host=host).readouts[:, 0] for host in range(HOSTS)])
    first, second = rows[:, 0], rows[:, 1] - rows[:, 0]
    assert abs(np.corrcoef(first, second)[0, 1]) < 4.5 / np.sqrt(HOSTS)
    check_moments(second, 30.0, 30.0)


def test_an_event_below_zero_is_a_status() -> None:
    result = run(still(100.0), [0.5, 2.0], events(dose(1.0, 0, -200.0)))
    assert result.status == NEGATIVE
    assert result.readouts[0, 0] == 100.0 and np.isnan(result.readouts[1, 0])
