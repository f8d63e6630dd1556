"""Hosts that grow and age while they run: numbers that follow age are followed in small steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np

from immunity.compiler.clock import at_tick
from immunity.compiler.tables import EVENT_AGE, EVENT_AGE_SET, EVENT_GROW, NO_EVENTS, Events, Floats, Ints

FINEST = 0.01  # share by which a number may be off before it is brought up to date
SMALL = 0.05  # of what a number is in the reference person: what is less is followed as coarsely as that
MOST_STEPS = 20_000
NOTHING_GROWS = (np.zeros(0, np.int32), np.zeros(0, np.int32))


def ageing_steps(
    theta_at: Callable[[float], Floats],
    knots: Sequence[float],
    first: float,
    last: float,
    usual: Floats,
    grown: tuple[Ints, Ints] = NOTHING_GROWS,
) -> Events:
    """Bring numbers up to date whenever one of them has moved by a hundredth; nothing if none ever does.

    Parameters
    ----------
    theta_at : callable    day -> float64[parameter]
    knots : sequence       days at which a curve of age has a corner
    first, last : float    day; numbers stand as at ``first`` until the first step
    usual : float64[parameter]    what numbers are in the reference person
    grown : int32[:], int32[:]    pools that grow, and the numbers that each of them grows with

    Notes
    -----
    Between two days of ``knots`` numbers are taken to change in a straight line. A step is dated in the middle of the
    stretch of time that it speaks for, so that numbers are as often too low as too high.
    """
    end = theta_at(last)
    present = before = theta_at(first)
    inside = sorted({day for day in knots if first < day < last})
    if not inside and _change(present, end, np.zeros_like(end)) < FINEST:
        return NO_EVENTS
    found: list[Events] = []
    least = SMALL * np.abs(usual)
    days, since, steps = _refine([first, *inside, last]), first, 0
    for day, following in itertools.pairwise(days):
        after = theta_at(following) if following < last else end
        count = math.ceil(_change(before, after, np.zeros_like(end)) / FINEST)
        for k in range(1, count + 1):
            value = before + k / count * (after - before)
            now = day + k / count * (following - day)
            if _change(present, value, least) < 0.999 * FINEST or steps >= MOST_STEPS:
                continue
            found.append(_rows(at_tick(0.5 * (since + now)), present, value, *grown))
            present, since, steps = value, now, steps + 1
        before = after
    return _joined(found) if found else NO_EVENTS


def _rows(day: float, present: Floats, value: Floats, pools: Ints, given: Ints) -> Events:
    """What brings numbers from one set of values to another, keeping what sets a host apart; pools grow with theirs."""
    moved = np.flatnonzero(np.abs(value - present) > 1e-12 * np.abs(present))
    before, after = present[moved], value[moved]
    scaled = before != 0.0
    to = np.divide(after, before, out=after.copy(), where=scaled)
    kinds = np.where(scaled, EVENT_AGE, EVENT_AGE_SET).astype(np.uint8)
    numbers = Events(np.full(len(moved), day), kinds, moved.astype(np.int32), to)
    growing = (present[given] > 0.0) & (value[given] != present[given])
    by = value[given[growing]] / present[given[growing]]
    kinds = np.full(len(by), EVENT_GROW, np.uint8)
    return _joined([numbers, Events(np.full(len(by), day), kinds, pools[growing], by)])


def _joined(parts: Sequence[Events]) -> Events:
    return Events(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Events)))


def _change(before: Floats, after: Floats, least: Floats) -> float:
    """By how much the number that moves most moves: a logarithm, or 1 from or to zero; of small ones, a share."""
    moved = before != after
    if not moved.any():
        return 0.0
    one, other, small = np.abs(before[moved]), np.abs(after[moved]), least[moved]
    ratio = np.ones(int(moved.sum()))
    np.divide(other, one, out=ratio, where=(one != 0.0) & (other != 0.0))
    change = np.where((one == 0.0) | (other == 0.0), 1.0, np.abs(np.log(ratio)))
    low = (np.maximum(one, other) < small) & (small > 0.0)
    np.divide(np.abs(after - before)[moved], small, out=change, where=low)
    return float(change.max())


def _refine(days: Sequence[float]) -> list[float]:
    """Days between the corners too, where what scales by a power does not run straight."""
    found: list[float] = []
    for day, following in itertools.pairwise(days):
        found += [day, 0.5 * (day + following)]
    return [*found, days[-1]]
