"""Event by event: members don't meet themselves, fractions are drawn, and no table grows as the square of a crowd."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quiet_life import remembered
from immunity.compiler.tables import Tables
from immunity.engine import prepare, run_host
from immunity.engine.status import OK
from tests.engine.checks import check_ledger, check_moments, many, run
from tests.engine.nets import Builder, no_events, proportional


def meeting(order: int, start: float) -> Tables:
    """`order` members meet, and one dies of it, at a hazard of 0.1 for every ordered meeting."""
    net = Builder()
    net.pool("x", start, countable=True)
    net.signal("level", ["x"])
    laws = [proportional("level")] * (order - 1)
    net.flow(f"meet by {order}", 0.1, {"x": -1}, "x", laws, [("x", "level", 1.0)] * (order - 1))
    net.read_pool("x")
    return net.tables()


@pytest.mark.parametrize(("order", "start"), [(2, 2.0), (3, 3.0), (4, 4.0)])
def test_members_of_one_pool_do_not_meet_themselves(order: int, start: float) -> None:
    """The last who can meet: with n left of order n, n! ordered meetings; then none."""
    left = many(prepare(meeting(order, start)), 0.5, 2000)[:, 0]
    stays = np.exp(-0.5 * 0.1 * np.prod(np.arange(1.0, order + 1.0)))
    assert set(np.unique(left)) <= {start, start - 1.0}
    check_moments((left == start).astype(float), stays, stays * (1.0 - stays))


@pytest.mark.parametrize("start", [3.0, 30_000.0])
def test_a_fractional_yield_is_drawn(start: float) -> None:
    net = Builder()
    net.pool("mother", start, countable=True)
    net.pool("daughter", countable=True)
    net.flow("grow up", 1.0, {"mother": -1, "daughter": 0.4}, "mother")
    net.flow("come", 0.3 * start, {"daughter": 2.5})
    tables = net.tables()
    one = run(tables, [1.0], stochastic=True)
    check_ledger(tables, tables.initial, one)
    sample = many(prepare(tables), 1.0, 1500)
    assert not np.any(sample % 1.0)
    born = 0.4 * -np.expm1(-1.0)
    came = 0.3 * start
    check_moments(sample[:, 1], born * start + 2.5 * came, start * born * (1.0 - born) + came * (2.5**2 + 0.25))


@pytest.mark.parametrize("stochastic", [False, True])
def test_nothing_fires_less_than_never(stochastic: bool) -> None:
    """A quick molecule overshoots: a dose is gone within a step."""
    net = Builder()
    net.pool("x", 5.0, countable=True)
    net.pool("m", 1e6, floor=1e-3)
    net.flow("make", 1.0, {"m": 1.0}, "x")
    net.flow("clear", 1e5, {"m": -1.0}, "m")
    net.flow("die", 3.0, {"x": -1}, "x")
    for host in range(20):
        assert run(net.tables(), [10.0], stochastic=stochastic, host=host).fired.min() >= 0.0


def test_small_amounts_are_as_accurate_as_large_ones() -> None:
    """Everything at a hundred thousandth of a floor: the same curve."""

    def ends(scale: float) -> float:
        net = Builder()
        net.pool("a", 10.0 * scale, floor=1.0)
        net.pool("b", 0.0, floor=1.0)
        net.flow("pass", 2.0, {"a": -1, "b": 1}, "a")
        net.flow("clear", 1.0, {"b": -1}, "b")
        net.read_pool("b")
        return float(run(net.tables(), [4.0]).state[1] / scale)

    exact = 20.0 * (np.exp(-4.0) - np.exp(-8.0))
    assert ends(1e-6) == pytest.approx(exact, rel=5e-3)
    assert ends(1.0) == pytest.approx(exact, rel=5e-3)


def test_tables_grow_as_the_crowd_not_as_its_square() -> None:
    def entries(antigens: int) -> dict[str, int]:
        wiring = prepare(remembered(antigens)).wiring
        return {name: part.size for name, part in vars(wiring).items() if isinstance(part, np.ndarray)}

    few, many_ = entries(8), entries(32)
    for name, size in many_.items():
        assert size <= 4.0 * 1.1 * max(few[name], 8), name


def test_memory_that_nobody_disturbs_lives_to_the_end() -> None:
    """Eighty years of ten antigens: births allow some 2,000 steps; noise that is taken for an error would take 1e5."""
    result = run(remembered(10), np.linspace(0.0, 80.0 * 365.0, 81), stochastic=True, max_steps=4000)
    assert result.status == 0
    assert result.state.min() >= 0.0


@pytest.mark.parametrize("seed", range(4))
def test_few_that_feed_on_many_become_a_crowd_within_a_step(seed: int) -> None:
    """A hunter comes to 36,000 prey, which stand still while its offspring are followed one by one: 1e60 of them."""
    net = Builder()
    net.pool("prey", 36_008.0, countable=True)
    net.pool("hunter", 0.0, countable=True)
    net.signal("hunters", ["hunter"])
    net.flow("arrive", 1.0, {"hunter": 1.0})
    net.flow("eat", 0.01, {"prey": -1.0, "hunter": 1.0}, "prey", [proportional("hunters")])
    net.read_pool("prey")
    net.read_pool("hunter")
    tables = net.tables()
    grown = run_host(
        prepare(tables), tables.theta, tables.initial, no_events(), np.array([0.0, 5.0]), stochastic=True, seed=seed
    )
    assert grown.status == OK and grown.n_steps < 1000
    prey, hunters = grown.readouts[-1]
    arrived = grown.fired[0]
    assert prey + hunters == 36_008.0 + arrived
    assert prey == (0.0 if arrived else 36_008.0)
