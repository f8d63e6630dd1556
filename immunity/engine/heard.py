"""Whose noise is heard: traced back from what acts, and from what is looked at, to the pools that chance moves.

Noise costs steps where it is followed. That of a molecule matters by what it moves: counts, if it sways them by more
than a part of what chance does to them anyway; other molecules, if theirs is heard; readouts.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.dice import TINY, Dice
from immunity.engine.kernel import kernel
from immunity.engine.live import N_FLOWS, N_POOLS, N_SIGNALS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rosenbrock import Work

SWAYED = 0.1  # deviation of a count, in units of its square root, that others than chance may bring
NOTICED = 0.03  # relative noise of a pool that is worth following


@kernel
def hears_molecules(wiring: Wiring, row: int) -> bool:
    """Say whether any law of a flow senses, through signals, a pool that is not counted."""
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        signal = wiring.law_signal[law] - wiring.n_pool
        if signal < wiring.n_signal and wiring.grad_ptr[signal] < wiring.grad_ptr[signal + 1]:
            return True
    return False


@kernel
def _unnoticed(
    wiring: Wiring, host: Host, work: Work, dice: Dice, x: Floats, flow: int, pace: float, maker: int
) -> float:
    """Return by how much a flow may deviate, at some pace, before that is noticed in what it changes but its maker."""
    least = np.inf
    for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        pool = wiring.stoich_pool[at]
        if pool == maker or host.change[at] == 0.0:
            continue
        held, most = x[pool] + work.floor[pool], dice.noticed[pool]
        if wiring.countable[pool]:
            held, most = max(x[pool], 1.0), max(NOTICED * x[pool], SWAYED * math.sqrt(x[pool] + 1.0))
        own = max(max(dice.arriving[pool], dice.leaving[pool]) / held, TINY)
        least = min(least, most * math.sqrt(own * (own + pace)) / abs(host.change[at]))
    return least


@kernel
def _hear_flow(wiring: Wiring, host: Host, work: Work, dice: Dice, x: Floats, flow: int) -> None:
    """Lower what is heard of a flow's maker and of what its laws sense."""
    maker, row = wiring.primary[flow], wiring.n_signal + flow
    if maker >= 0 and not wiring.countable[maker] and dice.noise[maker] > 0.0 and work.hazard[flow] > 0.0:
        most = _unnoticed(wiring, host, work, dice, x, flow, dice.swing[maker] / dice.noise[maker], maker)
        dice.heard[maker] = min(dice.heard[maker], most / work.hazard[flow])
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        if dice.lever[law] > 0.0:
            sensed = wiring.law_signal[law]
            most = _unnoticed(wiring, host, work, dice, x, flow, dice.swing[sensed] / dice.noise[sensed], -1)
            dice.heard[sensed] = min(dice.heard[sensed], most / dice.lever[law])


@kernel
def listen(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats) -> None:
    """Keep in `dice.noticed` from which deviation on the noise of every pool is followed.

    One stage of a chain each time: a maker goes by what was noticed of its product when this was last done.
    """
    for value in range(len(dice.heard)):
        dice.heard[value] = np.inf
    for place in range(live.size[N_FLOWS]):
        _hear_flow(wiring, host, work, dice, x, live.flows[place])
    for place in range(live.size[N_SIGNALS] - 1, -1, -1):
        signal = live.signals[place]
        most = dice.heard[wiring.n_pool + signal]
        if most == np.inf:
            continue
        for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
            source, by_term = wiring.term_source[term], abs(host.weight[term]) * dice.by_sum[signal]
            if by_term > 0.0:
                dice.heard[source] = min(dice.heard[source], most / by_term)
        for law in range(wiring.law_ptr[signal], wiring.law_ptr[signal + 1]):
            if dice.lever[law] > 0.0:
                sensed = wiring.law_signal[law]
                dice.heard[sensed] = min(dice.heard[sensed], most / dice.lever[law])
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.noticed[pool] = max(NOTICED * x[pool], wiring.floor[pool])
        if not wiring.seen[pool]:
            dice.noticed[pool] = max(dice.noticed[pool], dice.heard[pool])
