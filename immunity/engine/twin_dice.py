"""Stochastic mode once more, slow and plain, on the same random numbers: with `twin` the oracle for the kernels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from immunity.compiler.tables import LAW_SATURATING, TERM_TIME, Floats, Tables
from immunity.engine.twin import (
    arms,
    build,
    error_norm,
    first_step,
    fit,
    hazard,
    is_noisy,
    lowered,
    net_change,
    next_factor,
    next_knot,
    no_less_than_none,
    propensities,
    rosenbrock_step,
    signal_values,
)
from immunity.engine.twin_leap import count_few, leap, meeting, mend, whole_yield
from immunity.engine.twin_noise import comes_back, excuse_noise, no_noise, trace_noise
from immunity.engine.twin_random import Stream
from immunity.engine.twin_survey import Dice, Turnover, survey
from immunity.engine.twin_walk import choose_walkers, walk

UNNOTICED, FEW, LEAP, EVENTS, FRANTIC, CHUNK, RETRACE = 1e6, 4096.0, 0.2, 100.0, 3e4, 20000, 4


def plan(
    dice: Dice, moved: Turnover, followed: float, x: Floats, wanted: float, rates: list[float], signals: list[float]
) -> tuple[set[int], set[int], float]:
    """Return the pools to run event by event, those whose members walk, and how long the step may be."""
    pools = [pool for pool in range(dice.model.n_pool) if dice.model.tables.countable[pool] and x[pool] < UNNOTICED]
    limit = {pool: leap_limit(dice, moved, x, wanted, pool, rates) for pool in pools}
    events = {pool: events_within(dice, moved, x, limit[pool], pool) for pool in pools}
    small = {pool for pool in pools if x[pool] < FEW and events[pool] <= EVENTS}
    walking = choose_walkers(dice, small, x, signals)
    small -= walking

    def longest() -> float:
        step = min(wanted, max(followed, wanted / 50))
        for pool in pools:
            if pool in small:
                busy = max(events[pool], 1e-300) * wanted / limit[pool]
                growing = max(moved.born[pool] - moved.leaving[pool], 1e-300)
                step = min(step, wanted * 1e3 / busy, 2 * max(x[pool], 1.0) / growing)
            else:
                step = min(step, limit[pool])
        return step

    step = longest()
    takes = [
        (flow, pool)
        for flow in filter(dice.drawn, range(dice.model.n_flow))
        for pool, amount in dice.model.stoichiometry[flow].items()
        if pool in pools
        and -amount * step * (moved.hazards[flow] if pool == dice.model.tables.flows.primary[flow] else
                              rates[flow] / max(x[pool], 1.0)) > 0.1
    ]  # fmt: skip
    for joins in (True, False):
        changed = bool(small)
        while changed:
            changed = False
            for flow, pool in takes:
                if pool not in small and small & set(dice.touched(flow)):
                    if joins and (moved.arriving[pool] + moved.leaving[pool]) * step <= 1e3:
                        small.add(pool)
                        changed = True
                    elif not joins:
                        small -= set(dice.touched(flow))
                        changed = True
    return small, walking, longest()


def leap_limit(dice: Dice, moved: Turnover, x: Floats, wanted: float, pool: int, rates: list[float]) -> float:
    """Return how long a pool that leaps lets a step be."""
    count, arriving, born = max(x[pool], 1.0), moved.arriving[pool], moved.born[pool]
    most = count * min(0.5, LEAP * math.sqrt(1e-3 * count))
    brief = born <= 0.1 * max(moved.leaving[pool] - (arriving - born), 0.0)
    lost = lost_for_good(dice, moved, pool, rates)
    return wanted if brief or (x[pool] >= 64 and born <= 0.5 * lost) else min(wanted, most / born)


def lost_for_good(dice: Dice, moved: Turnover, pool: int, rates: list[float]) -> float:
    """Return how many leave a pool per day that don't come back, nor any that are born of them elsewhere."""
    primary, lost = dice.model.tables.flows.primary, 0.0
    for flow in np.flatnonzero(primary == pool).tolist():
        back = 0.0
        for other in set(dice.touched(flow)) - {pool}:
            sent = sum(
                max(0.0, dice.model.stoichiometry[k].get(pool, 0.0)) * moved.hazards[k]
                for k in np.flatnonzero(primary == other).tolist()
            )
            if sent > 0.0:
                back = max(back, min(1.0, sent / moved.pace[other]) if moved.pace[other] > 0.0 else 1.0)
        lost -= (1.0 - back) * min(0.0, dice.own(flow)) * rates[flow]
    return lost


def events_within(dice: Dice, moved: Turnover, x: Floats, limit: float, pool: int) -> float:
    """Return how many events a pool has."""
    come, gone = moved.arriving[pool] * limit, moved.leaving[pool] * limit
    if come + gone > EVENTS >= 2 * come + x[pool] and not comes_back(dice, range(dice.model.n_flow), pool):
        gone = min(gone, come + x[pool])
    return come + gone


def hold(moved: Turnover, small: set[int], x: Floats, span: float) -> Floats:
    """Return the state that a step is computed from: small pools as they are expected to be on average within it."""
    stand = x.copy()
    for pool in small:
        pace = max((moved.leaving[pool] - moved.born[pool]) / max(x[pool], 1.0), moved.pace[pool])
        z = max(span * pace, -2.0)
        left = -math.expm1(-z) / z if abs(z) > 1e-6 else 1 - z / 2
        came = span * (moved.arriving[pool] - moved.born[pool])
        stand[pool] = left * x[pool] + came * ((1 - left) / z if abs(z) > 1e-6 else 0.5)
    return stand


def event_rate(dice: Dice, flow: int, x: Floats, signals: list[float]) -> float:
    """Return the propensity of a single event."""
    model, primary = dice.model, dice.model.tables.flows.primary[flow]
    taken = {pool: model.stoichiometry[flow][pool] for pool in dice.touched(flow)}
    if any(amount < 0 and x[pool] + math.floor(amount) < 0 for pool, amount in taken.items()):
        return 0.0
    return float(hazard(model, flow, signals) * meeting(dice, flow, signals) * (x[primary] if primary >= 0 else 1.0))


def run_events(
    dice: Dice, exact: list[int], small: set[int], x: Floats, t: float, span: float, most: float
) -> tuple[dict[int, float], Floats, float, Floats]:
    """Anderson's modified next reaction method: firings, what yields were off, the time taken, pools on average.

    A propensity is computed anew where the primary pool changed, or a signal has by a thousandth since it was told.
    """
    model, flows = dice.model, dice.model.tables.flows
    x, now, firings, count = x.copy(), 0.0, dict.fromkeys(exact, 0.0), 0
    odd, mass = np.zeros(model.n_pool), np.zeros(model.n_pool)
    told = signal_values(model, x.tolist(), t)
    rates = {flow: event_rate(dice, flow, x, told) for flow in exact}
    sensed = {flow: senses(dice, flow) for flow in exact}
    while count < most:
        times = {flow: now + dice.clock[flow] / rates[flow] if rates[flow] > 0 else math.inf for flow in exact}
        first = min(exact, key=times.__getitem__, default=-1)
        until = min(span, times[first]) if first >= 0 else span
        for flow in exact:
            dice.clock[flow] = max(0.0, dice.clock[flow] - rates[flow] * (until - now))
        mass += x * (until - now)
        now = until
        if first < 0 or times[first] >= span:
            return firings, odd, span, mass / span
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
    return firings, odd, now, mass / now


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
    dice = Dice(model, [Stream(seed, host, int(key)) for key in tables.flows.key], np.zeros(model.n_pool))
    live = list(range(model.n_flow))
    timed = bool(np.any(tables.signals.term_kind == TERM_TIME))
    x, t, before, grow, tried = x.copy(), 0.0, 1.0, 8.0, 0
    noise, traced = no_noise(model.n_pool), 0
    h = first_step(model, x, 0.0, rtol)
    floor, peak = lowered(model, np.zeros(model.n_pool), x, 0.0, rtol, given=True)
    while t < days:
        tried += 1
        rates = [float(rate) for rate in propensities(model, x.tolist(), t)]
        signals = signal_values(model, x.tolist(), t)
        small = {pool for pool in range(model.n_pool) if tables.countable[pool] and x[pool] < FEW}
        busy = sum(rate for flow, rate in enumerate(rates) if dice.drawn(flow)) * (days - t) >= FRANTIC
        only = not (timed or busy) and all(dice.drawn(flow) and small & set(dice.touched(flow)) for flow in live)
        span, step, error, noisy, until, stand, walking = days - t, None, 0.0, False, days, x, set[int]()
        moved = survey(dice, rates, [float(hazard(model, flow, signals)) for flow in live])
        if only:
            small = {pool for pool in range(model.n_pool) if tables.countable[pool]}
        else:
            if traced % RETRACE == 0:
                noise = trace_noise(dice, moved, x, floor, t, noise, fit(h, days - t))
            traced += 1
            small, walking, longest = plan(dice, moved, noise.followed, x, fit(h, days - t), rates, signals)
            until = min(days, next_knot(model, t))
            span = fit(longest, until - t)
            stand = hold(moved, small, x, span)
            step = rosenbrock_step(model, stand, t, span, small)
            step = replace(step, new=step.new + x - stand)
            slack = excuse_noise(dice, moved, noise, small | walking, x, floor, span)
            error, noisy = error_norm(step, rtol, floor, slack), is_noisy(step, rtol, floor, slack)
            if error > 1.0 or np.any((step.new < -rtol * tables.floor) & (tables.countable == 0)):
                h, grow = (span / 2 if error <= 1.0 else span * max(0.15, 0.9 * error ** (-1 / 3))), 1.0
                continue
        exact = [flow for flow in live if dice.drawn(flow) and small & set(dice.touched(flow))]
        dice.clock = {
            flow: dice.clock[flow] if flow in dice.clock else dice.streams[flow].exponential() for flow in exact
        }
        step = step and no_less_than_none(model, step)
        middle, kept = x.copy(), (dict(dice.clock), [stream.drawn for stream in dice.streams])
        if step is not None:
            middle = np.maximum(x + half_way(step.stages), 0.0)
            middle[list(small)] = x[list(small)]
        most = CHUNK + (0 if step is None else int(8.0 * sum(float(step.expected[flow]) for flow in exact)))
        single, single_odd, elapsed, average = run_events(
            dice, exact, small, middle, t if only else t + span / 2, span, most
        )
        if not only and elapsed < span:
            h, grow = span / 2, 1.0
            dice.clock = kept[0]
            for flow in exact:
                dice.streams[flow].drawn = kept[1][flow]
            continue
        firings, odd = single, {}
        if step is not None:
            engaged = [flow for flow in live if flow not in exact]
            leaping = [flow for flow in engaged if dice.drawn(flow) and tables.flows.primary[flow] not in walking]
            lasting, as_expected = stand.copy(), propensities(model, stand.tolist(), t)
            if exact:
                lasting[list(small)] = average[list(small)]
            more = span * (np.array(propensities(model, lasting.tolist(), t), float) - np.array(as_expected, float))
            slopes, held_signals = arms(model, stand, t), signal_values(model, stand.tolist(), t)
            slopes[:, list(small)] = 0.0
            leapt = leap(dice, engaged, single, more, small, step, x, held_signals, slopes, moved.batch, walking, span)
            odd = {
                flow: {p: whole_yield(dice, flow, p, leapt.drawn[flow]) for p in dice.touched(flow)} for flow in leaping
            }
            both = leapt.drawn | single
            after = x + net_change(model, [both.get(flow, 0.0) for flow in live]) + single_odd
            after += total_odd(odd, model.n_pool)
            count_few(dice, moved, small, leapt, odd, x, np.maximum(step.new, 0.0), after, span)
            mend(dice, leaping, leapt.drawn, odd, after)
            others = leapt.drawn | single
            walkers = walk(dice, moved, walking, others, x, np.maximum(step.new, 0.0), span)
            after += net_change(model, [walkers.get(flow, 0.0) for flow in live])
            if any(after[p] < 0 and x[p] < UNNOTICED for p in range(model.n_pool) if tables.countable[p]):
                h, grow = span / 2, 1.0
                dice.clock = kept[0]
                for flow in exact:
                    dice.streams[flow].drawn = kept[1][flow]
                continue
            firings = others | walkers
            for flow in live:
                if not dice.drawn(flow):
                    firings[flow] = max(0.0, step.expected[flow] + leapt.extra[flow])
        if step is not None:
            plain = min(8.0, 0.9 * max(error, 1e-8) ** (-1 / 3))
            factor = min(grow, plain if noisy and error < 0.35 else next_factor(error, before, rtol))
            h = max(h, factor * span) if span < h else factor * span
            before, grow = error, 8.0
        odds = single_odd + total_odd(odd, model.n_pool)
        x = np.maximum(x + net_change(model, [firings[flow] for flow in live]) + odds, 0.0)
        t = until if elapsed == until - t else t + elapsed
        floor, peak = lowered(model, peak, x, t, rtol)
    return x, tried


def half_way(stages: list[Floats]) -> Floats:
    """Return by how much the state has moved in the middle of a step (`rosenbrock.DENSE`, put in plain numbers)."""
    weights = (0.0815445076517504, -1.7467583845743417, 1.9279740464208608, 0.23723983050173078)
    return sum((w * k for w, k in zip(weights, stages, strict=True)), np.zeros(len(stages[0])))
