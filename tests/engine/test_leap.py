"""Leaps have the spread that theory gives, whatever the size of pools and the length of steps.

First-order nets: members move, die and divide independently of each other. Every case is a net of its own with flows of
its own names, so that no two share their random numbers.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.linalg import expm

from immunity.compiler.tables import Floats, Tables
from immunity.engine import prepare, run_host
from immunity.engine.leap import share_late
from tests.engine.checks import check_moments, many
from tests.engine.nets import Builder, no_events

HOSTS = 1500

SIZES = [5e2, 4.5e5, 1.1e6, 5e7]


def linear_net(name: str, start: list[float], flows: list[tuple[str, float, dict[str, float], str | None]]) -> Tables:
    net = Builder()
    for pool, count in zip("abcd", start, strict=False):
        net.pool(pool, count, countable=True)
    for label, hazard, change, primary in flows:
        net.flow(f"{label} in {name}", hazard, change, primary)
    return net.tables()


def exact_spread(tables: Tables, days: float) -> tuple[Floats, Floats]:
    """Return means and standard deviations of a net in which every flow has a constant hazard.

    S' = A S + S A' + sum over flows of N N' a, x' = A x, in one matrix exponential.
    """
    n, flows = tables.n_pool, tables.flows
    rates = np.zeros((n, n))
    gains = np.zeros((n * n, n))
    for flow in range(tables.n_flow):
        change = np.zeros(n)
        for at in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1]):
            change[flows.stoich_pool[at]] += flows.stoich_coefficient[at]
        hazard = tables.theta[flows.factor[flow]]
        rates[:, flows.primary[flow]] += hazard * change
        gains[:, flows.primary[flow]] += hazard * np.outer(change, change).ravel()
    same = np.eye(n)
    whole = np.block(
        [[np.kron(rates, same) + np.kron(same, rates), gains], [np.zeros((n, n * n)), rates]],
    )
    end = expm(whole * days) @ np.concatenate([np.zeros(n * n), tables.initial])
    return end[n * n :], np.sqrt(np.diag(end[: n * n].reshape(n, n)))


def check(tables: Tables, days: float, hosts: int = HOSTS) -> None:
    mean, sd = exact_spread(tables, days)
    sample = many(prepare(tables), days, hosts)[:, : tables.n_pool]
    far = 4.5 / np.sqrt(2.0 * hosts)
    assert np.all(np.abs(sample.mean(axis=0) - mean) < 5.0 * sd / np.sqrt(hosts) + 1e-3 * mean)
    assert np.all(np.abs(sample.std(axis=0) / sd - 1.0) < far), sample.std(axis=0) / sd


@pytest.mark.parametrize("count", [1e3, 4.5e5])
@pytest.mark.parametrize("births", [4.0, 18.0])
def test_what_is_fed_has_families_within_a_step(count: float, births: float) -> None:
    deaths, feeders = 40.0, 2e6
    fed = count * (deaths - births) / feeders
    flows: list[tuple[str, float, dict[str, float], str | None]] = [
        ("wane", 0.01, {"a": -1.0}, "a"),
        ("feed", fed, {"b": 1.0}, "a"),
        ("divide", births, {"b": 1.0}, "b"),
        ("die", deaths, {"b": -1.0}, "b"),
    ]
    check(linear_net(f"family {count:g} {births:g}", [feeders, count], flows), 0.7)


@pytest.mark.parametrize(("size", "hazard"), list(itertools.product(SIZES, [0.2, 2.0, 20.0, 200.0])))
def test_two_places_that_exchange_members(size: float, hazard: float) -> None:
    name = f"exchange {size} {hazard}"
    there, back = ("there", hazard, {"a": -1.0, "b": 1.0}, "a"), ("back", hazard, {"a": 1.0, "b": -1.0}, "b")
    check(linear_net(name, [size, size], [there, back]), 3.0, HOSTS if hazard < 100.0 else HOSTS // 2)


@pytest.mark.parametrize("size", SIZES)
def test_critical_birth_and_death(size: float) -> None:
    flows = [("divide", 1.0, {"a": 1.0}, "a"), ("die", 1.0, {"a": -1.0}, "a")]
    check(linear_net(f"critical {size}", [size], flows), 10.0)


@pytest.mark.parametrize("size", [2e3, 2e5, 2e7])
def test_a_chain_of_decay(size: float) -> None:
    flows = [
        ("first", 0.7, {"a": -1.0, "b": 1.0}, "a"),
        ("second", 9.0, {"b": -1.0, "c": 1.0}, "b"),
        ("third", 2.0, {"c": -1.0}, "c"),
    ]
    check(linear_net(f"chain {size}", [size, 0.0, 0.0], flows), 1.5)


@pytest.mark.parametrize("size", [2e3, 2e6])
def test_a_middle_from_which_three_places_are_visited(size: float) -> None:
    flows = []
    for place, out, back in (("b", 30.0, 3.0), ("c", 2.0, 0.1), ("d", 90.0, 60.0)):
        flows.append((f"visit {place}", out, {"a": -1.0, place: 1.0}, "a"))
        flows.append((f"leave {place}", back, {"a": 1.0, place: -1.0}, place))
    check(linear_net(f"star {size}", [size, 2.0 * size, 0.0, 0.0], flows), 2.0)


def hub(name: str, few: float, most: float) -> Tables:
    """A place that members cross within minutes, on their way between two where they stay; and a molecule."""
    net = Builder()
    for pool, count in (("a", few), ("b", most), ("c", most)):
        net.pool(pool, count, countable=True)
    net.pool("molecule", 1000.0)
    net.flow(f"make in {name}", 0.5, {"molecule": 1.0})
    net.flow(f"lose in {name}", 5e-4, {"molecule": -1.0}, "molecule")
    for place in "bc":
        net.flow(f"visit {place} in {name}", 50.0, {"a": -1.0, place: 1.0}, "a")
        net.flow(f"leave {place} in {name}", 2.0, {"a": 1.0, place: -1.0}, place)
    return net.tables()


@pytest.mark.parametrize("most", [5.0, 25.0, 125.0, 500.0])
def test_few_that_come_and_go_are_as_many_as_theory_says(most: float) -> None:
    """Members are independent, so that those crossing are binomial: at 0.2 of them, too, whose sum is nearly normal."""
    hosts, total = 1200, round(most / 25.0) + 2.0 * most
    net = prepare(hub(f"hub {most}", round(most / 25.0), most))
    sample = many(net, 100.0, hosts)[:, :3]
    assert np.all(sample.sum(axis=1) == total)
    assert sample.min() >= 0.0
    for place, chance in enumerate((1.0 / 51.0, 25.0 / 51.0, 25.0 / 51.0)):
        check_moments(sample[:, place], total * chance, total * chance * (1.0 - chance))


@pytest.mark.parametrize("hazard", [1e6, 1e9, 1e12])
def test_frantic_few_flip_in_leaps(hazard: float) -> None:
    """A hundred members flip between two states, and leave one of them slowly."""
    flows = [
        ("shut", hazard, {"a": -1.0, "b": 1.0}, "a"),
        ("open", hazard, {"a": 1.0, "b": -1.0}, "b"),
        ("mature", 1.0, {"b": -1.0, "c": 1.0}, "b"),
    ]
    tables = linear_net(f"flip {hazard}", [100.0, 0.0, 0.0], flows)
    net = prepare(tables)
    runs = [
        run_host(net, tables.theta, tables.initial, no_events(), np.array([0.0, 2.0]), stochastic=True, host=host)
        for host in range(600)
    ]
    gone, open_ = (np.array([run.state[pool] for run in runs]) for pool in (2, 0))
    chance = 1.0 - np.exp(-1.0)
    assert max(run.n_steps for run in runs) < 1000
    assert min(run.state.min() for run in runs) >= 0.0
    assert abs(gone.mean() - 100.0 * chance) < 4.5 * 4.82 / np.sqrt(600)
    assert abs(gone.std() / np.sqrt(100.0 * chance * (1.0 - chance)) - 1.0) < 0.13
    assert abs(open_.mean() - 50.0 * (1.0 - chance)) < 0.6
    assert abs(open_.std() / np.sqrt(100.0 * (0.5 - 0.5 * chance) * (0.5 + 0.5 * chance)) - 1.0) < 0.14


@pytest.mark.parametrize("turnover", [-3.0, -1e-4, 0.0, 1e-4, 0.02, 1.0, 7.0, 39.0, 41.0, 1e5])
def test_one_pool_alone_decays_exactly(turnover: float) -> None:
    late = getattr(share_late, "py_func", share_late)(turnover)  # kernels that only kernels call have no other door
    left = (1.0 - (1.0 - late) * turnover) / (1.0 + late * turnover)
    assert left == pytest.approx(np.exp(-turnover), abs=1e-9)


def test_a_wrong_spread_is_noticed() -> None:
    wrong = linear_net("planted", [5e4, 5e4], [("there", 2.0, {"a": -1.0, "b": 1.0}, "a"), ("pass", 0.0, {}, "b")])
    right = exact_spread(wrong, 3.0)[1]
    there, back = ("there", 2.0, {"a": -1.0, "b": 1.0}, "a"), ("back", 2.0, {"a": 1.0, "b": -1.0}, "b")
    other = linear_net("planted", [5e4, 5e4], [there, back])
    assert np.all(np.abs(many(prepare(other), 3.0, 500).std(axis=0) / right - 1.0) > 0.058)


def test_few_who_come_and_go_make_what_is_not_counted_as_it_is() -> None:
    """How many there are is drawn anew at a step's end; what they make by the way is not rounded to whole ones."""
    net = Builder()
    for pool in "ab":
        net.pool(pool, 20.0, countable=True)
    net.pool("made", 0.0, floor=1e-9)
    net.flow("there and make", 300.0, {"a": -1, "b": 1, "made": 1e-6}, "a")
    net.flow("back from making", 200.0, {"b": -1, "a": 1}, "b")
    tables, prepared = net.tables(), prepare(net.tables())
    for host in range(20):
        run = run_host(
            prepared, tables.theta, tables.initial, no_events(), np.array([5.0]), stochastic=True, seed=1, host=host
        )
        assert run.added[2] == 0.0
        assert run.state[2] == pytest.approx(1e-6 * run.fired[0], rel=1e-9)
        assert run.fired[0] == pytest.approx(300.0 * 5.0 * 16.0, rel=0.3)
