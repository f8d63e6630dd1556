"""Dated events: exposures, doses, and changes of pools and numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from immunity.compiler.attributes import reference_attributes
from immunity.compiler.bind import Scope, Value, pools_of, reference_of
from immunity.compiler.changes import matching
from immunity.compiler.clock import at_tick
from immunity.compiler.derive import followers
from immunity.compiler.factors import Attributes, plain
from immunity.compiler.inflow import Inflow
from immunity.compiler.numbers import Numbers, check_range
from immunity.compiler.space import Pool, Space
from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    EVENT_SCALE,
    EVENT_SET,
    NO_EVENTS,
    Events,
    Origin,
)
from immunity.compiler.transfers import READING, one_chain, transfer
from immunity.language.errors import Location, RuleError, fail
from immunity.language.load import Entry
from immunity.language.models import DatedEvent, Exposure
from immunity.language.quantity import DIMENSIONLESS, MASS, TIME, Dimension, Quantity, expect, parse_quantity

MOST = 1e15  # cells, bacteria, virions: a litre of bacteria, packed; pmol: a kilomole
MOST_MASS = 1e12  # ng: a kilogram
WORDS = ("add", "scale", "set")  # what an event may do with an amount that it says
SITE = "site"  # the class of places that an exposure may name

# what a dose may be given per, and the attribute of the host that it is multiplied by
_PER_BODY = ((re.compile(r"/\s*k?g\b"), "weight"), (re.compile(r"/\s*m(\^|\*\*)?2\b"), "surface"))


@dataclass(slots=True)
class Dated:
    """One event: a row of the table ``Events``."""

    time: float
    kind: int
    index: int
    value: float
    ends: bool = False  # ends what an earlier event began


@dataclass
class Given:
    """Takes up the inflows that infusions of one case need, one for each course that runs in."""

    space: Space
    first: int  # parameter of the first inflow
    inflows: list[Inflow] = field(default_factory=list)
    _course: dict[int, int] = field(default_factory=dict)

    def rate_of(self, pool: int, name: str, at: Location) -> int:
        """The parameter that is the rate of this course into a pool."""
        if pool not in self._course:
            self._course[pool] = self.first + len(self.inflows)
            self.inflows.append(Inflow(pool, name, Origin(at.file, at.line, name)))
        return self._course[pool]

    def next_course(self) -> None:
        """What comes from here on is another course."""
        self._course.clear()


def read_time(text: str, at: Location) -> float:
    """A time since the start, in days, on its tick."""
    return at_tick(read_span(text, at))


def read_span(text: str, at: Location) -> float:
    """A length of time, in days."""
    value = expect(parse_quantity(text, at=at), TIME, at=at).value
    if value < 0:
        raise fail("E609", at=at, text=text, reason="it is negative")
    return value


def pour(
    given: Given, pool: Pool, amount: float, over: float | None, name: str, at: Location | None = None
) -> list[Dated]:
    """What one dose does, since it is given: all at once, or at an even rate over some days; nothing if it is zero."""
    index = given.space.pools[pool]
    if amount == 0.0:
        return []
    if over is None:
        kind = EVENT_ADD_COUNTED if given.space.rows[index].countable else EVENT_ADD
        return [Dated(0.0, kind, index, amount)]
    rate = given.rate_of(index, name, at or Location("", 0))
    on = Dated(0.0, EVENT_PARAMETER_SET, rate, amount / over)
    return [on, Dated(over, EVENT_PARAMETER_SET, rate, 0.0, ends=True)]


def read_amount(
    text: str,
    wanted: Dimension,
    unit: str,
    at: Location,
    attributes: Attributes,
    *,
    per_day: bool = False,
    zero: bool = False,
) -> float:
    """An amount in base units, or an amount per day; times body weight or surface if it is given per kg or per m2.

    Raises
    ------
    RuleError
        E606.
    """
    try:
        quantity = parse_quantity(text, at=at)
    except RuleError as error:
        if error.code == "E302":
            raise fail("E606", at=at, text=text, reason="it is not finite", expected=unit) from None
        raise
    if per_day:
        wanted, unit = wanted / TIME, f"{unit}/h"
    for pattern, key in _PER_BODY:
        size = attributes.get(key)
        if isinstance(size, Quantity) and pattern.search(text) and quantity.dimension * size.dimension == wanted:
            quantity = Quantity(quantity.value * size.value, wanted, text)
    if quantity.dimension != wanted:
        raise fail("E606", at=at, text=text, reason=f"it is {quantity.dimension}", expected=unit)
    if quantity.value < 0 or (quantity.value == 0 and not zero):
        raise fail("E606", at=at, text=text, reason="it is not positive", expected=unit)
    check_amount(quantity.value, wanted, text, at)
    return quantity.value


def check_amount(value: float, dimension: Dimension, text: str, at: Location) -> None:
    """Refuse an amount that no body holds.

    Raises
    ------
    RuleError
        E622.
    """
    if value > (MOST_MASS if dimension == MASS else MOST):
        raise fail("E622", at=at, text=text, reason="it is more than a body holds")


def events_of(dated: Sequence[Dated], ageing: Events = NO_EVENTS) -> Events:
    """Events as arrays, in order of time; of one instant, what is dated comes before what age brings."""
    time = np.concatenate([np.asarray([row.time for row in dated], float), ageing.time])
    order = np.argsort(time, kind="stable")
    return Events(
        time[order],
        np.concatenate([np.asarray([row.kind for row in dated], np.uint8), ageing.kind])[order],
        np.concatenate([np.asarray([row.index for row in dated], np.int32), ageing.index])[order],
        np.concatenate([np.asarray([row.value for row in dated], float), ageing.value])[order],
    )


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
        for place in members if threat not in space.absent else ():
            if place not in space.places:
                raise fail("E402", at=at, text=place, known=space.places)
            if place in space.absent:
                continue
            env = {name: Value("place", place, name)}
            ways[place] = one_chain(space, text, Scope(threat, env, place), at)[0]
    return ways


def exposure_events(
    scenario: Entry, position: int, exposure: Exposure, attributes: Attributes, given: Given
) -> list[Dated]:
    """The events of one exposure, since the start of the scenario.

    Raises
    ------
    RuleError
        E602, E603, E606, E609.
    """
    path = ("exposures", position)
    pool = exposed_pool(given.space, scenario, path, exposure.threat, exposure.site)
    row = given.space.rows[given.space.pools[pool]]
    amount = read_amount(exposure.dose, row.dimension, row.unit, scenario.at(*path, "dose"), attributes, zero=True)
    over = read_over(exposure.over, scenario.at(*path, "over"))
    start = read_time(exposure.at, scenario.at(*path, "at"))
    found = pour(given, pool, amount, over, f"expose_{exposure.threat}.{exposure.site}", scenario.at(*path))
    given.next_course()
    return [replace(event, time=at_tick(start + event.time)) for event in found]


def exposed_pool(space: Space, scenario: Entry, path: tuple[str | int, ...], threat: str, site: str) -> Pool:
    """The pool that an exposure fills.

    Raises
    ------
    RuleError
        E602, E603.
    """
    threats = space.book.entries.get("threat", {})
    if threat not in threats:
        raise fail("E602", at=scenario.at(*path, "threat"), text=threat, known=threats)
    ways = ways_in(space, threat)
    if site not in ways:
        raise fail("E603", at=scenario.at(*path, "site"), text=site, threat=threat, known=ways)
    return ways[site]


def read_over(text: str | None, at: Location) -> float | None:
    """How long something runs in, in days; None for all at once."""
    if text is None:
        return None
    over = read_span(text, at)
    if over <= 0:
        raise fail("E609", at=at, text=text, reason="it is not positive")
    return over


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
        route: one_chain(space, text, Scope(therapy, {}), entry.at("given", route))[0] for route, text in given.items()
    }


# changes of pools and numbers ---------------------------------------------------------------------


def plain_events(
    numbers: Numbers,
    entry: Entry,
    events: Sequence[DatedEvent],
    attributes: Attributes,
    given: Given,
    *,
    first: int = 0,
) -> list[Dated]:
    """Events that a scenario or a deficiency lists.

    Raises
    ------
    RuleError
        E611 unless an event says one thing of one object, E615 for a number that others follow, E516 below zero.
    """
    made: list[Dated] = []
    for position, event in enumerate(events, first):
        at = entry.at("events", position)
        time = read_time(event.at, entry.at("events", position, "at"))
        said = [key for key in (*WORDS, *READING) if getattr(event, key) is not None]
        if len(said) != 1 or (event.pool is None) == (event.number is None):
            raise fail("E611", at=at)
        if event.share is not None and event.move_to is None:
            raise fail("E611", at=entry.at("events", position, "share"))
        key, text = said[0], getattr(event, said[0])
        if event.over is not None and (key != "add" or event.pool is None):
            raise fail("E609", at=entry.at("events", position, "over"), text=event.over, reason="only 'add' takes time")
        if event.pool is not None and key in READING:
            steps = transfer(numbers.space, event.pool, event, entry, position)
            made += [Dated(time, kind, index, value) for kind, index, value in steps]
        elif event.pool is not None and key == "add":
            over = read_over(event.over, entry.at("events", position, "over"))
            made += _additions(given, event.pool, text, time, over, attributes, at)
        elif event.pool is not None:
            made += _pool_events(numbers.space, event.pool, key, text, time, at)
        elif event.number is not None:
            if key not in ("scale", "set"):
                raise fail("E611", at=at)
            made += _number_events(numbers, event.number, key, text, time, at)
    return made


def _additions(
    given: Given, text: str, amount: str, time: float, over: float | None, attributes: Attributes, at: Location
) -> list[Dated]:
    """What is added enters a chain at its first stage."""
    pool = one_chain(given.space, text, Scope(None, {}), at)[0]
    row = given.space.rows[given.space.pools[pool]]
    if any(pattern.search(amount) for pattern, _ in _PER_BODY):
        value = read_amount(amount, row.dimension, row.unit, at, attributes, zero=True)
    else:
        value = _not_negative(amount, row.dimension, at)
    if over is None:
        return [Dated(time, EVENT_ADD, given.space.pools[pool], value)]
    found = pour(given, pool, value, over, f"infuse_{pool.name}", at)
    given.next_course()
    return [replace(event, time=at_tick(time + event.time)) for event in found]


def _pool_events(space: Space, pool: str, key: str, text: str, time: float, at: Location) -> list[Dated]:
    """What is set is shared by the stages; all named pools scale."""
    if key == "scale":
        factor = _not_negative(text, DIMENSIONLESS, at)
        pools = pools_of(space, reference_of(space, pool, None, at=at), Scope(None, {}), at=at)
        if not pools:
            raise fail("E406", at=at, text=pool, count="none")
        return [Dated(time, EVENT_SCALE, space.pools[each], factor) for each in pools]
    stages = one_chain(space, pool, Scope(None, {}), at)
    dimension = space.rows[space.pools[stages[0]]].dimension
    amount = _not_negative(text, dimension, at)
    check_amount(amount, dimension, text, at)
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
        elif entry.kind == "therapy" and id not in space.absent:
            routes(space, id)
    for entry in space.book.entries.get("deficiency", {}).values():
        plain_events(
            numbers, entry, entry.record.events, reference_attributes(numbers), Given(space, len(numbers.rows))
        )
