"""What the twin draws with, and what moves in a step."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from immunity.compiler.tables import Floats, Laws
from immunity.engine.twin import Model, law_value
from immunity.engine.twin_random import Stream


@dataclass
class Dice:
    """One host's streams and running clocks."""

    model: Model
    streams: list[Stream]
    level: Floats  # [pool] what leaps went by the last time
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
    pace: Floats  # by which part members leave or are born, also where nobody is
    batch: Floats  # pairs that come as one
    hazards: list[float]  # [flow]

    def fastest(self, x: Floats, floor: Floats, pool: int, counted: bool) -> float:
        """Return by which part a pool changes per day."""
        moved = max(self.arriving[pool], self.leaving[pool])
        return max(moved / max(x[pool], 1.0), self.pace[pool]) if counted else moved / (x[pool] + floor[pool])


def survey(dice: Dice, rates: list[float], hazards: list[float]) -> Turnover:
    """Add up what arrives, leaves and is born."""
    n = dice.model.n_pool
    moved = Turnover(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), hazards)
    for flow, rate in enumerate(rates):
        for pool, amount in dice.model.stoichiometry[flow].items():
            moved.arriving[pool] += max(0.0, amount) * rate
            if dice.drawn(flow) and pool != dice.model.tables.flows.primary[flow]:
                moved.batch[pool] += max(0.0, amount - 1.0) * amount * rate
            moved.leaving[pool] += max(0.0, -amount) * rate
        if dice.own(flow) != 0:
            moved.born[dice.model.tables.flows.primary[flow]] += max(dice.own(flow), 0.0) * rate
            moved.pace[dice.model.tables.flows.primary[flow]] -= dice.own(flow) * hazards[flow]
    return moved


def product(model: Model, laws: Laws, rows: range, signals: list[float]) -> float:
    """Multiply laws."""
    return float(math.prod(law_value(model, laws, law, signals) for law in rows))
