"""What a stochastic run shows between the ends of a step.

Small pools are shown as their events leave them. Everything else moves along the path of expectation, bent so that it
ends where the draws ended. Firings of a flow that leapt are spread over the step at random, as those of a Poisson
process are, so that counts shown are as noisy as counts are and no member is lost between two pools.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.course import Course, record
from immunity.engine.dice import Dice
from immunity.engine.kernel import kernel
from immunity.engine.live import N_FLOWS, N_POOLS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rng import Streams, binomial
from immunity.engine.rosenbrock import Work, interpolate

CROWD = 1e5  # counts from here up are shown without the noise within a step
BRISK = 0.25  # turnovers in a step from which those who came early may have left again before it ends


@kernel
def is_brisk(wiring: Wiring, live: Live, dice: Dice, x: Floats, step: float) -> bool:
    """Say whether some pool that leaps takes back noise too soon for what `show` makes of the inside of a step."""
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        watched = wiring.countable[pool] and not dice.small[pool] and x[pool] < CROWD
        if watched and max(dice.leaving[pool] - dice.born[pool], dice.pace[pool]) * step > BRISK * max(x[pool], 1.0):
            return True
    return False


@kernel
def _share_so_far(
    wiring: Wiring, work: Work, dice: Dice, streams: Streams, flow: int, before: float, share: float, count: float
) -> float:
    """Return how often a flow has fired in a share of the step, given how often by a share ``before`` it."""
    if dice.slot[flow] >= 0:
        return dice.firings[flow]
    if count >= CROWD:
        return share * dice.firings[flow]
    left = dice.firings[flow] - dice.shown[flow]
    dice.shown[flow] += binomial(streams, flow, left, (share - before) / (1.0 - before))
    return dice.shown[flow]


@kernel
def show(
    wiring: Wiring,
    host: Host,
    live: Live,
    work: Work,
    dice: Dice,
    streams: Streams,
    course: Course,
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
        if before == 0.0:
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
        elif wiring.countable[pool] and shown[pool] < CROWD:
            shown[pool] = np.floor(shown[pool] + 0.5)
        shown[pool] = max(shown[pool], 0.0)
    record(wiring, host, course, when)
