"""The plan of a step: which pools are small enough to run event by event, which leap, and how far.

Flows that touch a small pool run event by event; the others leap. Which pools count as small is chosen step by step so
that the work is least; how far a leap may go follows from the counts.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

from immunity.compiler.tables import Bytes, Floats
from immunity.engine.dice import (
    FEEDS,
    LEAPS,
    N_FEEDING,
    N_OTHERS,
    N_WALKERS,
    N_WALKING,
    TINY,
    UNNOTICED,
    WALKS,
    Dice,
    leaps,
    touches_small,
)
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rng import Streams, exponential
from immunity.engine.rosenbrock import Work, begin_step, linearise
from immunity.engine.walk import choose_walkers, list_walks

FEW = 4096.0  # counts from here up always leap
LEAP = 0.2  # share of a pool of a thousand that may be born in a leap; grows with the square root of the count
MOST_BORN = 0.5  # whatever the count
MOST_STEPS = 50.0  # by how much following noise may shorten a step
BRIEF = 0.1  # births per member gone for good below which a pool may multiply much in a step: none of it stays
FAMILY = 0.5  # births per member lost for good below which it may as well: who came has few descendants
MANY = 64.0  # members from which that goes by what is normal, see `few.SPARSE`
EVENTS = 100.0  # of a small pool in a step that its births allow
MOST_EVENTS = 1000.0  # of a small pool in any step, as expected at its start
MOST_GROWN = 2.0  # how many times e small pools are expected to grow in a step, at most
LOST = 0.1  # part of a pool that leaps which events of small pools may take in a step: it does not know of them


@shared
def all_small(wiring: Wiring, host: Host, live: Live, dice: Dice, x: Floats) -> bool:
    """Say whether every live flow is drawn and touches a pool of few members; if so, follow every pool's events."""
    for place in range(live.size[N_FLOWS]):
        if not wiring.drawn[live.flows[place]]:
            return False
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.small[pool] = wiring.countable[pool] and x[pool] < FEW
    for place in range(live.size[N_FLOWS]):
        if not touches_small(wiring, host, dice, live.flows[place]):
            return False
    for place in range(live.size[N_POOLS]):
        dice.small[live.pools[place]] = wiring.countable[live.pools[place]]
        dice.walks[live.pools[place]] = False
    dice.walking[N_WALKERS] = 0
    list_walks(wiring, live, dice)
    return True


@kernel
def sends(wiring: Wiring, live: Live, dice: Dice, pool: int, other: int, by_leaps: bool) -> bool:
    """Say whether members of a pool may go to another, by any flow or by those that leap."""
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        if not live.flow_on[flow] or (by_leaps and not leaps(wiring, dice, flow)):
            continue
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            if wiring.stoich_pool[entry] == other:
                return True
    return False


@kernel
def comes_back(wiring: Wiring, live: Live, dice: Dice, pool: int, by_leaps: bool) -> bool:
    """Say whether members of a pool may go to another and come back, by any flow or by those that leap."""
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        if not live.flow_on[flow] or (by_leaps and not leaps(wiring, dice, flow)):
            continue
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            other = wiring.stoich_pool[entry]
            if other != pool and wiring.countable[other] and sends(wiring, live, dice, other, pool, by_leaps):
                return True
    return False


@kernel
def _come_back(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, other: int, pool: int) -> float:
    """Return how many of a member that went elsewhere, and of those born of it there, are expected back; at most one.

    They die, divide and leave there at paces that add up, as long as hazards are those of now.
    """
    back = 0.0
    for at in range(wiring.leaver_ptr[other], wiring.leaver_ptr[other + 1]):
        flow = wiring.leaver[at]
        if live.flow_on[flow]:
            for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                if wiring.stoich_pool[entry] == pool:
                    back += max(host.change[entry], 0.0) * work.hazard[flow]
    if back == 0.0:
        return 0.0
    return min(1.0, back / dice.pace[other]) if dice.pace[other] > 0.0 else 1.0


@shared
def lost_for_good(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, pool: int) -> float:
    """Return how many members leave a pool per day for where nobody comes back from, or those who won't."""
    lost = 0.0
    for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
        flow = wiring.leaver[at]
        own = dice.own[flow]
        if not live.flow_on[flow] or own >= 0.0:
            continue
        back = 0.0
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            other = wiring.stoich_pool[entry]
            if other != pool and wiring.countable[other]:
                back = max(back, _come_back(wiring, host, live, work, dice, other, pool))
        lost -= (1.0 - back) * own * work.propensity[flow]
    return lost


@kernel
def _leap_limit(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, wanted: float, pool: int
) -> float:
    """Return how long a pool that leaps lets a step be: it may not multiply by much unless that is soon gone again.

    What is fed from elsewhere may be born and die quickly: families of those that came are small.
    """
    count = max(x[pool], 1.0)
    most_born = count * min(MOST_BORN, LEAP * math.sqrt(1e-3 * count))
    brought = dice.arriving[pool] - dice.born[pool]
    if dice.born[pool] <= BRIEF * max(dice.leaving[pool] - brought, 0.0):
        return wanted
    if x[pool] >= MANY and dice.born[pool] <= FAMILY * lost_for_good(wiring, host, live, work, dice, pool):
        return wanted
    return min(wanted, most_born / dice.born[pool])


@kernel
def _events_within(wiring: Wiring, live: Live, dice: Dice, x: Floats, limit: float, pool: int) -> float:
    """Return how many events a pool has; those that come and don't come back leave once."""
    come, gone = dice.arriving[pool] * limit, dice.leaving[pool] * limit
    if come + gone > EVENTS >= 2.0 * come + x[pool] and not comes_back(wiring, live, dice, pool, False):
        gone = min(gone, come + x[pool])
    return come + gone


@kernel
def _longest(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, wanted: float, followed: float
) -> float:
    """Return how long the step may be, given which pools are small."""
    longest = min(wanted, max(followed, wanted / MOST_STEPS))
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if not wiring.countable[pool] or x[pool] >= UNNOTICED:
            continue
        limit = _leap_limit(wiring, host, live, work, dice, x, wanted, pool)
        if dice.small[pool]:
            busy = max(_events_within(wiring, live, dice, x, limit, pool), TINY) * wanted / limit
            growing = max(dice.born[pool] - dice.leaving[pool], TINY)
            longest = min(longest, wanted * MOST_EVENTS / busy, MOST_GROWN * max(x[pool], 1.0) / growing)
        else:
            longest = min(longest, limit)
    return longest


@kernel
def _loses_unawares(
    wiring: Wiring, host: Host, work: Work, dice: Dice, x: Floats, step: float, flow: int, entry: int
) -> bool:
    """Say whether an exact flow takes much from a pool that leaps: within the step that pool would not know of it."""
    pool = wiring.stoich_pool[entry]
    if dice.small[pool] or not wiring.countable[pool] or x[pool] >= UNNOTICED or host.change[entry] >= 0.0:
        return False
    part = work.propensity[flow] / max(x[pool], 1.0)
    if pool == wiring.primary[flow]:
        part = work.hazard[flow]
    return -host.change[entry] * part * step > LOST


@kernel
def _judge_mixed(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, step: float, joins: bool
) -> bool:
    """Settle exact flows that take much from a pool that leaps; say whether any pool changed its kind.

    In a first round such a pool becomes small as well, if its events are not too many; in a second both leap.
    """
    changed = False
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        if not wiring.drawn[flow] or not touches_small(wiring, host, dice, flow):
            continue
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            if not _loses_unawares(wiring, host, work, dice, x, step, flow, entry):
                continue
            pool = wiring.stoich_pool[entry]
            if joins and (dice.arriving[pool] + dice.leaving[pool]) * step <= MOST_EVENTS:
                dice.small[pool] = True
                changed = True
            elif not joins:
                for other in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                    dice.small[wiring.stoich_pool[other]] = False
                changed = True
    return changed


@shared
def plan_step(
    wiring: Wiring,
    host: Host,
    live: Live,
    work: Work,
    dice: Dice,
    needed: Bytes,
    x: Floats,
    wanted: float,
    followed: float,
) -> float:
    """Mark as small the pools worth running event by event, and return how long the step may be.

    A pool is small if it has few members and its events cost less than the leaps they replace, or if it has few and
    exchanges them with such a pool. A pool that leaps may not multiply by much in one step, unless its members are gone
    for good long before they do.

    Parameters
    ----------
    followed : float   how long the step may be for the noise in uncountable pools to be followed
    """
    some = False
    dice.walking[N_WALKERS] = 0
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.small[pool] = False
        dice.walks[pool] = False
        if wiring.countable[pool] and x[pool] < FEW:
            limit = _leap_limit(wiring, host, live, work, dice, x, wanted, pool)
            dice.small[pool] = _events_within(wiring, live, dice, x, limit, pool) <= EVENTS
            some = some or dice.small[pool]
    if some:
        some = choose_walkers(wiring, host, live, work, dice, needed, x)
    list_walks(wiring, live, dice)
    longest = _longest(wiring, host, live, work, dice, x, wanted, followed)
    if not some:
        return longest
    mixed = False
    for joins in (True, False):
        while _judge_mixed(wiring, host, live, work, dice, x, longest, joins):
            mixed = True
    return _longest(wiring, host, live, work, dice, x, wanted, followed) if mixed else longest


@shared
def split_flows(wiring: Wiring, host: Host, live: Live, dice: Dice, streams: Streams) -> int:
    """List the flows to run event by event, wind up the clocks of those new among them, and return their number.

    And those that bring members to where they walk.
    """
    n_exact = 0
    for place in range(dice.walking[N_WALKING]):
        flow = dice.walking_flows[place]
        dice.slot[flow] = WALKS
        dice.firings[flow] = 0.0
        dice.clock[flow] = -1.0
        if dice.uneven[flow]:
            for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                dice.odd[at] = 0.0
    dice.walking[N_FEEDING] = 0
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        dice.slot[flow] = LEAPS
        dice.firings[flow] = 0.0
        dice.more[flow] = 0.0
        if not wiring.drawn[flow]:
            continue
        few, brings, uneven = False, False, dice.uneven[flow]
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool = wiring.stoich_pool[at]
            few = few or (dice.small[pool] and host.change[at] != 0.0)
            brings = brings or (dice.walks[pool] and host.change[at] > 0.0)
            if uneven:
                dice.odd[at] = 0.0
        if brings:
            dice.slot[flow] = FEEDS
            dice.feeding_flows[dice.walking[N_FEEDING]] = flow
            dice.walking[N_FEEDING] += 1
        if not few:
            dice.clock[flow] = -1.0
            continue
        if dice.clock[flow] < 0.0:
            dice.clock[flow] = exponential(streams, flow)
        dice.slot[flow] = n_exact
        dice.exact[n_exact] = flow
        n_exact += 1
    return n_exact


@shared
def hold_small(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, t: float, step: float
) -> None:
    """Begin a step from small pools as they are expected to be on average within it, which then stand still.

    How quick members come and go by ones and twos is none of the step's business; see `leap.heed_events`.
    """
    some, moved = False, False
    for pool in range(wiring.n_pool):
        dice.stand[pool] = x[pool]
        work.held[pool] = False
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if dice.small[pool]:
            z = max(
                step * max((dice.leaving[pool] - dice.born[pool]) / max(x[pool], 1.0), dice.pace[pool]), -MOST_GROWN
            )
            left = -math.expm1(-z) / z if abs(z) > 1e-6 else 1.0 - 0.5 * z
            came = step * (dice.arriving[pool] - dice.born[pool])
            dice.stand[pool] = left * x[pool] + came * ((1.0 - left) / z if abs(z) > 1e-6 else 0.5)
            work.held[pool] = True
            some = True
            moved = moved or dice.stand[pool] != x[pool]
    if moved:
        begin_step(wiring, host, live, work, dice.stand, t)
    linearise(wiring, host, live, work)
    if some:
        for place in range(dice.walking[N_OTHERS]):
            flow = dice.other_flows[place]
            for arm in range(wiring.arm_ptr[flow], wiring.arm_ptr[flow + 1]):
                if wiring.arm_pool[arm] < wiring.n_pool and work.held[wiring.arm_pool[arm]]:
                    work.arm[arm] = 0.0


@shared
def let_go(live: Live, work: Work, dice: Dice, x: Floats) -> None:
    """Take small pools to where they are expected at the end of a step that was computed."""
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if work.held[pool]:
            work.new[pool] += x[pool] - dice.stand[pool]
