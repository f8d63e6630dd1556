"""From a schedule to the doses that one person gets: some skipped, some late, some more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from immunity.language.errors import Location, fail
from immunity.lifetime.load import Written, days_of
from immunity.lifetime.models import Schedule, Vaccine

ALL = "all"
_TREATMENT = re.compile(r"(?P<dose>.+?) every (?P<every>.+?)(?: from (?P<from>.+?))?(?: until (?P<until>.+?))?\Z")


@dataclass(frozen=True)
class Dose:
    """One dose of a vaccine.

    Attributes
    ----------
    therapy : str    what is given: a therapy, or, where there is a ``site``, a threat that grows there
    age : float      in days
    at : Location    where the schedule says so
    """

    therapy: str
    age: float
    dose: str
    route: str | None
    at: Location
    site: str | None = None


def doses_of(schedule: Written | None, last: float, changes: Mapping[str, str]) -> list[Dose]:
    """Every dose until an age, in order.

    Parameters
    ----------
    last : float         age in days
    changes : mapping    vaccine, or ``all`` -> ``skip``, ``skip 2 3``, ``late 60 d``, ``extra 30 y``, between ``;``

    Raises
    ------
    RuleError
        E862 for a change that cannot be followed.
    """
    if schedule is None:
        for name in changes:
            raise fail("E862", at=_said(name), text=name, reason="there is no schedule")
        return []
    record: Schedule = schedule.record
    names = [vaccine.name for vaccine in record.doses]
    for name in changes:
        if name != ALL and name not in names:
            raise fail(
                "E862", at=_said(name), text=name, reason="the schedule has no such vaccine", known=[*names, ALL]
            )
    found: list[Dose] = []
    for name in dict.fromkeys(names):
        rows = [
            Dose(name, age, vaccine.dose, vaccine.route, schedule.at("doses", k), vaccine.site)
            for k, vaccine in enumerate(record.doses)
            if vaccine.name == name
            for age in _ages(schedule, k, vaccine, last)
        ]
        rows.sort(key=lambda dose: dose.age)
        for key in (ALL, name):
            rows = _changed(rows, key, changes[key]) if key in changes else rows
        found += rows
    return sorted((dose for dose in found if dose.age < last), key=lambda dose: dose.age)


def treatment_of(name: str, text: str) -> dict[str, Any]:
    """A treatment for years: ``400 mg/kg every 28 d from 4 y until 10 y``, ages as days of the life; see ``plan``.

    Raises
    ------
    RuleError
        E862.
    """
    at = Location(f"--with treatments.{name}", 0)
    held = _TREATMENT.match(text.strip())
    if held is None:
        raise fail("E862", at=at, text=text, reason="a treatment reads 'DOSE every TIME from AGE until AGE'")
    said = {key: value for key, value in held.groupdict().items() if value}
    days_of(said["every"], at)
    return {"therapy": name, **said} | {key: days_of(said[key], at) for key in ("from", "until") if key in said}


def _ages(schedule: Written, position: int, vaccine: Vaccine, last: float) -> list[float]:
    if vaccine.every is None:
        return [days_of(text, schedule.at("doses", position, "at", k)) for k, text in enumerate(vaccine.at)]
    every = days_of(vaccine.every, schedule.at("doses", position, "every"))
    first = days_of(vaccine.from_ or "0 d", schedule.at("doses", position))
    until = last if vaccine.until is None else min(last, days_of(vaccine.until, schedule.at("doses", position)))
    return [float(age) for age in np.arange(first, until, every)]


def _changed(rows: list[Dose], name: str, text: str) -> list[Dose]:
    """Doses after what is said of them; positions are those of the schedule, from 1."""
    at, kept, more, late = _said(name), list(rows), [], 0.0
    for part in text.split(";"):
        word, _, rest = part.strip().partition(" ")
        if word == "skip":
            numbers = rest.replace(",", " ").split()
            if not all(number.isdecimal() for number in numbers):
                raise fail("E862", at=at, text=part, reason="'skip' takes the numbers of doses, or nothing for all")
            gone = {int(number) for number in numbers}
            kept = [dose for k, dose in enumerate(rows, 1) if dose in kept and gone and k not in gone]
        elif word == "late":
            late = days_of(rest, at)
        elif word == "extra":
            like = rows[-1]
            more += [replace(like, age=days_of(age, at), at=at) for age in rest.split(",")]
        else:
            raise fail("E862", at=at, text=part, reason="it is none of 'skip', 'late' and 'extra'")
    return [*(replace(dose, age=dose.age + late) for dose in kept), *more]


def _said(name: str) -> Location:
    return Location(f"--with doses.{name}", 0)
