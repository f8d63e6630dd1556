"""From a world, a schedule and a person to the scenario of a life."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from immunity.language.errors import Location, fail
from immunity.language.load import Entry, validate_entry
from immunity.language.quantity import parse_quantity
from immunity.language.read import Document
from immunity.lifetime.doses import Dose, doses_of, treatment_of
from immunity.lifetime.load import Written, built_in, days_of, read_schedule, read_world
from immunity.lifetime.models import Meeting, World

WORLD, SCHEDULE = "temperate_high_income", "who_epi"
LIFE, YEARS = "life", 7
_FROM = re.compile(r"from_([0-9]{1,3})_y\Z")
OLDEST = 150 * 365.25
APART = 60.0  # days between strains of one agent that were met before a life is followed
STEP = 1.0  # days in which a person passes from one stage of life to the next
NO_SCHEDULE = "none"
SHOWN = (
    "serum.igg",
    "serum.maternal_igg",
    "serum.iga",
    "blood.neutrophils",
    "blood.lymphocytes",
    "blood.cd4",
    "blood.naive_t_cells",
    "body.temperature",
)
OWN = ("household", "born", "also")  # keys of a life that no scenario has
PREFIXES = ("doses.", "treatments.")


@dataclass(frozen=True)
class LifePlan:
    """A life as it will be run.

    Attributes
    ----------
    entry : Entry              the scenario
    start, end : float         ages in days
    doses : tuple of Dose      every dose of the schedule that is given
    agents : tuple of str      threats that can be met, strains each by itself
    names : mapping            what people call them
    """

    entry: Entry
    world: Written
    schedule: Written | None
    household: str
    start: float
    end: float
    doses: tuple[Dose, ...]
    agents: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def setting(self) -> dict[str, Any]:
        """Where it is lived, by which schedule and with whom."""
        return {
            "world": self.world.record.id,
            "schedule": None if self.schedule is None else self.schedule.record.id,
            "household": self.household,
        }


def plan_life(
    *,
    world: str | Path,
    schedule: str | Path,
    host: Mapping[str, Any],
    to: str,
    changes: Mapping[str, Any],
) -> tuple[LifePlan, dict[str, Any]]:
    """Lay a life out; also the changes that are those of any scenario.

    Parameters
    ----------
    to : str             age at which the life is left
    changes : mapping    ``household``, ``born``, ``also``, ``doses.VACCINE``, ``treatments.THERAPY``, or of a scenario

    Raises
    ------
    RuleError, RuleErrors
        E860 to E862, and those of quantities.
    """
    place = read_world(world)
    record: World = place.record
    given = None if str(schedule) == NO_SCHEDULE else read_schedule(schedule)
    start = days_of(str(host.get("age", "0 d")), Location("--host age", 0))
    end = days_of(to, Location("--to", 0))
    if not start < end <= OLDEST:
        raise fail("E860", at=Location("--to", 0), reason=f"a life from {start / 365.25:.3g} y cannot end at {to!r}")
    household = str(changes.get("household", next(iter(record.households))))
    if household not in record.households:
        at = Location("--with household", 0)
        raise fail("E860", at=at, reason=f"there is no household {household!r}", known=record.households)
    meets = _met(record, str(changes.get("also", "")))
    said = {
        kind: {key.removeprefix(kind): str(text) for key, text in changes.items() if key.startswith(kind)}
        for kind in PREFIXES
    }
    every = doses_of(given, end, said["doses."])
    doses = [dose for dose in every if dose.age >= start]
    if start > 0.0 and "history" not in host:
        host = {**host, "history": _lived(place, [dose for dose in every if dose.age < start], start, meets)}
    origins: dict[tuple[str | int, ...], str] = {}
    exposures = []
    for name, meeting in meets.items():
        origins["exposures", len(exposures)] = str(place.at("meets", name))
        exposures.append(
            _exposure(place, name, meeting, record.households[household], start, changes.get("born", "any"))
        )
    therapies: list[dict[str, Any]] = []
    for dose in doses:
        kind, rows = ("therapies", therapies) if dose.site is None else ("exposures", exposures)
        origins[kind, len(rows)] = str(dose.at)
        rows.append(_given(dose, dose.age - start))
    for k, row in enumerate(record.care):
        origins["therapies", len(therapies)] = str(place.at("care", k))
        therapies.append(row)
    for name, text in said["treatments."].items():
        row = treatment_of(name, text)
        origins["therapies", len(therapies)] = f"--with treatments.{name}"
        ages = {key: f"{max(0.0, row[key] - start):.6g} d" for key in ("from", "until") if key in row}
        therapies.append({**row, **ages})
    data = {
        "id": f"life.{record.id}",
        "title": f"A life: {record.title}",
        "days": end - start,
        "every": "1 d",
        "host": {**host, "age": f"{start:.6g} d"},
        "exposures": exposures,
        "therapies": therapies,
        "show": [*SHOWN],
    }
    document = Document(place.document.file, data, {}, {}, (), origins)
    agents = dict.fromkeys(itertools.chain.from_iterable(m.strains or [m.threat] for m in meets.values()))
    more = dict.fromkeys(along.threat for m in meets.values() for along in m.along)
    plan = LifePlan(
        validate_entry("scenario", document), place, given, household, start, end, tuple(doses), (*agents, *more)
    )
    rest = {key: value for key, value in changes.items() if key not in OWN and not key.startswith(PREFIXES)}
    return plan, rest


def _met(record: World, also: str) -> dict[str, Meeting]:
    """What a world holds for everybody, and then what was asked for by name."""
    asked = also.replace(",", " ").split()
    optional = [name for name, meeting in record.meets.items() if meeting.optional]
    for name in asked:
        if name not in optional:
            at = Location("--with also", 0)
            raise fail("E860", at=at, reason=f"the world has no {name!r} to ask for", known=optional)
    kept = {name: meeting for name, meeting in record.meets.items() if not meeting.optional}
    return kept | {name: record.meets[name] for name in optional if name in asked}


def _given(dose: Dose, day: float) -> dict[str, Any]:
    row = {"dose": dose.dose, "at": f"{day:.6g} d"}
    if dose.site is not None:
        return {"threat": dose.therapy, "site": dose.site, **row}
    return {"therapy": dose.therapy, **row} | ({"route": dose.route} if dose.route else {})


def _lived(place: Written, doses: list[Dose], start: float, meets: Mapping[str, Meeting]) -> list[dict[str, Any]]:
    """What somebody who begins later has behind: earlier doses, and each strain once, as long ago as the world says."""
    lived: list[dict[str, Any]] = [
        {"age": f"{dose.age:.6g} d", "therapies" if dose.site is None else "exposures": [_given(dose, 0.0)]}
        for dose in doses
    ]
    for name, meeting in meets.items():
        if meeting.before is None:
            continue
        before = days_of(meeting.before, place.at("meets", name, "before"))
        for k, strain in enumerate(meeting.strains or [meeting.threat]):
            ago = before + k * APART
            if ago <= start:
                met = {"threat": strain, "site": meeting.site, "dose": meeting.dose}
                lived.append({"before": f"{ago:.6g} d", "exposures": [met]})
    return lived


def _exposure(
    place: Written, name: str, meeting: Meeting, steps: list[tuple[str, str]], start: float, born: Any
) -> dict[str, Any]:
    """An exposure at a rate: that of each stage of life at its ages, times what the world says of age."""
    rates = {stage: parse_quantity(text).value for stage, text in meeting.per_year.items()}
    at = place.at("meets", name, "by_age")
    passed = [(days_of(age, at), rates.get(stage, 0.0)) for age, stage in steps]
    own = [(days_of(age, at), parse_quantity(factor).value) for age, factor in meeting.by_age]
    edges = [age for (age, _), _ in zip(passed[1:], passed, strict=False)]
    ages = sorted({0.0, OLDEST, *edges, *(age - STEP for age in edges), *(age for age, _ in own)})
    values = [_stage_rate(passed, age) * _factor(own, age) for age in ages]
    highest = max(values)
    rate: dict[str, Any] = {
        "value": f"{highest:.9g} 1/day",
        "gsd": meeting.gsd,
        "by_age": [
            [f"{age:.9g} d", f"{value / highest if highest > 0.0 else 0.0:.9g}"]
            for age, value in zip(ages, values, strict=True)
        ],
        "day_of_year": str(born),
    }
    for key in ("strains", "by_season"):
        if getattr(meeting, key):
            rate[key] = [list(p) for p in meeting.by_season] if key == "by_season" else dict(meeting.strains)
    if meeting.along:
        rate["along"] = [each.model_dump() for each in meeting.along]
    if meeting.draws:
        rate["draws"] = [each.model_dump() for each in meeting.draws]
    if meeting.renews is not None:
        rate["renews"] = meeting.renews.model_dump(exclude_none=True)
    return {"threat": meeting.threat, "site": meeting.site, "dose": meeting.dose, "rate": rate}


def _stage_rate(passed: list[tuple[float, float]], age: float) -> float:
    return [rate for since, rate in passed if since <= age][-1]


def _factor(points: list[tuple[float, float]], age: float) -> float:
    """A curve of age by straight lines, level beyond its ends; 1 without one."""
    if not points:
        return 1.0
    if age <= points[0][0]:
        return points[0][1]
    for (a, fa), (b, fb) in itertools.pairwise(points):
        if age <= b:
            return fa + (fb - fa) * (age - a) / (b - a)
    return points[-1][1]


def scenario_of_life(name: str) -> Entry:
    """The scenario that a life is by name: ``life``, then world, schedule, household and age with dots between them.

    ``life.day_care``, ``life.united_states.from_65_y``: what is not said is the first of its kind, seven years long.

    Raises
    ------
    RuleError
        E601 for a word that is none of these.
    """
    said: dict[str, str] = {"world": WORLD, "schedule": SCHEDULE}
    changes: dict[str, str] = {}
    start = 0
    for word in name.split(".")[1:]:
        age = _FROM.match(word)
        if word in built_in("world"):
            said["world"] = word
        elif word == NO_SCHEDULE or word in built_in("schedule"):
            said["schedule"] = word
        elif age is not None:
            start = int(age[1])
        elif word in read_world(said["world"]).record.households:
            changes["household"] = word
        elif getattr(read_world(said["world"]).record.meets.get(word), "optional", False):
            changes["also"] = f"{changes.get('also', '')} {word}"
        else:
            known = [*built_in("world"), *built_in("schedule"), *read_world(said["world"]).record.households]
            raise fail("E601", text=name, known=[f"{LIFE}.{each}" for each in known])
    host, to = {"age": f"{start} y"}, f"{start + YEARS} y"
    entry = plan_life(**said, host=host, to=to, changes=changes)[0].entry
    return replace(entry, id=name, record=entry.record.model_copy(update={"id": name}))
