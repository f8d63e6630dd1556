"""Small nets that use every feature of the tables, and their right-hand side written out plainly."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

from bench.net import NetBuilder
from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    EVENT_SCALE,
    EVENT_SET,
    Events,
    Laws,
    Tables,
)


def every_feature() -> tuple[Tables, Events]:
    """All laws, all kinds of term and event, powers, weights, shared names."""
    net = NetBuilder()
    volume = net.parameter("blood.volume", 5.0, "volume")
    weight = net.parameter("secretion per cell", 3e-3, "mass/cell")
    reserve = net.pool("neutrophil.reserve at marrow", 2e5)
    cell = net.pool("neutrophil at blood", 1e4)
    germ = net.pool("germ at blood", 300.0, unit="CFU")
    dead = net.pool("time", 0.0)
    alarm = net.pool("alarm at blood", 2.0, unit="ng", countable=False, floor=1e-4)
    per_litre = net.signal("alarm at blood", [("pool", alarm, 1.0, -1)], divisor=volume, unit="ng/L")
    cells = net.amount("cells", cell, divisor=volume, unit="cell/L")
    germs = net.amount("germs", germ, divisor=volume, unit="CFU/L")
    offset = net.parameter("offset", -1.0, "1")
    drift = net.parameter("drift", 0.5, "1/time")
    clock = net.signal("clock", [("time", -1, 1.0, drift)], constant=offset)
    mixed = net.signal(
        "mixed",
        [("pool", alarm, 0.5, -1), ("signal", clock, 2.0, -1)],
        laws=[net.hill("mixed", cells, base=0.0, top=1.0, half=2e3, n=1.0, unit="cell/volume")],
    )
    net.flow("produce", -1, 2e4, [(reserve, 1)], unit="cell/time")
    net.flow(
        "egress",
        reserve,
        0.05,
        [(reserve, -1), (cell, 1)],
        laws=[net.hill("egress", per_litre, base=1.0, top=8.0, half=0.7, n=2.5, unit="mass/volume")],
    )
    net.flow("die", cell, 1.5, [(cell, -1), (dead, 1)], laws=[net.curve(clock, [(0.0, 1.0), (0.5, 2.0), (1.0, 0.25)])])
    net.flow("secrete", cell, 2.0, [(alarm, 1.0, weight)])
    net.flow("clear", alarm, 10.0, [(alarm, -1)], factors=[(volume, -1)])
    net.flow("divide", germ, 20.0, [(germ, 1)], laws=[net.hill("slow", mixed, base=1.0, top=0.1, half=3.0, n=3.0)])
    net.flow("kill", germ, 30.0, [(germ, -1), (alarm, 0.25)], laws=[net.saturating("kill", cells, germs, 900.0)])
    net.flow("bind", germ, 1e-4, [(germ, -1), (cell, -1)], laws=[net.proportional(cells)])
    net.readout("blood.neutrophils", cells, unit="1e9 cell/L", scale=1e-9)
    net.readout("temperature", clock, unit="degC", offset=37.0)
    rows = [
        (0.0, EVENT_ADD, germ, 200.0),
        (0.0, EVENT_PARAMETER_SCALE, drift, 1.2),
        (1.0, EVENT_SCALE, cell, 0.5),
        (1.0, EVENT_ADD, cell, 40.0),
        (1.5, EVENT_PARAMETER_SET, weight, 6e-3),
        (1.5, EVENT_ADD_COUNTED, germ, 1e3),
        (2.25, EVENT_SET, alarm, 5.0),
        (2.25, EVENT_PARAMETER_SCALE, drift, 0.5),
    ]
    return net.tables(), make_events(rows)


def make_events(rows: list[tuple[float, int, int, float]]) -> Events:
    """Lay rows (day, kind, index, value) out flat."""
    return Events(
        np.array([r[0] for r in rows], dtype=np.float64),
        np.array([r[1] for r in rows], dtype=np.uint8),
        np.array([r[2] for r in rows], dtype=np.int32),
        np.array([r[3] for r in rows], dtype=np.float64),
    )


def _law(laws: Laws, k: int, tables: Tables, theta: np.ndarray, s: np.ndarray) -> float:
    value, numbers = s[laws.signal[k]], laws.parameter[k]
    if laws.kind[k] == 0:
        return value
    if laws.kind[k] == 1:
        base, top, half, n = theta[numbers]
        up = max(value, 0.0) ** n
        return base + (top - base) * up / (half**n + up)
    if laws.kind[k] == 2:
        return value / (theta[numbers[0]] + value + s[laws.signal2[k]])
    part = slice(tables.curves.ptr[laws.curve[k]], tables.curves.ptr[laws.curve[k] + 1])
    return float(np.interp(value, tables.curves.x[part], tables.curves.y[part]))


def signal_values(tables: Tables, theta: np.ndarray, t: float, x: np.ndarray) -> np.ndarray:
    """Evaluate all signals, straight from the definition."""
    signals = tables.signals
    s = np.zeros(tables.n_signal)
    for j in range(tables.n_signal):
        total = theta[signals.constant[j]] if signals.constant[j] >= 0 else 0.0
        for k in range(signals.term_ptr[j], signals.term_ptr[j + 1]):
            source = (x, s, None)[signals.term_kind[k]]
            weight = theta[signals.term_weight[k]] if signals.term_weight[k] >= 0 else 1.0
            value = t if source is None else source[signals.term_source[k]]
            total += signals.term_coefficient[k] * weight * value
        total /= theta[signals.divisor[j]] if signals.divisor[j] >= 0 else 1.0
        for k in range(signals.law_ptr[j], signals.law_ptr[j + 1]):
            total *= _law(signals.laws, k, tables, theta, s)
        s[j] = total
    return s


def rates(tables: Tables, theta: np.ndarray, t: float, x: np.ndarray) -> np.ndarray:
    """dx/dt, straight from the definition."""
    flows, s = tables.flows, signal_values(tables, theta, t, x)
    change = np.zeros(tables.n_pool)
    for f in range(tables.n_flow):
        rate = flows.coefficient[f] * (x[flows.primary[f]] if flows.primary[f] >= 0 else 1.0)
        for k in range(flows.factor_ptr[f], flows.factor_ptr[f + 1]):
            rate *= theta[flows.factor[k]] ** float(flows.power[k])
        for k in range(flows.law_ptr[f], flows.law_ptr[f + 1]):
            rate *= _law(flows.laws, k, tables, theta, s)
        for k in range(flows.stoich_ptr[f], flows.stoich_ptr[f + 1]):
            weight = theta[flows.stoich_weight[k]] if flows.stoich_weight[k] >= 0 else 1.0
            change[flows.stoich_pool[k]] += rate * flows.stoich_coefficient[k] * weight
    return change


def integrate(tables: Tables, events: Events, out_times: np.ndarray) -> np.ndarray:
    """Amounts at ``out_times`` [time, pool], after the events of each moment."""
    theta, x = tables.theta.copy(), tables.initial.copy()
    result = np.zeros((len(out_times), tables.n_pool))
    stops = sorted({*out_times.tolist(), *events.time.tolist(), 0.0})
    for begin, end in zip(stops, [*stops[1:], None], strict=True):
        for k in np.flatnonzero(events.time == begin):
            target = theta if events.kind[k] >= EVENT_PARAMETER_SCALE else x
            old, value = target[events.index[k]], events.value[k]
            target[events.index[k]] = (old + value, old + value, old * value, value, old * value, value)[events.kind[k]]
        result[out_times == begin] = x
        if end is not None:
            solution = solve_ivp(
                lambda t, y: rates(tables, theta, t, y), (begin, end), x, "LSODA", rtol=1e-11, atol=1e-9
            )
            x = solution.y[:, -1]
    return result
