"""Stochastic mode once more, slow and plain, on the same random numbers: with `twin` the oracle for the kernels."""

from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import LAW_SATURATING, TERM_TIME, Floats, Tables
from immunity.engine.twin import (
    arms,
    build,
    error_norm,
    first_step,
    fit,
    hazard,
    lowered,
    net_change,
    next_factor,
    next_knot,
    no_less_than_none,
    propensities,
    rosenbrock_step,
    signal_values,
)
from immunity.engine.twin_leap import follow_small, leap, meeting, mend, whole_yield
from immunity.engine.twin_noise import Dice, Turnover, excuse_noise, survey, trace_noise
from immunity.engine.twin_random import Stream

UNNOTICED, FEW, LEAP, EVENTS, FRANTIC, CHUNK, RETRACE = 1e6, 4096.0, 0.2, 100.0, 3e4, 20000, 4


def plan(dice: Dice, moved: Turnover, drivers: set[int], x: Floats, wanted: float) -> tuple[set[int], float]:
    """Return the pools to run event by event, and how long the step may be."""
    small: set[int] = set()
    longest = wanted
    for pool in range(dice.model.n_pool):
        if dice.model.tables.countable[pool] and x[pool] < UNNOTICED:
            count, arriving, leaving, born = max(x[pool], 1.0), *(v[pool] for v in vars(moved).values())
            most = count * min(0.5, LEAP * math.sqrt(1e-3 * count))
            brief = born <= 0.1 * max(leaving - (arriving - born), 0.0)
            limit = wanted if brief else min(wanted, most / born)
            if x[pool] < FEW and (arriving + leaving) * limit <= EVENTS:
                small.add(pool)
            else:
                longest = min(longest, limit)
            if pool in drivers and arriving + leaving > 0:
                longest = min(longest, max(0.25 * count / max(leaving, arriving), wanted / 50))
    return small, longest


def event_rate(dice: Dice, flow: int, x: Floats, signals: list[float]) -> float:
    """Return the propensity of a single event."""
    model, primary = dice.model, dice.model.tables.flows.primary[flow]
    taken = {pool: model.stoichiometry[flow][pool] for pool in dice.touched(flow)}
    if any(amount < 0 and x[pool] + math.floor(amount) < 0 for pool, amount in taken.items()):
        return 0.0
    return float(hazard(model, flow, signals) * meeting(dice, flow, signals) * (x[primary] if primary >= 0 else 1.0))


def run_events(
    dice: Dice, exact: list[int], small: set[int], x: Floats, t: float, span: float, most: float
) -> tuple[dict[int, float], Floats, float]:
    """Anderson's modified next reaction method; return the firings, what yields were off, and the time taken.

    A propensity is computed anew where the primary pool changed, or a signal has by a thousandth since it was told.
    """
    model, flows = dice.model, dice.model.tables.flows
    x, now, firings, count = x.copy(), 0.0, dict.fromkeys(exact, 0.0), 0
    odd = np.zeros(model.n_pool)
    told = signal_values(model, x.tolist(), t)
    rates = {flow: event_rate(dice, flow, x, told) for flow in exact}
    sensed = {flow: senses(dice, flow) for flow in exact}
    while count < most:
        times = {flow: now + dice.clock[flow] / rates[flow] if rates[flow] > 0 else math.inf for flow in exact}
        first = min(exact, key=times.__getitem__, default=-1)
        until = min(span, times[first]) if first >= 0 else span
        for flow in exact:
            dice.clock[flow] = max(0.0, dice.clock[flow] - rates[flow] * (until - now))
        now = until
        if first < 0 or times[first] >= span:
            return firings, odd, span
        count += 1
        firings[first] += 1
        dice.clock[first] = dice.streams[first].exponential()
        changed = set()
        for pool, amount in model.stoichiometry[first].items():
            more = whole_yield(dice, first, pool, 1.0)
            odd[pool] += more
            if pool in small and amount != 0:
                x[pool] += amount + more
                changed.add(pool)
        signals = signal_values(model, x.tolist(), t)
        news = {k for k, value in enumerate(signals) if abs(value - told[k]) > 1e-3 * abs(told[k])}
        told = [value if k in news else old for k, (value, old) in enumerate(zip(signals, told, strict=True))]
        for flow in exact:
            if flow == first or flows.primary[flow] in changed or sensed[flow] & news:
                rates[flow] = event_rate(dice, flow, x, signals)
    return firings, odd, now


def senses(dice: Dice, flow: int) -> set[int]:
    """Return the signals that the laws of a flow sense."""
    flows = dice.model.tables.flows
    laws = range(flows.law_ptr[flow], flows.law_ptr[flow + 1])
    both = {int(flows.laws.signal2[law]) for law in laws if flows.laws.kind[law] == LAW_SATURATING}
    return {int(flows.laws.signal[law]) for law in laws} | both


def total_odd(odd: dict[int, dict[int, float]], n_pool: int) -> Floats:
    """Return pool by pool by how much whole members are off fractional yields."""
    total = np.zeros(n_pool)
    for row in odd.values():
        for pool, amount in row.items():
            total[pool] += amount
    return total


def run_dice(
    tables: Tables, theta: Floats, x: Floats, days: float, rtol: float, seed: int, host: int
) -> tuple[Floats, int]:
    """Run one host without events or a stop rule to a single output; return its state and the number of steps tried.

    Every flow counts as live here, so the rule book must be such that all its flows can fire from the start.
    """
    model = build(tables, theta)
    dice = Dice(model, [Stream(seed, host, int(key)) for key in tables.flows.key])
    live = list(range(model.n_flow))
    timed = bool(np.any(tables.signals.term_kind == TERM_TIME))
    x, t, before, grow, tried = x.copy(), 0.0, 1.0, 8.0, 0
    noise, drivers, traced, moved = np.zeros(model.n_pool), set(), 0, survey(dice, [0.0] * model.n_flow)
    h = first_step(model, x, 0.0, rtol)
    floor, peak = lowered(tables, np.zeros(model.n_pool), x, given=True)
    while t < days:
        tried += 1
        rates = [float(rate) for rate in propensities(model, x.tolist(), t)]
        signals = signal_values(model, x.tolist(), t)
        small = {pool for pool in range(model.n_pool) if tables.countable[pool] and x[pool] < FEW}
        busy = sum(rate for flow, rate in enumerate(rates) if dice.drawn(flow)) * (days - t) >= FRANTIC
        only = not (timed or busy) and all(dice.drawn(flow) and small & set(dice.touched(flow)) for flow in live)
        span, firings, step, error, until = days - t, {}, None, 0.0, days
        if only:
            small = {pool for pool in range(model.n_pool) if tables.countable[pool]}
        else:
            moved = survey(dice, rates)
            if traced % RETRACE == 0:
                noise, drivers = trace_noise(dice, moved, x, t, rates, noise)
            traced += 1
            small, longest = plan(dice, moved, drivers, x, fit(h, days - t))
            until = min(days, next_knot(model, t))
            span = fit(longest, until - t)
            step = rosenbrock_step(model, x, t, span)
            error = error_norm(step, rtol, floor, excuse_noise(dice, moved, noise, small, x, span))
            if error > 1.0 or np.any((step.new < -rtol * tables.floor) & (tables.countable == 0)):
                h, grow = (span / 2 if error <= 1.0 else span * max(0.15, 0.9 * error ** (-1 / 3))), 1.0
                continue
        exact = [flow for flow in live if dice.drawn(flow) and small & set(dice.touched(flow))]
        dice.clock = {
            flow: dice.clock[flow] if flow in dice.clock else dice.streams[flow].exponential() for flow in exact
        }
        step = step and no_less_than_none(model, step)
        middle, leapt, odd = x.copy(), None, {}
        if step is not None:
            engaged = [flow for flow in live if flow not in exact]
            leaping = [flow for flow in engaged if dice.drawn(flow)]
            leapt = leap(dice, engaged, small, step, x, signals, arms(model, x, t), span)
            odd = {
                flow: {p: whole_yield(dice, flow, p, leapt.drawn[flow]) for p in dice.touched(flow)} for flow in leaping
            }
            after = x + net_change(model, [leapt.drawn.get(flow, 0.0) for flow in live]) + total_odd(odd, model.n_pool)
            after = mend(dice, leaping, leapt.drawn, odd, after)
            if any(after[p] < 0 and x[p] < UNNOTICED for p in range(model.n_pool) if tables.countable[p]):
                h, grow = span / 2, 1.0
                continue
            middle = np.maximum(x + half_way(step.stages), 0.0)
            middle[list(small)] = after[list(small)]
            firings = leapt.drawn | {f: max(0.0, step.expected[f] + leapt.extra[f]) for f in live if not dice.drawn(f)}
        most = CHUNK if only else math.inf
        single, single_odd, elapsed = run_events(dice, exact, small, middle, t if only else t + span / 2, span, most)
        firings |= single
        if step is not None and leapt is not None:
            ends = middle + net_change(model, [single.get(flow, 0.0) for flow in live]) + single_odd
            owed = follow_small(dice, small, moved, signals, leapt, step, x, ends, span)
            firings |= {flow: max(0.0, firings[flow] + owed[flow]) for flow in live if not dice.drawn(flow)}
        if step is not None:
            factor = min(grow, next_factor(error, before))
            h = max(h, factor * span) if span < h else factor * span
            before, grow = error, 8.0
        odds = single_odd + total_odd(odd, model.n_pool)
        x = np.maximum(x + net_change(model, [firings[flow] for flow in live]) + odds, 0.0)
        floor, peak = lowered(tables, peak, x)
        t = until if elapsed == until - t else t + elapsed
    return x, tried


def half_way(stages: list[Floats]) -> Floats:
    """Return by how much the state has moved in the middle of a step (`rosenbrock.DENSE`, put in plain numbers)."""
    weights = (0.0815445076517504, -1.7467583845743417, 1.9279740464208608, 0.23723983050173078)
    return sum((w * k for w, k in zip(weights, stages, strict=True)), np.zeros(len(stages[0])))
