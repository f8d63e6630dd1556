"""Walkers on their way through a step, each alone; see `walk`.

Of those in a pool, a binomial number leave within the step; when each does, where to and when from there on is drawn as
it goes. Exact, as events are, at a tenth of their price. Who comes from elsewhere goes on from when it comes. All moves
are noted, for what is shown within the step.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.dice import FEEDS, MOST_MOVES, N_FEEDING, N_MOVES, N_WALKERS, N_WALKING, Dice
from immunity.engine.kernel import kernel
from immunity.engine.live import Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rng import Streams, binomial, uniform_pair

STEEP = 30.0  # times e by which what comes may rise or fall within a step
ARRIVES = -1  # where a walker comes from that was none


@kernel
def _note(dice: Dice, when: float, by: int, pool: int) -> None:
    """Note that a member left a pool by a flow, or came by one (`ARRIVES`), as far as there is room."""
    at = dice.walking[N_MOVES]
    if at < len(dice.moved_at):
        dice.moved_at[at], dice.moved_by[at], dice.moved_from[at] = when, by, pool
    dice.walking[N_MOVES] = at + 1


@kernel
def _how_many_leave(streams: Streams, stream: int, members: float, turnover: float) -> float:
    """Draw how many members leave that each do so with a chance of 1 - exp(-turnover).

    Mostly nobody does where few are, and (1 - p)^n >= 1 - n p says so without a power: what `binomial` would.
    """
    if 0.0 < turnover < 0.5 and members * turnover < 0.5:
        if uniform_pair(streams, stream)[0] < 1.0 - (1.0 + 1e-9) * members * turnover:
            return 0.0
        streams.drawn[stream] -= np.uint64(1)
    return binomial(streams, stream, members, -math.expm1(-turnover))


@kernel
def _wander(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, pool: int, when: float, choice: float,
    step: float,
) -> None:  # fmt: skip
    """Let a member leave a pool at some time and go on until the step ends."""
    moves = 0
    while when < step and moves < MOST_MOVES:
        moves += 1
        left, by = choice * dice.pace[pool], -1
        for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
            flow = wiring.leaver[at]
            if live.flow_on[flow] and left >= 0.0:
                by = flow
                left -= host.rate[flow]
        dice.firings[by] += 1.0
        _note(dice, when, by, pool)
        to = dice.leads[by]
        if to < 0 or dice.stream[to] < 0:
            return
        pool = to  # pyright: ignore[reportAssignmentType]
        u, choice = uniform_pair(streams, dice.stream[pool])
        when -= math.log(u) / dice.pace[pool]


@kernel
def _let_in(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, x: Floats, flow: int, step: float
) -> bool:
    """Let those walk on whom a flow that doesn't walk has brought, from when it did; False if they move too often."""
    primary, fall, stream = wiring.primary[flow], 0.0, -1
    for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        if dice.walks[wiring.stoich_pool[entry]] and host.change[entry] > 0.0 and stream < 0:
            stream = dice.stream[wiring.stoich_pool[entry]]
    if primary >= 0 and x[primary] > 0.0:
        fall = max(min(math.log(x[primary] / max(dice.due[primary], 1e-300)), STEEP), -STEEP)
    for _ in range(np.int64(dice.firings[flow])):
        come = step
        if stream >= 0:
            u = uniform_pair(streams, stream)[0]
            come = step * (-math.log1p(u * math.expm1(-fall)) / fall if abs(fall) > 1e-6 else u)
        _note(dice, come, flow, ARRIVES)
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool = wiring.stoich_pool[entry]
            if not dice.walks[pool] or host.change[entry] <= 0.0 or dice.stream[pool] < 0:
                continue
            for _ in range(np.int64(host.change[entry])):
                u, choice = uniform_pair(streams, dice.stream[pool])
                when = come - math.log(u) / dice.pace[pool]
                _wander(wiring, host, live, dice, streams, pool, when, choice, step)
        if dice.walking[N_MOVES] >= MOST_MOVES:
            return False
    return True


@kernel
def _walk(wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, x: Floats, step: float) -> bool:
    """Let all walkers go through a step, once those who join them are known; False if they move too often."""
    dice.walking[N_MOVES] = 0
    for place in range(dice.walking[N_WALKING]):
        dice.firings[dice.walking_flows[place]] = 0.0
    for place in range(dice.walking[N_WALKERS]):
        pool = dice.walkers[place]
        stream = dice.stream[pool]
        if stream < 0 or x[pool] <= 0.0:
            continue
        leaving = _how_many_leave(streams, stream, x[pool], dice.pace[pool] * step)
        if leaving == 0.0:
            continue
        leave = -math.expm1(-dice.pace[pool] * step)
        for _ in range(np.int64(leaving)):
            u, choice = uniform_pair(streams, stream)
            when = -math.log1p(-u * leave) / dice.pace[pool]
            _wander(wiring, host, live, dice, streams, pool, when, choice, step)
            if dice.walking[N_MOVES] >= MOST_MOVES:
                return False
    for place in range(dice.walking[N_FEEDING]):
        if not _let_in(wiring, host, live, dice, streams, x, dice.feeding_flows[place], step):
            return False
    return True


@kernel
def go_on(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, x: Floats, after: Floats, step: float
) -> bool:
    """Let all walkers go through a step and add to ``after`` what that changes; False if they move too often."""
    if dice.walking[N_WALKERS] == 0:
        return True
    if not _walk(wiring, host, live, dice, streams, x, step):
        return False
    for place in range(dice.walking[N_WALKING]):
        flow = dice.walking_flows[place]
        dice.kept_firings[flow] = dice.firings[flow]
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            after[wiring.stoich_pool[entry]] += host.change[entry] * dice.firings[flow]
    return True


@kernel
def look_back(wiring: Wiring, host: Host, dice: Dice, x: Floats, until: float) -> None:
    """Let `dice.standing` be who was where at a time within the step, and `dice.firings` what had happened by then."""
    if dice.walking[N_WALKERS] == 0:
        return
    for place in range(dice.walking[N_WALKERS]):
        dice.standing[dice.walkers[place]] = x[dice.walkers[place]]
    for place in range(dice.walking[N_WALKING]):
        dice.firings[dice.walking_flows[place]] = 0.0
    for place in range(dice.walking[N_FEEDING]):
        if dice.slot[dice.feeding_flows[place]] == FEEDS:
            dice.shown[dice.feeding_flows[place]] = 0.0
    for at in range(dice.walking[N_MOVES]):
        if dice.moved_at[at] >= until:
            continue
        flow, pool = dice.moved_by[at], dice.moved_from[at]
        if pool == ARRIVES:
            dice.shown[flow] += 1.0
            for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                if dice.walks[wiring.stoich_pool[entry]] and host.change[entry] > 0.0:
                    dice.standing[wiring.stoich_pool[entry]] += host.change[entry]
            continue
        dice.firings[flow] += 1.0
        dice.standing[pool] -= 1.0
        if dice.leads[flow] >= 0:
            dice.standing[dice.leads[flow]] += 1.0


@kernel
def recall_walk(dice: Dice) -> None:
    """Let flows of walkers have fired as they do in the whole step."""
    if dice.walking[N_WALKERS] == 0:
        return
    for place in range(dice.walking[N_WALKING]):
        dice.firings[dice.walking_flows[place]] = dice.kept_firings[dice.walking_flows[place]]
