"""What happens to one person: dated events, plans, and exposures at a rate."""

from __future__ import annotations

from typing import Any

from immunity.compiler.build import Compiled
from immunity.compiler.case import Chance
from immunity.compiler.chances import read_chance
from immunity.compiler.courses import dated_doses, read_course
from immunity.compiler.dated import Dated, Given, exposure_events, plain_events, read_time
from immunity.compiler.plans import plan_of_change, plan_of_course
from immunity.compiler.tables import Plan
from immunity.language.load import Entry
from immunity.language.quantity import Quantity


def deficiency_events(
    compiled: Compiled, attributes: dict[str, Quantity | str], deficiencies: list[str], given: Given
) -> list[Dated]:
    """What deficiencies do at the start."""
    found: list[Dated] = []
    for id in deficiencies:
        entry = compiled.book.entries["deficiency"][id]
        found += plain_events(compiled.numbers, entry, entry.record.events, attributes, given)
    return found


def happenings(
    compiled: Compiled,
    scenario: Entry,
    attributes: dict[str, Quantity | str],
    days: float,
    given: Given,
) -> tuple[list[Dated], list[dict[str, Any]], list[Plan], list[Chance]]:
    """Dated events, therapies with their routes filled in, what waits to be seen, and what comes by chance."""
    record, space, numbers = scenario.record, compiled.space, compiled.numbers
    tables, infos = compiled.model.tables, compiled.model.readouts
    dated: list[Dated] = []
    plans: list[Plan] = []
    chances: list[Chance] = []
    for position, exposure in enumerate(record.exposures):
        if exposure.rate is not None:
            spreads = compiled.model.spreads
            chances.append(read_chance(scenario, position, exposure, attributes, given, numbers, spreads))
            continue
        rows = exposure_events(scenario, position, exposure, attributes, given)
        if exposure.when is None:
            dated += rows
            continue
        start = read_time(exposure.at, scenario.at("exposures", position, "at"))
        name = f"exposure to {exposure.threat}"
        plans.append(plan_of_change(tables, infos, scenario, ("exposures", position), exposure.when, name, rows, start))
    taken: list[dict[str, Any]] = []
    for position, dosing in enumerate(record.therapies):
        course = read_course(space, scenario, position, dosing, attributes, days, given)
        plan = plan_of_course(tables, infos, scenario, position, dosing, course)
        dated += dated_doses(course) if plan is None else []
        plans += [] if plan is None else [plan]
        taken.append({**dosing.model_dump(by_alias=True, exclude_none=True), "route": course.route})
    for position, event in enumerate(record.events):
        rows = plain_events(numbers, scenario, [event], attributes, given, first=position)
        if event.when is None:
            dated += rows
            continue
        start = read_time(event.at, scenario.at("events", position, "at"))
        name = f"change of {event.pool or event.number or ''}"
        plans.append(plan_of_change(tables, infos, scenario, ("events", position), event.when, name, rows, start))
    return dated, taken, plans, chances
