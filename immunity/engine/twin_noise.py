"""What the twin knows of chance before it draws: what moves, how noisy it is, and what error that excuses."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from immunity.compiler.tables import LAW_CURVE, TERM_POOL, TERM_SIGNAL, Floats, Laws
from immunity.engine.twin import Model, law_value, number, signal_values
from immunity.engine.twin_random import Stream


@dataclass
class Dice:
    """One host's streams and running clocks."""

    model: Model
    streams: list[Stream]
    clock: dict[int, float] = field(default_factory=dict)  # exact flows only

    def drawn(self, flow: int) -> bool:
        return bool(self.model.tables.flows.touches_countable[flow])

    def touched(self, flow: int) -> list[int]:
        change, countable = self.model.stoichiometry[flow], self.model.tables.countable
        return [pool for pool in change if countable[pool]]

    def own(self, flow: int) -> float:
        primary = int(self.model.tables.flows.primary[flow])
        counted = primary >= 0 and self.model.tables.countable[primary]
        return self.model.stoichiometry[flow].get(primary, 0.0) if counted else 0.0


@dataclass
class Turnover:
    """What moves per day, pool by pool, at the start of a step."""

    arriving: Floats
    leaving: Floats
    born: Floats


def survey(dice: Dice, rates: list[float]) -> Turnover:
    """Add up what arrives, leaves and is born."""
    n = dice.model.n_pool
    moved = Turnover(np.zeros(n), np.zeros(n), np.zeros(n))
    for flow, rate in enumerate(rates):
        for pool, amount in dice.model.stoichiometry[flow].items():
            moved.arriving[pool] += max(0.0, amount) * rate
            moved.leaving[pool] += max(0.0, -amount) * rate
        if dice.own(flow) > 0:
            moved.born[dice.model.tables.flows.primary[flow]] += dice.own(flow) * rate
    return moved


def through_laws(model: Model, laws: Laws, rows: range, signals: list[float], noise: list[float]) -> float:
    """Return the relative variance that laws hand on: elasticities by a difference of a millionth either way."""
    variance = 0.0
    for law in rows:
        sensed = laws.signal[law]
        if laws.kind[law] == LAW_CURVE or noise[sensed] == 0.0 or signals[sensed] <= 0.0:
            continue
        around = []
        for tilt in (1e-6, -1e-6):
            tilted = list(signals)
            tilted[sensed] *= 1.0 + tilt
            around.append(law_value(model, laws, law, tilted))
        variance += (math.log(around[0] / around[1]) / 2e-6) ** 2 * noise[sensed] if around[1] > 0.0 else 0.0
    return variance


def trace_noise(
    dice: Dice, moved: Turnover, x: Floats, t: float, rates: list[float], before: Floats
) -> tuple[Floats, set[int]]:
    """Return every pool's relative variance, and the counts that bring much; ``before``: as traced the last time."""
    model, flows, rows = dice.model, dice.model.tables.flows, dice.model.tables.signals
    signals = signal_values(model, x.tolist(), t)
    counted = dice.model.tables.countable == 1
    noise = np.where(counted, 1.0 / np.maximum(x, 1.0), before)
    heard: list[float] = []
    for signal in range(model.tables.n_signal):
        total, variance = number(model.theta, rows.constant[signal], 0.0), 0.0
        for at in range(rows.term_ptr[signal], rows.term_ptr[signal + 1]):
            weight = rows.term_coefficient[at] * number(model.theta, rows.term_weight[at], 1.0)
            source, kind = rows.term_source[at], rows.term_kind[at]
            part = weight * (x[source] if kind == TERM_POOL else signals[source] if kind == TERM_SIGNAL else t)
            total += part
            variance += part**2 * (
                noise[source] if kind == TERM_POOL else heard[source] if kind == TERM_SIGNAL else 0.0
            )
        laws = range(rows.law_ptr[signal], rows.law_ptr[signal + 1])
        heard.append(variance / (total**2 + 1e-300) + through_laws(model, rows.laws, laws, signals, heard))
    brought, drivers = np.zeros(model.n_pool), set()
    for flow in range(model.n_flow):
        if dice.drawn(flow):
            continue
        maker = int(flows.primary[flow])
        laws = range(flows.law_ptr[flow], flows.law_ptr[flow + 1])
        variance = through_laws(model, flows.laws, laws, signals, heard) + (noise[maker] if maker >= 0 else 0.0)
        for pool, amount in model.stoichiometry[flow].items():
            share = max(0.0, amount) * rates[flow] / (moved.arriving[pool] + 1e-300)
            brought[pool] += share**2 * variance
            if maker >= 0 and counted[maker] and share**2 > 0.03**2 * x[maker]:
                drivers.add(maker)
    return np.where(counted, noise, np.minimum(brought, 1.0)), drivers


def excuse_noise(dice: Dice, moved: Turnover, noise: Floats, small: set[int], x: Floats, span: float) -> list[float]:
    """Return the error excused on top of the tolerance."""
    slack = []
    for pool in range(dice.model.n_pool):
        counted = dice.model.tables.countable[pool]
        z = span * max(moved.arriving[pool], moved.leaving[pool]) / (x[pool] + dice.model.tables.floor[pool])
        taken = z**3 / ((1 + z**2) * (9 + z))
        spread = math.sqrt(x[pool] + 1) if counted else x[pool] * math.sqrt(noise[pool])
        slack.append(math.inf if pool in small else spread * (4 * taken + 0.03 if counted else taken))
    return slack
