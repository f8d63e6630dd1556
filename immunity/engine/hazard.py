"""From amounts to hazards: laws, signals in order, then flows. The one place where they are computed."""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import LAW_CURVE, LAW_EXP, LAW_HILL, LAW_LOG, LAW_POWER, LAW_PROPORTIONAL, Floats
from immunity.engine.kernel import kernel, leaf, shared
from immunity.engine.net import Host, Places, Wiring

SMALLEST = 2.2250738585072014e-308  # below it a logarithm would be infinite
LARGEST_POWER = 700.0  # of e that a double holds


@kernel
def curve_value(wiring: Wiring, curve: int, x: float) -> float:
    """Interpolate a piecewise-linear curve, flat outside."""
    low, high = wiring.curve_ptr[curve], wiring.curve_ptr[curve + 1] - 1
    if x <= wiring.curve_x[low]:
        return wiring.curve_y[low]
    if x >= wiring.curve_x[high]:
        return wiring.curve_y[high]
    while high - low > 1:
        middle = (low + high) // 2
        if wiring.curve_x[middle] <= x:
            low = middle
        else:
            high = middle
    share = (x - wiring.curve_x[low]) / (wiring.curve_x[high] - wiring.curve_x[low])
    return wiring.curve_y[low] + share * (wiring.curve_y[high] - wiring.curve_y[low])


@leaf
def law_value(wiring: Wiring, host: Host, law: int, values: Floats) -> float:
    """Evaluate one factor; sensed amounts below zero count as zero where a law would lose its meaning."""
    kind = wiring.law_kind[law]
    s = values[wiring.law_signal[law]]
    if kind == LAW_PROPORTIONAL:
        return s
    if kind == LAW_HILL:
        base, top, half, n = host.law[law, 0], host.law[law, 1], host.law[law, 2], host.law[law, 3]
        if s <= 0.0:
            return base
        if n == 1.0:
            return base + (top - base) * s / (half + s)
        ratio = half / s
        if n == 2.0:
            ratio *= ratio
        elif n == 3.0:
            ratio *= ratio * ratio
        else:
            ratio **= n
        return base + (top - base) / (1.0 + ratio)
    if kind == LAW_CURVE:
        period = host.law[law, 0]
        return curve_value(wiring, wiring.law_curve[law], s - period * np.floor(s / period) if period > 0.0 else s)
    if kind == LAW_LOG:
        return math.log(max(s / host.law[law, 0], SMALLEST))
    if kind == LAW_EXP:
        return math.exp(min(max(s / host.law[law, 0], -LARGEST_POWER), LARGEST_POWER))
    if s <= 0.0:
        return 0.0
    if kind == LAW_POWER:
        return (s / host.law[law, 0]) ** host.law[law, 1]
    return s / (host.law[law, 0] + s + max(values[wiring.law_signal2[law]], 0.0))


@leaf
def evaluate_signal(wiring: Wiring, host: Host, signal: int, values: Floats) -> None:
    """values[signal] = (constant + sum of weight * source) / divisor * product of laws."""
    total = host.constant[signal]
    for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
        total += host.weight[term] * values[wiring.term_source[term]]
    total *= host.scale[signal]
    for law in range(wiring.law_ptr[signal], wiring.law_ptr[signal + 1]):
        total *= law_value(wiring, host, law, values)
    values[wiring.n_pool + signal] = total


@shared
def evaluate_signals(wiring: Wiring, host: Host, signals: Places, n_signals: int, values: Floats) -> None:
    """Evaluate signals in their order."""
    for place in range(n_signals):
        evaluate_signal(wiring, host, signals[place], values)


@shared
def next_knot(wiring: Wiring, host: Host, values: Floats, t: float) -> float:
    """Return the first day after t on which a curve of a clock bends; infinity if none does.

    Parameters
    ----------
    values : float64[value]   workspace: the signals of the clocks are evaluated
    """
    first = np.inf
    values[-1] = t
    for place in range(len(wiring.knot_law)):
        law = wiring.knot_law[place]
        signal = np.int64(wiring.law_signal[law]) - wiring.n_pool
        speed = 0.0
        for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
            speed += host.weight[term] * host.scale[signal]
        if speed == 0.0:
            continue
        evaluate_signal(wiring, host, signal, values)
        now, period = values[wiring.n_pool + signal], host.law[law, 0]
        turn = period * np.floor(now / period) if period > 0.0 else 0.0
        near = 1e-12 * max(1.0, abs(t))
        for cycle in range(-1 if period > 0.0 else 0, 2 if period > 0.0 else 1):
            for at in range(wiring.curve_ptr[wiring.law_curve[law]], wiring.curve_ptr[wiring.law_curve[law] + 1]):
                when = t + (turn + cycle * period + wiring.curve_x[at] - now) / speed
                if t + near < when < first:
                    first = when
    return first


@leaf
def flow_hazard(wiring: Wiring, host: Host, flow: int, values: Floats) -> float:
    """hazard = constant part * product of laws of signals, never below zero (1/day, per unit of the primary pool)."""
    hazard = host.rate[flow]
    row = wiring.n_signal + flow
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        hazard *= law_value(wiring, host, law, values)
    return max(hazard, 0.0)


@shared
def derivative(
    wiring: Wiring,
    host: Host,
    flows: Places,
    n_flows: int,
    values: Floats,
    hazard: Floats,
    propensity: Floats,
    change: Floats,
) -> None:
    """Add N a(x) to `change`, and keep every flow's hazard and propensity.

    Parameters
    ----------
    flows : int32[n_flows]         the live flows
    values : float64[value]        pools, signals (evaluated), time
    hazard, propensity : float64[flow]
    change : float64[pool]         amount/day
    """
    for place in range(n_flows):
        flow = flows[place]
        rate = flow_hazard(wiring, host, flow, values)
        hazard[flow] = rate
        if wiring.primary[flow] >= 0:
            rate *= values[wiring.primary[flow]]
        propensity[flow] = rate
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            change[wiring.stoich_pool[entry]] += host.change[entry] * rate
