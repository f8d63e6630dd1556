"""Stochastic mode once more, slow and plain, on the same random numbers: with `twin` the oracle for the kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from immunity.compiler.tables import TERM_TIME, Floats, Tables
from immunity.engine.twin import (
    Model,
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

LARGE, UNNOTICED, FEW, LEAP, EVENTS, FRANTIC, CHUNK = 1e6, 1e6, 4096.0, 0.2, 100.0, 3e5, 20000


def philox(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    """Philox4x32-10 on Python's integers."""
    low = 0xFFFFFFFF
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        first, second = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (second >> 32) ^ b ^ k, second & low, (first >> 32) ^ d ^ m, first & low
        k, m = (k + 0x9E3779B9) & low, (m + 0xBB67AE85) & low
    return a, b, c, d


@dataclass
class Stream:
    """The random numbers of one flow."""

    seed: int
    host: int
    name: int
    drawn: int = 0

    def pair(self) -> tuple[float, float]:
        counter = (self.drawn & 0xFFFFFFFF, self.drawn >> 32, self.name, self.seed >> 32)
        a, b, c, d = philox(counter, (self.seed & 0xFFFFFFFF, self.host))
        self.drawn += 1
        return ((((a << 32) | b) >> 11) + 0.5) * 2.0**-53, ((((c << 32) | d) >> 11) + 0.5) * 2.0**-53

    def exponential(self) -> float:
        return -math.log(self.pair()[0])

    def normal(self) -> float:
        u, v = self.pair()
        return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)

    def inversion(self, chance: float, ratio: list[float]) -> float:
        """Return how many of a row of chances a uniform number exceeds; ratio[k]: chance of k + 1 over that of k."""
        u, k = self.pair()[0], 0
        while u > chance and k < len(ratio):
            u -= chance
            chance *= ratio[k]
            k += 1
        return float(k)

    def poisson(self, mean: float) -> float:
        if mean <= 0:
            return 0.0
        if mean > LARGE:
            return max(0.0, math.floor(mean + math.sqrt(mean) * self.normal() + 0.5))
        if mean < 10:
            return self.inversion(math.exp(-mean), [mean / k for k in range(1, 201)])
        b = 0.931 + 2.53 * math.sqrt(mean)
        a = 0.02483 * b - 0.059
        while True:
            u, v = self.pair()
            u -= 0.5
            edge = 0.5 - abs(u)
            k = math.floor((2 * a / edge + b) * u + mean + 0.43)
            if edge >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
                return float(k)
            if k >= 0 and (edge >= 0.013 or v <= edge):
                hat = math.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / edge**2 + b))
                if hat <= k * math.log(mean) - mean - math.lgamma(k + 1):
                    return float(k)

    def binomial(self, n: float, p: float) -> float:
        if n <= 0 or p <= 0:
            return 0.0
        if p >= 1:
            return n
        if p > 0.5:
            return n - self.binomial(n, 1 - p)
        mean, q = n * p, 1 - p
        if mean * q > LARGE:
            return min(n, max(0.0, math.floor(mean + math.sqrt(mean * q) * self.normal() + 0.5)))
        if p < 1e-5 and n > LARGE:
            return min(n, self.poisson(mean))
        if mean < 10:
            odds = [(n - k + 1) / k * p / q for k in range(1, int(min(n, 200)) + 1)]
            return self.inversion(math.exp(n * math.log1p(-p)), odds)
        spread = math.sqrt(mean * q)
        b = 1.15 + 2.53 * spread
        a = 0.0248 * b + 0.01 * p - 0.0873
        mode = math.floor((n + 1) * p)
        while True:
            u, v = self.pair()
            u -= 0.5
            edge = 0.5 - abs(u)
            k = math.floor((2 * a / edge + b) * u + mean + 0.5)
            if edge >= 0.07 and v <= 0.92 - 4.2 / b:
                return float(k)
            if 0 <= k <= n:
                hat = math.log(v * (2.83 + 5.1 / b) * spread / (a / edge**2 + b))
                if hat <= log_choose(n, k) - log_choose(n, mode) + (k - mode) * math.log(p / q):
                    return float(k)


def log_choose(n: float, k: float) -> float:
    """Return log(n! / (k! (n - k)!))."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


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


def plan(dice: Dice, x: Floats, rates: list[float], wanted: float) -> tuple[set[int], float]:
    """Return the pools to run event by event, and how long the step may be."""
    flows, n = dice.model.tables.flows, dice.model.n_pool
    arriving, leaving, born = np.zeros(n), np.zeros(n), np.zeros(n)
    for flow in range(dice.model.n_flow):
        if dice.drawn(flow):
            for pool, amount in dice.model.stoichiometry[flow].items():
                arriving[pool] += max(0.0, amount) * rates[flow]
                leaving[pool] += max(0.0, -amount) * rates[flow]
            if dice.own(flow) > 0:
                born[flows.primary[flow]] += dice.own(flow) * rates[flow]
    inflow, drivers = np.zeros(n), set()
    smooth = [flow for flow in range(dice.model.n_flow) if not dice.drawn(flow)]
    for flow in smooth:
        inflow += [max(0.0, dice.model.stoichiometry[flow].get(pool, 0.0)) * rates[flow] for pool in range(n)]
    for flow in smooth:
        maker = int(flows.primary[flow])
        if maker >= 0 and dice.model.tables.countable[maker]:
            made = [(amount * rates[flow], pool) for pool, amount in dice.model.stoichiometry[flow].items()]
            if any(gain > 0 and (gain / inflow[pool]) ** 2 > 0.03**2 * x[maker] for gain, pool in made):
                drivers.add(maker)
    small: set[int] = set()
    longest = wanted
    for pool in range(n):
        if dice.model.tables.countable[pool] and x[pool] < UNNOTICED:
            count = max(x[pool], 1.0)
            most = count * min(0.5, LEAP * math.sqrt(1e-3 * count))
            limit = min(wanted, most / born[pool]) if born[pool] > 0.1 * leaving[pool] else wanted
            if x[pool] < FEW and (arriving[pool] + leaving[pool]) * limit <= EVENTS:
                small.add(pool)
            else:
                longest = min(longest, limit)
            if pool in drivers and arriving[pool] + leaving[pool] > 0:
                longest = min(longest, max(0.25 * count / max(leaving[pool], arriving[pool]), wanted / 50))
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
    for pool in range(model.n_pool):
        leavers = [flow for flow in leaping if primary[flow] == pool and dice.own(flow) < 0]
        quick = sum(mean[flow] * -dice.own(flow) for flow in leavers) > x[pool]
        there = [
            x[pool]
            + (
                arrivals(pool, False, firings) + arrivals(pool, True, firings)
                if quick
                else 0.5 * arrivals(pool, False, firings)
            )
            for firings in (mean, mean | drawn)
        ]
        left, members = there[0], max(0.0, math.floor(there[1] + 0.5))
        for flow in leavers:
            group = -dice.own(flow)
            taken = mean[flow] * group
            chance = min(1.0, taken / left) if left > 0 else 0.0
            drawn[flow] = dice.streams[flow].binomial(math.floor(members / group), chance)
            left -= taken
            members -= drawn[flow] * group
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
            small, longest = plan(dice, x, rates, fit(h, days - t))
            span = fit(longest, days - t)
            step = rosenbrock_step(model, x, t, span)
            error = error_norm(model, step, rtol, 0.1)
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
