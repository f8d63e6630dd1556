"""The kernels and the plain-Python twin do the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from immunity.compiler.tables import Floats, Tables
from immunity.engine import prepare, settle, twin, twin_dice
from tests.engine import zoo
from tests.engine.checks import run
from tests.engine.nets import Builder, hill
from tests.engine.test_leap import hub
from tests.engine.test_noise import overheard

SAME = 1e-10


def nets() -> dict[str, Tables]:
    return {
        "everything, counted": zoo.everything(),
        "everything, uncounted": zoo.everything(countable=False),
        "dimers": zoo.dimerisation(60.0, 0.01, 0.4, 2.0),
        "fast exchange": zoo.exchange(1e4, 50.0, leak=0.3),
        "batches": zoo.immigration_death(3.0, 0.7, 5.0, batch=4),
    }


def gap(ours: Floats, theirs: Floats) -> float:
    return float(np.max(np.abs(ours - theirs) / (np.abs(theirs) + 1e-9)))


@pytest.mark.parametrize("rtol", [3e-1, 1e-2, 1e-4])  # the first is a sketch
@pytest.mark.parametrize("name", nets())
def test_deterministic_runs_are_the_same(name: str, rtol: float) -> None:
    tables = nets()[name]
    result = run(tables, [0.0, 2.5], rtol=rtol)
    state, fired, steps = twin.run_smooth(tables, tables.theta, tables.initial, 2.5, rtol)
    assert result.n_steps == steps
    assert gap(result.state, state) < SAME
    assert gap(result.fired, fired) < SAME


def test_settling_is_a_run_without_events() -> None:
    tables = zoo.exchange(3.0, 50.0, leak=0.3)
    state, status, _ = settle(prepare(tables), tables.theta, tables.initial, 4.0)
    assert status == 0
    assert gap(state, twin.run_smooth(tables, tables.theta, tables.initial, 4.0, 1e-3)[0]) < SAME


def drawn(tables: Tables, host: int, days: float = 0.4) -> tuple[Floats, Floats, int, int]:
    result = run(tables, [0.0, days], stochastic=True, seed=11, host=host)
    start = np.where(tables.countable == 1, np.round(tables.initial), tables.initial)
    state, steps = twin_dice.run_dice(tables, tables.theta, start, days, 1e-3, 11, host)
    return result.state, state, result.n_steps, steps


@pytest.mark.parametrize("host", [0, 5])
@pytest.mark.parametrize("scale", [0.2, 1.0, 20.0, 150.0, 1e3, 1e5])  # events one by one, both, leaps, Gaussians
def test_stochastic_runs_are_the_same_on_the_same_numbers(scale: float, host: int) -> None:
    tables = zoo.everything(scale)
    ours, theirs, our_steps, their_steps = drawn(tables, host)
    assert our_steps == their_steps
    assert np.array_equal(ours[:3], theirs[:3])
    assert gap(ours, theirs) < SAME


@pytest.mark.parametrize(
    "tables",
    [
        zoo.dimerisation(90.0, 0.02, 0.5),
        zoo.dimerisation(9000.0, 2e-4, 0.5),
        zoo.birth_death(1.0, 1.1, 3e4),
        zoo.immigration_death(2e6, 40.0, 5e4),
        zoo.exchange(30.0, 2e4, countable=True, leak=0.3),
    ],
    ids=["few dimers", "many dimers", "growth in leaps", "quick turnover", "exchange in leaps"],
)
def test_counted_nets_end_in_the_same_counts(tables: Tables) -> None:
    ours, theirs, our_steps, their_steps = drawn(tables, 3)
    assert our_steps == their_steps
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("most", [5.0, 125.0])
def test_few_that_come_and_go_are_drawn_alike(most: float) -> None:
    ours, theirs, our_steps, their_steps = drawn(hub("twins", round(most / 25.0), most), 4, 12.0)
    assert our_steps == their_steps
    assert np.array_equal(ours[:3], theirs[:3])


def test_a_planted_difference_is_noticed() -> None:
    tables = zoo.everything()
    planted = dataclasses.replace(tables, theta=tables.theta * (1 + 1e-8))
    state, _, _ = twin.run_smooth(planted, planted.theta, tables.initial, 2.5, 1e-4)
    assert gap(run(tables, [0.0, 2.5], rtol=1e-4).state, state) > SAME
    other, _ = twin_dice.run_dice(tables, tables.theta, tables.initial, 0.4, 1e-3, 11, 1)
    assert not np.array_equal(run(tables, [0.0, 0.4], stochastic=True, seed=11, host=0).state[:3], other[:3])


def test_fractional_yields_and_crowds_are_drawn_alike() -> None:
    net = Builder()
    net.pool("mother", 400.0, countable=True)
    net.pool("daughter", 3000.0, countable=True)
    net.signal("crowd", ["mother", "daughter"])
    net.flow("grow up", 1.0, {"mother": -1, "daughter": 0.4}, "mother", [hill("crowd", base=1.0, top=0.2, half=2e3)])
    net.flow("split", 0.9, {"daughter": 1.3}, "daughter", [hill("crowd", base=1.0, top=0.1, half=2e3)])
    net.flow("die", 1.5, {"daughter": -1}, "daughter")
    net.flow("arrive", 100.0, {"mother": 1.5})
    tables = net.tables()
    for days in (0.05, 0.6):
        ours, theirs, our_steps, their_steps = drawn(tables, 3, days)
        assert our_steps == their_steps
        assert np.array_equal(ours, theirs)
        assert not np.any(ours % 1.0)


@pytest.mark.parametrize("half", [0.5, 100.0])
def test_noise_is_heard_alike(half: float) -> None:
    ours, theirs, our_steps, their_steps = drawn(overheard(half), 2, 0.6)
    assert our_steps == their_steps
    assert gap(ours, theirs) < SAME


def wanderers(start: float) -> Tables:
    """Rounds of few through three places, two of whom a fourth feeds; one is called by a crowd; and something acts."""
    net = Builder()
    for name, count in (("blood", start), ("node", 3.0 * start), ("skin", start), ("marrow", 5e4), ("germ", 400.0)):
        net.pool(name, count, countable=True)
    net.pool("alarm", 3.0, floor=0.01)
    net.signal("crowd", ["node", "marrow"])
    net.signal("level", ["alarm"])
    net.flow("in", 20.0, {"blood": -1, "node": 1}, "blood")
    net.flow("out", 6.0, {"node": -1, "blood": 1}, "node")
    net.flow("home", 3.0, {"blood": -1, "skin": 1}, "blood")
    net.flow("return", 9.0, {"skin": -1, "node": 1}, "skin")
    net.flow("die", 0.5, {"node": -1, "alarm": 0.1}, "node")
    net.flow("leave", 1e-4 * start, {"marrow": -1, "blood": 1}, "marrow")
    net.flow("come in threes", 2.0, {"skin": 3})
    net.flow("divide", 2.0, {"marrow": 1}, "marrow", [hill("crowd", base=1.0, top=0.0, half=5e4)])
    net.flow("wear", 1.0, {"marrow": -1}, "marrow")
    net.flow("split", 3.0, {"germ": 1}, "germ", [hill("level", base=1.0, top=0.0, half=2.0)])
    net.flow("kill", 2.0, {"germ": -1, "alarm": 0.05}, "germ")
    net.flow("fade", 4.0, {"alarm": -1}, "alarm")
    for pool in ("blood", "node", "skin", "marrow", "germ", "alarm"):
        net.read_pool(pool)
    return net.tables()


@pytest.mark.parametrize("host", [0, 7])
@pytest.mark.parametrize("start", [2.0, 12.0, 60.0])
def test_walkers_go_the_same_ways(start: float, host: int) -> None:
    ours, theirs, our_steps, their_steps = drawn(wanderers(start), host, 1.5)
    assert our_steps == their_steps
    assert np.array_equal(ours[:5], theirs[:5])
    assert gap(ours, theirs) < SAME
