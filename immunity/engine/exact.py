"""Event by event: the modified next reaction method over the flows that touch small pools.

Every flow has its own clock that runs at the flow's propensity and rings when it has run for an exponential time. Which
rings first is kept in a tournament tree, so that an event costs what it changes, not what there is.

References
----------
Anderson (2007), Journal of Chemical Physics 127:214107.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import numpy as np

from immunity.compiler.tables import Bytes, Floats
from immunity.engine.dice import Dice, meeting, whole_yield
from immunity.engine.hazard import evaluate_signal, flow_hazard
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_POOLS, N_SIGNALS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rng import Streams, exponential
from immunity.engine.rosenbrock import Work

RESIDUE = 1e-9  # of a sum over counts: less may be rounding
CROWDED = 1e-3  # relative change of a signal that flows of other pools are told of


@kernel
def event_rate(wiring: Wiring, host: Host, flow: int, values: Floats) -> float:
    """Return the propensity of a single event (1/day); 0 if it would take more than there is."""
    rate = flow_hazard(wiring, host, flow, values) * meeting(wiring, host, flow, values)
    if wiring.primary[flow] >= 0:
        rate *= values[wiring.primary[flow]]
    for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        pool = wiring.stoich_pool[at]
        if wiring.countable[pool] and values[pool] + np.floor(host.change[at]) < 0.0 and host.change[at] < 0.0:
            return 0.0
    return max(rate, 0.0)


@kernel
def _set_clock(wiring: Wiring, host: Host, dice: Dice, slot: int, now: float, values: Floats) -> None:
    """Bring one flow's clock up to date and let it run on at its present rate."""
    flow = dice.exact[slot]
    dice.clock[flow] = max(0.0, dice.clock[flow] - dice.rate[slot] * (now - dice.since[slot]))
    dice.since[slot] = now
    rate = event_rate(wiring, host, flow, values)
    dice.rate[slot] = rate
    dice.fire_at[slot] = now + dice.clock[flow] / rate if rate > 0.0 else np.inf


@kernel
def _replay(dice: Dice, slot: int, leaves: int) -> None:
    """Let a slot whose time changed play its way up the tournament again, to where another wins as before.

    Of two at the same time the one further to the left wins, as it does in `_start`.
    """
    node, winner, time = leaves + slot, slot, dice.fire_at[slot]
    dice.best[node] = time
    while node > 1:
        other = dice.best[node ^ 1]
        if other < time or (other == time and node & 1 == 1):
            winner, time = dice.tree[node ^ 1], other
        node >>= 1
        if winner != slot and winner == dice.tree[node]:
            break
        dice.tree[node] = winner
        dice.best[node] = time


@kernel
def _start(wiring: Wiring, host: Host, live: Live, dice: Dice, values: Floats, n_exact: int) -> int:
    """Set all clocks, remember what the signals told, and play the tournament; return its number of leaves."""
    for place in range(live.size[N_SIGNALS]):
        signal = live.signals[place]
        dice.told[signal] = values[wiring.n_pool + signal]
    leaves = 1
    while leaves < n_exact:
        leaves *= 2
    for slot in range(leaves):
        dice.tree[leaves + slot] = slot
        dice.best[leaves + slot] = np.inf
    for slot in range(n_exact):
        dice.rate[slot] = 0.0
        dice.since[slot] = 0.0
        _set_clock(wiring, host, dice, slot, 0.0, values)
        dice.best[leaves + slot] = dice.fire_at[slot]
    for node in range(leaves - 1, 0, -1):
        better = 2 * node + 1 if dice.best[2 * node + 1] < dice.best[2 * node] else 2 * node
        dice.tree[node] = dice.tree[better]
        dice.best[node] = dice.best[better]
    return leaves


@shared
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
    still. Firings are counted in `dice.firings`, and what small pools were in `dice.mass`. Flows are told of a signal
    once it has changed by a thousandth: the next member of a crowd is not news to each of the others.

    Parameters
    ----------
    values : float64[value]   pools, signals (evaluated), time
    """
    leaves = _start(wiring, host, live, dice, values, n_exact)
    for place in range(live.size[N_POOLS]):
        dice.mass[live.pools[place]] = 0.0
        dice.since_day[live.pools[place]] = 0.0
    now, count = 0.0, 0
    while count < most:
        if not dice.best[1] < span:
            break
        first, now = dice.tree[1], dice.best[1]
        count += 1
        flow = dice.exact[first]
        dice.firings[flow] += 1.0
        dice.clock[flow] = exponential(streams, flow)
        dice.since[first] = now
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool = wiring.stoich_pool[at]
            odd = 0.0
            if wiring.countable[pool] and host.change[at] != np.floor(host.change[at]):
                odd = whole_yield(streams, flow, host.change[at], 1.0)
                dice.odd[at] += odd
            if dice.small[pool]:
                dice.mass[pool] += values[pool] * (now - dice.since_day[pool])
                dice.since_day[pool] = now
                values[pool] += host.change[at] + odd
                _add_up(wiring, host, live, needed, values, pool, host.change[at] + odd)
        for telling in (False, True):
            for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                pool = wiring.stoich_pool[at]
                if dice.small[pool] and host.change[at] != 0.0 and telling:
                    _tell(wiring, host, dice, values, pool, now, leaves, first)
                elif dice.small[pool] and host.change[at] != 0.0:
                    _sense(wiring, host, live, needed, values, pool)
        _set_clock(wiring, host, dice, first, now, values)
        _replay(dice, first, leaves)
    end = now if count == most else span
    for slot in range(n_exact):
        flow = dice.exact[slot]
        dice.clock[flow] = max(0.0, dice.clock[flow] - dice.rate[slot] * (end - dice.since[slot]))
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if dice.small[pool]:
            dice.mass[pool] += values[pool] * (end - dice.since_day[pool])
    return end


@kernel
def _add_up(wiring: Wiring, host: Host, live: Live, needed: Bytes, values: Floats, pool: int, moved: float) -> None:
    """Take a change of a pool into the plain sums over it, without adding up a crowd anew for every event.

    What is left where next to nothing is left may be rounding: that is added up.
    """
    for at in range(wiring.echo_signal_ptr[pool], wiring.echo_signal_ptr[pool + 1]):
        signal, term = wiring.echo_signal[at], wiring.echo_term[at]
        place = wiring.n_pool + signal
        if term >= 0 and needed[place] and live.value_on[place]:
            before = values[place]
            values[place] += host.weight[term] * host.scale[signal] * moved
            if not abs(values[place]) > RESIDUE * abs(before):
                evaluate_signal(wiring, host, signal, values)


@kernel
def _sense(wiring: Wiring, host: Host, live: Live, needed: Bytes, values: Floats, pool: int) -> None:
    """Evaluate the signals that depend on a pool that changed, but for plain sums."""
    for at in range(wiring.echo_signal_ptr[pool], wiring.echo_signal_ptr[pool + 1]):
        place = wiring.n_pool + wiring.echo_signal[at]
        if wiring.echo_term[at] < 0 and needed[place] and live.value_on[place]:
            evaluate_signal(wiring, host, wiring.echo_signal[at], values)


@kernel
def _tell(
    wiring: Wiring, host: Host, dice: Dice, values: Floats, pool: int, now: float, leaves: int, fired: int
) -> None:
    """Let flows know of a pool that changed: those that it owns, and those that sense it if it makes a difference.

    The clock of the one that fired is set afterwards.
    """
    for at in range(wiring.echo_signal_ptr[pool], wiring.echo_signal_ptr[pool + 1]):
        signal = wiring.echo_signal[at]
        value = values[wiring.n_pool + signal]
        if abs(value - dice.told[signal]) > CROWDED * abs(dice.told[signal]):
            dice.told[signal] = value
            for told in range(wiring.tell_flow_ptr[signal], wiring.tell_flow_ptr[signal + 1]):
                slot = dice.slot[wiring.tell_flow[told]]
                if slot >= 0 and slot != fired:
                    _set_clock(wiring, host, dice, slot, now, values)
                    _replay(dice, slot, leaves)
    for at in range(wiring.echo_flow_ptr[pool], wiring.echo_flow_ptr[pool + 1]):
        slot = dice.slot[wiring.echo_flow[at]]
        if slot >= 0 and slot != fired:
            _set_clock(wiring, host, dice, slot, now, values)
            _replay(dice, slot, leaves)


@shared
def expected_events(work: Work, dice: Dice, n_exact: int) -> float:
    """How many firings of exact flows a step expects, by what stood at its start."""
    total = 0.0
    for slot in range(n_exact):
        total += work.expected[dice.exact[slot]]
    return total


@shared
def keep_events(wiring: Wiring, dice: Dice, streams: Streams, n_exact: int, at: int) -> None:
    """Remember where clocks and streams stand, before (0) or after (1) the events of a step; then also what fired."""
    for slot in range(n_exact):
        flow = dice.exact[slot]
        dice.kept_clock[at, flow] = dice.clock[flow]
        dice.kept_drawn[at, flow] = streams.drawn[flow]
        if at == 1:
            dice.kept_firings[flow] = dice.firings[flow]
            for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                dice.kept_odd[entry] = dice.odd[entry]


@shared
def rewind_events(dice: Dice, streams: Streams, n_exact: int, at: int) -> None:
    """Set clocks and streams to where they stood."""
    for slot in range(n_exact):
        flow = dice.exact[slot]
        dice.clock[flow] = dice.kept_clock[at, flow]
        streams.drawn[flow] = dice.kept_drawn[at, flow]


@shared
def forget_firings(wiring: Wiring, dice: Dice, n_exact: int) -> None:
    """Let no exact flow have fired."""
    for slot in range(n_exact):
        flow = dice.exact[slot]
        dice.firings[flow] = 0.0
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            dice.odd[entry] = 0.0


@shared
def recall_firings(wiring: Wiring, dice: Dice, n_exact: int) -> None:
    """Let exact flows have fired as they were remembered to."""
    for slot in range(n_exact):
        flow = dice.exact[slot]
        dice.firings[flow] = dice.kept_firings[flow]
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            dice.odd[entry] = dice.kept_odd[entry]
