"""What a stochastic run shows between the ends of a step.

Small pools are shown as their events leave them. Everything else moves along the path of expectation, bent so that it
ends where the draws ended. Firings of a flow that leapt are spread over the step at random, as those of a Poisson
process are, so that counts shown are as noisy as counts are and no member is lost between two pools.

Pools from which members are gone within the step forget what came early: what is off the path there is drawn anew from
output to output, as the bridge of a process that relaxes, to where the step ends. Pools that exchange members so
quickly would not be of one piece then, and few have other laws; steps end at outputs for both.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.course import Course, record
from immunity.engine.dice import FEEDS, WALKS, Dice
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.plan import MANY, lost_for_good
from immunity.engine.rng import Streams, binomial, poisson, rounded
from immunity.engine.rosenbrock import DENSE, GAMMA, LAST, A, C, Work, interpolate

CROWD = 1e5  # counts from here up are shown without the noise within a step
BRISK = 0.25  # turnovers in a step from which those who came early may have left again before it ends
BACK = 0.1  # part of those who leave a pool that may come back to it for the pool to stand alone


@kernel
def _turnover(dice: Dice, x: Floats, step: float, pool: int) -> float:
    """Return how many times members of a pool are gone in a step, less those born of them."""
    return step * max((dice.leaving[pool] - dice.born[pool]) / max(x[pool], 1.0), dice.pace[pool])


@kernel
def is_quick(wiring: Wiring, dice: Dice, x: Floats, step: float, pool: int) -> bool:
    """Say whether a pool that leaps takes back noise too soon for its firings to be spread over the step."""
    leaping = wiring.countable[pool] and not dice.small[pool] and not dice.walks[pool]
    return leaping and _turnover(dice, x, step, pool) > BRISK


@kernel
def _is_alone(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, pool: int) -> bool:
    """Say whether few who leave a pool come back to it, and it has members enough for the law of many."""
    some = x[pool] >= MANY and wiring.leaver_ptr[pool] < wiring.leaver_ptr[pool + 1]
    return some and lost_for_good(wiring, host, live, work, dice, pool) >= (1.0 - BACK) * dice.leaving[pool]


@shared
def is_brisk(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, step: float) -> bool:
    """Say whether some quick pool has few or gets many of its members back: nothing is made of the inside of a step."""
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        quick = x[pool] < CROWD and is_quick(wiring, dice, x, step, pool)
        if quick and not _is_alone(wiring, host, live, work, dice, x, pool):
            return True
    return False


@kernel
def _relaxed(out: float, born: float, share: float) -> tuple[float, float]:
    """Return what the method leaves of a displacement after a share of a step and at its end, as `interpolate` has it.

    Members are gone `out` times in the step and born `born` times, of which W knows nothing.
    """
    u0 = GAMMA * (born - out) / (1.0 + GAMMA * out)
    u1 = GAMMA * ((born - out) * (1.0 + A[1, 0] * u0) + C[1, 0] * u0) / (1.0 + GAMMA * out)
    u2 = GAMMA * ((born - out) * (1.0 + A[2, 0] * u0 + A[2, 1] * u1) + C[2, 0] * u0 + C[2, 1] * u1)
    u2 /= 1.0 + GAMMA * out
    u3 = GAMMA * ((born - out) * (1.0 + A[3, 0] * u0 + A[3, 1] * u1 + A[3, 2] * u2))
    u3 = (u3 + GAMMA * (C[3, 0] * u0 + C[3, 1] * u1 + C[3, 2] * u2)) / (1.0 + GAMMA * out)
    within = 1.0
    for j, u in enumerate((u0, u1, u2, u3)):
        within += share * (DENSE[j, 0] + share * (DENSE[j, 1] + share * DENSE[j, 2])) * u
    return within, 1.0 + LAST[0] * u0 + LAST[1] * u1 + LAST[2] * u2 + LAST[3] * u3


@kernel
def _path(work: Work, dice: Dice, x: Floats, step: float, share: float, pool: int) -> float:
    """Return what is expected of a quick pool within a step: the method's path, but as it forgets noise at its start.

    What is made of that by a method whose steps are longer than the pool's memory is taken out, but for the ends.
    """
    total = x[pool]
    for j in range(4):
        total += share * (DENSE[j, 0] + share * (DENSE[j, 1] + share * DENSE[j, 2])) * work.stage[j, pool]
    turnover, born = _turnover(dice, x, step, pool), step * dice.born[pool] / max(x[pool], 1.0)
    within, at_end = _relaxed(turnover + born, born, share)
    return total + dice.aside[pool] * (math.exp(-turnover * share) - within - share * (math.exp(-turnover) - at_end))


@kernel
def _show_quick(
    wiring: Wiring, work: Work, dice: Dice, streams: Streams, x: Floats, step: float, before: float, share: float,
    pool: int,
) -> float:  # fmt: skip
    """Draw how many are in a quick pool at a share of the step, given how many there were at a share `before` it."""
    z, path = _turnover(dice, x, step, pool), max(_path(work, dice, x, step, share, pool), 0.0)
    apart = 0.0 if before == 0.0 else dice.strayed[pool]
    left, done, ahead = -math.expm1(-2.0 * z * (1.0 - before)), z * (share - before), z * (1.0 - share)
    kept = -math.exp(-done) * math.expm1(-2.0 * ahead) / left  # sinh(ahead) / sinh(ahead + done)
    drawn_to = -math.exp(-ahead) * math.expm1(-2.0 * done) / left
    level = path + kept * apart + drawn_to * (work.new[pool] - dice.due[pool])
    alike = path * (1.0 + step * dice.born[pool] / (max(x[pool], 1.0) * z)) + 0.5 * step * dice.batch[pool] / z
    spread = alike * math.expm1(-2.0 * done) * math.expm1(-2.0 * ahead) / left
    spread = min(spread, level) if level < CROWD * 1e-3 else spread
    stream = wiring.leaver[wiring.leaver_ptr[pool]]
    count = poisson(streams, stream, spread)
    count = max(count + rounded(streams, stream, level - spread), 0.0)
    dice.strayed[pool] = count - path
    return count


@kernel
def _share_so_far(
    wiring: Wiring, work: Work, dice: Dice, streams: Streams, flow: int, before: float, share: float, count: float
) -> float:
    """Return how often a flow has fired in a share of the step, given how often by a share ``before`` it."""
    if dice.slot[flow] >= 0 or dice.slot[flow] == WALKS:
        return dice.firings[flow]
    if dice.slot[flow] == FEEDS:
        return dice.shown[flow]
    if count >= CROWD:
        return share * dice.firings[flow]
    left = dice.firings[flow] - dice.shown[flow]
    dice.shown[flow] += binomial(streams, flow, left, (share - before) / (1.0 - before))
    return dice.shown[flow]


@shared
def show(
    wiring: Wiring,
    host: Host,
    live: Live,
    work: Work,
    dice: Dice,
    streams: Streams,
    course: Course,
    step: float,
    before: float,
    share: float,
    when: float,
) -> None:
    """Write the next row, at a share of a step that has been drawn; ``before``: the share of the row before, or 0.

    Small pools stand in `work.values`.
    """
    shown = course.shown
    interpolate(live, work, course.x, share, shown)
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if before == 0.0 and dice.slot[flow] != FEEDS:
            dice.shown[flow] = 0.0
        if not wiring.drawn[flow] or (dice.firings[flow] == 0.0 and work.expected[flow] == 0.0):
            continue
        primary = wiring.primary[flow]
        count = course.x[primary] if primary >= 0 and wiring.countable[primary] else 0.0
        bend = _share_so_far(wiring, work, dice, streams, flow, before, share, count) - share * work.expected[flow]
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            shown[wiring.stoich_pool[at]] += host.change[at] * bend
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if dice.small[pool]:
            shown[pool] = work.values[pool]
        elif dice.walks[pool]:
            shown[pool] = dice.standing[pool]
        elif is_quick(wiring, dice, course.x, step, pool) and (
            course.x[pool] < CROWD or _is_alone(wiring, host, live, work, dice, course.x, pool)
        ):
            shown[pool] = _show_quick(wiring, work, dice, streams, course.x, step, before, share, pool)
        elif wiring.countable[pool] and shown[pool] < CROWD:
            shown[pool] = np.floor(shown[pool] + 0.5)
        shown[pool] = max(shown[pool], 0.0)
    record(wiring, host, course, when)
