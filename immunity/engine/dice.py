"""Stochastic mode, the plan of a step: which flows run event by event, which leap, and how far.

Flows that touch a small pool run event by event; the others leap. Which pools count as small is chosen step by step so
that the work is least; how far a leap may go follows from the counts.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from immunity.compiler.tables import Bytes, Floats, Ints
from immunity.engine.kernel import kernel
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Places, Wiring
from immunity.engine.rng import Streams, binomial, exponential
from immunity.engine.rosenbrock import Work

FEW = 4096.0  # counts from here up always leap
LEAP = 0.2  # share of a pool of a thousand that may be born in a leap; grows with the square root of the count
MOST_BORN = 0.5  # whatever the count
LAG = 0.25  # turnovers in a step of a pool that brings such noise: what it drives feels it half a step late
MOST_STEPS = 50.0  # by how much that may shorten a step
TINY = 1e-300
BRIEF = 0.1  # births per member gone for good below which a pool may multiply much in a step: none of it stays
UNNOTICED = 1e6  # counts above this leap as far as the error allows
EVENTS = 100.0


class Dice(NamedTuple):
    """What stochastic mode needs on top, allocated once per run."""

    clock: Floats  # [flow] unit-rate time to the next firing; below zero: not in the exact set
    firings: Floats  # [flow] in this step
    shown: Floats  # [flow] of them, before the last output
    slot: Ints  # [flow] place in the lists below, -1: leaps
    exact: Places  # [slot] flow
    fire_at: Floats  # [slot] day since the start of the step
    rate: Floats  # [slot] propensity
    since: Floats  # [slot] when clock was last brought up to date
    arriving: Floats  # [pool] per day, at the start of the step
    leaving: Floats  # [pool]
    mean: Floats  # [flow] expected firings of flows that leap
    late: Floats  # [pool] share of its turnover that leaps count from the end of a step
    level: Floats  # [pool] amount between the start and the end of a step that its leaping flows go by
    came: Floats  # [pool] what leaps bring, as drawn
    due: Floats  # [pool] what leaps bring, as expected
    born: Floats  # [pool] expected to come from the pool itself, per day
    noise: Floats  # [value] relative variance that chance gives pools and signals, roughly
    brought: Floats  # [pool] of that, through what makes it
    odd: Floats  # [stoich] by how much whole members drawn for a fractional yield are off it, in this step
    told: Floats  # [signal] value of a crowded signal that exact flows last heard of
    tree: Ints  # tournament over slots: which fires first
    drives: Bytes  # [pool] brings noise worth following into an uncountable pool
    small: Bytes  # [pool] its flows run event by event


def new_dice(wiring: Wiring) -> Dice:
    """Allocate the workspace."""
    n_pool, n_flow = wiring.n_pool, wiring.n_flow
    per_flow = [np.zeros(n_flow) for _ in range(6)]
    per_flow[0][:] = -1.0
    return Dice(
        clock=per_flow[0],
        firings=per_flow[1],
        shown=per_flow[5],
        slot=np.full(n_flow, -1, np.int32),
        exact=np.zeros(n_flow, np.uint32),
        fire_at=per_flow[2],
        rate=per_flow[3],
        since=per_flow[4],
        arriving=np.zeros(n_pool),
        leaving=np.zeros(n_pool),
        mean=np.zeros(n_flow),
        late=np.zeros(n_pool),
        level=np.zeros(n_pool),
        came=np.zeros(n_pool),
        due=np.zeros(n_pool),
        born=np.zeros(n_pool),
        noise=np.zeros(n_pool + wiring.n_signal + 1),
        brought=np.zeros(n_pool),
        odd=np.zeros(len(wiring.stoich_pool)),
        told=np.zeros(wiring.n_signal),
        tree=np.zeros(4 * n_flow + 4, np.int32),
        drives=np.zeros(n_pool, np.uint8),
        small=np.zeros(n_pool, np.uint8),
    )


@kernel
def touches_small(wiring: Wiring, host: Host, dice: Dice, flow: int) -> bool:
    """Say whether a flow changes a pool that is small in this step."""
    for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        if dice.small[wiring.stoich_pool[at]] and host.change[at] != 0.0:
            return True
    return False


@kernel
def own_change(wiring: Wiring, host: Host, flow: int) -> float:
    """Return by how much one firing changes the flow's countable primary pool; 0 if it has none."""
    primary = wiring.primary[flow]
    return host.own[wiring.arm_ptr[flow]] if primary >= 0 and wiring.countable[primary] else 0.0


@kernel
def leaps(wiring: Wiring, dice: Dice, flow: int) -> bool:
    """Say whether a flow is drawn, and not event by event."""
    return wiring.drawn[flow] and dice.slot[flow] < 0


@kernel
def survey(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice) -> float:
    """Add up what arrives in every pool, leaves it and is born in it per day; return all events drawn per day."""
    events = 0.0
    for place in range(live.size[N_POOLS]):
        dice.arriving[live.pools[place]] = 0.0
        dice.leaving[live.pools[place]] = 0.0
        dice.born[live.pools[place]] = 0.0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if wiring.drawn[flow]:
            events += work.propensity[flow]
        if own_change(wiring, host, flow) > 0.0:
            dice.born[wiring.primary[flow]] += own_change(wiring, host, flow) * work.propensity[flow]
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            amount = host.change[at] * work.propensity[flow]
            if amount > 0.0:
                dice.arriving[wiring.stoich_pool[at]] += amount
            else:
                dice.leaving[wiring.stoich_pool[at]] -= amount
    return events


@kernel
def all_small(wiring: Wiring, host: Host, live: Live, dice: Dice, x: Floats) -> bool:
    """Say whether every live flow is drawn and touches a pool of few members; if so, follow every pool's events."""
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.small[pool] = wiring.countable[pool] and x[pool] < FEW
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if not wiring.drawn[flow] or not touches_small(wiring, host, dice, flow):
            return False
    for place in range(live.size[N_POOLS]):
        dice.small[live.pools[place]] = wiring.countable[live.pools[place]]
    return True


@kernel
def plan_step(wiring: Wiring, live: Live, dice: Dice, x: Floats, wanted: float) -> float:
    """Mark as small the pools worth running event by event, and return how long the step may be.

    A pool is small if it has few members and its events cost less than the leaps they replace. A pool that leaps may
    not multiply by much in one step, unless its members are gone for good long before they do.
    """
    longest = wanted
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.small[pool] = False
        if not wiring.countable[pool] or x[pool] >= UNNOTICED:
            continue
        count = max(x[pool], 1.0)
        most_born = count * min(MOST_BORN, LEAP * math.sqrt(1e-3 * count))
        limit = wanted
        brought = dice.arriving[pool] - dice.born[pool]
        if dice.born[pool] > BRIEF * max(dice.leaving[pool] - brought, 0.0):
            limit = min(wanted, most_born / dice.born[pool])
        if x[pool] < FEW and (dice.arriving[pool] + dice.leaving[pool]) * limit <= EVENTS:
            dice.small[pool] = True
        else:
            longest = min(longest, limit)
        if dice.drives[pool]:
            slowly = LAG * count / max(dice.arriving[pool], dice.leaving[pool], TINY)
            longest = min(longest, max(slowly, wanted / MOST_STEPS))
    return longest


@kernel
def split_flows(wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams) -> int:
    """List the flows to run event by event, wind up the clocks of those new among them, and return their number."""
    n_exact = 0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        dice.slot[flow] = -1
        dice.firings[flow] = 0.0
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            dice.odd[at] = 0.0
        if not wiring.drawn[flow] or not touches_small(wiring, host, dice, flow):
            dice.clock[flow] = -1.0
            continue
        if dice.clock[flow] < 0.0:
            dice.clock[flow] = exponential(streams, flow)
        dice.slot[flow] = n_exact
        dice.exact[n_exact] = flow
        n_exact += 1
    return n_exact


@kernel
def whole_yield(streams: Streams, flow: int, change: float, firings: float) -> float:
    """Return by how much whole members are off a fractional yield: each firing draws whether it makes one more."""
    low = np.floor(change)
    return binomial(streams, flow, firings, change - low) - (change - low) * firings


@kernel
def meeting(wiring: Wiring, host: Host, flow: int, values: Floats) -> float:
    """Return the share of meetings left when members of one pool don't meet themselves; 1 for most flows.

    A flow that goes by a a a of one pool fires as a (a - 1) (a - 2) does.
    """
    share, met = 1.0, 0.0
    for arm in range(wiring.arm_ptr[flow] + 1, wiring.arm_ptr[flow + 1]):
        sensed = wiring.arm_signal[arm]
        if sensed >= 0 and wiring.arm_pool[arm] == wiring.primary[flow] and values[sensed] > 0.0:
            met += 1.0
            share *= max(0.0, 1.0 - met * host.slope[arm] / values[sensed])
    return share
