"""What cannot happen is skipped, and skipping changes nothing."""

from __future__ import annotations

import numpy as np

from immunity.compiler.tables import EVENT_ADD, Floats, Tables
from immunity.engine import prepare, run_host
from immunity.engine.kernel import entry
from immunity.engine.live import N_FLOWS, N_POOLS, N_SIGNALS, find_live, new_live
from immunity.engine.net import resolve
from tests.engine.checks import run
from tests.engine.nets import Builder, events, hill, proportional


@entry
def find(wiring, host, x, live, needed, values):  # type: ignore[no-untyped-def]
    find_live(wiring, host, x, live, needed, values)


def sizes(tables: Tables, x: Floats) -> tuple[int, int, int]:
    net = prepare(tables)
    live = new_live(net.wiring)
    n_value = net.wiring.n_pool + net.wiring.n_signal + 1
    find(net.wiring, resolve(net, tables.theta), x, live, np.zeros(n_value, np.uint8), np.zeros(n_value))
    return int(live.size[N_POOLS]), int(live.size[N_SIGNALS]), int(live.size[N_FLOWS])


def invasion(germs: float, guests: int = 3) -> Tables:
    """Targets renewed for ever; germs that infect them if there are any; sleepers that only a germ wakes."""
    net = Builder()
    net.pool("target", 1e6)
    net.flow("renew", 1e4, {"target": 1})
    net.flow("wane", 0.01, {"target": -1}, "target")
    net.pool("sleeper", 100.0)
    for k in range(guests):
        net.pool(f"germ{k}", germs if k == 0 else 0.0)
        net.pool(f"sick{k}", 0.0)
        net.signal(f"germ level {k}", [f"germ{k}"])
        seen = proportional(f"germ level {k}")
        change = {"target": -1.0, f"germ{k}": -1.0, f"sick{k}": 1.0}
        net.flow(f"infect{k}", 1e-6, change, "target", [seen], [(f"germ{k}", f"germ level {k}", 1.0)])
        net.flow(f"shed{k}", 10.0, {f"germ{k}": 1}, f"sick{k}")
        net.flow(f"clear{k}", 2.0, {f"germ{k}": -1}, f"germ{k}")
        net.flow(f"die{k}", 1.0, {f"sick{k}": -1}, f"sick{k}")
        net.flow(f"wake{k}", 0.1, {"sleeper": -1}, "sleeper", [hill(f"germ level {k}")])
    net.read_pool("target")
    return net.tables()


def test_only_what_can_happen_is_live() -> None:
    tables = invasion(germs=0.0)
    assert sizes(tables, tables.initial) == (2, 0, 2)
    tables = invasion(germs=5.0)
    assert sizes(tables, tables.initial) == (4, 1, 7)
    assert sizes(tables, np.zeros(tables.n_pool)) == (1, 0, 2)


def test_a_hill_law_with_a_base_needs_no_signal() -> None:
    net = Builder()
    net.pool("a", 10.0)
    net.pool("b")
    net.signal("level of b", ["b"])
    net.flow("leave", 1.0, {"a": -1}, "a", [hill("level of b", base=1.0, top=5.0)])
    assert sizes(net.tables(), np.array([10.0, 0.0]))[2] == 1


def test_skipping_changes_nothing() -> None:
    alone, crowded = invasion(5.0, guests=1), invasion(5.0, guests=6)
    ours, theirs = run(alone, [0.0, 9.0]), run(crowded, [0.0, 9.0])
    assert ours.n_steps == theirs.n_steps
    np.testing.assert_allclose(ours.state, theirs.state[: alone.n_pool], rtol=1e-12)
    assert not theirs.state[alone.n_pool :].any()


def test_a_dose_brings_a_sleeping_part_to_life() -> None:
    tables = invasion(germs=0.0, guests=2)
    net, out = prepare(tables), np.array([0.0, 0.9, 6.0])
    late = tables.names.pool.index("germ1")
    result = run_host(net, tables.theta, tables.initial, events((1.0, EVENT_ADD, late, 5.0)), out, record_pools=True)
    assert result.pools is not None
    assert result.pools[1, late] == 0.0 and result.pools[2, late] > 5.0
    assert result.pools[2, tables.names.pool.index("germ0")] == 0.0
