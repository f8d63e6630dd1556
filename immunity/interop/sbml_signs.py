"""Which signals and hazards could fall below zero: the engine stops hazards at zero, and formulas must say so."""

from __future__ import annotations

import numpy as np

from immunity.compiler.tables import LAW_CURVE, LAW_HILL, LAW_LOG, LAW_PROPORTIONAL, TERM_SIGNAL, Floats, Laws, Tables


def signals_below_zero(tables: Tables, theta: Floats) -> list[bool]:
    """For every signal, whether a negative constant, term or law can take it below zero."""
    signals = tables.signals

    def negative(index: int) -> bool:
        return index >= 0 and bool(theta[index] < 0)

    below: list[bool] = []
    for j in range(tables.n_signal):
        can = negative(int(signals.constant[j])) or negative(int(signals.divisor[j]))
        for k in range(signals.term_ptr[j], signals.term_ptr[j + 1]):
            can |= bool(signals.term_coefficient[k] < 0) or negative(int(signals.term_weight[k]))
            can |= bool(signals.term_kind[k] == TERM_SIGNAL) and below[int(signals.term_source[k])]
        laws = range(signals.law_ptr[j], signals.law_ptr[j + 1])
        below.append(can or any(_law_below_zero(signals.laws, k, tables, theta, below) for k in laws))
    return below


def hazard_below_zero(tables: Tables, flow: int, theta: Floats, below: list[bool]) -> bool:
    """Whether a number or law of a flow can take its hazard below zero."""
    flows = tables.flows
    factors = flows.factor[flows.factor_ptr[flow] : flows.factor_ptr[flow + 1]]
    laws = range(flows.law_ptr[flow], flows.law_ptr[flow + 1])
    return (
        bool(flows.coefficient[flow] < 0)
        or bool(np.any(theta[factors] < 0))
        or any(_law_below_zero(flows.laws, k, tables, theta, below) for k in laws)
    )


def _law_below_zero(laws: Laws, k: int, tables: Tables, theta: Floats, below: list[bool]) -> bool:
    kind = laws.kind[k]
    if kind == LAW_PROPORTIONAL:
        return below[int(laws.signal[k])]
    if kind == LAW_HILL:
        return any(index >= 0 and theta[index] < 0 for index in laws.parameter[k, :2])
    if kind == LAW_CURVE:
        curve = laws.curve[k]
        return bool(np.any(tables.curves.y[tables.curves.ptr[curve] : tables.curves.ptr[curve + 1]] < 0))
    return bool(kind == LAW_LOG)
