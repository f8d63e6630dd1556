"""The approximate Jacobian W, flow by flow: by how much each flow's propensity rises with each of its arms' pools.

Flows that touch a countable pool feel their primary pool and the partners they consume, hazards frozen. Flows among
uncountable pools, the fast ones, also feel every uncountable pool that their laws sense, through any chain of signals:
without that a quick molecule that holds itself down would force steps as short as its lifetime.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

from immunity.compiler.tables import LAW_CURVE, LAW_EXP, LAW_HILL, LAW_LOG, LAW_POWER, LAW_PROPORTIONAL, Floats
from immunity.engine.hazard import law_value
from immunity.engine.kernel import kernel, leaf
from immunity.engine.live import N_FLOWS, N_SIGNALS, Live
from immunity.engine.net import BY_LAWS, BY_PRIMARY, Host, Wiring


@kernel
def _curve_slope(wiring: Wiring, curve: int, x: float) -> float:
    for at in range(wiring.curve_ptr[curve] + 1, wiring.curve_ptr[curve + 1]):
        if wiring.curve_x[at - 1] <= x < wiring.curve_x[at]:
            return (wiring.curve_y[at] - wiring.curve_y[at - 1]) / (wiring.curve_x[at] - wiring.curve_x[at - 1])
    return 0.0


@leaf
def _law_slopes(wiring: Wiring, host: Host, law: int, value: float, values: Floats) -> tuple[float, float]:
    """Return d(law)/d(signal) and d(law)/d(second signal), given the law's value."""
    kind = wiring.law_kind[law]
    s = values[wiring.law_signal[law]]
    if kind == LAW_PROPORTIONAL:
        return 1.0, 0.0
    if kind == LAW_CURVE:
        return _curve_slope(wiring, wiring.law_curve[law], s), 0.0
    if kind == LAW_EXP:
        return value / host.law[law, 0], 0.0
    if s <= 0.0:
        return 0.0, 0.0
    if kind == LAW_POWER:
        return host.law[law, 1] * value / s, 0.0
    if kind == LAW_LOG:
        return 1.0 / s, 0.0
    if kind == LAW_HILL:
        base, top, n = host.law[law, 0], host.law[law, 1], host.law[law, 3]
        return n * (value - base) * (top - value) / ((top - base) * s) if top != base else 0.0, 0.0
    other = max(values[wiring.law_signal2[law]], 0.0)
    total = host.law[law, 0] + s + other
    return (total - s) / (total * total), -s / (total * total)


@leaf
def _add_signal(wiring: Wiring, value: int, factor: float, gradient: Floats, dense: Floats) -> None:
    """dense += factor * gradient of a signal; of a wide one its own row stands for all that it reads."""
    row = wiring.wide_row[value - wiring.n_pool]
    if row >= 0:
        dense[row] += factor
        return
    for at in range(wiring.grad_ptr[value - wiring.n_pool], wiring.grad_ptr[value - wiring.n_pool + 1]):
        dense[wiring.grad_pool[at]] += factor * gradient[at]


@leaf
def _add_laws(
    wiring: Wiring, host: Host, row: int, product: float, values: Floats, gradient: Floats, dense: Floats
) -> None:
    """dense += gradient of a product by way of its laws."""
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        value = law_value(wiring, host, law, values)
        if value != 0.0:
            first, second = _law_slopes(wiring, host, law, value, values)
            _add_signal(wiring, wiring.law_signal[law], product / value * first, gradient, dense)
            if second != 0.0:
                _add_signal(wiring, wiring.law_signal2[law], product / value * second, gradient, dense)


@kernel
def differentiate_signals(
    wiring: Wiring, host: Host, live: Live, values: Floats, gradient: Floats, dense: Floats
) -> None:
    """Compute d(signal)/d(uncountable pool) for the live signals that `prepare` gave room for it.

    Parameters
    ----------
    gradient : float64[grad]    sparse rows, one per signal
    dense : float64[row]        workspace, all zero before and after
    """
    for place in range(live.size[N_SIGNALS]):
        signal = live.signals[place]
        start, stop = wiring.grad_ptr[signal], wiring.grad_ptr[signal + 1]
        if start == stop:
            continue
        factor = host.scale[signal]
        for law in range(wiring.law_ptr[signal], wiring.law_ptr[signal + 1]):
            factor *= law_value(wiring, host, law, values)
        for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
            source = wiring.term_source[term]
            if source < wiring.n_pool:
                dense[source] += factor * host.weight[term]
            elif source < wiring.n_pool + wiring.n_signal:
                _add_signal(wiring, source, factor * host.weight[term], gradient, dense)
        _add_laws(wiring, host, signal, values[wiring.n_pool + signal], values, gradient, dense)
        for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
            if wiring.term_source[term] < wiring.n_pool and wiring.countable[wiring.term_source[term]]:
                dense[wiring.term_source[term]] = 0.0
        for at in range(start, stop):
            gradient[at] = dense[wiring.grad_pool[at]]
            dense[wiring.grad_pool[at]] = 0.0


@kernel
def evaluate_arms(
    wiring: Wiring,
    host: Host,
    live: Live,
    values: Floats,
    hazard: Floats,
    propensity: Floats,
    gradient: Floats,
    dense: Floats,
    arms: Floats,
) -> None:
    """Compute d(propensity)/d(pool) for every arm of the live flows.

    Arms by which a pool speeds up its own growth are left out: the diagonal of I - h W stays safely positive.

    Parameters
    ----------
    arms : float64[arm]
    """
    differentiate_signals(wiring, host, live, values, gradient, dense)
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        start, stop = wiring.arm_ptr[flow], wiring.arm_ptr[flow + 1]
        if start < stop and wiring.arm_signal[stop - 1] == BY_LAWS:
            _add_laws(wiring, host, wiring.n_signal + flow, propensity[flow], values, gradient, dense)
        for arm in range(start, stop):
            pool, sensed = wiring.arm_pool[arm], wiring.arm_signal[arm]
            value = 0.0
            if sensed == BY_PRIMARY:
                value = hazard[flow]
            elif sensed == BY_LAWS:
                value = dense[pool]
                dense[pool] = 0.0
            elif values[sensed] > 0.0:
                value = host.slope[arm] * propensity[flow] / values[sensed]
            arms[arm] = value if live.value_on[wiring.row_value[pool]] else 0.0
