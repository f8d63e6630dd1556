"""What can happen at all from the present state; everything else is skipped and costs nothing.

A pool is live if it is not empty or a live flow touches it; a flow is live if it has no primary pool or a live one, and
no factor of its hazard is zero for want of anything sensed. All other flows have a propensity of exactly zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import LAW_CURVE, LAW_EXP, LAW_HILL, LAW_LOG, Bytes, Floats, Ints
from immunity.engine.hazard import curve_value
from immunity.engine.kernel import kernel, shared
from immunity.engine.net import Host, Places, Wiring
from immunity.engine.packed import Packed

N_POOLS, N_SIGNALS, N_FLOWS, N_ROWS, N_ENTRIES = 0, 1, 2, 3, 4


@dataclass(frozen=True, eq=False)
class Live(Packed):
    """Lists of what is live; `size` says how much of each list holds."""

    size: Ints  # N_POOLS, N_SIGNALS, N_FLOWS, N_ROWS, N_ENTRIES
    pools: Places  # in the order of elimination; behind them, up to N_ROWS, the rows of wide signals
    signals: Places  # only those that a live flow or the stop rule needs
    flows: Places
    value_on: Bytes  # [value] pools, signals, time
    flow_on: Bytes
    # the linear system, see `sparse`
    start: Ints  # [row] its first entry
    diagonal: Ints  # [row]
    stop: Ints  # [row]
    column: Places  # [live entry]
    entry: Places  # [entry of the whole pattern] where it stands among the live ones
    hit: Places  # [update] which entry an update of a row by one above it hits
    spot: Ints  # [row] workspace


def new_live(wiring: Wiring) -> Live:
    """Allocate the lists."""
    n_value, n_row, n_entry = wiring.n_pool + wiring.n_signal + 1, len(wiring.order), len(wiring.row_column)
    return Live(
        np.zeros(5, np.int32),
        np.zeros(len(wiring.order), np.uint32),
        np.zeros(wiring.n_signal, np.uint32),
        np.zeros(wiring.n_flow, np.uint32),
        np.zeros(n_value, np.uint8),
        np.zeros(wiring.n_flow, np.uint8),
        np.zeros(n_row, np.int32),
        np.zeros(n_row, np.int32),
        np.zeros(n_row, np.int32),
        np.zeros(n_entry + 1, np.uint32),
        np.zeros(n_entry, np.uint32),
        np.zeros(wiring.n_update, np.uint32),
        np.zeros(n_row, np.int32),
    )


@kernel
def _laws_live(wiring: Wiring, host: Host, live: Live, row: int) -> bool:
    """Say whether no law of a signal or a flow is zero because what it senses is."""
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        if live.value_on[wiring.law_signal[law]]:
            continue
        kind = wiring.law_kind[law]
        if kind == LAW_HILL:
            if host.law[law, 0] == 0.0:
                return False
        elif kind in (LAW_LOG, LAW_EXP):
            continue  # not zero where nothing is sensed
        elif kind != LAW_CURVE or curve_value(wiring, wiring.law_curve[law], 0.0) == 0.0:
            return False
    return True


@kernel
def _signal_live(wiring: Wiring, host: Host, live: Live, signal: int) -> bool:
    if not _laws_live(wiring, host, live, signal):
        return False
    if host.constant[signal] != 0.0:
        return True
    for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
        if live.value_on[wiring.term_source[term]] and host.weight[term] != 0.0:
            return True
    return False


@kernel
def _spread(wiring: Wiring, host: Host, live: Live) -> bool:
    """Switch on what the pools, signals and flows that are on can reach in one pass; say whether anything was new."""
    new = False
    for signal in range(wiring.n_signal):
        value = wiring.n_pool + signal
        if not live.value_on[value] and _signal_live(wiring, host, live, signal):
            live.value_on[value] = 1
            new = True
    for flow in range(wiring.n_flow):
        primary = wiring.primary[flow]
        if live.flow_on[flow] or host.rate[flow] == 0.0 or (primary >= 0 and not live.value_on[primary]):
            continue
        if _laws_live(wiring, host, live, wiring.n_signal + flow):
            live.flow_on[flow] = 1
            new = True
            for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                if host.change[entry] != 0.0:
                    live.value_on[wiring.stoich_pool[entry]] = 1
    return new


@kernel
def _mark_needed(wiring: Wiring, row: int, needed: Bytes) -> None:
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        needed[wiring.law_signal[law]] = 1
        needed[wiring.law_signal2[law]] = 1


@shared
def find_live(wiring: Wiring, host: Host, x: Floats, live: Live, needed: Bytes, values: Floats) -> None:
    """Rebuild the lists from a state, and set the values of all signals that are off to zero.

    Parameters
    ----------
    x : float64[pool]
    needed : uint8[value]      workspace
    values : float64[value]
    """
    n_pool = wiring.n_pool
    for value in range(n_pool + wiring.n_signal + 1):
        needed[value] = 0
        live.value_on[value] = x[value] != 0.0 if value < n_pool else value == n_pool + wiring.n_signal
    for flow in range(wiring.n_flow):
        live.flow_on[flow] = 0
    while _spread(wiring, host, live):
        pass
    if wiring.stop_signal >= 0:
        needed[n_pool + wiring.stop_signal] = 1
    count = 0
    for flow in range(wiring.n_flow):
        if live.flow_on[flow]:
            live.flows[count] = flow
            count += 1
            _mark_needed(wiring, wiring.n_signal + flow, needed)
            for arm in range(wiring.arm_ptr[flow], wiring.arm_ptr[flow + 1]):
                if wiring.arm_signal[arm] >= 0:
                    needed[wiring.arm_signal[arm]] = 1
    live.size[N_FLOWS] = count
    for signal in range(wiring.n_signal - 1, -1, -1):
        if needed[n_pool + signal]:
            _mark_needed(wiring, signal, needed)
            for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
                needed[wiring.term_source[term]] = 1
    count = 0
    for signal in range(wiring.n_signal):
        values[n_pool + signal] = 0.0
        if needed[n_pool + signal] and live.value_on[n_pool + signal]:
            live.signals[count] = signal
            count += 1
    live.size[N_SIGNALS] = count
    count = 0
    for place in range(n_pool):
        if live.value_on[wiring.order[place]]:
            live.pools[count] = wiring.order[place]
            count += 1
    live.size[N_POOLS] = count
    for place in range(n_pool, len(wiring.order)):
        value = wiring.row_value[wiring.order[place]]
        if needed[value] and live.value_on[value]:
            live.pools[count] = wiring.order[place]
            count += 1
    live.size[N_ROWS] = count
