"""Leaps: how often flows between large pools fire in a step, drawn around what is expected.

Members leave their pool by binomial draws, competing flows sharing them. Flows that keep their primary pool, or have
none, draw from a Poisson distribution; where the pool itself multiplies, from a wider one (variance m + m^2 / x, as a
negative binomial), because the newborn multiply in turn. Linear birth and death so keep their exact mean and variance.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

from immunity.compiler.tables import Floats
from immunity.engine.dice import UNNOTICED, Dice, own_change
from immunity.engine.kernel import kernel
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rng import Streams, binomial, normal, poisson
from immunity.engine.rosenbrock import Work

ROUNDS = 2  # in which newcomers drawn after their pool was shared out are shared out too
TURNOVER = 1.0  # departures per member in a step above which all newcomers may leave again, else half of them


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
    """Keep the expected firings of leaping flows in `dice.mean` and `dice.firings`, and what they bring to pools."""
    for place in range(live.size[N_POOLS]):
        dice.arriving[live.pools[place]] = 0.0
        dice.surplus[live.pools[place]] = 0.0
        dice.shared[live.pools[place]] = 0.0
        dice.born[live.pools[place]] = 0.0
        dice.born_surplus[live.pools[place]] = 0.0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if not wiring.drawn[flow] or dice.slot[flow] >= 0:
            continue
        mean = max(work.expected[flow], 0.0) * _meeting_at_start(wiring, work, flow)
        dice.mean[flow] = mean
        dice.firings[flow] = mean
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool = wiring.stoich_pool[at]
            if host.change[at] > 0.0 and pool != wiring.primary[flow]:
                dice.arriving[pool] += host.change[at] * mean
            elif host.change[at] > 0.0:
                dice.born[pool] += host.change[at] * mean


@kernel
def _settle(wiring: Wiring, host: Host, dice: Dice, flow: int, firings: float) -> None:
    """Replace a flow's firings by those drawn."""
    for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        pool = wiring.stoich_pool[at]
        if host.change[at] > 0.0 and pool != wiring.primary[flow]:
            dice.surplus[pool] += host.change[at] * (firings - dice.firings[flow])
        elif host.change[at] > 0.0:
            dice.born_surplus[pool] += host.change[at] * (firings - dice.firings[flow])
    dice.firings[flow] = firings


@kernel
def _draw_leavers(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, pool: int, count: float
) -> None:
    """Share the members of a pool among the flows they may leave by: binomial draws, each given those before.

    Newcomers take part by half, as they come on average in the middle of the step; where turnover is quick they take
    part in full, with the newborn: so the spread of immigration and death stays right. Called again, it does the same
    for newcomers drawn since (or takes leavers back, where fewer came than was thought).
    """
    leaving = 0.0
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        if live.flow_on[flow] and wiring.drawn[flow] and dice.slot[flow] < 0:
            leaving += dice.mean[flow] * max(0.0, -own_change(wiring, host, flow))
    if leaving == 0.0:
        return
    if leaving > TURNOVER * count:
        expected = count + dice.arriving[pool] + dice.born[pool]
        surplus = dice.surplus[pool] + dice.born_surplus[pool]
    else:
        expected = count + 0.5 * dice.arriving[pool]
        surplus = 0.5 * dice.surplus[pool]
    dice.counted[pool] = dice.surplus[pool] + dice.born_surplus[pool]
    first = dice.shared[pool] == 0.0
    members = math.floor(expected + surplus + 0.5)
    if not first:
        members -= dice.shared[pool]
    dice.shared[pool] += members
    sign = 1.0 if members >= 0.0 else -1.0
    members *= sign
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        group = -own_change(wiring, host, flow)
        if group > 0.0 and live.flow_on[flow] and wiring.drawn[flow] and dice.slot[flow] < 0:
            taken = dice.mean[flow] * group
            chance = min(1.0, taken / expected) if expected > 0.0 else 0.0
            firings = binomial(streams, flow, math.floor(members / group), chance)
            expected -= taken
            members -= firings * group
            _settle(wiring, host, dice, flow, firings if first else max(0.0, dice.firings[flow] + sign * firings))


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
        own = own_change(wiring, host, flow)
        if wiring.drawn[flow] and dice.slot[flow] < 0 and own >= 0.0:
            mean = dice.firings[flow]
            if own > 0.0 and mean > 0.0:
                mean = max(0.0, mean * (1.0 + normal(streams, flow) / math.sqrt(x[wiring.primary[flow]])))
            _settle(wiring, host, dice, flow, poisson(streams, flow, mean))
    for pool in range(wiring.n_pool):
        after[pool] = x[pool]
        if wiring.countable[pool] and live.value_on[pool]:
            _draw_leavers(wiring, host, live, dice, streams, pool, x[pool])
    for _ in range(ROUNDS):
        for pool in range(wiring.n_pool):
            if dice.shared[pool] > 0.0 and dice.surplus[pool] + dice.born_surplus[pool] != dice.counted[pool]:
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
