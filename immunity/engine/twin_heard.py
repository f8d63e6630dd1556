"""Whose noise the twin hears: traced back from what acts, and from what is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import LAW_SATURATING, TERM_POOL, TERM_SIGNAL, TERM_TIME, Floats
from immunity.engine.twin import hazard, number
from immunity.engine.twin_survey import Dice, Turnover, product


def levers(
    value: Callable[[list[float]], float], sensed: list[int], signals: list[float], heard: list[Floats]
) -> list[float]:
    """Return by how much a value moves with each signal that its laws sense, per deviation of that."""
    found = []
    for signal in sensed:
        shifted, jump = list(signals), math.sqrt(heard[signal][2]) if heard[signal][0] > 0.0 else 0.0
        shifted[signal] += jump
        found.append(abs(value(shifted) - value(signals)) / jump if jump > 0.0 else 0.0)
    return found


def listen(
    dice: Dice,
    moved: Turnover,
    x: Floats,
    floor: Floats,
    t: float,
    signals: list[float],
    pools: Floats,
    heard: list[Floats],
    noticed: Floats,
) -> Floats:
    """Trace back from which deviation on the noise of a pool is noticed; ``noticed``: as it was the last time."""
    model, rows, flows = dice.model, dice.model.tables.signals, dice.model.tables.flows
    countable = model.tables.countable
    by_pool, by_signal = np.full(model.n_pool, math.inf), np.full(model.tables.n_signal, math.inf)

    def unnoticed(flow: int, pace: float, maker: int) -> float:
        least = math.inf
        for pool, amount in model.stoichiometry[flow].items():
            own = max(moved.arriving[pool], moved.leaving[pool]) / (
                max(x[pool], 1.0) if countable[pool] else x[pool] + floor[pool]
            )
            most = max(0.03 * x[pool], 0.1 * math.sqrt(x[pool] + 1)) if countable[pool] else noticed[pool]
            if pool != maker and amount != 0:
                least = min(least, most * math.sqrt(max(own, 1e-300) * (max(own, 1e-300) + pace)) / abs(amount))
        return least

    for flow in range(model.n_flow):
        maker, by_laws = int(flows.primary[flow]), partial(hazard, model, flow)
        if maker >= 0 and not countable[maker] and pools[maker, 0] > 0 and by_laws(signals) > 0:
            most = unnoticed(flow, pools[maker, 3] / pools[maker, 0], maker)
            by_pool[maker] = min(by_pool[maker], most / by_laws(signals))
        sensed = [int(flows.laws.signal[law]) for law in range(flows.law_ptr[flow], flows.law_ptr[flow + 1])]
        for signal, lever in zip(sensed, levers(by_laws, sensed, signals, heard), strict=True):
            by = lever * (x[maker] if maker >= 0 else 1.0)
            if by > 0:
                most = unnoticed(flow, heard[signal][3] / heard[signal][0], -1)
                by_signal[signal] = min(by_signal[signal], most / by)
    for signal in range(model.tables.n_signal - 1, -1, -1):
        laws = range(rows.law_ptr[signal], rows.law_ptr[signal + 1])
        terms = range(rows.term_ptr[signal], rows.term_ptr[signal + 1])
        by_laws, scale = partial(product, model, rows.laws, laws), number(model.theta, rows.divisor[signal], 1.0)
        total = number(model.theta, rows.constant[signal], 0.0)
        for at in terms:
            weight = rows.term_coefficient[at] * number(model.theta, rows.term_weight[at], 1.0)
            source, kind = rows.term_source[at], rows.term_kind[at]
            total += weight * (x[source] if kind == TERM_POOL else signals[source] if kind == TERM_SIGNAL else t)
            by = abs(weight * by_laws(signals) / scale)
            if by > 0 and kind != TERM_TIME:
                into = by_pool if kind == TERM_POOL else by_signal
                into[source] = min(into[source], by_signal[signal] / by)
        sensed = [int(rows.laws.signal[law]) for law in laws]
        for told, lever in zip(sensed, levers(by_laws, sensed, signals, heard), strict=True):
            if lever * abs(total / scale) > 0:
                by_signal[told] = min(by_signal[told], by_signal[signal] / (lever * abs(total / scale)))
    least = np.maximum(0.03 * x, model.tables.floor)
    return np.where(seen(dice), least, np.maximum(least, by_pool))


def seen(dice: Dice) -> NDArray[np.bool_]:
    """Return which pools a readout or the stop rule reads, or nothing at all."""
    model, rows, flows = dice.model, dice.model.tables.signals, dice.model.tables.flows
    shown = {int(signal) for signal in model.tables.readouts.signal} | {model.tables.stop.signal}
    found, read = np.zeros(model.n_pool, bool), np.zeros(model.n_pool, bool)
    for signal in range(model.tables.n_signal - 1, -1, -1):
        for at in range(rows.term_ptr[signal], rows.term_ptr[signal + 1]):
            if rows.term_kind[at] == TERM_POOL:
                read[rows.term_source[at]] = True
                found[rows.term_source[at]] |= signal in shown
            elif rows.term_kind[at] == TERM_SIGNAL and signal in shown:
                shown.add(int(rows.term_source[at]))
        if signal in shown:
            for law in range(rows.law_ptr[signal], rows.law_ptr[signal + 1]):
                shown.add(int(rows.laws.signal[law]))
                if rows.laws.kind[law] == LAW_SATURATING:
                    shown.add(int(rows.laws.signal2[law]))
    for flow, maker in enumerate(flows.primary.tolist()):
        if maker >= 0 and set(model.stoichiometry[flow]) - {maker}:
            read[maker] = True
    return found | ~read
