"""Event by event: the modified next reaction method over the flows that touch small pools.

Every flow has its own clock that runs at the flow's propensity and rings when it has run for an exponential time.

References
----------
Anderson (2007), Journal of Chemical Physics 127:214107.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import numpy as np

from immunity.compiler.tables import Bytes, Floats
from immunity.engine.dice import Dice, meeting
from immunity.engine.hazard import evaluate_signal, flow_hazard
from immunity.engine.kernel import kernel
from immunity.engine.live import Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rng import Streams, exponential


@kernel
def event_rate(wiring: Wiring, host: Host, flow: int, values: Floats) -> float:
    """Return the propensity of a single event (1/day); 0 if it would take more than there is."""
    rate = flow_hazard(wiring, host, flow, values) * meeting(wiring, host, flow, values)
    if wiring.primary[flow] >= 0:
        rate *= values[wiring.primary[flow]]
    for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        pool = wiring.stoich_pool[at]
        if wiring.countable[pool] and values[pool] + host.change[at] < 0.0 and host.change[at] < 0.0:
            return 0.0
    return max(rate, 0.0)


@kernel
def set_clock(wiring: Wiring, host: Host, dice: Dice, slot: int, now: float, values: Floats) -> None:
    """Bring one flow's clock up to date and let it run on at its present rate."""
    flow = dice.exact[slot]
    dice.clock[flow] = max(0.0, dice.clock[flow] - dice.rate[slot] * (now - dice.since[slot]))
    dice.since[slot] = now
    rate = event_rate(wiring, host, flow, values)
    dice.rate[slot] = rate
    dice.fire_at[slot] = now + dice.clock[flow] / rate if rate > 0.0 else np.inf


@kernel
def run_events(
    wiring: Wiring,
    host: Host,
    live: Live,
    dice: Dice,
    streams: Streams,
    needed: Bytes,
    values: Floats,
    n_exact: int,
    span: float,
    most: int,
) -> float:
    """Let the exact flows fire for ``span`` days, or ``most`` events; return how long it was.

    Small pools in `values` change with every event, and with them signals and propensities; all else there stands
    still. Firings are counted in `dice.firings`.

    Parameters
    ----------
    values : float64[value]   pools, signals (evaluated), time
    """
    for slot in range(n_exact):
        dice.rate[slot] = 0.0
        dice.since[slot] = 0.0
        set_clock(wiring, host, dice, slot, 0.0, values)
    now, count = 0.0, 0
    while count < most:
        first, when = -1, span
        for slot in range(n_exact):
            if dice.fire_at[slot] < when:
                first, when = slot, dice.fire_at[slot]
        if first < 0:
            break
        now = when
        count += 1
        flow = dice.exact[first]
        dice.firings[flow] += 1.0
        dice.clock[flow] = exponential(streams, flow)
        dice.since[first] = now
        set_clock(wiring, host, dice, first, now, values)
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool = wiring.stoich_pool[at]
            if dice.small[pool] and host.change[at] != 0.0:
                values[pool] += host.change[at]
                _echo(wiring, host, live, dice, needed, values, pool, now)
    end = now if count == most else span
    for slot in range(n_exact):
        flow = dice.exact[slot]
        dice.clock[flow] = max(0.0, dice.clock[flow] - dice.rate[slot] * (end - dice.since[slot]))
    return end


@kernel
def _echo(
    wiring: Wiring, host: Host, live: Live, dice: Dice, needed: Bytes, values: Floats, pool: int, now: float
) -> None:
    """Re-evaluate what depends on a pool that changed."""
    for at in range(wiring.echo_signal_ptr[pool], wiring.echo_signal_ptr[pool + 1]):
        signal = wiring.echo_signal[at]
        if needed[wiring.n_pool + signal] and live.value_on[wiring.n_pool + signal]:
            evaluate_signal(wiring, host, signal, values)
    for at in range(wiring.echo_flow_ptr[pool], wiring.echo_flow_ptr[pool + 1]):
        slot = dice.slot[wiring.echo_flow[at]]
        if slot >= 0:
            set_clock(wiring, host, dice, slot, now, values)
