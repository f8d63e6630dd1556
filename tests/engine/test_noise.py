"""What noise drives through laws: right where anybody notices, and for nothing where nobody does."""

from __future__ import annotations

import numpy as np
import pytest

from immunity.compiler.tables import Tables
from immunity.engine import prepare
from tests.engine.checks import check_moments, many, run
from tests.engine.nets import Builder, hill

HOSTS = 600


def visited(come: float, go: float, fade: float, floor: float) -> Tables:
    """Visitors that come and go; a molecule made in proportion to them, by way of a law that is hardly bent."""
    net = Builder()
    net.pool("outside", 1e7, countable=True)
    net.pool("visitor", 0.0, countable=True)
    net.pool("molecule", 0.0, floor=floor)
    net.signal("visitors", ["visitor"])
    net.flow("come", come / 1e7, {"visitor": 1}, "outside")
    net.flow("go", go, {"visitor": -1}, "visitor")
    net.flow("make", 1.0, {"molecule": 1}, None, [hill("visitors", top=1e9, half=1e9)])
    net.flow("fade", fade, {"molecule": -1}, "molecule")
    return net.tables()


@pytest.mark.parametrize(
    ("come", "go", "fade", "days"), [(50.0, 5.0, 2.0, 4.0), (40.0, 500.0, 40.0, 0.5), (300.0, 800.0, 30.0, 0.5)]
)
def test_a_molecule_feels_few_quick_visitors(come: float, go: float, fade: float, days: float) -> None:
    sample = many(prepare(visited(come, go, fade, 1e-7)), days, HOSTS)
    visitors = come / go
    check_moments(sample[:, 1], visitors, visitors)
    check_moments(sample[:, 2], visitors / fade, visitors / (fade * (fade + go)))


@pytest.mark.parametrize(("come", "go", "fade"), [(50.0, 5.0, 2.0), (5.0, 500.0, 40.0)])
def test_noise_that_nobody_notices_costs_no_steps(come: float, go: float, fade: float) -> None:
    days = np.linspace(0.0, 20.0, 41)
    tables = visited(come, go, fade, 100.0)
    steps = [run(tables, days, stochastic=True, host=host).n_steps for host in range(20)]
    assert np.mean(steps) < 2 * run(tables, days).n_steps
    noticed = visited(come, go, fade, 1e-7)
    assert run(noticed, days, stochastic=True).n_steps > 3 * np.mean(steps)


def test_what_is_not_noticed_is_right_on_average() -> None:
    sample = many(prepare(visited(5.0, 500.0, 40.0, 1.0)), 30.0, HOSTS)
    assert abs(sample[:, 1].mean() - 0.01) < 4.5 * np.sqrt(0.01 / HOSTS)
    days = np.linspace(0.0, 30.0, 31)
    made = [run(visited(5.0, 500.0, 40.0, 1.0), days, stochastic=True, host=host).fired[2] for host in range(HOSTS)]
    assert abs(np.mean(made) / 0.3 - 1.0) < 0.02 + 4.5 * np.sqrt(2.0 / 150.0 / HOSTS)


def test_noise_that_comes_round_does_not_grow() -> None:
    """Two molecules that call for each other steeply, and a few who call for one: what is excused stays finite."""
    net = Builder()
    net.pool("caller", 20.0, countable=True)
    net.pool("one", 1.0, floor=1e-3)
    net.pool("other", 1.0, floor=1e-3)
    for name in ("caller", "one", "other"):
        net.signal(f"{name}s", [name])
    net.flow("arrive", 40.0, {"caller": 1})
    net.flow("leave", 2.0, {"caller": -1}, "caller")
    net.flow("call", 50.0, {"one": 1}, None, [hill("others", half=1.0, n=8.0), hill("callers", half=20.0)])
    net.flow("answer", 50.0, {"other": 1}, None, [hill("ones", half=1.0, n=8.0)])
    for name in ("one", "other"):
        net.flow(f"fade {name}", 20.0, {name: -1}, name)
    ended = run(net.tables(), np.linspace(0.0, 300.0, 31), stochastic=True)
    assert ended.status == 0


def overheard(half: float) -> Tables:
    """Visitors, a messenger made by them in two stages, and many who die the sooner the more of it there is."""
    net = Builder()
    net.pool("outside", 1e7, countable=True)
    net.pool("visitor", 10.0, countable=True)
    net.pool("many", 5e6, countable=True)
    net.pool("made", 0.0, floor=1e-7)
    net.pool("messenger", 0.0, floor=1e-7)
    net.signal("visitors", ["visitor"])
    net.signal("message", ["messenger"])
    net.flow("come", 50.0 / 1e7, {"visitor": 1}, "outside")
    net.flow("go", 5.0, {"visitor": -1}, "visitor")
    net.flow("make", 1.0, {"made": 1}, None, [hill("visitors", top=1e9, half=1e9)])
    net.flow("ripen", 30.0, {"made": -1, "messenger": 1}, "made")
    net.flow("fade", 20.0, {"messenger": -1}, "messenger")
    net.flow("arrive", 2.5e7, {"many": 1})
    net.flow("die", 5.0, {"many": -1}, "many", [hill("message", base=1.0, top=6.0, half=half)])
    return net.tables()


def test_steps_follow_the_noise_of_what_is_heard_and_not_of_what_moves_nobody() -> None:
    days = np.linspace(0.0, 10.0, 11)
    unheard, heard = (run(overheard(half), days, stochastic=True) for half in (1e4, 0.5))
    assert heard.n_steps > 4 * unheard.n_steps
    assert unheard.n_steps < 2 * run(overheard(1e4), days).n_steps


def test_what_is_hardly_heard_is_right_on_average_and_in_spread() -> None:
    sample = many(prepare(overheard(100.0)), 8.0, 200)
    check_moments(sample[:, 1], 10.0, 10.0)
    assert abs(sample[:, 4].mean() / 0.5 - 1.0) < 0.03
    level = 5e6 / (1.0 + 5.0 * 0.5 / 100.5)
    assert abs(sample[:, 2].mean() / level - 1.0) < 1e-3
    felt = np.std(sample[:, 2]) / level  # by chance and by what is heard of the visitors
    assert 0.003 < felt < 0.009
