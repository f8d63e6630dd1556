"""Walkers once more, slow and plain, on the same random numbers; see `walk`. Every flow counts as live."""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from immunity.compiler.tables import LAW_SATURATING, TERM_POOL, TERM_SIGNAL, Floats, Laws, Tables
from immunity.engine.net import prepare
from immunity.engine.twin import number
from immunity.engine.twin_survey import Dice, Turnover

HEARD, STEEP = 0.01, 30.0


def sensed_by(laws: Laws, rows: range) -> set[int]:
    """Return the signals that laws sense."""
    second = {int(laws.signal2[law]) for law in rows if laws.kind[law] == LAW_SATURATING}
    return {int(laws.signal[law]) for law in rows} | second


def heard_sums(tables: Tables) -> dict[int, dict[int, list[int]]]:
    """Return, for signals that flows go by, the pools that they follow, each with its terms in a plain sum."""
    rows, flows = tables.signals, tables.flows
    laws = [sensed_by(rows.laws, range(rows.law_ptr[k], rows.law_ptr[k + 1])) for k in range(tables.n_signal)]
    terms = [range(rows.term_ptr[k], rows.term_ptr[k + 1]) for k in range(tables.n_signal)]
    follows: list[set[int]] = []
    for k in range(tables.n_signal):
        pools = {int(rows.term_source[at]) for at in terms[k] if rows.term_kind[at] == TERM_POOL}
        inner = laws[k] | {int(rows.term_source[at]) for at in terms[k] if rows.term_kind[at] == TERM_SIGNAL}
        follows.append(pools.union(*(follows[other] for other in inner)))
    needed = {
        k
        for flow in range(tables.n_flow)
        for k in sensed_by(flows.laws, range(flows.law_ptr[flow], flows.law_ptr[flow + 1]))
    }
    for k in range(tables.n_signal - 1, -1, -1):
        if k in needed:
            needed |= laws[k] | {int(rows.term_source[at]) for at in terms[k] if rows.term_kind[at] == TERM_SIGNAL}
    found: dict[int, dict[int, list[int]]] = {}
    for k in needed:
        plain = not laws[k] and all(rows.term_kind[at] == TERM_POOL for at in terms[k])
        found[k] = {pool: [at for at in terms[k] if plain and rows.term_source[at] == pool] for pool in follows[k]}
    return found


def choose_walkers(dice: Dice, small: set[int], x: Floats, signals: list[float]) -> set[int]:
    """Return the small pools that walk."""
    model, tables = dice.model, dice.model.tables
    walks = set(small)
    for flow in range(model.n_flow):
        change, primary = model.stoichiometry[flow], int(tables.flows.primary[flow])
        brought = {pool: amount for pool, amount in change.items() if tables.countable[pool] and pool != primary}
        walks -= {pool for pool, amount in brought.items() if amount < 0 or amount % 1.0 != 0}
        lawless = tables.flows.law_ptr[flow] == tables.flows.law_ptr[flow + 1]
        alone = dice.drawn(flow) and lawless and dice.own(flow) == -1 and sum(map(abs, brought.values())) <= 1
        walks -= set() if alone else {primary}
    for signal, pools in heard_sums(tables).items():
        scale = 1.0 / number(model.theta, tables.signals.divisor[signal], 1.0)
        for pool in walks & set(pools):
            if len(pools[pool]) != 1:
                walks -= {pool}
                continue
            at = pools[pool][0]
            weight = tables.signals.term_coefficient[at] * number(model.theta, tables.signals.term_weight[at], 1.0)
            if abs(weight * scale) * math.sqrt(x[pool] + 1) > HEARD * abs(signals[signal]):
                walks -= {pool}
    ways = [(int(tables.flows.primary[f]), p) for f in range(model.n_flow) for p in leads(dice, f)]
    while True:
        leave = {a for a, b in ways if a in walks and b not in walks}
        leave |= {b for a, b in ways if a in small and a not in walks and b in walks}
        if not leave:
            return walks
        walks -= leave


def leads(dice: Dice, flow: int) -> list[int]:
    """Return the counted pools, but its primary, to which a flow brings members."""
    change, primary = dice.model.stoichiometry[flow], dice.model.tables.flows.primary[flow]
    return [pool for pool in dice.touched(flow) if pool != primary and change[pool] > 0]


def walk(
    dice: Dice, moved: Turnover, walks: set[int], brought: dict[int, float], x: Floats, due: Floats, h: float
) -> dict[int, float]:
    """Return the firings of walkers' flows in a step; ``brought``: how often all other drawn flows have fired."""
    model, primary = dice.model, dice.model.tables.flows.primary
    leavers = {pool: np.flatnonzero(primary == pool).tolist() for pool in walks}
    firings = {flow: 0.0 for pool in walks for flow in leavers[pool]}

    def pair(pool: int) -> tuple[float, float]:
        return dice.streams[leavers[pool][0]].pair()

    def wander(pool: int, when: float, choice: float) -> None:
        while when < h:
            left, by = choice * moved.pace[pool], -1
            for flow in leavers[pool]:
                if left >= 0:
                    by, left = flow, left - moved.hazards[flow]
            firings[by] += 1
            to = leads(dice, by)
            if not to or not leavers[to[0]]:
                return
            pool = to[0]
            u, choice = pair(pool)
            when -= math.log(u) / moved.pace[pool]

    for pool in filter(walks.__contains__, prepare(model.tables).wiring.order.tolist()):
        if leavers[pool] and x[pool] > 0:
            part = -math.expm1(-moved.pace[pool] * h)
            for _ in range(int(dice.streams[leavers[pool][0]].binomial(x[pool], part))):
                u, choice = pair(pool)
                wander(pool, -math.log1p(-u * part) / moved.pace[pool], choice)
    for flow in sorted(brought):
        into = [pool for pool in leads(dice, flow) if pool in walks]
        for come in arrivals(dice, flow, into, brought[flow], leavers, x, due, h) if into else ():
            for pool in into:
                for _ in range(int(model.stoichiometry[flow][pool]) if leavers[pool] else 0):
                    u, choice = pair(pool)
                    wander(pool, come - math.log(u) / moved.pace[pool], choice)
    return firings


def arrivals(
    dice: Dice, flow: int, into: list[int], times: float, leavers: dict[int, list[int]], x: Floats, due: Floats,
    h: float,
) -> Iterator[float]:  # fmt: skip
    """Draw when a flow fires: as its maker becomes more or less within the step."""
    maker, own = int(dice.model.tables.flows.primary[flow]), leavers[into[0]]
    fall = math.log(x[maker] / max(due[maker], 1e-300)) if maker >= 0 and x[maker] > 0 else 0.0
    fall = max(-STEEP, min(STEEP, fall))
    for _ in range(int(times)):
        u = dice.streams[own[0]].pair()[0] if own else 1.0
        yield h * (-math.log1p(u * math.expm1(-fall)) / fall if abs(fall) > 1e-6 and own else u)
