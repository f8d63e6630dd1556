"""Which numbers a flow depends on, and which papers they come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.case import Model
from immunity.compiler.tables import TERM_POOL, TERM_SIGNAL, Floats, Ints, Laws, Tables

Marks = NDArray[np.bool_]


def papers_behind(model: Model, fired: Floats, left: Floats | None = None) -> tuple[dict[str, Any], ...]:
    """Papers behind the flows that fired, by key.

    Parameters
    ----------
    fired : float64[flow]           firings; NaN and 0 both mean that the flow did not fire
    left : float64[pool], optional  amounts at the end: laws of what was never there, such as a drug not given, are
        left out then
    """
    names = model.tables.names.parameter
    used: dict[str, list[str]] = {}
    flows = np.flatnonzero(np.nan_to_num(fired) > 0.0)
    silent = set() if left is None else silent_signals(model.tables, flows, left)
    for index in sorted(parameters_behind(model.tables, flows, silent=silent)):
        source = model.parameter_sources.get(names[index], {}).get("source")
        for key in [source] if isinstance(source, str) else source or []:
            used.setdefault(key, []).append(names[index])
    return tuple({"key": key, **model.sources.get(key, {}), "numbers": used[key]} for key in sorted(used))


def papers_of_flows(model: Model, flows: Iterable[int]) -> tuple[dict[str, Any], ...]:
    """Papers behind the numbers that stand in some flows themselves, not in what these hear of, by key."""
    table, names = model.tables.flows, model.tables.names.parameter
    parameters: set[int] = set()
    for flow in flows:
        parameters.update(table.factor[table.factor_ptr[flow] : table.factor_ptr[flow + 1]].tolist())
        laws = slice(table.law_ptr[flow], table.law_ptr[flow + 1])
        parameters.update(table.laws.parameter[laws].ravel().tolist())
    keys: set[str] = set()
    for index in parameters - {-1}:
        source = model.parameter_sources.get(names[index], {}).get("source")
        keys.update([source] if isinstance(source, str) else source or [])
    return tuple({"key": key, **model.sources.get(key, {})} for key in sorted(keys))


def silent_signals(tables: Tables, flows: Iterable[int], left: Floats) -> set[int]:
    """Signals of nothing but pools that were always empty: no flow that fired touches them, and nothing is left."""
    there = np.nan_to_num(left) > 0.0
    table, signals = tables.flows, tables.signals
    there[table.stoich_pool[_within(table.stoich_ptr, _marked(flows, tables.n_flow))]] = True
    owner = np.repeat(np.arange(tables.n_signal), np.diff(signals.term_ptr))
    of_signal, of_pool = signals.term_kind == TERM_SIGNAL, signals.term_kind == TERM_POOL
    heard = ~of_signal & ~of_pool
    heard[of_pool] = there[signals.term_source[of_pool]]
    may = (np.diff(signals.term_ptr) > 0) & (signals.constant < 0)
    silent = np.zeros(tables.n_signal, bool)
    while True:  # each round reaches signals of signals one further on
        heard[of_signal] = ~silent[signals.term_source[of_signal]]
        found = may & (np.bincount(owner, heard, tables.n_signal) == 0.0)
        if np.array_equal(found, silent):
            return set(np.flatnonzero(found).tolist())
        silent = found


def parameters_behind(tables: Tables, flows: Iterable[int], *, silent: Collection[int] = ()) -> set[int]:
    """Parameters in the hazards, laws, signals and amounts of some flows; laws of silent signals are left out."""
    table, signals = tables.flows, tables.signals
    used = np.zeros(len(tables.theta) + 1, bool)  # the last place is for -1, which is none; of signals too
    unheard = _marked(silent, tables.n_signal + 1)
    fired = _marked(flows, tables.n_flow)
    used[table.factor[_within(table.factor_ptr, fired)]] = True
    used[table.stoich_weight[_within(table.stoich_ptr, fired)]] = True
    known = np.zeros(tables.n_signal, bool)
    new = _add_laws(table.laws, _within(table.law_ptr, fired), used, unheard)
    while new.any():  # each round reaches the signals that the last ones hear
        known |= new
        terms = _within(signals.term_ptr, new)
        used[signals.constant[new]] = used[signals.divisor[new]] = used[signals.term_weight[terms]] = True
        next_ = _add_laws(signals.laws, _within(signals.law_ptr, new), used, unheard)
        next_[signals.term_source[terms & (signals.term_kind == TERM_SIGNAL)]] = True
        new = next_ & ~known
    return set(np.flatnonzero(used[:-1]).tolist())


def _add_laws(laws: Laws, rows: Marks, used: Marks, unheard: Marks) -> Marks:
    """Mark the parameters of some laws; the signals that these hear, bool[signal]."""
    rows = rows & ~unheard[laws.signal]
    used[laws.parameter[rows]] = True
    heard = np.zeros(len(unheard), bool)
    heard[laws.signal[rows]] = heard[laws.signal2[rows]] = True
    return heard[:-1]


def _marked(places: Iterable[int], size: int) -> Marks:
    marks = np.zeros(size, bool)
    marks[np.fromiter(places, np.int64)] = True
    return marks


def _within(ptr: Ints, owners: Marks) -> Marks:
    """Which rows belong to the owners that are marked."""
    return np.repeat(owners, np.diff(ptr))
