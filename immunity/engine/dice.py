"""Stochastic mode, the plan of a step: which flows run event by event, which leap, and how far.

Flows that touch a small pool run event by event; the others leap. Where small ends is chosen step by step so that the
work is least; how far a leap may go follows from the counts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from immunity.compiler.tables import Bytes, Floats, Ints
from immunity.engine.kernel import kernel
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Places, Wiring
from immunity.engine.rng import Streams, exponential
from immunity.engine.rosenbrock import Work

LEAP = 0.05  # share of a pool of a thousand that may leave or arrive in a leap; grows with the square root of the count
UNNOTICED = 1e6  # counts above this leap as far as the error allows
N_SIZES = 13  # classes of counts by powers of two; the last, from 4,096 up, always leaps
STEP_WORK, FLOW_WORK = 20.0, 0.4  # cost of a step and of one live flow in it, in single events
MOST_LEAPS = 50.0  # leaps per step that quick turnover may ask for
MOST_EVENTS = 5000.0  # expected in one step, beyond which the busiest flows leap all the same


class Dice(NamedTuple):
    """What stochastic mode needs on top, allocated once per run."""

    clock: Floats  # [flow] unit-rate time to the next firing; below zero: not in the exact set
    firings: Floats  # [flow] in this step
    slot: Ints  # [flow] place in the lists below, -1: leaps
    exact: Places  # [slot] flow
    fire_at: Floats  # [slot] day since the start of the step
    rate: Floats  # [slot] propensity
    since: Floats  # [slot] when clock was last brought up to date
    arriving: Floats  # [pool] expected in this step
    leaving: Floats  # [pool]
    surplus: Floats  # [pool] arrivals drawn beyond those expected; own growth in `survey`
    small: Bytes  # [pool]
    size_events: Floats  # [size] events a day of flows whose smallest pool has this size
    size_flows: Floats  # [size] how many flows
    size_leap: Floats  # [size] longest leap that keeps turnover small, day
    size_growth: Floats  # [size] longest leap that keeps multiplication small, day


def new_dice(wiring: Wiring) -> Dice:
    """Allocate the workspace."""
    n_pool, n_flow = wiring.n_pool, wiring.n_flow
    per_flow = [np.zeros(n_flow) for _ in range(5)]
    per_flow[0][:] = -1.0
    return Dice(
        clock=per_flow[0],
        firings=per_flow[1],
        slot=np.full(n_flow, -1, np.int32),
        exact=np.zeros(n_flow, np.uint32),
        fire_at=per_flow[2],
        rate=per_flow[3],
        since=per_flow[4],
        arriving=np.zeros(n_pool),
        leaving=np.zeros(n_pool),
        surplus=np.zeros(n_pool),
        small=np.zeros(n_pool, np.uint8),
        size_events=np.zeros(N_SIZES + 1),
        size_flows=np.zeros(N_SIZES + 1),
        size_leap=np.zeros(N_SIZES + 1),
        size_growth=np.zeros(N_SIZES + 1),
    )


@kernel
def size_of(count: float) -> int:
    """Return the class of a count: 0 for none, then powers of two."""
    size = 0
    bound = 1.0
    while size < N_SIZES and count >= bound:
        size += 1
        bound *= 2.0
    return size


@kernel
def smallest_size(wiring: Wiring, host: Host, flow: int, x: Floats) -> int:
    """Return the size of the smallest countable pool that a flow touches."""
    smallest = N_SIZES
    for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        pool = wiring.stoich_pool[at]
        if wiring.countable[pool] and host.change[at] != 0.0:
            smallest = min(smallest, size_of(x[pool]))
    return smallest


@kernel
def own_change(wiring: Wiring, host: Host, flow: int) -> float:
    """Return by how much one firing changes the flow's countable primary pool; 0 if it has none."""
    primary = wiring.primary[flow]
    return host.own[wiring.arm_ptr[flow]] if primary >= 0 and wiring.countable[primary] else 0.0


@kernel
def survey(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats) -> None:
    """Add up, by size of pools: events a day, flows, and how far a leap may go."""
    for size in range(N_SIZES + 1):
        dice.size_events[size] = 0.0
        dice.size_flows[size] = 0.0
        dice.size_leap[size] = np.inf
        dice.size_growth[size] = np.inf
    for place in range(live.size[N_POOLS]):
        dice.arriving[live.pools[place]] = 0.0
        dice.leaving[live.pools[place]] = 0.0
        dice.surplus[live.pools[place]] = 0.0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        size = smallest_size(wiring, host, flow, x) if wiring.drawn[flow] else N_SIZES
        dice.size_flows[size] += 1.0
        if not wiring.drawn[flow]:
            continue
        dice.size_events[size] += work.propensity[flow]
        if own_change(wiring, host, flow) > 0.0:
            dice.surplus[wiring.primary[flow]] += own_change(wiring, host, flow) * work.propensity[flow]
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            amount = host.change[at] * work.propensity[flow]
            if amount > 0.0:
                dice.arriving[wiring.stoich_pool[at]] += amount
            else:
                dice.leaving[wiring.stoich_pool[at]] -= amount
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        most = max(dice.arriving[pool], dice.leaving[pool])
        if wiring.countable[pool] and most > 0.0 and x[pool] < UNNOTICED:
            size = size_of(x[pool])
            change = LEAP * max(x[pool], 1.0) * math.sqrt(1e-3 * max(x[pool], 1.0))
            dice.size_leap[size] = min(dice.size_leap[size], change / most)
            if dice.surplus[pool] > 0.0:
                dice.size_growth[size] = min(dice.size_growth[size], change / dice.surplus[pool])


@kernel
def choose_small(live: Live, dice: Dice, h: float, left: float) -> tuple[int, float]:
    """Return from which size on flows leap, and how long the step may then be, so that the work per day is least.

    Quick turnover alone shortens a step no further than MOST_LEAPS-fold: newcomers that may leave again keep the
    spread of such pools right.

    Parameters
    ----------
    h, left : float     the step that the error allows, and the time left until the next output
    """
    step_work = STEP_WORK + FLOW_WORK * live.size[N_FLOWS]
    best, best_work, best_h = 0, np.inf, h
    turnover, growth = np.inf, np.inf
    for size in range(N_SIZES, -1, -1):
        turnover = min(turnover, dice.size_leap[size])
        growth = min(growth, dice.size_growth[size])
        work, leaping = 0.0, 0.0
        for other in range(N_SIZES + 1):
            if other < size:
                work += dice.size_events[other]
            else:
                leaping += dice.size_flows[other]
        if leaping > 0.0:
            work += step_work / min(h, turnover)
        if work < best_work:
            best, best_work, best_h = size, work, min(h, growth, max(turnover, min(h, left) / MOST_LEAPS))
    return best, best_h


@kernel
def split_flows(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, streams: Streams, x: Floats, size: int, span: float
) -> int:
    """Choose the flows to run event by event, wind up the clocks of those new among them, and return their number.

    ``span`` is the length of the step, or 0 if there is nothing but exact flows.
    """
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.small[pool] = wiring.countable[pool] and size_of(x[pool]) < size
    expected = 0.0
    for other in range(size):
        expected += dice.size_events[other] * span
    n_exact = 0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        dice.slot[flow] = -1
        dice.firings[flow] = 0.0
        if not wiring.drawn[flow] or smallest_size(wiring, host, flow, x) >= size:
            dice.clock[flow] = -1.0
            continue
        busy = expected > MOST_EVENTS and work.propensity[flow] * span > 0.1 * MOST_EVENTS
        if busy and own_change(wiring, host, flow) <= 0.0:
            dice.clock[flow] = -1.0
            continue
        if dice.clock[flow] < 0.0:
            dice.clock[flow] = exponential(streams, flow)
        dice.slot[flow] = n_exact
        dice.exact[n_exact] = flow
        n_exact += 1
    return n_exact


@kernel
def meeting(wiring: Wiring, host: Host, flow: int, values: Floats) -> float:
    """Return the share of meetings left when a member of the primary pool doesn't meet itself; 1 for most flows."""
    share = 1.0
    for arm in range(wiring.arm_ptr[flow] + 1, wiring.arm_ptr[flow + 1]):
        sensed = wiring.arm_signal[arm]
        if sensed >= 0 and wiring.arm_pool[arm] == wiring.primary[flow] and values[sensed] > 0.0:
            share *= max(0.0, 1.0 - host.slope[arm] / values[sensed])
    return share
