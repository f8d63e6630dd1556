"""Leaps of pools in which few are: members matter one by one there, and a leap might take more than there are.

Where nobody comes back, members are shared out among the flows they leave by. Where they do, how many are there at the
end is drawn: who is left of those at the start, and who of those elsewhere is here. The flows out make up for it.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.dice import UNNOTICED, Dice, leaps, whole_yield
from immunity.engine.kernel import kernel
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.plan import BRIEF, comes_back, sends
from immunity.engine.rng import Streams, binomial
from immunity.engine.rosenbrock import Work

SPARSE = 64.0  # members below which those of a pool are drawn one by one


@kernel
def _arrivals(wiring: Wiring, host: Host, live: Live, dice: Dice, drawn: bool) -> None:
    """Add up what drawn flows bring to every pool, as drawn or as expected, in `dice.came` or `dice.due`."""
    total = dice.came if drawn else dice.due
    for place in range(live.size[N_POOLS]):
        total[live.pools[place]] = 0.0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if wiring.drawn[flow]:
            firings = dice.firings[flow] if drawn else dice.mean[flow]
            for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                total[wiring.stoich_pool[entry]] += max(0.0, host.change[entry]) * firings


@kernel
def _share_out(wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, pool: int, count: float) -> None:
    """Share the few members of a pool among the flows they leave by: those there at the start, then newcomers too.

    Binomial draws, each given those before. What comes to other pools by these flows is kept up in `dice.came`.
    """
    members, left, leaving = count, count, 0.0
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        if live.flow_on[flow] and leaps(wiring, dice, flow):
            leaving += max(0.0, -dice.own[flow]) * dice.mean[flow]
    per_flow = 0.0
    if leaving > 0.0:
        per_flow = count * min((1.0 - dice.late[pool]) / dice.level[pool], 1.0 / leaving)
    for early in (True, False):
        taking = dice.late[pool] if not early else 1.0 - dice.late[pool]
        if not early:
            members += dice.came[pool]
            left += dice.due[pool]
        for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
            flow = wiring.leaver[at]
            group = -dice.own[flow]
            if not (group > 0.0 and live.flow_on[flow] and leaps(wiring, dice, flow)):
                continue
            at_start = per_flow * dice.mean[flow]
            taken = group * (at_start if early else dice.mean[flow] - at_start)
            chance = min(1.0, max(0.0, taken / left)) if left > 0.0 else 0.0
            firings = binomial(streams, flow, np.floor(max(members, 0.0) / group), chance) if taking > 0.0 else 0.0
            left -= taken
            members -= firings * group
            more = firings - dice.firings[flow] if early else firings
            dice.firings[flow] += more
            for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                dice.came[wiring.stoich_pool[entry]] += max(0.0, host.change[entry]) * more


@kernel
def share_out_few(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, streams: Streams, x: Floats) -> None:
    """Draw again, member by member, who leaves pools in which few are, given who comes."""
    listed = False
    for pool in range(wiring.n_pool):
        if not (wiring.countable[pool] and live.value_on[pool]):
            continue
        few = min(x[pool], work.new[pool]) < SPARSE and x[pool] < UNNOTICED and dice.level[pool] > 0.0
        if not few or dice.small[pool] or dice.walks[pool] or comes_back(wiring, live, dice, pool, True):
            continue
        if not listed:
            _arrivals(wiring, host, live, dice, False)
            _arrivals(wiring, host, live, dice, True)
        listed = True
        _share_out(wiring, host, live, dice, streams, pool, x[pool])


@kernel
def _fire_again(
    wiring: Wiring, host: Host, dice: Dice, streams: Streams, flow: int, more: float, after: Floats
) -> None:
    """Let a leaping flow fire more often than it was drawn to, or (below zero) less often."""
    dice.firings[flow] += more
    for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        pool, moved = wiring.stoich_pool[entry], host.change[entry] * more
        after[pool] += moved - dice.odd[entry]
        if wiring.countable[pool] and (dice.odd[entry] != 0.0 or moved != np.floor(moved)):
            dice.odd[entry] = whole_yield(streams, flow, host.change[entry], dice.firings[flow])
        after[pool] += dice.odd[entry]


@kernel
def mend(wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, pool: int, after: Floats) -> None:
    """Take back firings by which more left a pool than were there."""
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        group = -dice.own[flow]
        if after[pool] < 0.0 and group > 0.0 and live.flow_on[flow] and leaps(wiring, dice, flow):
            undone = min(dice.firings[flow], np.ceil(-after[pool] / group))
            _fire_again(wiring, host, dice, streams, flow, -undone, after)


@kernel
def _circle(wiring: Wiring, host: Host, live: Live, dice: Dice, pool: int, after: Floats) -> tuple[float, float]:
    """Return how many are in a pool and where its members go and come back from, as drawn and as expected.

    None, if members leave it otherwise than one by one and by leaps, or if fewer are expected there: that goes first.
    """
    around, expected = after[pool], dice.due[pool]
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        if not live.flow_on[flow] or dice.own[flow] == 0.0:
            continue
        if dice.own[flow] != -1.0 or not leaps(wiring, dice, flow):
            return 0.0, 0.0
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            other = wiring.stoich_pool[entry]
            if other == pool or not wiring.countable[other] or not sends(wiring, live, dice, other, pool, True):
                continue
            if dice.small[other] or dice.due[other] < dice.due[pool]:
                return 0.0, 0.0
            around += max(after[other], 0.0)
            expected += dice.due[other]
    return around, expected


@kernel
def count_few(
    wiring: Wiring,
    host: Host,
    live: Live,
    dice: Dice,
    streams: Streams,
    x: Floats,
    after: Floats,
    step: float,
) -> None:
    """Draw how many there are at the end in pools of few whose members go and come back, and mend their flows.

    What leaps make of few is nearly normal, which has a part below none. Those at the start are still there with the
    chance exp(-z) in z turnovers; each of all others around is there with the chance that is left for them. What was
    expected at the end stands in `dice.due`.
    """
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        leaping = wiring.countable[pool] and not dice.small[pool] and not dice.walks[pool]
        few = leaping and min(x[pool], dice.due[pool]) < SPARSE
        if not few or x[pool] >= UNNOTICED or dice.born[pool] > BRIEF * dice.pace[pool]:
            continue
        if not comes_back(wiring, live, dice, pool, True):
            continue
        around, expected = _circle(wiring, host, live, dice, pool, after)
        if around <= 0.0 or expected <= 0.0:
            continue
        first, leaving = -1, 0.0
        for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
            flow = wiring.leaver[at]
            if live.flow_on[flow] and dice.own[flow] != 0.0:
                first = flow if first < 0 else first
                leaving += dice.mean[flow]
        stayed = math.exp(-step * dice.pace[pool])
        came = max(dice.due[pool] - stayed * x[pool], 0.0)
        chance = min(1.0, came / max(expected - stayed * x[pool], came)) if came > 0.0 else 0.0
        count = binomial(streams, first, x[pool], stayed)
        count += binomial(streams, first, max(around - count, 0.0), chance)
        over = after[pool] - count
        for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
            flow = wiring.leaver[at]
            if over == 0.0 or not live.flow_on[flow] or dice.own[flow] == 0.0:
                continue
            part = min(1.0, dice.mean[flow] / leaving) if leaving > 0.0 else 1.0
            leaving -= dice.mean[flow]
            more = binomial(streams, flow, abs(over), part) * (1.0 if over > 0.0 else -1.0)
            more = max(more, -dice.firings[flow])
            over -= more
            _fire_again(wiring, host, dice, streams, flow, more, after)
