"""How noisy chance makes every amount and signal, roughly, and what error that excuses.

Counts are taken to be as noisy as Poisson counts. Their noise travels along signals, laws and what they make, as if all
that comes together were independent.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import LAW_CURVE, LAW_EXP, LAW_HILL, LAW_LOG, LAW_POWER, LAW_PROPORTIONAL, Floats
from immunity.engine.dice import TINY, Dice
from immunity.engine.hazard import law_value
from immunity.engine.kernel import kernel
from immunity.engine.live import N_FLOWS, N_POOLS, N_SIGNALS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.rosenbrock import Work

ALLOWED = 0.03  # error allowed to counts on top, in units of their square root
RARE = 4.0  # displacements of counts, in units of their square root, that a long step takes back unasked
NOTICED = 0.03  # relative noise in what makes an uncountable pool that is worth following


@kernel
def _through_laws(wiring: Wiring, host: Host, dice: Dice, row: int, values: Floats) -> float:
    """Return the relative variance that laws hand on: elasticity squared times that of what is sensed."""
    variance = 0.0
    for law in range(wiring.law_ptr[row], wiring.law_ptr[row + 1]):
        sensed = dice.noise[wiring.law_signal[law]]
        kind = wiring.law_kind[law]
        if sensed == 0.0 or kind == LAW_CURVE:
            continue
        elasticity = 1.0
        if kind != LAW_PROPORTIONAL:
            value = law_value(wiring, host, law, values)
            elasticity = 1.0 - value
            if kind == LAW_POWER:
                elasticity = host.law[law, 1]
            elif kind == LAW_LOG:
                elasticity = 1.0 / value if value > 0.0 else 0.0
            elif kind == LAW_EXP:
                elasticity = values[wiring.law_signal[law]] / host.law[law, 0]
            elif kind == LAW_HILL:
                base, top, n = host.law[law, 0], host.law[law, 1], host.law[law, 3]
                slope = n * (value - base) * (top - value)
                elasticity = slope / ((top - base) * value) if slope != 0.0 else 0.0
        variance += elasticity * elasticity * sensed
    return variance


@kernel
def trace_noise(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats) -> None:
    """Trace the noise of counts through signals and laws into the uncountable pools, and mark counts that bring much.

    Squared shares of what arrives times relative variances add up; an uncountable maker hands on what it had when this
    was last done.
    """
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.drives[pool] = False
        dice.brought[pool] = 0.0
        if wiring.countable[pool]:
            dice.noise[pool] = 1.0 / max(x[pool], 1.0)
    for place in range(live.size[N_SIGNALS]):
        signal = live.signals[place]
        total, variance = host.constant[signal], 0.0
        for term in range(wiring.term_ptr[signal], wiring.term_ptr[signal + 1]):
            part = host.weight[term] * work.values[wiring.term_source[term]]
            total += part
            variance += part * part * dice.noise[wiring.term_source[term]]
        variance /= total * total + TINY
        dice.noise[wiring.n_pool + signal] = variance + _through_laws(wiring, host, dice, signal, work.values)
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        if wiring.drawn[flow]:
            continue
        maker = wiring.primary[flow]
        variance = _through_laws(wiring, host, dice, wiring.n_signal + flow, work.values)
        variance += dice.noise[maker] if maker >= 0 else 0.0
        for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool = wiring.stoich_pool[at]
            share = host.change[at] * work.propensity[flow] / (dice.arriving[pool] + TINY)
            if share > 0.0:
                dice.brought[pool] += share * share * variance
                if maker >= 0 and wiring.countable[maker] and share * share > NOTICED * NOTICED * x[maker]:
                    dice.drives[maker] = True
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if not wiring.countable[pool]:
            dice.noise[pool] = min(dice.brought[pool], 1.0)


@kernel
def excuse_noise(wiring: Wiring, live: Live, work: Work, dice: Dice, x: Floats, step: float) -> None:
    """Allow an error on top of the tolerance for how a step takes back what chance has put out of balance.

    A pool that noise has moved relaxes. The embedded error takes up to half of the displacement (here: of two standard
    deviations) for its own where the step is longer than the relaxation, though by then little is left of it.
    """
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if dice.small[pool]:
            work.slack[pool] = np.inf  # its path is that of its events
            continue
        spread = math.sqrt(x[pool] + 1.0) if wiring.countable[pool] else x[pool] * math.sqrt(dice.noise[pool])
        turnover = step * max(dice.arriving[pool], dice.leaving[pool]) / (x[pool] + wiring.floor[pool])
        square = turnover * turnover
        taken = turnover * square / ((1.0 + square) * (9.0 + turnover))
        work.slack[pool] = spread * (RARE * taken + ALLOWED if wiring.countable[pool] else taken)
