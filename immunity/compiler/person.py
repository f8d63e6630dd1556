"""The numbers of one person, at one age and on the way to another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from immunity.compiler.ageing import FINEST, ageing_steps
from immunity.compiler.attributes import age_knots, attributes_at, most_moved
from immunity.compiler.build import Compiled
from immunity.compiler.changes import apply_changes, matching
from immunity.compiler.clock import at_tick
from immunity.compiler.derive import follow
from immunity.compiler.factors import AGE, plain
from immunity.compiler.numbers import Numbers, check_range
from immunity.compiler.tables import NO_EVENTS, Events, Floats
from immunity.language.errors import Location
from immunity.language.load import Entry
from immunity.language.quantity import TIME, Quantity


def theta_of(
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
    _check_ranges(numbers, theta, scenario.at("host"))
    return theta


def _check_ranges(numbers: Numbers, theta: Floats, at: Location) -> None:
    """Hold all values against their ranges at once; the first that is out of its own is told."""
    bounded = np.fromiter(numbers.lowest, int, len(numbers.lowest))
    positive = np.fromiter(numbers.lowest.values(), bool, len(numbers.lowest))
    for index in bounded[(theta[bounded] < 0.0) | (positive & (theta[bounded] == 0.0))].tolist():
        check_range(numbers, index, float(theta[index]), f"{theta[index]:g}", numbers.lowest[index], at=at)


@dataclass(frozen=True)
class Person:
    """The host of a scenario, whose numbers at each age are worked out once.

    Attributes
    ----------
    attributes : dict       on day 0
    known : dict            day -> numbers then, of those that were asked for
    """

    compiled: Compiled
    scenario: Entry
    attributes: dict[str, Quantity | str]
    deficiencies: list[str]
    known: dict[float, Floats] = field(default_factory=dict)

    @property
    def age(self) -> float | None:
        """In days, on day 0; none if the host has no age."""
        age = self.attributes.get(AGE)
        return age.value if isinstance(age, Quantity) and age.dimension == TIME else None

    def attributes_at(self, day: float) -> dict[str, Quantity | str]:
        """Who this is so many days after day 0, or before it."""
        if self.age is None:
            return self.attributes
        return attributes_at(self.compiled.numbers, self.attributes, self.age + day)

    def theta(self, day: float = 0.0) -> Floats:
        """The numbers then, as those of somebody who was met at that age; a fresh array."""
        day = 0.0 if self.age is None else day
        if day not in self.known:
            self.known[day] = theta_of(self.compiled, self.scenario, self.attributes_at(day), self.deficiencies)
        return self.known[day].copy()


def ageing_events(person: Person, first: float, last: float, *, begin: float = 0.0) -> Events:
    """What brings the numbers of a host that ages up to date, from one day to another; dated since ``begin``."""
    age, compiled = person.age, person.compiled
    if age is None:
        return NO_EVENTS

    def theta_at(day: float) -> Floats:
        theta = person.theta(day)
        theta[compiled.numbers.index[f"host.{AGE}"]] = age  # the signal of this name counts days by itself
        return theta

    ends = [person.attributes_at(day) for day in (first, last)]
    knots = [knot - age for knot in age_knots(compiled.numbers, person.attributes)]
    if not any(first < knot < last for knot in knots) and most_moved(compiled.numbers, *ends) < 0.25 * FINEST:
        return NO_EVENTS
    tables = compiled.model.tables
    steps = ageing_steps(theta_at, knots, first, last, tables.theta, (tables.grown, tables.initial_of[tables.grown]))
    days, row = np.unique(steps.time, return_inverse=True)
    return replace(steps, time=np.asarray([at_tick(day - begin) for day in days.tolist()], float)[row])
