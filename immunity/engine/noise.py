"""How far chance throws every amount and signal, roughly, what error that excuses, and which steps follow it.

Counts vary as Poisson counts do; where nobody is, as those do that may come within the step. Variances travel along
signals, laws and what they make, as if all that comes together were independent.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.dice import N_OTHERS, TINY, Dice
from immunity.engine.hazard import law_value
from immunity.engine.heard import hears_molecules, listen
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_FLOWS, N_POOLS, N_SIGNALS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rosenbrock import Work

ALLOWED = 0.03  # error allowed on top to counts and what they drive, in units of their noise
FRESH = 9.0  # how many times as much where nobody is yet: all that comes is noise
RARE = 4.0  # displacements of counts, in units of their square root, that a long step takes back unasked
LAG = 0.25  # part of the time in which such noise changes that a step may take: what it drives feels it late


@kernel
def _product(wiring: Wiring, host: Host, row: int, values: Floats) -> float:
    """Return the product of the laws of a signal or a flow."""
    product = 1.0
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        product *= law_value(wiring, host, law, values)
    return product


@kernel
def _through_laws(
    wiring: Wiring, host: Host, dice: Dice, row: int, product: float, by_laws: float, values: Floats
) -> tuple[float, float, float, float]:
    """Return noise, blur, jump and swing of `by_laws` times a product of laws, by secants over jumps of what is sensed.

    A slope would be blind to the first members that come: many laws are flat at nothing.
    """
    noise, blur, jump, swing = 0.0, 0.0, 0.0, 0.0
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        sensed = wiring.law_signal[law]
        dice.lever[law] = 0.0
        if dice.noise[sensed] > 0.0:
            before = values[sensed]
            values[sensed] = before + math.sqrt(dice.jump[sensed])
            moved = _product(wiring, host, row, values) - product
            values[sensed] = before
            dice.lever[law] = abs(moved * by_laws) / math.sqrt(dice.jump[sensed])
            jump += moved * moved
            noise += moved * moved * (dice.noise[sensed] / dice.jump[sensed])
            blur += moved * moved * (dice.blur[sensed] / dice.jump[sensed])
            swing += moved * moved * (dice.swing[sensed] / dice.jump[sensed])
    square = by_laws * by_laws
    return square * noise, square * blur, square * jump, square * swing


@kernel
def _trace_signals(wiring: Wiring, host: Host, live: Live, values: Floats, dice: Dice) -> None:
    """Trace noise from pools into signals."""
    for signal in range(wiring.n_pool, len(values)):
        dice.noise[signal] = 0.0
    for place in range(live.size[N_SIGNALS]):
        signal = live.signals[place]
        total, noise, blur, jump, swing = host.constant[signal], 0.0, 0.0, 0.0, 0.0
        for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
            source, weight = wiring.term_source[term], host.weight[term]
            total += weight * values[source]
            if dice.noise[source] > 0.0:
                noise += weight * weight * dice.noise[source]
                blur += weight * weight * dice.blur[source]
                jump += weight * weight * dice.jump[source]
                swing += weight * weight * dice.swing[source]
        product = _product(wiring, host, signal, values)
        by_sum, by_laws = host.scale[signal] * product, host.scale[signal] * total
        through = _through_laws(wiring, host, dice, signal, product, by_laws, values)
        value = wiring.n_pool + signal
        dice.by_sum[signal] = abs(by_sum)
        dice.noise[value] = by_sum * by_sum * noise + through[0]
        dice.blur[value] = by_sum * by_sum * blur + through[1]
        dice.jump[value] = by_sum * by_sum * jump + through[2]
        dice.swing[value] = by_sum * by_sum * swing + through[3]


@kernel
def _share_taken(turnover: float) -> float:
    """Return which share of a displacement the embedded error of a step takes for its own."""
    square = turnover * turnover
    return turnover * square / ((1.0 + square) * (9.0 + turnover))


@shared
def trace_noise(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, step: float) -> float:
    """Trace the noise of counts through signals and laws into the uncountable pools; return the step that follows it.

    Squares go together: noise; blur, the part of it that a step need not resolve; jump, by how much one member moves a
    value, or all that come and go by chance; swing, noise times how quickly it changes. An uncountable maker hands on
    what it had when this was last done.
    """
    for pool in range(wiring.n_pool):
        dice.brought[pool] = 0.0
        dice.blurred[pool] = 0.0
        dice.swung[pool] = 0.0
        if not live.value_on[pool]:
            dice.noise[pool] = 0.0
        elif wiring.countable[pool]:
            come = min(1.0, max(dice.arriving[pool] * step, dice.level[pool]))
            pace = max(max(dice.arriving[pool], dice.leaving[pool]) / max(x[pool], 1.0), dice.pace[pool])
            part = ALLOWED * (1.0 + FRESH / (1.0 + x[pool])) + _share_taken(step * pace)
            dice.noise[pool] = max(x[pool], come)
            dice.blur[pool] = dice.noise[pool] * part * part
            dice.jump[pool] = max(x[pool], 1.0)
            dice.swing[pool] = dice.noise[pool] * pace
    _trace_signals(wiring, host, live, work.values, dice)
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        maker, row = wiring.primary[flow], wiring.n_signal + flow
        if wiring.drawn[flow] and not hears_molecules(wiring, row):
            continue
        product = _product(wiring, host, row, work.values)
        by_laws = host.rate[flow] * (work.values[maker] if maker >= 0 else 1.0)
        noise, blur, _, swing = _through_laws(wiring, host, dice, row, product, by_laws, work.values)
        if wiring.drawn[flow]:
            continue
        if maker >= 0 and dice.noise[maker] > 0.0:
            square = work.hazard[flow] * work.hazard[flow]
            noise += square * dice.noise[maker]
            blur += square * dice.blur[maker]
            swing += square * dice.swing[maker]
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool, square = wiring.stoich_pool[at], host.change[at] * host.change[at]
            dice.brought[pool] += square * noise
            dice.blurred[pool] += square * blur
            dice.swung[pool] += square * swing
    listen(wiring, host, live, work, dice, x)
    longest = np.inf
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if not wiring.countable[pool]:
            longest = min(longest, _settle_noise(wiring, work, dice, x, step, pool))
    return longest


@kernel
def _settle_noise(wiring: Wiring, work: Work, dice: Dice, x: Floats, step: float, pool: int) -> float:
    """Keep the noise that an uncountable pool hands on, and return the step that follows what anybody can notice of it.

    A pool follows what changes more slowly than itself, and takes the mean of what is quicker. Noise that comes round
    to where it was is no larger than the pool.
    """
    deviation, held = math.sqrt(dice.brought[pool]), x[pool] + work.floor[pool]
    own = max(dice.arriving[pool], dice.leaving[pool], TINY) / held
    pace = dice.swung[pool] / max(dice.brought[pool], TINY)
    averaged, slower = math.sqrt(own / (own + pace)), min(pace, own)
    most = min(x[pool] + deviation * step, x[pool] + wiring.floor[pool])
    lasting = min(averaged * deviation / own, most)
    blur = min(_excused(work, dice, x, step, pool), lasting)
    dice.noise[pool] = lasting * lasting
    dice.blur[pool] = blur * blur
    dice.jump[pool] = lasting * lasting
    dice.swing[pool] = lasting * lasting * slower
    if averaged * min(deviation / own, most) > dice.noticed[pool]:
        return LAG / max(slower, TINY)
    return np.inf


@kernel
def _excused(work: Work, dice: Dice, x: Floats, step: float, pool: int) -> float:
    """Return the error excused in an uncountable pool."""
    rate = max(dice.arriving[pool], dice.leaving[pool]) / (x[pool] + work.floor[pool])
    own = _share_taken(step * rate) / rate if rate > 0.0 else 0.0
    return own * math.sqrt(dice.brought[pool]) + step * math.sqrt(dice.blurred[pool])


@kernel
def _usual(dice: Dice, x: Floats, step: float, pool: int) -> float:
    """Return how many there are, or as many as come within a step or a stay: chance may have left fewer for now."""
    brought = max(dice.arriving[pool] - dice.born[pool], 0.0)
    return max(x[pool], brought * min(step, 1.0 / max(dice.pace[pool], TINY)))


@shared
def excuse_noise(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, step: float) -> None:
    """Allow an error on top of the tolerance for what chance does within a step, and for how a step takes it back.

    A pool that noise has moved relaxes. The embedded error takes up to half of the displacement (here: of two standard
    deviations) for its own where the step is longer than the relaxation, though by then little is left of it. The same
    goes for what such a pool drives, and for where its members go. And to a small part of it, noise is nobody's error.
    """
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.came[pool] = 0.0
        dice.due[pool] = 0.0
        if wiring.countable[pool] and not dice.small[pool]:
            usual = _usual(dice, x, step, pool)
            turnover = step * max(dice.arriving[pool], dice.leaving[pool]) / (usual + work.floor[pool])
            dice.due[pool] = math.sqrt(usual + 1.0) * RARE * _share_taken(turnover)
            work.slack[pool] = math.sqrt(usual + 1.0) * ALLOWED
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        maker = wiring.primary[flow]
        if not dice.own[flow] < 0.0 or dice.due[maker] == 0.0:
            continue
        part = min(1.0, -dice.own[flow] * work.hazard[flow] / max(dice.pace[maker], TINY))
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            if part > 0.0 and wiring.stoich_pool[at] != maker:
                moved = host.change[at] * part * dice.due[maker]
                dice.came[wiring.stoich_pool[at]] += moved * moved
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if dice.small[pool] or dice.walks[pool]:
            work.slack[pool] = np.inf  # its path is that of its members
        elif wiring.countable[pool]:
            work.slack[pool] += dice.due[pool] + math.sqrt(dice.came[pool])
        else:
            work.slack[pool] = _excused(work, dice, x, step, pool)
