"""Exposures at a rate, drawn from the host's own random numbers."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from immunity.compiler.case import Chance, Past
from immunity.compiler.clock import TICKS_PER_DAY, at_tick
from immunity.compiler.tables import EVENT_PARAMETER_SCALE, EVENT_SCALE, Events, Floats
from immunity.engine.rng import philox_block
from immunity.language.errors import fail

CHANCES = 3 << 30  # in the second counter word: blocks that no stream of a flow, pool or number gets to
WORD = 0xFFFFFFFF
YEAR = 365.25
MOST = 100_000  # exposures of one host

Told = tuple[float, str]


def draw_exposures(
    chances: Sequence[Chance], seed: int, host: int, days: float, ratio: Floats | None = None
) -> tuple[Events, list[Told]]:
    """Draw when a host meets what, and how much of it, by thinning a Poisson process.

    Parameters
    ----------
    chances : sequence of Chance    each draws from numbers that belong to (seed, host, its name)
    days : float                    as long as the run
    ratio : float64[parameter]      numbers of this host on day 0, relative to the median person; None: 1

    Returns
    -------
    events : Events
    told : list      (day, what)

    Raises
    ------
    RuleError
        E609 for rates that make more than 100,000 exposures.
    """
    rows: list[tuple[float, int, int, float]] = []
    told: list[Told] = []
    for chance in chances:
        uniforms, aside, anew = (
            uniforms_of_host(f"chance:{chance.name}{end}", seed, host) for end in ("", ":along", ":draws")
        )
        if math.isnan(chance.day_of_year):
            chance = replace(chance, day_of_year=YEAR * next(uniforms_of_host("birthday", seed, host)) - chance.age)
        rows += _renewals(chance, days)
        highest = chance.rate * _top(chance.by_age) * _top(chance.by_season)
        until, day, met = min(chance.until, days), chance.start, 0
        while highest > 0.0:
            day -= math.log(next(uniforms)) / highest
            if day >= until:
                break
            met += 1
            if met > MOST:
                raise fail("E609", text=f"{chance.rate:g} 1/day", reason=f"it makes more than {MOST} exposures")
            if next(uniforms) * highest >= rate_at(chance, day):
                continue
            strain = _pick(chance, next(uniforms))
            _, pool, kind, name = chance.choices[strain]
            if chance.renewed and not math.isfinite(chance.every):
                rows += [(at_tick(day), EVENT_SCALE, known, chance.keeps) for known in chance.renewed[strain]]
            rows += [
                (at_tick(day), EVENT_PARAMETER_SCALE, number, middle * math.exp(sigma * _normal(anew)))
                for number, middle, sigma in chance.draws
            ]
            given = [(chance.median * math.exp(chance.sigma * _normal(uniforms)), pool, kind, name)]
            for median, sigma, where, how, what in chance.along:
                given.append((median * math.exp(sigma * _normal(aside)), where, how, what))
            for amount, where, how, what in given:
                rows.append((at_tick(day), how, where, amount))
                told.append((at_tick(day), f"exposed to {amount:.3g} of {what}"))
    order = sorted(range(len(rows)), key=lambda row: rows[row][0])
    ordered = _from_each_to_next([rows[row] for row in order], ratio)
    events = Events(
        np.array([row[0] for row in ordered], np.float64),
        np.array([row[1] for row in ordered], np.uint8),
        np.array([row[2] for row in ordered], np.int32),
        np.array([row[3] for row in ordered], np.float64),
    )
    return events, sorted(told, key=lambda row: row[0])


def rate_at(chance: Chance, day: float) -> float:
    """The rate on a day of the run, 1/day."""
    rate = chance.rate
    if chance.by_age is not None:
        rate *= float(np.interp(chance.age + day, *chance.by_age))
    if chance.by_season is not None:
        rate *= float(np.interp((chance.day_of_year + day) % YEAR, *chance.by_season))
    return rate


def join_events(first: Events, second: Events) -> Events:
    """Events of both, in order of time; of one instant those of the first come first."""
    if not len(second.time) or not len(first.time):
        return first if len(first.time) else second
    order = np.argsort(np.concatenate([first.time, second.time]), kind="stable")
    return Events(
        *(
            np.concatenate([getattr(first, key), getattr(second, key)])[order]
            for key in ("time", "kind", "index", "value")
        )
    )


def left_over(past: Past | None) -> Events:
    """Events of a history that fall on day 0 or later, as the end of an infusion does."""
    if past is None:
        return Events(np.zeros(0), np.zeros(0, np.uint8), np.zeros(0, np.int32), np.zeros(0))
    late = past.events.time >= past.days
    day = np.rint((past.events.time[late] - past.days) * TICKS_PER_DAY) / TICKS_PER_DAY
    return Events(day, past.events.kind[late], past.events.index[late], past.events.value[late])


def _from_each_to_next(
    rows: list[tuple[float, int, int, float]], ratio: Floats | None
) -> list[tuple[float, int, int, float]]:
    """Rows in which a number that was drawn is scaled from what was drawn before it."""
    now: dict[int, float] = {}
    found = []
    for time, kind, index, value in rows:
        factor = value
        if kind == EVENT_PARAMETER_SCALE:
            factor = value / now.get(index, 1.0 if ratio is None else float(ratio[index]))
            now[index] = value
        found.append((time, kind, index, factor))
    return found


def _renewals(chance: Chance, days: float) -> list[tuple[float, int, int, float]]:
    """What strains that change by the calendar leave of what knows them."""
    if not math.isfinite(chance.every):
        return []
    pools = {pool for known in chance.renewed for pool in known}
    dates = np.arange(chance.every, days, chance.every)
    return [(at_tick(float(day)), EVENT_SCALE, pool, chance.keeps) for day in dates for pool in sorted(pools)]


def _normal(uniforms: Iterator[float]) -> float:
    angle = 2.0 * math.pi * next(uniforms)
    return math.sqrt(-2.0 * math.log(next(uniforms))) * math.cos(angle)


def _pick(chance: Chance, uniform: float) -> int:
    """The position of one of the choices, by weight."""
    sums = np.cumsum([weight for weight, *_ in chance.choices])
    return int(np.searchsorted(sums, uniform * sums[-1], side="right"))


def _top(curve: tuple[np.ndarray, np.ndarray] | None) -> float:
    return 1.0 if curve is None else float(curve[1].max())


def uniforms_of_host(name: str, seed: int, host: int) -> Iterator[float]:
    """Numbers evenly spread over (0, 1) that belong to (seed, host, name)."""
    stream = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
    key = np.array([seed & WORD, host & WORD], np.uint64)
    n = 0
    while True:
        counter = np.array([n & WORD, CHANCES | (n >> 32), stream, (seed >> 32) & WORD], np.uint64)
        a, b, c, d = (int(word) for word in philox_block(counter, key))
        for high, low in ((a, b), (c, d)):
            yield ((((high << 32) | low) >> 11) + 0.5) * 2.0**-53
        n += 1
