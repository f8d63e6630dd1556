"""Dated events: exposures, doses, and changes of pools and numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from immunity.compiler.bind import Scope, Value, pools_of, reference_of
from immunity.compiler.changes import matching, plain
from immunity.compiler.clock import at_tick
from immunity.compiler.derive import followers
from immunity.compiler.numbers import Numbers, check_range
from immunity.compiler.space import Pool, Space
from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    EVENT_SCALE,
    EVENT_SET,
)
from immunity.language.errors import Location, RuleError, fail
from immunity.language.load import Entry
from immunity.language.models import DatedEvent, Dosing, Exposure
from immunity.language.quantity import DIMENSIONLESS, MASS, TIME, Dimension, Quantity, expect, parse_quantity

MAX_EVENTS = 100_000
SITE = "site"  # the class of places that an exposure may name

_PER_KG = re.compile(r"/\s*k?g\s*$")


@dataclass(frozen=True)
class Dated:
    """One event: a row of the table ``Events``."""

    time: float
    kind: int
    index: int
    value: float


def read_time(text: str, at: Location) -> float:
    """A time since the start, in days, on its tick."""
    return at_tick(read_span(text, at))


def read_span(text: str, at: Location) -> float:
    """A length of time, in days."""
    value = expect(parse_quantity(text, at=at), TIME, at=at).value
    if value < 0:
        raise fail("E609", at=at, text=text, reason="it is negative")
    return value


def _one_chain(space: Space, text: str, scope: Scope, at: Location) -> list[Pool]:
    """The single pool a reference names, as the list of its stages."""
    pools = pools_of(space, reference_of(space, text, scope.entity, at=at), scope, at=at)
    chains = {(pool.entity, pool.state, pool.place, pool.indices) for pool in pools}
    if len(chains) != 1:
        raise fail("E406", at=at, text=text, count=len(chains) or "none")
    return pools


def _added(space: Space, pool: Pool, amount: float, time: float) -> Dated:
    index = space.pools[pool]
    return Dated(time, EVENT_ADD_COUNTED if space.rows[index].countable else EVENT_ADD, index, amount)


def _dose(text: str, wanted: Dimension, unit: str, at: Location, weight: Quantity | None = None) -> float:
    """An amount in base units; times the body weight if it is given per kg."""
    try:
        quantity = parse_quantity(text, at=at)
    except RuleError as error:
        if error.code == "E302":
            raise fail("E606", at=at, text=text, reason="it is not finite", expected=unit) from None
        raise
    if weight is not None and _PER_KG.search(text) and quantity.dimension * MASS == wanted:
        quantity = Quantity(quantity.value * weight.value, wanted, text)
    if quantity.dimension != wanted:
        raise fail("E606", at=at, text=text, reason=f"it is {quantity.dimension}", expected=unit)
    if not quantity.value > 0:
        raise fail("E606", at=at, text=text, reason="it is not positive", expected=unit)
    return quantity.value


# exposures ----------------------------------------------------------------------------------------


def ways_in(space: Space, threat: str) -> dict[str, Pool]:
    """The pool that a dose enters, for each place where it can be given.

    Raises
    ------
    RuleError
        E402, E406 or E407 for a way under ``enters`` that leads nowhere.
    """
    entry = space.entities[threat]
    ways: dict[str, Pool] = {}
    for site in space.place_classes.get(SITE, []):
        pools = space.by_entity_place.get((threat, site), [])
        if len({(pool.state, pool.indices) for pool in pools}) == 1:
            ways[site] = pools[0]
    for key, text in entry.record.enters.items():
        at = entry.at("enters", key)
        name = key.removeprefix("each ").strip()
        members = space.place_classes.get(name) if key.startswith("each ") else [key]
        if members is None:
            raise fail("E407", at=at, text=name, known=space.place_classes)
        for place in members:
            if place not in space.places:
                raise fail("E402", at=at, text=place, known=space.places)
            env = {name: Value("place", place, name)}
            ways[place] = _one_chain(space, text, Scope(threat, env, place), at)[0]
    return ways


def exposure_event(space: Space, scenario: Entry, position: int, exposure: Exposure) -> Dated:
    """The event of one exposure.

    Raises
    ------
    RuleError
        E602, E603, E606, E609.
    """
    path = ("exposures", position)
    threats = space.book.entries.get("threat", {})
    if exposure.threat not in threats:
        raise fail("E602", at=scenario.at(*path, "threat"), text=exposure.threat, known=threats)
    ways = ways_in(space, exposure.threat)
    if exposure.site not in ways:
        raise fail("E603", at=scenario.at(*path, "site"), text=exposure.site, threat=exposure.threat, known=ways)
    pool = ways[exposure.site]
    row = space.rows[space.pools[pool]]
    amount = _dose(exposure.dose, row.dimension, row.unit, scenario.at(*path, "dose"))
    return _added(space, pool, amount, read_time(exposure.at, scenario.at(*path, "at")))


# therapies ----------------------------------------------------------------------------------------


def routes(space: Space, therapy: str) -> dict[str, Pool]:
    """The pool that each route of a therapy leads to.

    Raises
    ------
    RuleError
        E406 and the errors of references, for a route that leads nowhere.
    """
    entry = space.entities[therapy]
    given: dict[str, str] = entry.record.given
    return {
        route: _one_chain(space, text, Scope(therapy, {}), entry.at("given", route))[0] for route, text in given.items()
    }


def dose_events(
    space: Space, scenario: Entry, position: int, dosing: Dosing, weight: Quantity | str | None, days: float
) -> tuple[list[Dated], str]:
    """The events of a course of doses, and the route they take.

    Raises
    ------
    RuleError
        E604, E605, E606, E609.
    """
    path = ("therapies", position)
    therapies = space.book.entries.get("therapy", {})
    if dosing.therapy not in therapies:
        raise fail("E604", at=scenario.at(*path, "therapy"), text=dosing.therapy, known=therapies)
    known = routes(space, dosing.therapy)
    route = dosing.route or next(iter(known), "")
    if route not in known:
        raise fail("E605", at=scenario.at(*path, "route"), text=route, therapy=dosing.therapy, known=known)
    row = space.rows[space.pools[known[route]]]
    per_kg = weight if isinstance(weight, Quantity) and weight.dimension == MASS else None
    amount = _dose(dosing.dose, row.dimension, row.unit, scenario.at(*path, "dose"), per_kg)
    return [_added(space, known[route], amount, t) for t in _dose_times(scenario, path, dosing, days)], route


def _dose_times(scenario: Entry, path: tuple[str | int, ...], dosing: Dosing, days: float) -> list[float]:
    """Times from the first dose on, before ``until`` and before the end."""
    if dosing.from_ is not None and dosing.at is not None:
        raise fail("E609", at=scenario.at(*path, "at"), text=dosing.at, reason="'from' says when it starts already")
    start_text = dosing.from_ or dosing.at or "0 day"
    start = read_time(start_text, scenario.at(*path, "from" if dosing.from_ else "at"))
    if dosing.every is None:
        if dosing.until is not None:
            raise fail("E609", at=scenario.at(*path, "until"), text=dosing.until, reason="'every' is missing")
        return [start]
    at = scenario.at(*path, "every")
    step = read_span(dosing.every, at)
    if step <= 0:
        raise fail("E609", at=at, text=dosing.every, reason="it is not positive")
    end = days
    if dosing.until is not None:
        end = read_time(dosing.until, scenario.at(*path, "until"))
        if end <= start:
            reason = f"it is not after {start_text}"
            raise fail("E609", at=scenario.at(*path, "until"), text=dosing.until, reason=reason)
    count = math.ceil((min(end, days) - start) / step - 1e-9)
    if count > MAX_EVENTS:
        raise fail("E609", at=at, text=dosing.every, reason=f"it makes {count} doses")
    return [at_tick(start + k * step) for k in range(max(count, 1))]


# changes of pools and numbers ---------------------------------------------------------------------


def plain_events(numbers: Numbers, entry: Entry, events: Sequence[DatedEvent]) -> list[Dated]:
    """Events that a scenario or a deficiency lists.

    Raises
    ------
    RuleError
        E611 unless an event says one thing of one object, E615 for a number that others follow, E516 below zero.
    """
    made: list[Dated] = []
    for position, event in enumerate(events):
        at = entry.at("events", position)
        time = read_time(event.at, entry.at("events", position, "at"))
        given = [key for key in ("add", "scale", "set") if getattr(event, key) is not None]
        if len(given) != 1 or (event.pool is None) == (event.number is None):
            raise fail("E611", at=at)
        key, text = given[0], getattr(event, given[0])
        if event.pool is not None:
            made += _pool_events(numbers.space, event.pool, key, text, time, at)
        elif event.number is not None:
            if key == "add":
                raise fail("E611", at=at)
            made += _number_events(numbers, event.number, key, text, time, at)
    return made


def _pool_events(space: Space, pool: str, key: str, text: str, time: float, at: Location) -> list[Dated]:
    """What is added enters a chain at its first stage; what is set is shared by the stages; all named pools scale."""
    if key == "scale":
        factor = _not_negative(text, DIMENSIONLESS, at)
        pools = pools_of(space, reference_of(space, pool, None, at=at), Scope(None, {}), at=at)
        if not pools:
            raise fail("E406", at=at, text=pool, count="none")
        return [Dated(time, EVENT_SCALE, space.pools[each], factor) for each in pools]
    stages = _one_chain(space, pool, Scope(None, {}), at)
    amount = _not_negative(text, space.rows[space.pools[stages[0]]].dimension, at)
    if key == "add":
        return [Dated(time, EVENT_ADD, space.pools[stages[0]], amount)]
    return [Dated(time, EVENT_SET, space.pools[each], amount / len(stages)) for each in stages]


def _not_negative(text: str, dimension: Dimension, at: Location) -> float:
    value = plain(text, dimension, at)
    if value < 0:
        raise fail("E516", at=at, text=text, reason="an event cannot take away below nothing")
    return value


def _number_events(numbers: Numbers, name: str, key: str, text: str, time: float, at: Location) -> list[Dated]:
    made: list[Dated] = []
    for index in matching(numbers, name, at):
        follow = followers(numbers.formulas, index)
        if follow:
            raise fail("E615", at=at, text=numbers[index].name, follower=numbers[follow[0]].name)
        value = plain(text, DIMENSIONLESS if key == "scale" else numbers[index].dimension, at)
        if index in numbers.lowest:
            check_range(numbers, index, value, text, numbers.lowest[index], at=at)
        made.append(Dated(time, EVENT_PARAMETER_SCALE if key == "scale" else EVENT_PARAMETER_SET, index, value))
    return made


def check_ways(numbers: Numbers) -> None:
    """Try every way in, route, and event of a deficiency, so that a fault is told before it is used."""
    space = numbers.space
    for id, entry in space.entities.items():
        if entry.kind == "threat":
            ways_in(space, id)
        elif entry.kind == "therapy":
            routes(space, id)
    for entry in space.book.entries.get("deficiency", {}).values():
        plain_events(numbers, entry, entry.record.events)
