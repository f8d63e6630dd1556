"""One host in one scenario: parameters changed by age, deficiency and override, and the list of dated events."""

from __future__ import annotations

import math
from dataclasses import replace
from operator import attrgetter
from typing import Any

import numpy as np

from immunity.compiler.ageing import FINEST, ageing_steps
from immunity.compiler.build import Compiled, compile_book
from immunity.compiler.case import Case
from immunity.compiler.changes import (
    AGE,
    age_knots,
    apply_changes,
    attributes_at,
    attributes_of,
    idle_attributes,
    matching,
    most_moved,
    plain,
    said,
)
from immunity.compiler.clock import TICKS_PER_DAY, at_tick, grid
from immunity.compiler.courses import dated_doses, read_course
from immunity.compiler.dated import Dated, Given, exposure_events, plain_events, read_span, read_time
from immunity.compiler.derive import follow
from immunity.compiler.inflow import with_inflows
from immunity.compiler.members import chosen, has_open_sets, met_in
from immunity.compiler.numbers import check_range
from immunity.compiler.plans import plan_of_course, plan_of_event, read_ends
from immunity.compiler.space import rule_entries
from immunity.compiler.tables import Events, Floats, Plan
from immunity.language.errors import fail
from immunity.language.load import Entry
from immunity.language.models import Scenario
from immunity.language.quantity import TIME, Quantity

MAX_OUTPUTS = 1_000_000
KEPT = 16  # books as scenarios meet them

_MET: dict[tuple[str, tuple[str, ...], frozenset[str]], Compiled] = {}


def build_case(compiled: Compiled, scenario: Entry) -> Case:
    """Put the host of a scenario together.

    Parameters
    ----------
    compiled : Compiled
    scenario : Entry
        A validated entry of kind scenario, from the book or from a file.

    Raises
    ------
    RuleError
        E410, E516 and E6xx, located in the scenario.
    """
    record = scenario.record
    assert isinstance(record, Scenario)
    compiled = meeting(compiled, scenario)
    attributes, deficiencies = attributes_of(compiled.numbers, scenario)
    theta = _theta(compiled, scenario, attributes, deficiencies)
    days = _days(record, scenario)
    given = Given(compiled.space, len(theta))
    dated, taken, plans = _events(compiled, scenario, attributes, deficiencies, days, given)
    dated = sorted([*dated, *_ageing(compiled, scenario, attributes, deficiencies, 0.0, days)], key=attrgetter("time"))
    model = replace(compiled.model, tables=with_inflows(compiled.model.tables, given.inflows))
    known = [info.id for info in compiled.model.readouts]
    unmet = [each.id for entry in rule_entries(compiled.book) for each in entry.record.readouts if each.id not in known]
    for position, name in enumerate(record.show):
        if name not in known and name not in unmet:
            raise fail("E610", at=scenario.at("show", position), text=name, known=known)
    filled = record.model_dump(by_alias=True, exclude={"kind", "replace"}, exclude_none=True)
    host = {**{key: said(value) for key, value in attributes.items()}, "deficiencies": deficiencies}
    return Case(
        model=model if given.inflows else compiled.model,
        title=record.title,
        scenario=record.id,
        days=days,
        theta=np.concatenate([theta, np.zeros(len(given.inflows))]),
        events=Events(
            np.asarray([event.time for event in dated], float),
            np.asarray([event.kind for event in dated], np.uint8),
            np.asarray([event.index for event in dated], np.int32),
            np.asarray([event.value for event in dated], float),
        ),
        plans=tuple(plans),
        ends=read_ends(compiled.model.tables, compiled.model.readouts, scenario),
        out_times=_out_times(record, scenario, days),
        filled={**filled, "host": host, "therapies": taken},
        show=tuple(name for name in record.show if name not in unmet) or tuple(known),
        warnings=(*compiled.model.warnings, *_warnings(compiled, record, dated, days)),
    )


def meeting(compiled: Compiled, scenario: Entry) -> Compiled:
    """The book with those members of its open sets that a scenario meets; the same book if it has no open sets."""
    book = compiled.book
    if not has_open_sets(book):
        return compiled
    met = met_in(book, scenario)
    if chosen(compiled.space.membership, met) == compiled.space.sets:
        return compiled
    key = (book.digest, book.files, met)
    if key not in _MET:
        while len(_MET) >= KEPT:
            del _MET[next(iter(_MET))]
        _MET[key] = compile_book(book, met=met)
    return _MET[key]


def _theta(
    compiled: Compiled, scenario: Entry, attributes: dict[str, Quantity | str], deficiencies: list[str]
) -> Floats:
    """This host's parameters: attributes, then changes by host and deficiency, then overrides, then what follows."""
    numbers, book, reference = compiled.numbers, compiled.book, compiled.model.tables.theta
    theta = reference.copy()
    for key, value in attributes.items():
        if isinstance(value, Quantity):
            theta[numbers.index[f"host.{key}"]] = value.value
    pinned: set[int] = set()
    for host in book.entries.get("host", {}).values():
        pinned |= apply_changes(numbers, theta, host, attributes)
    for id in deficiencies:
        pinned |= apply_changes(numbers, theta, book.entries["deficiency"][id], attributes)
    for name, text in scenario.record.numbers.items():
        at = scenario.at("numbers", name)
        for index in matching(numbers, name, at):
            theta[index] = plain(text, numbers[index].dimension, at)
            if index in numbers.lowest:
                check_range(numbers, index, theta[index], text, numbers.lowest[index], at=at)
            pinned.add(index)
    follow(compiled.model.formulas, reference, theta, pinned=pinned)
    for index, positive in numbers.lowest.items():
        check_range(numbers, index, theta[index], f"{theta[index]:g}", positive, at=scenario.at("host"))
    return theta


def _ageing(
    compiled: Compiled,
    scenario: Entry,
    attributes: dict[str, Quantity | str],
    deficiencies: list[str],
    first: float,
    last: float,
) -> list[Dated]:
    """What brings the numbers of a host that ages up to date, from one day to another."""
    age = attributes.get(AGE)
    if not isinstance(age, Quantity) or age.dimension != TIME:
        return []

    def theta_at(day: float) -> Floats:
        then = attributes_at(compiled.numbers, attributes, age.value + day)
        theta = _theta(compiled, scenario, then, deficiencies)
        theta[compiled.numbers.index[f"host.{AGE}"]] = age.value  # the signal of this name counts days by itself
        return theta

    ends = [attributes_at(compiled.numbers, attributes, age.value + day) for day in (first, last)]
    knots = [knot - age.value for knot in age_knots(compiled.numbers)]
    if not any(first < knot < last for knot in knots) and most_moved(compiled.numbers, *ends) < 0.25 * FINEST:
        return []
    return [Dated(*row) for row in ageing_steps(theta_at, knots, first, last)]


def _events(
    compiled: Compiled,
    scenario: Entry,
    attributes: dict[str, Quantity | str],
    deficiencies: list[str],
    days: float,
    given: Given,
) -> tuple[list[Dated], list[dict[str, Any]], list[Plan]]:
    """All dated events in order of time, the therapies with their routes filled in, and what waits to be seen."""
    record, space, numbers = scenario.record, compiled.space, compiled.numbers
    dated: list[Dated] = []
    for id in deficiencies:
        entry = compiled.book.entries["deficiency"][id]
        dated += plain_events(numbers, entry, entry.record.events, attributes, given)
    for position, exposure in enumerate(record.exposures):
        dated += exposure_events(scenario, position, exposure, attributes, given)
    taken: list[dict[str, Any]] = []
    plans: list[Plan] = []
    for position, dosing in enumerate(record.therapies):
        course = read_course(space, scenario, position, dosing, attributes, days, given)
        plan = plan_of_course(compiled.model.tables, compiled.model.readouts, scenario, position, dosing, course)
        dated += dated_doses(course) if plan is None else []
        plans += [] if plan is None else [plan]
        taken.append({**dosing.model_dump(by_alias=True, exclude_none=True), "route": course.route})
    for position, event in enumerate(record.events):
        rows = plain_events(numbers, scenario, [event], attributes, given, first=position)
        if event.when is None:
            dated += rows
            continue
        start = read_time(event.at, scenario.at("events", position, "at"))
        tables, infos = compiled.model.tables, compiled.model.readouts
        plans.append(plan_of_event(tables, infos, scenario, position, event, rows, start))
    return sorted(dated, key=lambda event: event.time), taken, plans


def _warnings(compiled: Compiled, record: Scenario, dated: list[Dated], days: float) -> list[str]:
    found = [
        f"nothing in the rule book depends on the host's {key}"
        for key in idle_attributes(compiled.numbers, list(record.host))
    ]
    late = sum(event.time >= days and not event.ends for event in dated)
    if late:
        found.append(
            f"{late} event{'s' if late > 1 else ''} from day {days:g} on, when the scenario ends, never happen"
        )
    return found


def _days(record: Scenario, scenario: Entry) -> float:
    if not (math.isfinite(record.days) and record.days > 0):
        raise fail("E609", at=scenario.at("days"), text=record.days, reason="it is not a positive number of days")
    return at_tick(record.days)


def _out_times(record: Scenario, scenario: Entry, days: float) -> Floats:
    at = scenario.at("every")
    step = read_span(record.every, at)
    if step * TICKS_PER_DAY < 1.0 or days / step > MAX_OUTPUTS:
        raise fail("E609", at=at, text=record.every, reason="it is not a sensible output step")
    times = grid(step, math.floor(days / step + 1e-9))
    return times if abs(times[-1] - days) < 1e-9 else np.append(times, days)
