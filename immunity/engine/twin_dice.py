"""Stochastic mode once more, slow and plain, on the same random numbers: with `twin` the oracle for the kernels."""

from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import TERM_TIME, Floats, Tables
from immunity.engine.twin import (
    build,
    error_norm,
    first_step,
    fit,
    hazard,
    meeting_slope,
    net_change,
    next_factor,
    propensities,
    rosenbrock_step,
    signal_values,
)
from immunity.engine.twin_noise import Dice, Turnover, excuse_noise, survey, trace_noise
from immunity.engine.twin_random import Stream

UNNOTICED, FEW, LEAP, EVENTS, FRANTIC, CHUNK, RETRACE = 1e6, 4096.0, 0.2, 100.0, 3e5, 20000, 4


def plan(dice: Dice, moved: Turnover, drivers: set[int], x: Floats, wanted: float) -> tuple[set[int], float]:
    """Return the pools to run event by event, and how long the step may be."""
    small: set[int] = set()
    longest = wanted
    for pool in range(dice.model.n_pool):
        if dice.model.tables.countable[pool] and x[pool] < UNNOTICED:
            count, arriving, leaving, born = max(x[pool], 1.0), *(v[pool] for v in vars(moved).values())
            most = count * min(0.5, LEAP * math.sqrt(1e-3 * count))
            limit = min(wanted, most / born) if born > 0.1 * leaving else wanted
            if x[pool] < FEW and (arriving + leaving) * limit <= EVENTS:
                small.add(pool)
            else:
                longest = min(longest, limit)
            if pool in drivers and arriving + leaving > 0:
                longest = min(longest, max(0.25 * count / max(leaving, arriving), wanted / 50))
    return small, longest


def meeting(dice: Dice, flow: int, signals: list[float]) -> float:
    """Return the share of meetings left when nobody meets itself."""
    flows, share = dice.model.tables.flows, 1.0
    for at in range(flows.jac_ptr[flow], flows.jac_ptr[flow + 1]):
        own = flows.jac_pool[at] == flows.primary[flow] and dice.model.tables.countable[flows.jac_pool[at]]
        if own and signals[flows.jac_signal[at]] > 0:
            share *= max(0.0, 1 - meeting_slope(dice.model, at) / signals[flows.jac_signal[at]])
    return share


def event_rate(dice: Dice, flow: int, x: Floats, t: float) -> float:
    """Return the propensity of a single event."""
    model, primary = dice.model, dice.model.tables.flows.primary[flow]
    if any(x[pool] + min(0.0, model.stoichiometry[flow][pool]) < 0 for pool in dice.touched(flow)):
        return 0.0
    signals = signal_values(model, x.tolist(), t)
    return float(hazard(model, flow, signals) * meeting(dice, flow, signals) * (x[primary] if primary >= 0 else 1.0))


def run_events(
    dice: Dice, exact: list[int], small: set[int], x: Floats, t: float, span: float, most: float
) -> tuple[dict[int, float], float]:
    """Anderson's modified next reaction method; every propensity anew after every event."""
    x, now, firings, count = x.copy(), 0.0, dict.fromkeys(exact, 0.0), 0
    while count < most:
        rates = {flow: event_rate(dice, flow, x, t) for flow in exact}
        times = {flow: now + dice.clock[flow] / rates[flow] if rates[flow] > 0 else math.inf for flow in exact}
        first = min(exact, key=times.__getitem__, default=-1)
        until = min(span, times[first]) if first >= 0 else span
        for flow in exact:
            dice.clock[flow] = max(0.0, dice.clock[flow] - rates[flow] * (until - now))
        now = until
        if first < 0 or times[first] >= span:
            return firings, span
        count += 1
        firings[first] += 1
        dice.clock[first] = dice.streams[first].exponential()
        for pool, amount in dice.model.stoichiometry[first].items():
            if pool in small:
                x[pool] += amount
    return firings, now


def leap(dice: Dice, leaping: list[int], expected: Floats, x: Floats, signals: list[float]) -> dict[int, float]:
    """Draw the firings of the leaping flows."""
    model, primary = dice.model, dice.model.tables.flows.primary
    mean = {flow: max(0.0, expected[flow]) * meeting(dice, flow, signals) for flow in leaping}
    drawn: dict[int, float] = {}

    def arrivals(pool: int, newborn: bool, firings: dict[int, float]) -> float:
        gains = {flow: max(0.0, model.stoichiometry[flow].get(pool, 0.0)) for flow in leaping}
        return sum(gains[flow] * firings[flow] for flow in leaping if (primary[flow] == pool) == newborn)

    for flow in leaping:
        if dice.own(flow) >= 0:
            many = mean[flow]
            if dice.own(flow) > 0 and many > 0:
                many = max(0.0, many * (1 + dice.streams[flow].normal() / math.sqrt(x[primary[flow]])))
            drawn[flow] = dice.streams[flow].poisson(many)
    shared: dict[int, float] = {}
    for pool in [*range(model.n_pool)] * 3:
        leavers = [flow for flow in leaping if primary[flow] == pool and dice.own(flow) < 0]
        if not leavers or sum(mean[flow] for flow in leavers) == 0 or shared.get(pool) == 0.0:
            continue
        quick = sum(mean[flow] * -dice.own(flow) for flow in leavers) > x[pool]
        left, now = [
            x[pool]
            + (
                arrivals(pool, False, firings) + arrivals(pool, True, firings)
                if quick
                else 0.5 * arrivals(pool, False, firings)
            )
            for firings in (mean, mean | drawn)
        ]
        members = math.floor(now + 0.5) - shared.get(pool, 0.0)
        sign = math.copysign(1.0, members)
        again = pool in shared
        shared[pool] = shared.get(pool, 0.0) + members
        members *= sign
        for flow in leavers:
            group = -dice.own(flow)
            taken = mean[flow] * group
            chance = min(1.0, taken / left) if left > 0 else 0.0
            gone = dice.streams[flow].binomial(math.floor(members / group), chance)
            drawn[flow] = max(0.0, drawn[flow] + sign * gone) if again else gone
            left -= taken
            members -= gone * group
    return drawn


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
    noise, drivers, traced = np.zeros(model.n_pool), set(), 0
    h = first_step(model, x, 0.0, rtol)
    while t < days:
        tried += 1
        rates = [float(rate) for rate in propensities(model, x.tolist(), t)]
        signals = signal_values(model, x.tolist(), t)
        small = {pool for pool in range(model.n_pool) if tables.countable[pool] and x[pool] < FEW}
        busy = sum(rate for flow, rate in enumerate(rates) if dice.drawn(flow)) * (days - t) >= FRANTIC
        only = not (timed or busy) and all(dice.drawn(flow) and small & set(dice.touched(flow)) for flow in live)
        span, firings, step, error = days - t, {}, None, 0.0
        if only:
            small = {pool for pool in range(model.n_pool) if tables.countable[pool]}
        else:
            moved = survey(dice, rates)
            if traced % RETRACE == 0:
                noise, drivers = trace_noise(dice, moved, x, t, rates, noise)
            traced += 1
            small, longest = plan(dice, moved, drivers, x, fit(h, days - t))
            span = fit(longest, days - t)
            step = rosenbrock_step(model, x, t, span)
            error = error_norm(model, step, rtol, excuse_noise(dice, moved, noise, small, x, span))
            if error > 1.0 or np.any((step.new < -rtol * tables.floor) & (tables.countable == 0)):
                h, grow = (span / 2 if error <= 1.0 else span * max(0.15, 0.9 * error ** (-1 / 3))), 1.0
                continue
        exact = [flow for flow in live if dice.drawn(flow) and small & set(dice.touched(flow))]
        dice.clock = {
            flow: dice.clock[flow] if flow in dice.clock else dice.streams[flow].exponential() for flow in exact
        }
        middle = x.copy()
        if step is not None:
            leaping = [flow for flow in live if dice.drawn(flow) and flow not in exact]
            firings = leap(dice, leaping, step.expected, x, signals)
            after = x + net_change(model, [firings.get(flow, 0.0) for flow in live])
            if any(after[p] < 0 and x[p] < UNNOTICED for p in range(model.n_pool) if tables.countable[p]):
                h, grow = span / 2, 1.0
                continue
            middle = np.maximum(x + half_way(step.stages), 0.0)
            middle[list(small)] = after[list(small)]
            firings |= {flow: step.expected[flow] for flow in live if not dice.drawn(flow)}
        most = CHUNK if only else math.inf
        single, elapsed = run_events(dice, exact, small, middle, t if only else t + span / 2, span, most)
        firings |= single
        if step is not None:
            factor = min(grow, next_factor(error, before))
            h = max(h, factor * span) if span < h else factor * span
            before, grow = error, 8.0
        x = np.maximum(x + net_change(model, [firings[flow] for flow in live]), 0.0)
        t = days if elapsed == days - t else t + elapsed
    return x, tried


def half_way(stages: list[Floats]) -> Floats:
    """Return by how much the state has moved in the middle of a step (`rosenbrock.DENSE`, put in plain numbers)."""
    weights = (0.0815445076517504, -1.7467583845743417, 1.9279740464208608, 0.23723983050173078)
    return sum((w * k for w, k in zip(weights, stages, strict=True)), np.zeros(len(stages[0])))
