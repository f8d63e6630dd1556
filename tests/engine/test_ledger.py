"""Every amount is accounted for: state = start + N fired + added + clipped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from immunity.compiler.tables import EVENT_ADD_COUNTED, EVENT_SCALE, EVENT_SET, Events, Floats, Tables
from immunity.engine import HostRun
from tests.engine import zoo
from tests.engine.checks import check_ledger, run
from tests.engine.nets import Builder, dose, events

MODES = pytest.mark.parametrize("stochastic", [False, True], ids=["deterministic", "stochastic"])


def chain(start: float, countable: bool) -> Tables:
    """a -> 3 b, b -> 2.5 molecules (kept), molecules + b -> nothing; a returns slowly from a store."""
    net = Builder()
    net.pool("a", start, countable=countable)
    net.pool("b", 0.0, countable=countable)
    net.pool("store", 5.0 * start, countable=countable)
    net.pool("molecule", 0.0, floor=0.1)
    net.flow("turn", 2.0, {"a": -1, "b": 3}, "a")
    net.flow("secrete", 5.0, {"molecule": 2.5}, "b")
    net.flow("burst", 0.6, {"b": -1, "molecule": 40.0}, "b")
    net.flow("fade", 300.0, {"molecule": -1}, "molecule")
    net.flow("return", 0.3, {"store": -2, "a": 1}, "store")
    return net.tables()


def stiff(start: float, countable: bool) -> Tables:
    """Exchange at 1e4/day next to a slow loss, and a molecule made and broken at 1e4/day."""
    net = Builder()
    net.pool("a", start, countable=countable)
    net.pool("b", 0.0, countable=countable)
    net.pool("molecule", 0.0, floor=1e-3)
    net.flow("there", 1e4, {"a": -1, "b": 1}, "a")
    net.flow("back", 3e3, {"a": 1, "b": -1}, "b")
    net.flow("loss", 0.4, {"b": -1}, "b")
    net.flow("make", 1e4, {"molecule": 0.7}, "a")
    net.flow("break", 1e4, {"molecule": -1}, "molecule")
    return net.tables()


NETS = {
    "exchange of few": zoo.exchange(3.0, 40.0, countable=True, leak=0.1),
    "exchange of many": zoo.exchange(3.0, 1e9, countable=True, leak=0.1),
    "exchange of molecules": zoo.exchange(3.0, 12.5, leak=0.1),
    "fast exchange of molecules": zoo.exchange(1e4, 12.5, leak=0.1),
    "chain of few": chain(30.0, True),
    "chain of many": chain(1e7, True),
    "chain of molecules": chain(7.7, False),
    "stiff, few": stiff(20.0, True),
    "stiff, many": stiff(1e10, True),
    "stiff, molecules": stiff(0.3, False),
    "dimers": zoo.dimerisation(60.0, 0.05, 1.0),
    "everything": zoo.everything(),
    "everything, many": zoo.everything(1e6),
    "everything, molecules": zoo.everything(countable=False),
    "immigrants in batches": zoo.immigration_death(30.0, 0.9, batch=7),
}


@MODES
@pytest.mark.parametrize("name", NETS)
def test_the_ledger_closes(name: str, stochastic: bool) -> None:
    tables = NETS[name]
    result = run(tables, [0.3, 1.7, 4.0], stochastic=stochastic, seed=3)
    assert result.status == 0
    assert np.all(result.fired >= 0.0) and np.all(result.clipped >= 0.0)
    check_ledger(tables, tables.initial, result)


@MODES
@pytest.mark.parametrize("name", ["chain of few", "chain of many", "stiff, molecules", "everything"])
def test_the_ledger_closes_over_events(name: str, stochastic: bool) -> None:
    tables = NETS[name]
    dated = events(
        dose(0.2, 0, 17.0),
        (0.5, EVENT_ADD_COUNTED, 1, 230.0),
        (0.9, EVENT_SCALE, 0, 0.4),
        (1.1, EVENT_SCALE, 1, 1.5),
        (1.3, EVENT_SET, 2, 12.0),
    )
    result = run(tables, 2.0, dated, stochastic=stochastic, seed=4)
    assert result.status == 0 and np.count_nonzero(result.added) == 3
    check_ledger(tables, tables.initial, result)


@MODES
def test_rounding_counts_at_the_start_is_booked(stochastic: bool) -> None:
    tables = zoo.exchange(0.0, 40.3, countable=True)
    result = run(tables, 1.0, stochastic=stochastic)
    assert result.added[0] == pytest.approx(result.state[0] - 40.3)
    assert (result.state[0] in (40.0, 41.0)) == stochastic
    check_ledger(tables, tables.initial, result)


def check_total(
    tables: Tables, weights: Floats, tolerance: float, dated: Events | None = None, **options: bool
) -> None:
    """Judge that a weighted sum of pools never changes."""
    result = run(tables, np.linspace(0.0, 5.0, 11), dated, record_pools=True, **options)
    assert result.status == 0 and result.pools is not None
    totals = np.append(result.pools @ weights, result.state @ weights)
    assert np.abs(totals / (tables.initial @ weights) - 1.0).max() <= tolerance


CLOSED = {
    "few": (zoo.exchange(2.0, 50.0, countable=True), np.ones(2)),
    "many": (zoo.exchange(2.0, 1e7, countable=True), np.ones(2)),
    "fast and few": (zoo.exchange(1e4, 50.0, countable=True), np.ones(2)),
    "fast and many": (zoo.exchange(1e4, 1e8, countable=True), np.ones(2)),
    "molecules": (zoo.exchange(1e4, 0.5), np.ones(2)),
    "dimers": (zoo.dimerisation(1000.0, 0.01, 1.0), np.array([1.0, 2.0])),
}


@MODES
@pytest.mark.parametrize("name", CLOSED)
def test_closed_nets_keep_their_total(name: str, stochastic: bool) -> None:
    tables, weights = CLOSED[name]
    check_total(tables, weights, 1e-11, stochastic=stochastic)


@MODES
def test_a_planted_leak_is_noticed(stochastic: bool) -> None:
    leaky = zoo.exchange(2.0, 1e6, countable=True, leak=1e-3)
    with pytest.raises(AssertionError):
        check_total(leaky, np.ones(2), 1e-11, stochastic=stochastic)
    tables = NETS["chain of many"]
    result = run(tables, 4.0, stochastic=stochastic)

    def with_gap(field: str, index: int, share: float) -> HostRun:
        values = getattr(result, field).copy()
        values[index] *= 1.0 + share
        return replace(result, **{field: values})

    check_ledger(tables, tables.initial, result)
    for field, index in (("state", 0), ("state", 3), ("fired", 0), ("fired", 4)):
        with pytest.raises(AssertionError, match="ledger"):
            check_ledger(tables, tables.initial, with_gap(field, index, 1e-7))
    with pytest.raises(AssertionError, match="ledger"):
        check_ledger(tables, tables.initial * (1.0 + 1e-7), result)
