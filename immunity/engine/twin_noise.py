"""What the twin knows of chance before it draws: what moves, how noisy it is, and what error that excuses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from immunity.compiler.tables import TERM_POOL, TERM_SIGNAL, Floats
from immunity.engine.twin import Model, hazard, number, signal_values
from immunity.engine.twin_heard import listen
from immunity.engine.twin_survey import Dice, Turnover, product


@dataclass
class Noise:
    """What `noise` traces, pool by pool: squares as held (variance, blur, jump, swing) and as brought per day."""

    held: Floats  # [pool, 4]
    brought: Floats  # [pool, 4]
    noticed: Floats  # [pool] deviation from which it is followed
    followed: float


def no_noise(n_pool: int) -> Noise:
    """Nothing traced yet."""
    return Noise(np.zeros((n_pool, 4)), np.zeros((n_pool, 4)), np.zeros(n_pool), math.inf)


def through_laws(
    value: Callable[[list[float]], float], sensed: list[int], signals: list[float], heard: list[Floats]
) -> Floats:
    """Return what a value hands on of the noise of the signals that its laws sense, one law after the other."""
    squares = np.zeros(4)
    for signal in sensed:
        if heard[signal][0] > 0.0:
            jump = heard[signal][2]
            shifted = list(signals)
            shifted[signal] += math.sqrt(jump)
            squares += (value(shifted) - value(signals)) ** 2 / jump * heard[signal]
    return squares


def taken(z: float) -> float:
    """Return which share of a displacement the embedded error takes for its own."""
    return z**3 / ((1 + z**2) * (9 + z))


def excused(moved: Turnover, noise: Noise, x: Floats, floor: Floats, span: float, pool: int) -> float:
    """Return the error excused in an uncountable pool."""
    rate = moved.fastest(x, floor, pool, counted=False)
    own = taken(span * rate) / rate if rate > 0 else 0.0
    return own * math.sqrt(noise.brought[pool, 0]) + span * math.sqrt(noise.brought[pool, 1])


def hear(model: Model, x: Floats, t: float, signals: list[float], pools: Floats) -> list[Floats]:
    """Trace noise from pools through signals."""
    rows, heard = model.tables.signals, []
    for signal in range(model.tables.n_signal):
        total, squares = number(model.theta, rows.constant[signal], 0.0), np.zeros(4)
        for at in range(rows.term_ptr[signal], rows.term_ptr[signal + 1]):
            weight = rows.term_coefficient[at] * number(model.theta, rows.term_weight[at], 1.0)
            source, kind = rows.term_source[at], rows.term_kind[at]
            total += weight * (x[source] if kind == TERM_POOL else signals[source] if kind == TERM_SIGNAL else t)
            from_source = pools[source] if kind == TERM_POOL else heard[source] if kind == TERM_SIGNAL else np.zeros(4)
            squares += weight**2 * from_source
        laws = range(rows.law_ptr[signal], rows.law_ptr[signal + 1])
        by_laws = partial(product, model, rows.laws, laws)
        squares *= by_laws(signals) ** 2
        sensed = [int(rows.laws.signal[law]) for law in laws]
        squares += total**2 * through_laws(by_laws, sensed, signals, heard)
        heard.append(squares / number(model.theta, rows.divisor[signal], 1.0) ** 2)
    return heard


def trace_noise(dice: Dice, moved: Turnover, x: Floats, floor: Floats, t: float, before: Noise, span: float) -> Noise:
    """Trace the noise of counts into the uncountable pools; ``before``: as traced the last time."""
    model, flows, countable = dice.model, dice.model.tables.flows, dice.model.tables.countable
    signals = [float(value) for value in signal_values(model, x.tolist(), t)]
    pools = before.held.copy()
    for pool in np.flatnonzero(countable).tolist():
        spread = max(x[pool], min(1.0, max(moved.arriving[pool] * span, dice.level[pool])))
        pace = moved.fastest(x, floor, pool, counted=True)
        part = 0.03 * (1 + 9 / (1 + x[pool])) + taken(span * pace)
        pools[pool] = [spread, spread * part**2, max(x[pool], 1.0), spread * pace]
    heard = hear(model, x, t, signals, pools)
    found = no_noise(model.n_pool)
    found.noticed = listen(dice, moved, x, floor, t, signals, pools, heard, before.noticed)
    for flow in range(model.n_flow):
        if dice.drawn(flow):
            continue
        maker, by_laws = int(flows.primary[flow]), partial(hazard, model, flow)
        sensed = [int(flows.laws.signal[law]) for law in range(flows.law_ptr[flow], flows.law_ptr[flow + 1])]
        squares = through_laws(by_laws, sensed, signals, heard) * (x[maker] if maker >= 0 else 1.0) ** 2
        if maker >= 0:
            squares = squares + by_laws(signals) ** 2 * pools[maker]
        for pool, amount in model.stoichiometry[flow].items():
            found.brought[pool] += amount**2 * squares
    for pool in np.flatnonzero(countable == 0).tolist():
        own = max(moved.fastest(x, floor, pool, counted=False), 1e-300 / (x[pool] + floor[pool]))
        deviation = math.sqrt(found.brought[pool, 0])
        pace = found.brought[pool, 3] / max(found.brought[pool, 0], 1e-300)
        averaged, most = math.sqrt(own / (own + pace)), x[pool] + min(deviation * span, model.tables.floor[pool])
        lasting = min(averaged * deviation / own, most) ** 2
        slower = min(pace, own)
        blur = min(excused(moved, found, x, floor, span, pool) ** 2, lasting)
        found.held[pool] = [lasting, blur, lasting, lasting * slower]
        if averaged * min(deviation / own, most) > found.noticed[pool]:
            found.followed = min(found.followed, 0.25 / max(slower, 1e-300))
    return found


def excuse_noise(
    dice: Dice, moved: Turnover, noise: Noise, small: set[int], x: Floats, floor: Floats, span: float
) -> list[float]:
    """Return the error excused on top of the tolerance."""
    model, primary = dice.model, dice.model.tables.flows.primary
    leaping = [pool for pool in range(model.n_pool) if model.tables.countable[pool] and pool not in small]
    usual, taking_back, handed_on = x.copy(), np.zeros(model.n_pool), np.zeros(model.n_pool)
    for pool in leaping:
        brought, pace = max(moved.arriving[pool] - moved.born[pool], 0.0), max(moved.pace[pool], 1e-300)
        usual[pool] = max(x[pool], brought * min(span, 1 / pace))
        z = span * max(moved.arriving[pool], moved.leaving[pool]) / (usual[pool] + floor[pool])
        taking_back[pool] = math.sqrt(usual[pool] + 1) * 4 * taken(z)
    for flow in filter(dice.drawn, range(model.n_flow)):
        maker = int(primary[flow])
        if maker in leaping:
            part = min(1.0, -dice.own(flow) * moved.hazards[flow] / max(moved.pace[maker], 1e-300))
            for pool, amount in model.stoichiometry[flow].items():
                if part > 0 and pool != maker:
                    handed_on[pool] += (amount * part * taking_back[maker]) ** 2
    slack = []
    for pool in range(model.n_pool):
        if pool in small:
            slack.append(math.inf)
        elif model.tables.countable[pool]:
            slack.append(math.sqrt(usual[pool] + 1) * 0.03 + taking_back[pool] + math.sqrt(handed_on[pool]))
        else:
            slack.append(excused(moved, noise, x, floor, span, pool))
    return slack


def comes_back(dice: Dice, flows: Iterable[int], pool: int) -> bool:
    """Say whether members may go to another pool and come back by these flows."""
    primary, flows = dice.model.tables.flows.primary, list(flows)
    others = {other for flow in flows if primary[flow] == pool for other in dice.touched(flow)} - {pool}
    return any(pool in dice.touched(flow) for flow in flows if primary[flow] in others)
