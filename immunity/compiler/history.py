"""What a host lived through before day 0: infections, doses, operations at any age."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from immunity.compiler.build import Compiled
from immunity.compiler.case import Chance, Past
from immunity.compiler.clock import at_tick
from immunity.compiler.dated import Dated, Given, events_of, read_span
from immunity.compiler.factors import AGE, HISTORY
from immunity.compiler.happenings import deficiency_events, happenings
from immunity.compiler.person import Person, ageing_events
from immunity.compiler.tables import Plan
from immunity.language.errors import fail
from immunity.language.load import Entry, validate_entry
from immunity.language.models import Scenario
from immunity.language.quantity import TIME, Quantity

MET = ("exposures", "therapies", "events")


def read_history(person: Person, given: Given) -> Past | None:
    """Work out the history of a scenario's host; None if it has none.

    Each item says when (``age: "5 y"``, or ``before: "400 d"`` of day 0) and what: ``exposures``, ``therapies`` and
    ``events`` as in a scenario, or the name of a ``scenario`` that has them, their times counted from then. The bare
    name of a scenario is one that ended on day 0.

    Raises
    ------
    RuleError
        E620 for an item that cannot be followed, and those of what it holds.
    """
    compiled, scenario, deficiencies = person.compiled, person.scenario, person.deficiencies
    record = scenario.record
    assert isinstance(record, Scenario)
    items = record.host.get(HISTORY)
    if not items:
        return None
    if not isinstance(items, list):
        raise fail("E628", at=scenario.at("host", HISTORY), reason="it is a list of what happened")
    items = [_lived(compiled, scenario, k, item) if isinstance(item, str) else item for k, item in enumerate(items)]
    episodes = [
        (_before(scenario, k, item, person.attributes), _episode(compiled, scenario, k, item))
        for k, item in enumerate(items)
    ]
    days = at_tick(max(before for before, _ in episodes))
    if days <= 0.0:
        raise fail("E628", at=scenario.at("host", HISTORY), reason="nothing of it comes before day 0")
    dated: list[Dated] = deficiency_events(compiled, person.attributes_at(-days), deficiencies, given)
    plans: list[Plan] = []
    chances: list[Chance] = []
    for before, episode in episodes:
        offset = days - before
        rows, _, waiting, rates = happenings(compiled, episode, person.attributes_at(-before), before, given)
        dated += [replace(row, time=at_tick(row.time + offset)) for row in rows]
        plans += [replace(plan, start=plan.start + offset, until=plan.until + offset) for plan in waiting]
        for rate in rates:
            moved = {key: getattr(rate, key) + offset for key in ("start", "until")}
            moved |= {key: getattr(rate, key) - offset for key in ("age", "day_of_year")}  # on the first day
            chances.append(replace(rate, name=f"{episode.id}.{rate.name}", **moved))
    ageing = ageing_events(person, -days, 0.0, begin=-days)
    return Past(days, person.theta(-days), events_of(dated, ageing), tuple(plans), tuple(chances))


def _lived(compiled: Compiled, scenario: Entry, position: int, name: str) -> dict[str, Any]:
    """What the bare name of a scenario means: it was lived through, and its last day is day 0."""
    known = compiled.book.entries.get("scenario", {})
    if name not in known:
        raise fail("E601", at=scenario.at("host", HISTORY, position), text=name, known=known)
    return {"before": f"{known[name].record.days:g} d", "scenario": name}


def _before(scenario: Entry, position: int, item: Any, attributes: dict[str, Quantity | str]) -> float:
    """How long before day 0 an item of a history begins, in days."""
    at = scenario.at("host", HISTORY, position)
    if not isinstance(item, dict) or ("age" in item) == ("before" in item):
        raise fail("E628", at=at, reason="an item needs one of 'age' and 'before'")
    text = item.get("before", item.get("age"))
    if not isinstance(text, str):
        raise fail("E628", at=at, reason=f"{text!r} is no time")
    span = read_span(text, at)
    age = attributes.get(AGE)
    if not isinstance(age, Quantity) or age.dimension != TIME:
        if "before" in item:
            return span
        raise fail("E628", at=at, reason="the host has no age")
    if span < 0 or span > age.value:
        raise fail("E628", at=at, reason=f"the host is {age.text} old on day 0")
    return span if "before" in item else age.value - span


def _episode(compiled: Compiled, scenario: Entry, position: int, item: dict[str, Any]) -> Entry:
    """An item of a history as a scenario of its own."""
    at = scenario.at("host", HISTORY, position)
    unknown = sorted(set(item) - {"age", "before", "scenario", *MET})
    if unknown:
        raise fail("E628", at=at, reason=f"there is no {unknown[0]!r} in an item")
    held = {key: item[key] for key in MET if key in item}
    if "scenario" in item:
        known = compiled.book.entries.get("scenario", {})
        if item["scenario"] not in known:
            raise fail("E601", at=at, text=str(item["scenario"]), known=known)
        named = known[item["scenario"]].document.data
        held = {key: [*named.get(key, []), *held.get(key, [])] for key in MET}
    if not any(held.values()):
        raise fail("E628", at=at, reason=f"an item needs one of {', '.join(MET)} and scenario")
    data = {"id": f"history_{position}", "title": "History", "days": 1, **held}
    return validate_entry("scenario", replace(scenario.document, data=data))
