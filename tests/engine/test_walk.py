"""Few whom nobody minds are followed one by one: who is where is as if each had gone alone, at any output."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from immunity.compiler.tables import Floats, Tables
from immunity.engine import prepare, run_host
from immunity.engine.status import OK
from immunity.engine.twin import build, signal_values
from immunity.engine.twin_survey import Dice
from immunity.engine.twin_walk import choose_walkers
from tests.engine.checks import check_ledger, check_moments, run
from tests.engine.nets import Builder, hill, no_events

OUT = np.array([0.0, 0.07, 0.3, 0.9, 2.0])
PACES = {("blood", "node"): 20.0, ("blood", "skin"): 3.0, ("node", "blood"): 4.0, ("skin", "node"): 9.0}
PLACES = ["blood", "node", "skin"]


def rounds(start: float, *, arrivals: float = 0.0, leak: float = 0.0, called: bool = False) -> Tables:
    """Some who go round three places, beside a crowd of germs that grows, makes an alarm, and asks for short steps."""
    net = Builder()
    for place in PLACES:
        net.pool(place, start if place == "blood" else 0.0, countable=True)
    net.pool("germ", 5000.0, countable=True)
    net.pool("alarm", 3.0, floor=0.01)
    net.signal("level", ["alarm"])
    net.signal("guests", ["node"])
    for (here, there), pace in PACES.items():
        net.flow(f"{here} to {there}", pace, {here: -1, there: 1}, here)
    if leak:
        net.flow("leave for good", leak, {"node": -1}, "node")
    if arrivals:
        net.flow("arrive", arrivals, {"blood": 1})
    net.flow("split", 3.0, {"germ": 1}, "germ", [hill("level", base=1.0, top=0.0, half=2.0)])
    net.flow("kill", 2.0, {"germ": -1, "alarm": 0.002}, "germ")
    if called:
        net.flow("be called", 1.0, {"alarm": -1}, "alarm", [hill("guests", base=1.0, top=5.0, half=3.0)])
    net.flow("fade", 4.0, {"alarm": -1}, "alarm")
    for place in PLACES:
        net.read_pool(place)
    return net.tables()


def sample(tables: Tables, hosts: int) -> Floats:
    """float64[host, time, place]."""
    net = prepare(tables)
    runs = [
        run_host(net, tables.theta, tables.initial, no_events(), OUT, stochastic=True, seed=3, host=host)
        for host in range(hosts)
    ]
    assert all(each.status == OK for each in runs)
    return np.array([each.readouts for each in runs])


def chances(leak: float, days: float) -> Floats:
    """Where somebody who was in the blood is by then."""
    paces = np.zeros((3, 3))
    for (here, there), pace in PACES.items():
        paces[PLACES.index(there), PLACES.index(here)] += pace
    paces -= np.diag(paces.sum(axis=0) + np.array([0.0, leak, 0.0]))
    return np.asarray(expm(paces * days)[:, 0], np.float64)


@pytest.mark.parametrize("start", [3.0, 25.0])
@pytest.mark.parametrize("leak", [0.0, 0.8])
def test_each_goes_alone(start: float, leak: float) -> None:
    """Nobody comes: numbers are binomial at every output, within steps too."""
    found = sample(rounds(start, leak=leak), 1500)
    assert not np.any(found % 1.0) and found.min() >= 0.0
    if not leak:
        assert np.all(found.sum(axis=2) == start)
    for k, day in enumerate(OUT[1:], 1):
        for place, chance in enumerate(chances(leak, day)):
            check_moments(found[:, k, place], start * chance, start * chance * (1.0 - chance))
        first, second = chances(leak, day)[:2]
        both = np.cov(found[:, k, 0], found[:, k, 1])[0, 1]
        assert both == pytest.approx(-start * first * second, abs=5.0 * start * np.sqrt(first * second / 1500))


def test_who_comes_goes_on() -> None:
    """Nobody at first, and arrivals one by one: numbers are of a Poisson distribution."""
    found = sample(rounds(0.0, arrivals=12.0, leak=0.8), 1500)
    for k, day in enumerate(OUT[1:], 1):
        grid = np.linspace(0.0, day, 2001)
        mean = 12.0 * np.trapezoid(np.array([chances(0.8, float(at)) for at in grid]), grid, axis=0)
        for place in range(3):
            check_moments(found[:, k, place], mean[place], mean[place])


@pytest.mark.parametrize("called", [False, True])
def test_the_ledger_closes_and_outputs_alter_nothing(called: bool) -> None:
    tables = rounds(30.0, arrivals=8.0, leak=0.3, called=called)
    plain, looked_at = (run(tables, out, stochastic=True, host=1) for out in ([0.0, 2.0], OUT))
    check_ledger(tables, tables.initial, looked_at)
    assert np.array_equal(plain.state, looked_at.state)


@pytest.mark.parametrize("called", [False, True])
def test_who_is_heard_by_what_acts_does_not_walk(called: bool) -> None:
    """Then events are followed; both end as they should."""
    tables = rounds(25.0, called=called)
    model = build(tables, tables.theta)
    signals = signal_values(model, tables.initial.tolist(), 0.0)
    dice = Dice(model, [], np.zeros(model.n_pool))
    assert choose_walkers(dice, {0, 1, 2}, tables.initial, signals) == (set() if called else {0, 1, 2})
    found = sample(tables, 400)
    for place, chance in enumerate(chances(0.0, 2.0)):
        check_moments(found[:, -1, place], 25.0 * chance, 25.0 * chance * (1.0 - chance))
