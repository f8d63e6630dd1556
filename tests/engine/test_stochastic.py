"""Stochastic mode against the theory of Markov jump processes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from immunity.compiler.tables import Floats, Tables
from immunity.engine import HostRun, prepare
from immunity.engine.show import CROWD
from tests.engine import zoo
from tests.engine.checks import LIMIT, check_discrete, check_moments, many, run
from tests.engine.nets import Builder, hill

HOSTS = 2000


@pytest.mark.parametrize("start", [1, 40, 20_000])
@pytest.mark.parametrize(("birth", "death"), [(1.0, 0.6), (0.5, 1.2)])
def test_linear_birth_and_death(birth: float, death: float, start: float) -> None:
    days, rate = 1.5, birth - death
    sample = many(prepare(zoo.birth_death(birth, death, start)), days, HOSTS)[:, 0]
    growth = np.exp(rate * days)
    check_moments(sample, start * growth, start * (birth + death) / rate * growth * (growth - 1.0))
    if start == 1:
        extinct = death * (growth - 1.0) / (birth * growth - death)
        check_moments((sample == 0.0).astype(float), extinct, extinct * (1.0 - extinct))


@pytest.mark.parametrize("start", [30, 300_000])
def test_pure_death_is_binomial(start: float) -> None:
    sample = many(prepare(zoo.decay(0.9, start, countable=True)), 1.0, HOSTS)[:, 0]
    check_discrete(sample, lambda k: stats.binom.cdf(k, start, np.exp(-0.9)))


@pytest.mark.parametrize("arrivals", [3.0, 40.0, 30_000.0])
def test_immigration_and_death_is_poisson(arrivals: float) -> None:
    mean = arrivals / 0.7 * (1.0 - np.exp(-0.7 * 2.0))
    sample = many(prepare(zoo.immigration_death(arrivals, 0.7)), 2.0, HOSTS if arrivals < 1000 else 250)[:, 0]
    check_moments(sample, mean, mean)
    check_discrete(sample, lambda k: stats.poisson.cdf(k, mean))


@pytest.mark.parametrize(("arrivals", "batch"), [(6.0, 5), (30.0, 40), (3000.0, 12)])
def test_immigration_in_batches(arrivals: float, batch: int) -> None:
    death, days = 0.8, 1.7
    once = (1.0 - np.exp(-death * days)) / death
    twice = (1.0 - np.exp(-2.0 * death * days)) / (2.0 * death)
    net = prepare(zoo.immigration_death(arrivals, death, batch=batch))
    sample = many(net, days, HOSTS if arrivals < 1000 else 250)[:, 0]
    check_moments(sample, arrivals * batch * once, arrivals * batch * (once + (batch - 1) * twice))


@pytest.mark.parametrize(("level", "days"), [(8.0, 0.02), (90.0, 1.0), (9000.0, 0.05)])
def test_a_pool_of_fast_turnover_keeps_its_poisson_law(level: float, days: float) -> None:
    """Members stay 9 seconds on average; the run is at least two hundred times longer."""
    tables = zoo.immigration_death(1e4 * level, 1e4, start=level)
    sample = many(prepare(tables), days, HOSTS // 2)[:, 0]
    check_moments(sample, level, level)
    check_discrete(sample, lambda k: stats.poisson.cdf(k, level))


def dimer_law(start: int, meet: float, part: float, days: float) -> Floats:
    """Return the chances of 0, 1, ... dimers, by the exponential of the generator."""
    n = start // 2 + 1
    generator = np.zeros((n, n))
    for dimers in range(n):
        free = start - 2 * dimers
        if dimers + 1 < n:
            generator[dimers + 1, dimers] = meet * free * (free - 1)
        if dimers:
            generator[dimers - 1, dimers] = part * dimers
        generator[dimers, dimers] = -generator[:, dimers].sum()
    return np.asarray(expm(generator * days), np.float64)[:, 0]


@pytest.mark.parametrize(("start", "meet"), [(7, 0.1), (24, 0.03), (400, 0.002)])
def test_dimers(start: int, meet: float) -> None:
    chances = np.cumsum(dimer_law(start, meet, 0.8, 1.0))
    sample = many(prepare(zoo.dimerisation(start, meet * 5.0, 0.8, volume=5.0)), 1.0, HOSTS)
    assert np.array_equal(sample[:, 0] + 2.0 * sample[:, 1], np.full(HOSTS, start))
    check_discrete(sample[:, 1], lambda k: np.where(k < 0, 0.0, chances[np.clip(k, 0, len(chances) - 1).astype(int)]))


@pytest.mark.parametrize("dimers", [10_000.0, 0.0])
def test_dimers_in_a_crowd(dimers: float) -> None:
    """Mean and variance of the linear noise approximation."""
    total, part = 200_000.0, 0.8
    meet = 0.7 / total
    tables = zoo.dimerisation(total - 2.0 * dimers, meet, part)
    tables.initial[1] = dimers

    def slope(t: float, y: Floats) -> list[float]:
        up, down = meet * y[0] ** 2, part * (total - y[0]) / 2.0
        feedback = -4.0 * meet * y[0] - part
        return [2.0 * (down - up), 2.0 * feedback * y[1] + 4.0 * (up + down)]

    start = [float(value) for value in (tables.initial[0], 0.0)]
    ends = np.asarray(solve_ivp(slope, (0.0, 1.0), start, rtol=1e-9, atol=1e-6).y, np.float64)[:, -1]
    check_moments(many(prepare(tables), 1.0, 250)[:, 0], ends[0], ends[1])


@pytest.mark.parametrize(("start", "taken"), [(50.0, 0.0), (100_000.0, 20_000.0), (100_000.0, 0.0)])
def test_two_ways_out_share_the_members(start: float, taken: float) -> None:
    """Leaving to b or to c, at two rates: a multinomial."""
    net = Builder()
    for pool in "abc":
        net.pool(pool, start if pool == "a" else taken, countable=True)
    net.flow("to b", 0.6, {"a": -1, "b": 1}, "a")
    net.flow("to c", 1.8, {"a": -1, "c": 1}, "a")
    sample = many(prepare(net.tables()), 0.5, 400)
    left = np.exp(-1.2)
    assert np.array_equal(sample.sum(axis=1), np.full(len(sample), start + 2.0 * taken))
    check_discrete(sample[:, 1] - taken, lambda k: stats.binom.cdf(k, start, 0.25 * (1.0 - left)))
    check_discrete(sample[:, 2] - taken, lambda k: stats.binom.cdf(k, start, 0.75 * (1.0 - left)))
    r = np.corrcoef(sample[:, 1], sample[:, 2])[0, 1]
    odds = 0.25 * (1.0 - left) * 0.75 * (1.0 - left)
    expected = -np.sqrt(odds / ((1.0 - 0.25 * (1.0 - left)) * (1.0 - 0.75 * (1.0 - left))))
    assert abs(np.arctanh(r) - np.arctanh(expected)) < LIMIT / np.sqrt(len(sample))


@pytest.mark.parametrize("start", [6.0, 12.0])
def test_molecules_made_by_few_follow_them(start: float) -> None:
    """m' = rate * x - fade * m, driven by an immigrating and dying count: stationary mean and variance."""
    death, rate, fade, level = 1.0, 3.0, 2.0, 12.0
    net = Builder()
    net.pool("x", start, countable=True)
    net.pool("m", rate * start / fade, floor=0.01)
    net.flow("arrive", level * death, {"x": 1})
    net.flow("die", death, {"x": -1}, "x")
    net.flow("make", rate, {"m": 1}, "x")
    net.flow("fade", fade, {"m": -1}, "m")
    sample = many(prepare(net.tables()), 12.0, HOSTS // 4)
    check_moments(sample[:, 0], level, level)
    check_moments(sample[:, 1], rate * level / fade, rate**2 * level / (fade * (fade + death)))


@pytest.mark.parametrize("level", [20.0, 900.0, 9000.0])
def test_what_is_shown_within_steps_is_as_noisy_as_counts_are(level: float) -> None:
    """A stationary Poisson count, shown twelve times in its mean life: the same law every time, the right memory."""
    tables = zoo.immigration_death(level, 1.0, start=level)
    days = np.arange(0.0, 3.0, 1.0 / 12.0)
    rows = [run(tables, days, stochastic=True, host=host).readouts[:, 0] for host in range(HOSTS // 4)]
    shown = np.array(rows)[:, 18:]
    for row in shown.T:
        check_moments(row, level, level)
    for lag in (1, 6):
        r = np.corrcoef(shown[:, 5], shown[:, 5 + lag])[0, 1]
        assert abs(np.arctanh(r) - np.arctanh(np.exp(-lag / 12.0))) < LIMIT / np.sqrt(len(shown))


@pytest.mark.parametrize("level", [1500.0, 9000.0])
@pytest.mark.parametrize(("births", "batch"), [(0.0, 1.0), (16.0, 1.0), (0.0, 5.0)])
def test_quick_pools_are_shown_as_they_are_within_long_steps(level: float, births: float, batch: float) -> None:
    """Twenty lives in a step: germs that come, divide and die, on their own and with those they turn into."""
    deaths, net = 40.0, Builder()
    net.pool("germ", level, countable=True)
    net.pool("remains", 5.0 * level, countable=True)
    net.pool("mood", 1.0)
    net.flow("come", level * (deaths - births) / batch, {"germ": batch})
    net.flow("divide", births, {"germ": 1}, "germ")
    net.flow("die", deaths, {"germ": -1, "remains": 1}, "germ")
    net.flow("fade", 0.2 * deaths, {"remains": -1}, "remains")
    net.flow("wane", 0.01, {"mood": -1}, "mood")
    days = np.array([0.0, 0.9, 1.0, 1.01, 1.03, 1.4, 2.0])
    tables = net.tables()
    rows = [run(tables, days, stochastic=True, host=host, record_pools=[0, 1]) for host in range(HOSTS // 4)]
    assert max(row.n_steps for row in rows) < 15
    germs, remains = np.array([row.pools for row in rows]).transpose(2, 1, 0)
    variance = level * (1.0 if batch > 1.0 else deaths / (deaths - births)) * (1.0 + batch) / 2.0
    for shown in germs[1:]:
        check_moments(shown, level, variance)
    for other, when in ((3, 0.01), (4, 0.03), (5, 0.4)):
        r = np.corrcoef(germs[2], germs[other])[0, 1]
        assert abs(np.arctanh(r) - np.arctanh(np.exp((births - deaths) * when))) < LIMIT / np.sqrt(len(rows))
    if variance == level:
        for shown, more in zip(germs[1:], remains[1:], strict=True):
            check_moments(shown + more, 6.0 * level, 6.0 * level)


def test_nobody_is_lost_between_two_pools_within_a_step() -> None:
    days = np.linspace(0.0, 1.0, 41)
    for start in (60.0, 9000.0):
        shown = run(zoo.exchange(3.0, start, countable=True), days, stochastic=True).readouts
        assert np.abs(shown.sum(axis=1) - start).max() <= 1.0  # rounded apart
        assert len(np.unique(shown[:, 0])) > 12


@pytest.mark.parametrize("scale", [1.0, 1e4])  # between, some counts take noise back so soon that steps end there
def test_outputs_do_not_alter_the_run(scale: float) -> None:
    tables = zoo.everything(scale)
    few, many_ = (run(tables, days, stochastic=True) for days in ([0.0, 3.0], np.linspace(0.0, 3.0, 50)))
    assert np.array_equal(few.state, many_.state)
    assert few.n_steps == many_.n_steps


def test_arrivals_drawn_after_their_pool_was_shared_out_leave_too() -> None:
    """A pool of quick turnover, listed before those it is fed from: still Poisson."""
    net = Builder()
    for pool in ("blood", *"abc"):
        net.pool(pool, 5000.0 if pool == "blood" else 200_000.0, countable=True)
    for pool in "abc":
        net.flow(f"leave {pool}", 1.0, {pool: -1, "blood": 1}, pool)
        net.flow(f"enter {pool}", 40.0, {"blood": -1, pool: 1}, "blood")
    sample = many(prepare(net.tables()), 1.0, 400)
    check_moments(sample[:, 0], 5000.0, 5000.0 * (1.0 - 1.0 / 121.0))


def test_large_counts_follow_the_deterministic_path() -> None:
    tables = zoo.everything(2e6)
    days = np.linspace(0.0, 6.0, 13)
    smooth = run(tables, days, rtol=1e-4)
    drawn = run(tables, days, rtol=1e-4, stochastic=True, seed=8)
    np.testing.assert_allclose(drawn.readouts, smooth.readouts, rtol=2e-3)
    assert np.abs(drawn.readouts / smooth.readouts - 1.0)[1:].max() > 1e-7  # and yet it is drawn


@cache
def busy(kind: str) -> Tables:
    return {
        "few": zoo.everything(),
        "some": zoo.everything(60.0),
        "many": zoo.everything(1e4),
        "dying out": zoo.birth_death(0.9, 1.3, 30.0),
        "fast": zoo.exchange(1e4, 12.0, countable=True, leak=0.5),
        "dimers": zoo.dimerisation(31.0, 0.2, 1.0),
    }[kind]


def same(first: HostRun, second: HostRun) -> bool:
    return all(
        np.asarray(getattr(first, name)).tobytes() == np.asarray(getattr(second, name)).tobytes()
        for name in ("readouts", "pools", "state", "fired", "added", "clipped", "n_steps")
    )


@pytest.mark.parametrize("kind", ["few", "some", "many", "dying out", "fast", "dimers"])
def test_counts_stay_whole_and_runs_repeat(kind: str) -> None:
    tables = busy(kind)
    net_days = np.linspace(0.0, 3.0, 7)

    def go(seed: int, host: int) -> HostRun:
        return run(tables, net_days, stochastic=True, seed=seed, host=host, record_pools=True)

    one = go(3, 5)
    assert one.status == 0 and one.pools is not None
    counted = tables.countable == 1
    shown = one.pools[:, counted]
    assert one.state.min() >= 0.0 and one.pools.min() >= 0.0
    assert not (one.state[counted] % 1.0).any()
    assert not (shown[shown < CROWD] % 1.0).any()  # a crowd is shown between the ends of steps
    assert np.array_equal(one.fired[tables.flows.touches_countable == 1] % 1.0, np.zeros(counted_flows(tables)))
    assert same(one, go(3, 5))
    assert not same(one, go(4, 5)) and not same(one, go(3, 6))


def counted_flows(tables: Tables) -> int:
    return int(np.count_nonzero(tables.flows.touches_countable))


def test_whom_else_is_run_makes_no_difference() -> None:
    net = prepare(zoo.everything())
    alone = many(net, 2.0, 3)
    assert np.array_equal(alone, many(net, 2.0, 8)[:3])


def with_stranger(stranger: bool, start: float = 25.0) -> Tables:
    """Logistic growth, and, on demand, a pool that has nothing to do with it, listed first."""
    net = Builder()
    if stranger:
        net.pool("stranger", 90.0, countable=True)
    net.pool("x", start, countable=True)
    net.signal("crowd", ["x"])
    if stranger:
        net.flow("come", 20.0, {"stranger": 1})
        net.flow("go", 0.3, {"stranger": -1}, "stranger")
    net.flow("grow", 1.4, {"x": 1}, "x", [hill("crowd", base=1.0, top=0.0, half=60.0, n=2.0)])
    net.flow("die", 0.5, {"x": -1}, "x")
    net.flow("arrive", 2.0, {"x": 1})
    net.read_pool("x")
    return net.tables()


def test_an_unrelated_flow_changes_nothing() -> None:
    days = np.linspace(0.0, 5.0, 21)
    for host in range(20):
        runs = [run(with_stranger(stranger), days, stochastic=True, host=host) for stranger in (False, True)]
        assert np.array_equal(runs[0].readouts, runs[1].readouts)
        assert np.array_equal(runs[0].fired, runs[1].fired[2:])
    other = run(with_stranger(True, 26.0), days, stochastic=True, host=3)
    assert not np.array_equal(other.readouts, run(with_stranger(True), days, stochastic=True, host=3).readouts)


def test_biology_that_differs_shares_its_luck() -> None:
    """Two treatments in the same host differ less than two hosts do."""

    def last(death: float, host: int) -> float:
        return run(zoo.immigration_death(50.0, death), 2.0, stochastic=True, host=host).state[0]

    pairs = np.array([[last(0.8, host), last(0.84, host)] for host in range(400)])
    assert np.corrcoef(pairs[:, 0], pairs[:, 1])[0, 1] > 0.5
    assert abs(np.corrcoef(pairs[:-1, 0], pairs[1:, 1])[0, 1]) < 0.25


def test_the_judges_notice_a_wrong_process() -> None:
    """Rates one tenth off, and a spread that is Poisson where it should not be."""
    sample = many(prepare(zoo.immigration_death(44.0, 0.7)), 2.0, HOSTS)[:, 0]
    mean = 40.0 / 0.7 * (1.0 - np.exp(-0.7 * 2.0))
    with pytest.raises(AssertionError):
        check_moments(sample, mean, mean)
    with pytest.raises(AssertionError):
        check_discrete(sample, lambda k: stats.poisson.cdf(k, mean))
    batches = many(prepare(zoo.immigration_death(10.0, 0.7, batch=4)), 2.0, HOSTS)[:, 0]
    with pytest.raises(AssertionError, match="variance"):
        check_moments(batches, mean, mean)
