"""Which numbers a flow depends on, and which papers they come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from immunity.compiler.case import Model
from immunity.compiler.tables import TERM_POOL, TERM_SIGNAL, Floats, Laws, Tables


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
    table = tables.flows
    for flow in flows:
        there[table.stoich_pool[table.stoich_ptr[flow] : table.stoich_ptr[flow + 1]]] = True
    signals = tables.signals
    silent: set[int] = set()
    for signal in range(tables.n_signal):
        terms = range(signals.term_ptr[signal], signals.term_ptr[signal + 1])
        heard = (
            int(signals.term_source[term]) not in silent
            if signals.term_kind[term] == TERM_SIGNAL
            else signals.term_kind[term] != TERM_POOL or bool(there[signals.term_source[term]])
            for term in terms
        )
        if len(terms) and signals.constant[signal] < 0 and not any(heard):
            silent.add(signal)
    return silent


def parameters_behind(tables: Tables, flows: Iterable[int], *, silent: Collection[int] = ()) -> set[int]:
    """Parameters in the hazards, laws, signals and amounts of some flows; laws of silent signals are left out."""
    table = tables.flows
    parameters: set[int] = set()
    signals: set[int] = set()
    for flow in flows:
        parameters.update(table.factor[table.factor_ptr[flow] : table.factor_ptr[flow + 1]].tolist())
        parameters.update(table.stoich_weight[table.stoich_ptr[flow] : table.stoich_ptr[flow + 1]].tolist())
        _add_laws(table.laws, range(table.law_ptr[flow], table.law_ptr[flow + 1]), parameters, signals, silent)
    table = tables.signals
    # a signal needs only earlier ones, so one pass from the last to the first finds them all
    for signal in range(tables.n_signal - 1, -1, -1):
        if signal not in signals:
            continue
        parameters.update((int(table.constant[signal]), int(table.divisor[signal])))
        for term in range(table.term_ptr[signal], table.term_ptr[signal + 1]):
            parameters.add(int(table.term_weight[term]))
            if table.term_kind[term] == TERM_SIGNAL:
                signals.add(int(table.term_source[term]))
        _add_laws(table.laws, range(table.law_ptr[signal], table.law_ptr[signal + 1]), parameters, signals, silent)
    return parameters - {-1}


def _add_laws(laws: Laws, rows: range, parameters: set[int], signals: set[int], silent: Collection[int]) -> None:
    for row in rows:
        if int(laws.signal[row]) in silent:
            continue
        parameters.update(laws.parameter[row].tolist())
        signals.update((int(laws.signal[row]), int(laws.signal2[row])))
