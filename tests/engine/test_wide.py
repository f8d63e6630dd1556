"""Signals over many pools have rows of their own: steps do not depend on how many, and the twin agrees."""

from __future__ import annotations

import numpy as np
import pytest

from bench.net import NetBuilder
from bench.wide import held_down
from immunity.compiler.tables import Tables
from immunity.engine import prepare, run_host, twin
from immunity.engine.net import WIDEST
from immunity.engine.ordering import eliminate
from tests.engine.checks import check_ledger, run
from tests.engine.nets import no_events


def chained(molecules: int, *, countable: bool = False) -> Tables:
    """Two wide sums, of which one takes in the other by way of a law, and a cell that dies by both."""
    net = NetBuilder()
    cell = net.pool("cell", 200.0, countable=countable)
    pools = [net.pool(f"m{k}", 1.0 + k % 3, countable=False, floor=1e-6) for k in range(molecules)]
    total = net.signal("all", [("pool", pool, 1.0 + 0.01 * k, -1) for k, pool in enumerate(pools)])
    law = net.hill("calm", total, base=1.0, top=0.2, half=float(molecules), n=2.0)
    eased = net.signal("eased", [("pool", pool, 0.5, -1) for pool in pools], laws=[law])
    both = net.signal("both", [("signal", total, 1.0, -1), ("signal", eased, 2.0, -1), ("pool", pools[0], 3.0, -1)])
    for k, pool in enumerate(pools):
        hold = net.hill(f"hold {k}", both, base=1.0, top=0.0, half=2.0 * molecules, n=3.0)
        net.flow(f"make {k}", -1, 50.0 * (1.0 + k % 5), [(pool, 1.0)], laws=[hold])
        net.flow(f"clear {k}", pool, 20.0 * (1.0 + k % 7), [(pool, -1.0)])
    net.flow("die", cell, 1e-3, [(cell, -1.0), (pools[1], 0.5)], laws=[net.proportional(eased)])
    net.readout("both", both)
    return net.tables()


def wide_rows(tables: Tables) -> int:
    wiring = prepare(tables).wiring
    return len(wiring.order) - wiring.n_pool


def test_steps_do_not_depend_on_how_many_molecules_a_sum_holds_down() -> None:
    steps = {k: run(held_down(k), 10.0).n_steps for k in (WIDEST, WIDEST + 1, 100)}
    assert wide_rows(held_down(WIDEST)) == 0
    assert wide_rows(held_down(WIDEST + 1)) == wide_rows(held_down(100)) == 1
    assert max(steps.values()) <= 1.2 * min(steps.values()), steps


def test_entries_grow_with_the_molecules_not_with_their_square() -> None:
    entries = [len(prepare(held_down(k)).wiring.row_column) for k in (100, 200, 400)]
    assert np.polyfit(np.log([100, 200, 400]), np.log(entries), 1)[0] < 1.1


@pytest.mark.parametrize("tables", [held_down(40), chained(30), chained(30, countable=True)])
def test_wide_signals_are_differentiated_as_the_twin_does(tables: Tables) -> None:
    assert wide_rows(tables) >= 1
    result = run(tables, [0.0, 1.0])
    state, fired, steps = twin.run_smooth(tables, tables.theta, tables.initial, 1.0, 1e-3)
    assert result.n_steps == steps
    assert np.max(np.abs(result.state - state) / (np.abs(state) + 1e-9)) < 1e-9
    assert np.max(np.abs(result.fired - fired) / (np.abs(fired) + 1e-9)) < 1e-8


def test_sums_of_wide_signals_and_laws_of_them_have_few_rows() -> None:
    assert wide_rows(chained(30)) == 2  # `both` reads two rows and a pool, which is not wide


def test_a_wide_signal_that_nothing_hears_has_no_row() -> None:
    net = NetBuilder()
    pools = [net.pool(f"m{k}", 1.0, countable=False) for k in range(40)]
    total = net.signal("all", [("pool", pool, 1.0, -1) for pool in pools])
    for k, pool in enumerate(pools):
        net.flow(f"clear {k}", pool, 1.0, [(pool, -1.0)])
    net.readout("all", total)
    assert wide_rows(net.tables()) == 0


@pytest.mark.parametrize("stochastic", [False, True])
def test_the_ledger_closes_with_wide_signals(stochastic: bool) -> None:
    tables = chained(30, countable=True)
    result = run(tables, [0.0, 5.0], stochastic=stochastic, seed=3)
    check_ledger(tables, tables.initial, result)
    assert result.status == 0


def test_molecules_that_are_gone_leave_the_row_of_their_sum() -> None:
    tables = held_down(30)
    theta = tables.theta.copy()
    for k in range(0, 30, 2):
        theta[tables.names.parameter.index(f"make {k}.hazard")] = 0.0
    initial = tables.initial.copy()
    initial[1:31:2] = 0.0
    times = np.array([0.0, 1.0])
    result = run_host(prepare(tables), theta, initial, no_events(), times, stochastic=False, seed=0, host=0)
    state, _, steps = twin.run_smooth(tables, theta, initial, 1.0, 1e-3)
    assert result.n_steps == steps
    assert np.max(np.abs(result.state - state) / (np.abs(state) + 1e-9)) < 1e-9


def test_rows_that_come_last_are_eliminated_last() -> None:
    pattern = eliminate(5, [(4, 0), (4, 1), (0, 4), (1, 4), (2, 3)], last=1)
    assert pattern.order[-1] == 4
