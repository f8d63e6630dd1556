"""Who walks: few who come and go and whom nobody minds; see `wander`.

Clones that nobody calls recirculate for ever, a few in each place. Members who leave where they are by ones, at paces
that no law alters, know nothing of each other: who is where needs no queue of events.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Bytes, Floats
from immunity.engine.dice import N_OTHERS, N_SHEDDING, N_WALKERS, N_WALKING, Dice
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rosenbrock import Work

HEARD = 0.01  # part of a sum that noise of a pool may be for what acts to feel it a step late


@kernel
def _stream_of(wiring: Wiring, live: Live, pool: int) -> int:
    """Return the flow whose random numbers members of a pool use: the first by which they leave; -1 if they stay."""
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        if live.flow_on[wiring.leaver[at]]:
            return wiring.leaver[at]
    return -1


@shared
def mark_plain(wiring: Wiring, host: Host, live: Live, dice: Dice, needed: Bytes) -> None:
    """Mark the pools whose members may walk: by ones, at constant paces, to one place; sensed by plain sums at most."""
    for pool in range(wiring.n_pool):
        dice.walks[pool] = False
        dice.plain[pool] = wiring.countable[pool] and live.value_on[pool]
        dice.stream[pool] = _stream_of(wiring, live, pool)
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        primary, brought, places = wiring.primary[flow], 0.0, 0
        dice.leads[flow] = -1
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool, change = wiring.stoich_pool[at], host.change[at]
            if pool != primary and wiring.countable[pool]:
                brought += abs(change)
                if change > 0.0:
                    dice.leads[flow] = np.int64(pool)
                    places += 1
                if change < 0.0 or change != np.floor(change):
                    dice.plain[pool] = False
        row = wiring.n_signal + flow
        simple = wiring.drawn[flow] and wiring.law_ptr[row] == wiring.law_ptr[row + 1]
        if primary >= 0 and not (simple and dice.own[flow] == -1.0 and brought <= 1.0 and places <= 1):
            dice.plain[primary] = False
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        for at in range(wiring.echo_signal_ptr[pool], wiring.echo_signal_ptr[pool + 1]):
            value = wiring.n_pool + wiring.echo_signal[at]
            if wiring.echo_term[at] < 0 and needed[value] and live.value_on[value]:
                dice.plain[pool] = False


@kernel
def _is_heard(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, needed: Bytes, x: Floats, pool: int
) -> bool:
    """Say whether what chance does to a pool makes a difference to a sum that something goes by."""
    for at in range(wiring.echo_signal_ptr[pool], wiring.echo_signal_ptr[pool + 1]):
        signal = wiring.echo_signal[at]
        value = wiring.n_pool + signal
        if needed[value] and live.value_on[value]:
            noise = abs(host.weight[wiring.echo_term[at]] * host.scale[signal]) * math.sqrt(x[pool] + 1.0)
            if noise > HEARD * abs(work.values[value]):
                return True
    return False


@kernel
def _leads_elsewhere(wiring: Wiring, live: Live, dice: Dice, pool: int) -> bool:
    """Say whether a live flow leads from a pool that walks to a counted one that does not."""
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        other = dice.leads[wiring.leaver[at]]
        if other >= 0 and live.flow_on[wiring.leaver[at]] and not dice.walks[other]:
            return True
    return False


@kernel
def _send_off(wiring: Wiring, host: Host, live: Live, dice: Dice, pool: int) -> bool:
    """Let no members of a small pool walk on from where it sends them; say whether any would have."""
    sent = False
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        if live.flow_on[flow]:
            for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                other = wiring.stoich_pool[entry]
                if dice.walks[other] and other != pool and host.change[entry] > 0.0:
                    dice.walks[other] = False
                    sent = True
    return sent


@kernel
def choose_walkers(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, needed: Bytes, x: Floats) -> bool:
    """Let small pools walk that lead to no others, and that no small one leads to; say whether any stays small."""
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.walks[pool] = False
        if dice.small[pool] and dice.plain[pool]:
            dice.walks[pool] = not _is_heard(wiring, host, live, work, dice, needed, x, pool)
    changed = True
    while changed:
        changed = False
        for place in range(live.size[N_POOLS]):
            pool = live.pools[place]
            if dice.walks[pool] and _leads_elsewhere(wiring, live, dice, pool):
                dice.walks[pool] = False
                changed = True
            if dice.small[pool] and not dice.walks[pool] and _send_off(wiring, host, live, dice, pool):
                changed = True
    some = False
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if dice.walks[pool]:
            dice.small[pool] = False
            dice.walkers[dice.walking[N_WALKERS]] = pool
            dice.walking[N_WALKERS] += 1
        some = some or dice.small[pool]
    return some


@shared
def list_walks(wiring: Wiring, live: Live, dice: Dice) -> None:
    """List the flows by which walkers leave where they are, and all others that are live."""
    n_walking, n_shedding, n_others = 0, 0, 0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if dice.walking[N_WALKERS] > 0 and wiring.primary[flow] >= 0 and dice.walks[wiring.primary[flow]]:
            dice.walking_flows[n_walking] = flow
            n_walking += 1
            if wiring.stoich_ptr[flow + 1] - wiring.stoich_ptr[flow] > (2 if dice.leads[flow] >= 0 else 1):
                n_shedding += 1
        else:
            dice.other_flows[n_others] = flow
            n_others += 1
    dice.walking[N_WALKING], dice.walking[N_SHEDDING], dice.walking[N_OTHERS] = n_walking, n_shedding, n_others
