"""The engine once more, slow and plain, straight from `Tables`: the oracle for the kernels.

Lists and dense matrices, no list of what is live, no sparse algebra, the Jacobian by complex numbers. Deterministic
mode is here, stochastic mode in `twin_dice`.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from immunity.compiler.tables import (
    LAW_CURVE,
    LAW_EXP,
    LAW_HILL,
    LAW_LOG,
    LAW_POWER,
    LAW_PROPORTIONAL,
    TERM_POOL,
    TERM_SIGNAL,
    TERM_TIME,
    Floats,
    Laws,
    Tables,
)

SMALLEST = 2.2250738585072014e-308
LARGEST_POWER = 700.0

GAMMA = 0.435866521508459
ALPHA = [[], [0.871733043016918], [0.84457060015369423, -0.11299064236484185], [0.0, 0.0, 1.0]]
LOWER = [
    [],
    [-0.871733043016918],
    [-0.90338057013044082, 0.054180672388095326],
    [0.24212380706095346, -1.2232505839045147, 0.54526025533510214],
]
B = [0.24212380706095346, -1.2232505839045147, 1.545260255335102, 0.435866521508459]
B_HAT = [0.37810903145819369, -0.096042292212423178, 0.5, 0.2179332607542295]


@dataclass(frozen=True)
class Model:
    """Tables as lists, resolved for one host."""

    tables: Tables
    theta: list[float]
    stoichiometry: list[dict[int, float]]  # per flow: pool -> net change

    @property
    def n_pool(self) -> int:
        return self.tables.n_pool

    @property
    def n_flow(self) -> int:
        return self.tables.n_flow


def number(theta: Sequence[float], index: int, missing: float) -> float:
    """Return theta[index], or what stands for -1."""
    return theta[index] if index >= 0 else missing


def build(tables: Tables, theta: Floats) -> Model:
    """Resolve one host's tables."""
    numbers = [float(value) for value in theta]
    flows = tables.flows
    stoichiometry: list[dict[int, float]] = []
    for flow in range(tables.n_flow):
        change: dict[int, float] = {}
        for at in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1]):
            amount = flows.stoich_coefficient[at] * number(numbers, flows.stoich_weight[at], 1.0)
            change[int(flows.stoich_pool[at])] = change.get(int(flows.stoich_pool[at]), 0.0) + float(amount)
        stoichiometry.append(change)
    return Model(tables, numbers, stoichiometry)


def law_value(model: Model, laws: Laws, law: int, s: Sequence[Any]) -> Any:
    """Evaluate one factor, for real or complex signals."""
    x = s[laws.signal[law]]
    p = [number(model.theta, index, missing) for index, missing in zip(laws.parameter[law], (0, 1, 0, 1), strict=True)]
    kind = laws.kind[law]
    if kind == LAW_CURVE and p[0] > 0.0:
        x = x - p[0] * math.floor(x.real / p[0])
    if kind == LAW_PROPORTIONAL:
        value = x
    elif kind == LAW_HILL:
        value = p[0] + (p[1] - p[0]) * (x / p[2]) ** p[3] / (1.0 + (x / p[2]) ** p[3]) if x.real > 0.0 else p[0]
    elif kind == LAW_CURVE:
        curves, curve = model.tables.curves, laws.curve[law]
        xs = curves.x[curves.ptr[curve] : curves.ptr[curve + 1]]
        ys = curves.y[curves.ptr[curve] : curves.ptr[curve + 1]]
        at = int(np.searchsorted(xs, x.real, side="right"))
        inside = 0 < at < len(xs)
        slope = (ys[at] - ys[at - 1]) / (xs[at] - xs[at - 1]) if inside else 0.0
        value = np.interp(x.real, xs, ys) + slope * (x - x.real)
    elif kind == LAW_POWER:
        value = (x / p[0]) ** p[1] if x.real > 0.0 else 0.0
    elif kind == LAW_LOG:
        value = np.log(x / p[0]) if x.real / p[0] > SMALLEST else math.log(SMALLEST)
    elif kind == LAW_EXP:
        share = x / p[0]
        value = (
            np.exp(share) if abs(share.real) <= LARGEST_POWER else math.exp(math.copysign(LARGEST_POWER, share.real))
        )
    else:
        other = s[laws.signal2[law]]
        value = x / (p[0] + x + (other if other.real > 0.0 else 0.0)) if x.real > 0.0 else 0.0
    return value if value.real != 0.0 else 0.0


def signal_values(model: Model, x: Sequence[Any], t: float) -> list[Any]:
    """Evaluate all signals in order."""
    rows, values = model.tables.signals, []
    for signal in range(model.tables.n_signal):
        total: Any = number(model.theta, rows.constant[signal], 0.0)
        for at in range(rows.term_ptr[signal], rows.term_ptr[signal + 1]):
            weight = rows.term_coefficient[at] * number(model.theta, rows.term_weight[at], 1.0)
            source, kind = rows.term_source[at], rows.term_kind[at]
            total = total + weight * (x[source] if kind == TERM_POOL else values[source] if kind == TERM_SIGNAL else t)
        total = total / number(model.theta, rows.divisor[signal], 1.0)
        for law in range(rows.law_ptr[signal], rows.law_ptr[signal + 1]):
            total = total * law_value(model, rows.laws, law, values)
        values.append(total)
    return values


def hazard(model: Model, flow: int, signals: Sequence[Any]) -> Any:
    """Evaluate one hazard."""
    flows = model.tables.flows
    value: Any = float(flows.coefficient[flow])
    for at in range(flows.factor_ptr[flow], flows.factor_ptr[flow + 1]):
        value = value * model.theta[flows.factor[at]] ** int(flows.power[at])
    for law in range(flows.law_ptr[flow], flows.law_ptr[flow + 1]):
        value = value * law_value(model, flows.laws, law, signals)
    return value if value.real > 0.0 else 0.0


def propensities(model: Model, x: Sequence[Any], t: float) -> list[Any]:
    """Evaluate all propensities."""
    signals = signal_values(model, x, t)
    primary = model.tables.flows.primary
    return [
        hazard(model, flow, signals) * (x[primary[flow]] if primary[flow] >= 0 else 1.0) for flow in range(model.n_flow)
    ]


def net_change(model: Model, firings: Sequence[float]) -> Floats:
    """Return N k."""
    change = np.zeros(model.n_pool)
    for flow, count in enumerate(firings):
        for pool, amount in model.stoichiometry[flow].items():
            change[pool] += amount * count
    return change


def arms(model: Model, x: Floats, t: float) -> Floats:
    """Return d(propensity)/d(pool) as far as W knows it: dense float64[flow, pool]."""
    flows, n_pool = model.tables.flows, model.n_pool
    slopes = np.zeros((model.n_flow, n_pool))
    for pool in np.flatnonzero(model.tables.countable == 0):
        tilted: list[Any] = [complex(value) for value in x]
        tilted[pool] += 1e-100j
        slopes[:, pool] = [complex(rate).imag / 1e-100 for rate in propensities(model, tilted, t)]
    signals, rates = signal_values(model, x.tolist(), t), propensities(model, x.tolist(), t)
    for flow in range(model.n_flow):
        primary = flows.primary[flow]
        if primary >= 0 and model.tables.countable[primary]:
            slopes[flow, primary] += hazard(model, flow, signals)
        for at in range(flows.jac_ptr[flow], flows.jac_ptr[flow + 1]):
            pool, level = flows.jac_pool[at], signals[flows.jac_signal[at]]
            if model.tables.countable[pool] and level > 0.0:
                slopes[flow, pool] += rates[flow] / level * meeting_slope(model, at)
    return slopes


def meeting_slope(model: Model, at: int) -> float:
    """Return d(signal)/d(partner) of one `jac` row."""
    flows = model.tables.flows
    divisor = number(model.theta, model.tables.signals.divisor[flows.jac_signal[at]], 1.0)
    return float(flows.jac_coefficient[at] * number(model.theta, flows.jac_weight[at], 1.0) / divisor)


@dataclass(frozen=True)
class Step:
    """One Rosenbrock step: the new state, the embedded error, the expected firings, the stages."""

    new: Floats
    error: Floats
    expected: Floats
    stages: list[Floats]


def rosenbrock_step(model: Model, x: Floats, t: float, h: float, held: Collection[int] = ()) -> Step:
    """Take one step of ROS34PW2 as its definition says: (I - h gamma W) k_i = h f(Y_i) + h W sum_j Gamma_ij k_j.

    Parameters
    ----------
    held : pools    stand still for all that depends on them
    """
    slopes = arms(model, x, t)
    slopes[:, list(held)] = 0.0
    columns = [net_change(model, slopes[:, pool]) for pool in range(model.n_pool)]
    w = np.array(columns).T
    matrix = np.eye(model.n_pool) - h * GAMMA * w
    stages: list[Floats] = []
    expected = np.zeros(model.n_flow)
    for i in range(4):
        y = x + sum((a * k for a, k in zip(ALPHA[i], stages, strict=True)), np.zeros(len(x)))
        y[list(held)] = x[list(held)]
        mixed = sum((g * k for g, k in zip(LOWER[i], stages, strict=True)), np.zeros(len(x)))
        rates = np.array(propensities(model, y.tolist(), t + sum(ALPHA[i]) * h), float)
        stages.append(np.linalg.solve(matrix, h * net_change(model, rates.tolist()) + h * (w @ mixed)))
        expected += B[i] * h * (rates + slopes @ (mixed + GAMMA * stages[i]))
    new = x + sum((b * k for b, k in zip(B, stages, strict=True)), np.zeros(len(x)))
    error = sum(((b - c) * k for b, c, k in zip(B, B_HAT, stages, strict=True)), np.zeros(len(x)))
    return Step(new, error, expected, stages)


def error_norm(step: Step, rtol: float, floor: Floats, slack: Sequence[float] | None = None) -> float:
    """Return the largest error over its allowance."""
    allowed = rtol * (abs(step.new) + floor) + (0.0 if slack is None else np.array(slack))
    return float(np.max(abs(step.error) / allowed))


def is_noisy(step: Step, rtol: float, floor: Floats, slack: Sequence[float]) -> bool:
    """Say whether noise allows the worst pool far more error than accuracy does."""
    asked = rtol * (abs(step.new) + floor)
    worst = int(np.argmax(abs(step.error) / (asked + np.array(slack))))
    return bool(slack[worst] > 10.0 * asked[worst] and step.new[worst] > 16.0)


def no_less_than_none(model: Model, step: Step) -> Step:
    """Take back firings that the error of a step made negative."""
    less = np.minimum(step.expected, 0.0)
    return replace(step, expected=step.expected - less, new=step.new - net_change(model, less.tolist()))


def lowered(
    model: Model, peak: Floats, x: Floats, t: float, rtol: float, *, given: bool = False
) -> tuple[Floats, Floats]:
    """Return floors and peaks, given the present amounts: accuracy is asked for below what a pool has held.

    Not below what would be there if it were made and taken as it is now.

    Parameters
    ----------
    rtol : float    of a step; from a tenth on it is that of a sketch, which does not go as far down
    given : bool    take the present amounts for peaks, as at a start; what rises above its peak has none yet
    """
    tables = model.tables
    if given:
        peak = np.maximum(peak, x)
    rising = (x >= 1.2 * peak) | (tables.countable != 0)
    peak = np.maximum(peak, x)
    part = np.maximum(1e-3 * peak, (1e-4 if rtol >= 0.1 else 1e-9) * tables.floor)
    made, taken = np.zeros(len(x)), np.zeros(len(x))
    for flow, rate in enumerate(propensities(model, x.tolist(), t)):
        for pool, amount in model.stoichiometry[flow].items():
            taken[pool] += max(0.0, -amount) * rate
            made[pool] += max(0.0, amount) * rate * (pool != tables.flows.primary[flow])
    for pool in np.flatnonzero(made > taken):
        missing = x[pool] * (made[pool] - taken[pool]) / taken[pool] if taken[pool] > 0.0 else math.inf
        part[pool] = max(part[pool], missing)
    return np.where(rising, tables.floor, np.minimum(tables.floor, part)), peak


def next_knot(model: Model, t: float) -> float:
    """Return when the next curve of a clock bends."""
    tables, found = model.tables, [float("inf")]
    both = [(tables.signals.laws, k) for k in range(len(tables.signals.laws.kind))]
    both += [(tables.flows.laws, k) for k in range(len(tables.flows.laws.kind))]
    rows = tables.signals
    for laws, law in both:
        signal = laws.signal[law]
        terms = range(rows.term_ptr[signal], rows.term_ptr[signal + 1])
        timed = len(terms) > 0 and all(rows.term_kind[at] == TERM_TIME for at in terms)
        if laws.kind[law] != LAW_CURVE or not timed or rows.law_ptr[signal] != rows.law_ptr[signal + 1]:
            continue
        now, later = (signal_values(model, [0.0] * model.n_pool, when)[signal] for when in (t, t + 1.0))
        xs = tables.curves.x[tables.curves.ptr[laws.curve[law]] : tables.curves.ptr[laws.curve[law] + 1]]
        period = number(model.theta, laws.parameter[law][0], 0.0)
        turns = [period * (math.floor(now / period) + k) for k in (-1, 0, 1)] if period > 0 else [0.0]
        found += [t + (turn + float(x) - now) / (later - now) for turn in turns for x in xs]
    return min(when for when in found if when > t + 1e-12 * max(1.0, abs(t)))


def first_step(model: Model, x: Floats, t: float, rtol: float) -> float:
    """Guess a first step."""
    slope = net_change(model, propensities(model, x.tolist(), t))
    fastest = max(abs(slope) / (abs(x) + model.tables.floor))
    return 0.5 * rtol ** (1 / 3) / fastest if fastest > 0 else float("inf")


def next_factor(error: float, before: float, rtol: float) -> float:
    """Return by how much to lengthen a step."""
    now, then = (0.8, 0.3) if rtol >= 0.1 else (0.7, 0.4)
    return min(8.0, max(0.15, 0.9 * max(error, 1e-8) ** (-now / 3) * max(before, 1e-4) ** (then / 3)))


def fit(h: float, left: float) -> float:
    """Cut a step so that it ends on time."""
    return left if h >= left else left / 2 if 2 * h > left else h


def run_smooth(tables: Tables, theta: Floats, x: Floats, days: float, rtol: float) -> tuple[Floats, Floats, int]:
    """Integrate without events or a stop rule; return the state, the firings and the number of steps tried."""
    model, rtol = build(tables, theta), 0.5 * rtol
    x, fired, t = x.copy(), np.zeros(model.n_flow), 0.0
    h, before, grow, tried = first_step(model, x, 0.0, rtol), 1.0, 8.0, 0
    floor, peak = lowered(model, np.zeros(model.n_pool), x, 0.0, rtol, given=True)
    while t < days:
        tried += 1
        until = min(days, next_knot(model, t))
        span = fit(h, until - t)
        step = rosenbrock_step(model, x, t, span)
        error = error_norm(step, rtol, floor)
        negative = bool(np.any(step.new < -rtol * tables.floor - 1e-13 * x))
        if error > 1.0 or negative:
            h, grow = (span / 2 if error <= 1.0 else span * max(0.15, 0.9 * error ** (-1 / 3))), 1.0
            continue
        step = no_less_than_none(model, step)
        x, fired = np.maximum(step.new, 0.0), fired + step.expected
        factor = min(grow, next_factor(error, before, rtol))
        h = max(h, factor * span) if span < h else factor * span
        t = until if span == until - t else t + span
        floor, peak = lowered(model, peak, x, t, rtol)
        before, grow = error, 8.0
    return x, fired, tried
