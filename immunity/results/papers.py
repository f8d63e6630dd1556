"""Which numbers a flow depends on, and which papers they come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from immunity.compiler.case import Model
from immunity.compiler.tables import TERM_SIGNAL, Floats, Laws, Tables


def papers_behind(model: Model, fired: Floats) -> tuple[dict[str, Any], ...]:
    """Papers behind the flows that fired, by key.

    Parameters
    ----------
    fired : float64[flow]    firings; NaN and 0 both mean that the flow did not fire
    """
    names = model.tables.names.parameter
    used: dict[str, list[str]] = {}
    for index in sorted(parameters_behind(model.tables, np.flatnonzero(np.nan_to_num(fired) > 0.0))):
        source = model.parameter_sources.get(names[index], {}).get("source")
        for key in [source] if isinstance(source, str) else source or []:
            used.setdefault(key, []).append(names[index])
    return tuple({"key": key, **model.sources.get(key, {}), "numbers": used[key]} for key in sorted(used))


def parameters_behind(tables: Tables, flows: Iterable[int]) -> set[int]:
    """Parameters in the hazards, laws, signals and amounts of some flows."""
    table = tables.flows
    parameters: set[int] = set()
    signals: set[int] = set()
    for flow in flows:
        parameters.update(table.factor[table.factor_ptr[flow] : table.factor_ptr[flow + 1]].tolist())
        parameters.update(table.stoich_weight[table.stoich_ptr[flow] : table.stoich_ptr[flow + 1]].tolist())
        _add_laws(table.laws, range(table.law_ptr[flow], table.law_ptr[flow + 1]), parameters, signals)
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
        _add_laws(table.laws, range(table.law_ptr[signal], table.law_ptr[signal + 1]), parameters, signals)
    return parameters - {-1}


def _add_laws(laws: Laws, rows: range, parameters: set[int], signals: set[int]) -> None:
    for row in rows:
        parameters.update(laws.parameter[row].tolist())
        signals.update((int(laws.signal[row]), int(laws.signal2[row])))
