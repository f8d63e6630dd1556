"""Leaps: how often flows between large pools fire in a step, drawn around what is expected.

Members leave their pool by binomial draws, competing flows sharing them; flows that keep their primary pool, or have
none, draw from a Poisson distribution.
"""

from __future__ import annotations

import math

from immunity.compiler.tables import Floats
from immunity.engine.dice import UNNOTICED, Dice, own_change
from immunity.engine.kernel import kernel
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rng import Streams, binomial, poisson
from immunity.engine.rosenbrock import Work

TURNOVER = 0.3  # share of a pool leaving in a step above which newcomers may leave again


@kernel
def _meeting_at_start(wiring: Wiring, work: Work, flow: int) -> float:
    """Return what `meeting` was at the start of the step: an arm is propensity * slope / signal."""
    share = 1.0
    for arm in range(wiring.arm_ptr[flow] + 1, wiring.arm_ptr[flow + 1]):
        if wiring.arm_signal[arm] >= 0 and wiring.arm_pool[arm] == wiring.primary[flow] and work.arm[arm] > 0.0:
            share *= max(0.0, 1.0 - work.arm[arm] / work.propensity[flow])
    return share


@kernel
def _expect(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice) -> None:
    """Keep the expected firings of leaping flows in `dice.firings`, and what they bring to every pool."""
    for place in range(live.size[N_POOLS]):
        dice.arriving[live.pools[place]] = 0.0
        dice.surplus[live.pools[place]] = 0.0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if not wiring.drawn[flow] or dice.slot[flow] >= 0:
            continue
        mean = max(work.expected[flow], 0.0) * _meeting_at_start(wiring, work, flow)
        dice.firings[flow] = mean
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            if host.change[at] > 0.0:
                dice.arriving[wiring.stoich_pool[at]] += host.change[at] * mean


@kernel
def _settle(wiring: Wiring, host: Host, dice: Dice, flow: int, firings: float) -> None:
    """Replace a flow's expected firings by those drawn."""
    for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        if host.change[at] > 0.0:
            dice.surplus[wiring.stoich_pool[at]] += host.change[at] * (firings - dice.firings[flow])
    dice.firings[flow] = firings


@kernel
def _draw_leavers(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, pool: int, count: float
) -> None:
    """Share the members of a pool among the flows they may leave by: binomial draws, each given those before.

    Where a large part leaves within the step, newcomers take part, so that a pool of quick turnover keeps its spread.
    """
    leaving = 0.0
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        if live.flow_on[flow] and wiring.drawn[flow] and dice.slot[flow] < 0:
            leaving += dice.firings[flow] * max(0.0, -own_change(wiring, host, flow))
    members = expected = count
    if leaving > TURNOVER * count:
        expected = count + dice.arriving[pool]
        members = max(0.0, math.floor(expected + dice.surplus[pool] + 0.5))
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        group = -own_change(wiring, host, flow)
        if group > 0.0 and live.flow_on[flow] and wiring.drawn[flow] and dice.slot[flow] < 0:
            taken = dice.firings[flow] * group
            chance = min(1.0, taken / expected) if expected > 0.0 else 0.0
            firings = binomial(streams, flow, math.floor(members / group), chance)
            expected -= taken
            members -= firings * group
            _settle(wiring, host, dice, flow, firings)


@kernel
def leap(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, streams: Streams, x: Floats, after: Floats
) -> bool:
    """Draw the firings of all leaping flows into `dice.firings`, and the countable pools they lead to into `after`.

    Returns
    -------
    bool    False if a pool whose members matter one by one would fall below zero: the step is too long
    """
    _expect(wiring, host, live, work, dice)
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if wiring.drawn[flow] and dice.slot[flow] < 0 and own_change(wiring, host, flow) >= 0.0:
            _settle(wiring, host, dice, flow, poisson(streams, flow, dice.firings[flow]))
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        after[pool] = x[pool]
        if wiring.countable[pool]:
            _draw_leavers(wiring, host, live, dice, streams, pool, x[pool])
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if dice.firings[flow] != 0.0:
            for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                after[wiring.stoich_pool[at]] += host.change[at] * dice.firings[flow]
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if wiring.countable[pool] and after[pool] < 0.0 and x[pool] < UNNOTICED:
            return False
    return True
