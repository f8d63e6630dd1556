"""Stochastic mode: what it needs on top of the workspace of a step, and what is known of chance before it is drawn."""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import Bytes, Floats, Ints
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Places, Wiring
from immunity.engine.packed import Grid, Packed, WordGrid
from immunity.engine.rng import Streams, binomial
from immunity.engine.rosenbrock import Work

TINY = 1e-300
UNNOTICED = 1e6  # counts above this leap as far as the error allows
N_WALKERS, N_WALKING, N_SHEDDING, N_OTHERS, N_FEEDING, N_MOVES = 0, 1, 2, 3, 4, 5
MOST_MOVES = 20000  # of all walkers in a step: more, and it is too long
LEAPS, FEEDS, WALKS = -1, -2, -3  # slots of flows that are not exact: leaps, and brings walkers; of walkers


@dataclass(frozen=True, eq=False)
class Dice(Packed):
    """What stochastic mode needs on top, allocated once per run."""

    clock: Floats  # [flow] unit-rate time to the next firing; below zero: not in the exact set
    firings: Floats  # [flow] in this step
    shown: Floats  # [flow] of them, before the last output
    strayed: Floats  # [pool] how far it was from what is expected, at the last output
    aside: Floats  # [pool] how far noise took it by the end of the last step
    batch: Floats  # [pool] pairs of members per day that come as one, each counted twice
    slot: Ints  # [flow] place in the lists below, or LEAPS, FEEDS, WALKS
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
    noise: Floats  # [value] variance that chance gives pools and signals, roughly
    blur: Floats  # [value] the part of it that a step need not resolve
    jump: Floats  # [value] square of how far one member moves them, or all that come and go by chance
    swing: Floats  # [value] noise times how quickly it changes, per day
    brought: Floats  # [pool] noise of what makes and takes it, per day
    blurred: Floats  # [pool] blur of that
    swung: Floats  # [pool] swing of that
    lever: Floats  # [law] by how much its signal or flow moves, per deviation of what it senses
    by_sum: Floats  # [signal] by how much it moves with its sum
    heard: Floats  # [value] deviation from which noise is noticed in what acts
    noticed: Floats  # [pool] deviation from which a step follows noise
    odd: Floats  # [stoich] by how much whole members drawn for a fractional yield are off it, in this step
    stand: Floats  # [pool] the state that a step is computed from: small pools as they are on average within it
    mass: Floats  # [pool] small pools as events have them, times days
    since_day: Floats  # [pool] when that was last brought up to date
    own: Floats  # [flow] by how much one firing changes its countable primary pool; 0 if it has none
    uneven: Bytes  # [flow] one firing may change a pool by other than whole numbers
    response: Floats  # [arm] by how much firings rise with one more in its pool at the end of the step
    more: Floats  # [flow] expected firings on top, for what events made of small pools
    pace: Floats  # [pool] by which part members leave or are born, per day, also where nobody is
    kept_clock: Grid  # [2, flow] of exact flows, before and after the events of a step
    kept_drawn: WordGrid  # [2, flow] of their streams
    kept_firings: Floats  # [flow]
    kept_odd: Floats  # [stoich]
    told: Floats  # [signal] value of a crowded signal that exact flows last heard of
    tree: Ints  # tournament over slots: which fires first
    best: Floats  # and when
    small: Bytes  # [pool] its flows run event by event
    plain: Bytes  # [pool] its members may walk, see `walk`
    walks: Bytes  # [pool] they do, in this step
    walking: Ints  # how much holds of each list below: N_WALKERS, N_WALKING (of these N_SHEDDING), N_OTHERS, ...
    walkers: Places  # pools that walk
    walking_flows: Places  # by which their members leave, some of which make or take something that is not counted
    other_flows: Places  # all others that are live
    feeding_flows: Places  # those of them that bring members there
    leads: Ints  # [flow] the one counted pool to which it takes members of a plain one, or -1
    stream: (
        Ints  # [pool] the flow whose random numbers its members use as walkers: the first by which they leave, or -1
    )
    standing: Floats  # [pool] how many walkers are there, at the last output
    moved_at: Floats  # [move] when a walker moved, since the start of the step
    moved_by: Ints  # [move] flow
    moved_from: Ints  # [move] pool, or -1: it came from where nobody walks


def new_dice(wiring: Wiring) -> Dice:
    """Allocate the workspace."""
    n_pool, n_flow = wiring.n_pool, wiring.n_flow
    per_flow = [np.zeros(n_flow) for _ in range(6)]
    per_flow[0][:] = -1.0
    return Dice(
        clock=per_flow[0],
        firings=per_flow[1],
        shown=per_flow[5],
        strayed=np.zeros(n_pool),
        aside=np.zeros(n_pool),
        batch=np.zeros(n_pool),
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
        blur=np.zeros(n_pool + wiring.n_signal + 1),
        jump=np.zeros(n_pool + wiring.n_signal + 1),
        swing=np.zeros(n_pool + wiring.n_signal + 1),
        brought=np.zeros(n_pool),
        swung=np.zeros(n_pool),
        blurred=np.zeros(n_pool),
        lever=np.zeros(len(wiring.law_kind)),
        by_sum=np.zeros(wiring.n_signal),
        heard=np.zeros(n_pool + wiring.n_signal + 1),
        noticed=np.zeros(n_pool),
        odd=np.zeros(len(wiring.stoich_pool)),
        stand=np.zeros(n_pool),
        mass=np.zeros(n_pool),
        since_day=np.zeros(n_pool),
        own=np.zeros(n_flow),
        uneven=np.zeros(n_flow, np.uint8),
        response=np.zeros(len(wiring.arm_pool)),
        more=np.zeros(n_flow),
        pace=np.zeros(n_pool),
        kept_clock=np.zeros((2, n_flow)),
        kept_drawn=np.zeros((2, n_flow), np.uint64),
        kept_firings=np.zeros(n_flow),
        kept_odd=np.zeros(len(wiring.stoich_pool)),
        told=np.zeros(wiring.n_signal),
        tree=np.zeros(4 * n_flow + 4, np.int32),
        best=np.zeros(4 * n_flow + 4),
        small=np.zeros(n_pool, np.uint8),
        plain=np.zeros(n_pool, np.uint8),
        walks=np.zeros(n_pool, np.uint8),
        walking=np.zeros(6, np.int32),
        walkers=np.zeros(n_pool, np.uint32),
        walking_flows=np.zeros(n_flow, np.uint32),
        other_flows=np.zeros(n_flow, np.uint32),
        feeding_flows=np.zeros(n_flow, np.uint32),
        leads=np.full(n_flow, -1, np.int32),
        stream=np.full(n_pool, -1, np.int32),
        standing=np.zeros(n_pool),
        moved_at=np.zeros(2 * MOST_MOVES),
        moved_by=np.zeros(2 * MOST_MOVES, np.int32),
        moved_from=np.zeros(2 * MOST_MOVES, np.int32),
    )


@kernel
def touches_small(wiring: Wiring, host: Host, dice: Dice, flow: int) -> bool:
    """Say whether a flow changes a pool that is small in this step."""
    for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        if dice.small[wiring.stoich_pool[at]] and host.change[at] != 0.0:
            return True
    return False


@shared
def note_changes(wiring: Wiring, host: Host, dice: Dice) -> None:
    """Keep by how much flows change their primary pools, and which change anything by other than whole numbers."""
    for flow in range(wiring.n_flow):
        primary = wiring.primary[flow]
        dice.own[flow] = host.own[wiring.arm_ptr[flow]] if primary >= 0 and wiring.countable[primary] else 0.0
        dice.uneven[flow] = False
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            if host.change[at] != np.floor(host.change[at]):
                dice.uneven[flow] = True


@kernel
def leaps(wiring: Wiring, dice: Dice, flow: int) -> bool:
    """Say whether a flow is drawn, and not event by event nor one of walkers."""
    return wiring.drawn[flow] and dice.slot[flow] < 0 and dice.slot[flow] != WALKS


@shared
def survey(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice) -> float:
    """Add up what arrives in every pool, leaves it and is born in it per day; return all events drawn per day.

    Of uncountable pools also what is not born of themselves, in `work.coming`: see `rosenbrock.set_floors`.
    """
    events = 0.0
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.arriving[pool] = 0.0
        dice.leaving[pool] = 0.0
        dice.born[pool] = 0.0
        dice.pace[pool] = 0.0
        dice.batch[pool] = 0.0
        work.coming[pool] = work.slope[pool]
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        primary, own, propensity, drawn = (
            wiring.primary[flow],
            dice.own[flow],
            work.propensity[flow],
            wiring.drawn[flow],
        )
        if drawn:
            events += propensity
        if own != 0.0:
            dice.pace[primary] -= own * work.hazard[flow]
            dice.born[primary] += max(own, 0.0) * propensity
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool, change = wiring.stoich_pool[at], host.change[at]
            amount = change * propensity
            if amount > 0.0:
                dice.arriving[pool] += amount
                if pool == primary:
                    work.coming[pool] -= amount
                elif drawn and change > 1.0:
                    dice.batch[pool] += (change - 1.0) * amount
            else:
                dice.leaving[pool] -= amount
    return events


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
