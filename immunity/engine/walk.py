"""Few who come and go and whom nobody minds: followed member by member, each on its way alone.

Clones that nobody calls recirculate for ever, a few in each place. Members who leave where they are by ones, at paces
that no law alters, know nothing of each other: who is where needs no queue of events. Of those in a pool, a binomial
number leave within the step; when each does, where to and when from there on is drawn as it goes. Exact, as events are,
at a tenth of their price. Who comes from elsewhere goes on from when it comes.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Bytes, Floats
from immunity.engine.dice import FEEDS, N_FEEDING, N_OTHERS, N_SHEDDING, N_WALKERS, N_WALKING, Dice
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rng import Streams, binomial, uniform_pair
from immunity.engine.rosenbrock import Work

HEARD = 0.01  # part of a sum that noise of a pool may be for what acts to feel it a step late
STEEP = 30.0  # times e by which what comes may rise or fall within a step
MOST_MOVES = 20000  # of all walkers in a step: more, and it is too long


@shared
def mark_plain(wiring: Wiring, host: Host, live: Live, dice: Dice, needed: Bytes) -> None:
    """Mark the pools whose members may walk: by ones, at constant paces, to one place; sensed by plain sums at most."""
    for pool in range(wiring.n_pool):
        dice.walks[pool] = False
        dice.plain[pool] = wiring.countable[pool] and live.value_on[pool]
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


@kernel
def _stream_of(wiring: Wiring, live: Live, pool: int) -> int:
    """Return the flow whose random numbers members of a pool use: the first by which they leave; -1 if they stay."""
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        if live.flow_on[wiring.leaver[at]]:
            return wiring.leaver[at]
    return -1


@kernel
def _wander(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, pool: int, when: float, choice: float,
    step: float, until: float,
) -> int:  # fmt: skip
    """Let a member leave a pool at some time and go on until the step ends; count what happens before ``until``.

    Returns
    -------
    int    how often it moved
    """
    moves = 0
    while when < step and moves < MOST_MOVES:
        moves += 1
        left, by = choice * dice.pace[pool], -1
        for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
            flow = wiring.leaver[at]
            if live.flow_on[flow] and left >= 0.0:
                by = flow
                left -= host.rate[flow]
        to = dice.leads[by]
        if when < until:
            dice.firings[by] += 1.0
            dice.standing[pool] -= 1.0
            if to >= 0:
                dice.standing[to] += 1.0
        stream = _stream_of(wiring, live, to) if to >= 0 else -1
        if stream < 0:
            return moves
        pool = to  # pyright: ignore[reportAssignmentType]
        u, choice = uniform_pair(streams, stream)
        when -= math.log(u) / dice.pace[pool]
    return moves


@kernel
def _let_in(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, x: Floats, flow: int, step: float,
    until: float, again: bool,
) -> int:  # fmt: skip
    """Let those walk on whom a flow that doesn't walk has brought, from when it did; return how often they moved."""
    primary, fall, moves, stream = wiring.primary[flow], 0.0, 0, -1
    for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        if dice.walks[wiring.stoich_pool[entry]] and host.change[entry] > 0.0 and stream < 0:
            stream = _stream_of(wiring, live, wiring.stoich_pool[entry])
    if primary >= 0 and x[primary] > 0.0:
        fall = max(min(math.log(x[primary] / max(dice.due[primary], 1e-300)), STEEP), -STEEP)
    times = dice.kept_firings[flow] if again and dice.slot[flow] >= 0 else dice.firings[flow]
    for _ in range(np.int64(times)):
        come = step
        if stream >= 0:
            u = uniform_pair(streams, stream)[0]
            come = step * (-math.log1p(u * math.expm1(-fall)) / fall if abs(fall) > 1e-6 else u)
        if come < until:
            dice.shown[flow] += 1.0
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool = wiring.stoich_pool[entry]
            if not dice.walks[pool] or host.change[entry] <= 0.0:
                continue
            if come < until:
                dice.standing[pool] += host.change[entry]
            own = _stream_of(wiring, live, pool)
            if own >= 0:
                for _ in range(np.int64(host.change[entry])):
                    u, choice = uniform_pair(streams, own)
                    when = come - math.log(u) / dice.pace[pool]
                    moves += _wander(wiring, host, live, dice, streams, pool, when, choice, step, until)
        if moves >= MOST_MOVES:
            return moves
    return moves


@shared
def walk(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, x: Floats, step: float, until: float,
    again: bool,
) -> bool:  # fmt: skip
    """Let all walkers go through a step, once those who join them are known; False if they move too often.

    What happened before ``until`` is in `dice.firings`, who is where by then in `dice.standing`. ``again``: as the last
    time, from the same random numbers.
    """
    if dice.walking[N_WALKERS] == 0:
        return True
    for place in range(dice.walking[N_WALKERS]):
        pool = dice.walkers[place]
        dice.standing[pool] = x[pool]
        stream = _stream_of(wiring, live, pool)
        if stream >= 0 and again:
            streams.drawn[stream] = dice.walked[stream]
        elif stream >= 0:
            dice.walked[stream] = streams.drawn[stream]
    for place in range(dice.walking[N_WALKING]):
        dice.firings[dice.walking_flows[place]] = 0.0
    for place in range(dice.walking[N_FEEDING]):
        if dice.slot[dice.feeding_flows[place]] == FEEDS:
            dice.shown[dice.feeding_flows[place]] = 0.0
    moves = 0
    for place in range(dice.walking[N_WALKERS]):
        pool = dice.walkers[place]
        stream = _stream_of(wiring, live, pool)
        if stream < 0 or x[pool] <= 0.0:
            continue
        leave = -math.expm1(-dice.pace[pool] * step)
        for _ in range(np.int64(binomial(streams, stream, x[pool], leave))):
            u, choice = uniform_pair(streams, stream)
            when = -math.log1p(-u * leave) / dice.pace[pool]
            moves += _wander(wiring, host, live, dice, streams, pool, when, choice, step, until)
            if moves >= MOST_MOVES:
                return False
    for place in range(dice.walking[N_FEEDING]):
        moves += _let_in(wiring, host, live, dice, streams, x, dice.feeding_flows[place], step, until, again)
        if moves >= MOST_MOVES:
            return False
    return True


@kernel
def go_on(
    wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams, x: Floats, after: Floats, step: float
) -> bool:
    """Let all walkers go through a step and add to ``after`` what that changes; False if they move too often."""
    if dice.walking[N_WALKERS] == 0:
        return True
    if not walk(wiring, host, live, dice, streams, x, step, step, False):
        return False
    for place in range(dice.walking[N_WALKING]):
        flow = dice.walking_flows[place]
        dice.kept_firings[flow] = dice.firings[flow]
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            after[wiring.stoich_pool[entry]] += host.change[entry] * dice.firings[flow]
    return True


@kernel
def recall_walk(dice: Dice) -> None:
    """Let flows of walkers have fired as they do in the whole step."""
    if dice.walking[N_WALKERS] == 0:
        return
    for place in range(dice.walking[N_WALKING]):
        dice.firings[dice.walking_flows[place]] = dice.kept_firings[dice.walking_flows[place]]
