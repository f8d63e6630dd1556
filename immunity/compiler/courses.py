"""Courses of doses: when they fall, how much each is, and how long it runs in."""

from __future__ import annotations

import math
from dataclasses import dataclass

from immunity.compiler.clock import at_tick
from immunity.compiler.dated import Dated, Given, pour, read_amount, read_over, read_span, read_time, routes
from immunity.compiler.factors import Attributes
from immunity.compiler.members import Path
from immunity.compiler.space import Space
from immunity.language.errors import fail
from immunity.language.load import Entry
from immunity.language.models import Dosing

MAX_EVENTS = 100_000


@dataclass(frozen=True)
class Course:
    """A course of doses.

    Attributes
    ----------
    route : str
    start : float                   day of the first dose; 0 if something else starts it
    doses : tuple                   for each dose: when, since the start, and what happens, since the dose
    length : float                  days until the dose after the last one would fall
    """

    route: str
    start: float
    doses: tuple[tuple[float, tuple[Dated, ...]], ...]
    length: float


def read_course(
    space: Space, scenario: Entry, position: int, dosing: Dosing, attributes: Attributes, days: float, given: Given
) -> Course:
    """Work out a course of doses.

    Parameters
    ----------
    attributes : mapping    of the host, for doses per kg and per m2
    days : float            how long the scenario lasts
    given : Given           takes up the inflows of infusions

    Raises
    ------
    RuleError
        E604, E605, E606, E609.
    """
    path = ("therapies", position)
    therapies = space.book.entries.get("therapy", {})
    if dosing.therapy not in therapies:
        raise fail("E604", at=scenario.at(*path, "therapy"), text=dosing.therapy, known=therapies, exact=True)
    known = routes(space, dosing.therapy)
    route = dosing.route or next(iter(known), "")
    if route not in known:
        raise fail("E605", at=scenario.at(*path, "route"), text=route, therapy=dosing.therapy, known=known, exact=True)
    pool = known[route]
    start = _start(scenario, path, dosing)
    times, step = _dose_times(scenario, path, dosing, start, days)
    over = _over(scenario, path, dosing, start, days, step)
    row = space.rows[space.pools[pool]]

    def amount(key: str, text: str | None, per_day: bool = False) -> float:
        at = scenario.at(*path, key)
        return read_amount(text or "", row.dimension, row.unit, at, attributes, per_day=per_day, zero=True)

    if (dosing.dose is None) == (dosing.rate is None):
        raise fail("E618", at=scenario.at(*path), text=dosing.therapy)
    each = amount("dose", dosing.dose) if dosing.rate is None else amount("rate", dosing.rate, True) * (over or 0.0)
    first = each if dosing.loading is None else amount("loading", dosing.loading)
    name = f"infuse_{dosing.therapy}.{route}"
    doses = []
    for k, time in enumerate(times):
        if k == 0 and dosing.loading is not None and dosing.rate is not None:  # a bolus, then the rate
            poured = (*pour(given, pool, first, None, name), *pour(given, pool, each, over, name, scenario.at(*path)))
        else:
            poured = pour(given, pool, first if k == 0 else each, over, name, scenario.at(*path))
        doses.append((time, tuple(poured)))
    given.next_course()
    return Course(route, start, tuple(doses), max(step * len(times), over or 0.0))


def _start(scenario: Entry, path: Path, dosing: Dosing) -> float:
    if dosing.from_ is not None and dosing.at is not None:
        raise fail("E609", at=scenario.at(*path, "at"), text=dosing.at, reason="'from' says when it starts already")
    return read_time(dosing.from_ or dosing.at or "0 day", scenario.at(*path, "from" if dosing.from_ else "at"))


def _dose_times(scenario: Entry, path: Path, dosing: Dosing, start: float, days: float) -> tuple[list[float], float]:
    """Times since the first dose, ``doses`` of them or those before ``until`` or the end; and the step."""
    ends = [key for key in ("doses", "until", "lasting") if getattr(dosing, key) is not None]
    if len(ends) > 1:
        at = scenario.at(*path, ends[1])
        raise fail("E609", at=at, text=getattr(dosing, ends[1]), reason=f"'{ends[0]}' says when it ends already")
    last = _end(scenario, path, dosing, start)
    if dosing.every is None:
        if ends and not (dosing.rate is not None and ends != ["doses"]) and dosing.doses != 1:
            text = getattr(dosing, ends[0])
            raise fail("E609", at=scenario.at(*path, ends[0]), text=text, reason="'every' is missing")
        return [0.0], 0.0
    at = scenario.at(*path, "every")
    step = read_span(dosing.every, at)
    if step <= 0:
        raise fail("E609", at=at, text=dosing.every, reason="it is not positive")
    count = dosing.doses or math.ceil((min(last, days) - start) / step - 1e-9)
    if count > MAX_EVENTS:
        raise fail("E609", at=at, text=dosing.every, reason=f"it makes {count} doses")
    return [k * step for k in range(max(count, 1))], step


def _end(scenario: Entry, path: Path, dosing: Dosing, start: float) -> float:
    """The day before which doses fall, infinite if nothing says so."""
    if dosing.lasting is not None:
        at = scenario.at(*path, "lasting")
        span = read_span(dosing.lasting, at)
        if span <= 0:
            raise fail("E609", at=at, text=dosing.lasting, reason="it is not positive")
        return start + span
    if dosing.until is None:
        return math.inf
    end = read_time(dosing.until, scenario.at(*path, "until"))
    if end <= start:
        reason = f"it is not after {dosing.from_ or dosing.at or '0 day'}"
        raise fail("E609", at=scenario.at(*path, "until"), text=dosing.until, reason=reason)
    return end


def _over(scenario: Entry, path: Path, dosing: Dosing, start: float, days: float, step: float) -> float | None:
    """How long each dose runs in; None for a bolus."""
    if dosing.over is None:
        if dosing.rate is None:
            return None
        if dosing.every is not None:  # one after the other without a break
            return step
        return max(min(_end(scenario, path, dosing, start), days) - start, 0.0)
    at = scenario.at(*path, "over")
    over = read_over(dosing.over, at)
    if step and over is not None and over > step * (1.0 + 1e-9):
        raise fail("E609", at=at, text=dosing.over, reason="the next dose falls before the last has run in")
    return over


def dated_doses(course: Course) -> list[Dated]:
    """The events of a course that nothing but the calendar decides."""
    return [
        Dated(at_tick(course.start + time + event.time), event.kind, event.index, event.value, event.ends)
        for time, events in course.doses
        for event in events
    ]
