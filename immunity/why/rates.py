"""Signals, laws and propensities along a run, computed once more from its pools; what the kernels don't keep.

In NumPy and over all times at once, since kernels take one moment and their compilation costs more than the answer; the
tests hold it against them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import (
    EVENT_AGE,
    EVENT_AGE_SET,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    LAW_CURVE,
    LAW_EXP,
    LAW_HILL,
    LAW_LOG,
    LAW_POWER,
    LAW_PROPORTIONAL,
    TERM_POOL,
    TERM_SIGNAL,
    Events,
    Floats,
    Laws,
    Tables,
)

SMALLEST = 2.2250738585072014e-308
LARGEST_POWER = 700.0
MISSING = (0.0, 1.0, 0.0, 1.0)  # what a parameter of a law is that it does not have
SCALES, SETS = (EVENT_PARAMETER_SCALE, EVENT_AGE), (EVENT_PARAMETER_SET, EVENT_AGE_SET)


@dataclass(frozen=True)
class Rates:
    """Everything that a run's pools imply, at each of its output times.

    Attributes
    ----------
    numbers : float64[time, parameter]   as events change them
    pools : float64[time, pool]
    sums : float64[time, signal]         constant + terms, over the divisor, before laws
    signals : float64[time, signal]
    signal_laws : float64[time, law]
    flow_laws : float64[time, law]
    propensities : float64[time, flow]   firings per day
    change : float64[stoich]             by which one firing changes a pool, at the end
    """

    time: Floats
    numbers: Floats
    pools: Floats
    sums: Floats
    signals: Floats
    signal_laws: Floats
    flow_laws: Floats
    propensities: Floats
    change: Floats


def numbers_along(theta: Floats, events: Events, time: Floats) -> Floats:
    """float64[time, parameter]: a host's numbers as events change them, after those at the same time."""
    found = np.tile(theta, (len(time), 1))
    order = np.argsort(events.time, kind="stable")
    for at in order:
        kind, after = events.kind[at], time >= events.time[at]
        if kind in SCALES:
            found[after, events.index[at]] *= events.value[at]
        elif kind in SETS:
            found[after, events.index[at]] = events.value[at]
    return found


def rates_along(tables: Tables, numbers: Floats, pools: Floats, time: Floats) -> Rates:
    """Compute them.

    Parameters
    ----------
    numbers : float64[time, parameter]   see :func:`numbers_along`
    pools : float64[time, pool]          amounts in base units
    """
    signals, flows, n = tables.signals, tables.flows, len(time)
    values = np.zeros((n, tables.n_signal))
    sums = np.zeros((n, tables.n_signal))
    signal_laws, flow_laws = np.ones((n, len(signals.laws.kind))), np.ones((n, len(flows.laws.kind)))

    def number(index: int, missing: float) -> Floats | float:
        return numbers[:, index] if index >= 0 else missing

    for signal in range(tables.n_signal):
        total = np.zeros(n) + number(signals.constant[signal], 0.0)
        for term in range(signals.term_ptr[signal], signals.term_ptr[signal + 1]):
            kind, source = signals.term_kind[term], signals.term_source[term]
            value = pools[:, source] if kind == TERM_POOL else values[:, source] if kind == TERM_SIGNAL else time
            total += signals.term_coefficient[term] * number(signals.term_weight[term], 1.0) * value
        sums[:, signal] = total / number(signals.divisor[signal], 1.0)
        values[:, signal] = sums[:, signal]
        for law in range(signals.law_ptr[signal], signals.law_ptr[signal + 1]):
            signal_laws[:, law] = law_along(tables, signals.laws, law, values, numbers)
            values[:, signal] *= signal_laws[:, law]
    propensities = np.zeros((n, tables.n_flow))
    for flow in range(tables.n_flow):
        rate = np.full(n, flows.coefficient[flow])
        for at in range(flows.factor_ptr[flow], flows.factor_ptr[flow + 1]):
            rate = rate * numbers[:, flows.factor[at]] ** float(flows.power[at])
        for law in range(flows.law_ptr[flow], flows.law_ptr[flow + 1]):
            flow_laws[:, law] = law_along(tables, flows.laws, law, values, numbers)
            rate = rate * flow_laws[:, law]
        rate = np.maximum(rate, 0.0)
        propensities[:, flow] = rate * pools[:, flows.primary[flow]] if flows.primary[flow] >= 0 else rate
    weight = flows.stoich_weight
    change = flows.stoich_coefficient * np.where(weight >= 0, numbers[-1, np.maximum(weight, 0)], 1.0)
    return Rates(time, numbers, pools, sums, values, signal_laws, flow_laws, propensities, change)


def law_along(tables: Tables, laws: Laws, law: int, signals: Floats, numbers: Floats) -> Floats:
    """float64[time]: one factor, as ``engine.hazard.law_value``."""
    kind, s = laws.kind[law], signals[:, laws.signal[law]]
    given = zip(laws.parameter[law], MISSING, strict=True)
    a, b, c, d = (numbers[:, index] if index >= 0 else np.full(len(s), missing) for index, missing in given)
    if kind == LAW_PROPORTIONAL:
        return s
    if kind == LAW_CURVE:
        curve, owned = laws.curve[law], tables.curves
        turned = np.where(a > 0.0, s - a * np.floor(s / np.where(a > 0.0, a, 1.0)), s)
        rows = slice(owned.ptr[curve], owned.ptr[curve + 1])
        return np.interp(turned, owned.x[rows], owned.y[rows])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if kind == LAW_LOG:
            return np.log(np.maximum(s / a, SMALLEST))
        if kind == LAW_EXP:
            return np.exp(np.clip(s / a, -LARGEST_POWER, LARGEST_POWER))
        if kind == LAW_HILL:
            raised = np.where(s > 0.0, 1.0 / (1.0 + (c / np.where(s > 0.0, s, 1.0)) ** d), 0.0)
            return a + (b - a) * raised
        if kind == LAW_POWER:
            return np.where(s > 0.0, np.where(s > 0.0, s / a, 1.0) ** b, 0.0)
        others = np.maximum(signals[:, laws.signal2[law]], 0.0)
        return np.where(s > 0.0, s / (a + np.maximum(s, 0.0) + others), 0.0)
