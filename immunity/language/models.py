"""Strict models of every kind of entry a rule book may hold.

Text stays text here: references are parsed by ``references``, quantities by ``quantity``, and both
are resolved by the compiler, which knows the whole book. Short forms are unfolded on the way in, so that a
plain string where a number stands is a ``Number`` with that value, and one law is a list of one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Status = Literal["measured", "derived", "fitted", "tuned", "assumed"]

MAX_MEMBERS = 10_000  # of a set, stages of a chain


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _unfold(key: str, record: type[Record]) -> Any:
    """A bare string stands for a mapping with that one key."""
    return BeforeValidator(
        lambda given: {key: given} if isinstance(given, str) else given, json_schema_input_type=record | str
    )


def _pure(given: Any) -> Any:
    """Where only a pure number can stand, it needs no quotes."""
    bare = isinstance(given, int | float) and not isinstance(given, bool)
    return {"value": repr(given) if bare else given} if bare or isinstance(given, str) else given


def _listed(given: Any) -> Any:
    return given if isinstance(given, list) or given is None else [given]


def _some(item: Any) -> Any:
    """One stands for a list of one."""
    return BeforeValidator(_listed, json_schema_input_type=list[item] | item)


class Number(Record):
    """A quantity with its unit, its status and its source."""

    value: str | None = None
    derived: str | None = None
    where: dict[str, str] = Field(default_factory=dict)
    by: str | None = None
    values: list[str] | None = None
    use: str | None = None
    status: Status | None = None
    source: Annotated[list[str], _some(str)] = Field(default_factory=list)
    page: str | int | None = None
    note: str | None = None


Num = Annotated[Number, _unfold("value", Number)]
Pure = Annotated[Number, BeforeValidator(_pure, json_schema_input_type=Number | str | float)]
Texts = Annotated[list[str], _some(str)]


class HillUp(Record):
    signal: str
    half: Num
    hill: Pure = Number(value="1")
    up_to: Pure


class Needs(Record):
    signal: str
    half: Num
    hill: Pure = Number(value="1")


class HillDown(Record):
    signal: str
    half: Num
    hill: Pure = Number(value="1")
    down_to: Pure = Number(value="0")


class Saturates(Record):
    killers: str
    targets: str
    half: Num


class Wave(Record):
    period: str
    swing: str
    peak: str = "0 day"


class Since(Record):
    """The day from which a curve counts: when an attribute would have been so much, or the attribute itself."""

    attribute: str
    at: str | None = None


class Curve(Record):
    signal: str
    since: Since | None = None
    points: list[tuple[str, str]] = Field(default_factory=list)
    repeats: str | None = None
    wave: Wave | None = None
    fades: str | None = None
    status: Status | None = None
    source: Texts = Field(default_factory=list)
    note: str | None = None


class Power(Record):
    """(signal / of)^exponent."""

    signal: str
    of: Num
    exponent: Pure


class Scaled(Record):
    """A function of signal / of."""

    signal: str
    of: Num


class WithLaws(Record):
    """Laws that multiply a hazard or a signal."""

    with_: Texts = Field(default_factory=list, alias="with")
    rises_with: Annotated[list[HillUp], _some(HillUp)] = Field(default_factory=list)
    needs: Annotated[list[Needs], _some(Needs)] = Field(default_factory=list)
    falls_with: Annotated[list[HillDown], _some(HillDown)] = Field(default_factory=list)
    saturates: Annotated[list[Saturates], _some(Saturates)] = Field(default_factory=list)
    curve: Annotated[list[Curve], _some(Curve)] = Field(default_factory=list)
    divided_by: Texts = Field(default_factory=list)
    power: Annotated[list[Power], _some(Power)] = Field(default_factory=list)
    log: Annotated[list[Scaled], _some(Scaled)] = Field(default_factory=list)
    exp: Annotated[list[Scaled], _some(Scaled)] = Field(default_factory=list)


class SideEffect(Record):
    pool: str
    amount: Num


class Flow(WithLaws):
    verb: str
    times: Texts = Field(default_factory=list)
    id: str | None = None
    at: str | None = None
    of: str | None = None
    from_: str | None = Field(default=None, alias="from")
    to: Texts = Field(default_factory=list)
    by: str | None = None
    target: str | None = None
    partner: str | None = None
    into: str | None = None
    spares: bool = False
    yields: Pure | None = None
    hazard: Num | None = None
    half_life: Num | None = None
    mean_time: Num | None = None
    doubling_time: Num | None = None
    also: list[SideEffect] = Field(default_factory=list)
    note: str | None = None


class Term(Record):
    of: str
    weight: Num | None = None


_Term = Annotated[Term, _unfold("of", Term)]
Terms = Annotated[list[_Term], _some(_Term)]


class Signal(WithLaws):
    id: str
    name: str | None = None
    at: str | None = None
    of: str | None = None
    sum: Terms = Field(default_factory=list)
    constant: Num | None = None
    per: str | None = None
    unit: str = "1"
    note: str | None = None


class AgeRange(Record):
    """The interval in health of those who are younger than ``until``."""

    until: str
    lo: str
    hi: str
    source: Texts = Field(default_factory=list)


class Healthy(Record):
    lo: str
    hi: str
    source: Texts = Field(default_factory=list)
    from_: str | None = Field(default=None, alias="from")
    ages: list[AgeRange] = Field(default_factory=list)


class Ending(Record):
    """What a doctor calls it when a readout ends above or below a value; the gravest word counts."""

    word: str
    above: str | None = None
    below: str | None = None
    gravity: int = 0


class Readout(Record):
    id: str
    name: str | None = None
    sum: Terms = Field(default_factory=list)
    signal: str | None = None
    constant: Num | None = None
    per: str | None = None
    at: str | None = None
    offset: str | None = None
    unit: str
    scale: Literal["linear", "log10"] = "linear"
    limit_of_detection: str | None = None
    healthy: Healthy | None = None
    ends_as: Annotated[list[Ending], _some(Ending)] = Field(default_factory=list)
    panel: str = "readouts"
    xref: dict[str, str] = Field(default_factory=dict)
    note: str | None = None


class Modifier(WithLaws):
    flow: str
    times: Texts = Field(default_factory=list)
    note: str | None = None


class Entry(Record):
    """What every kind of entry may say of itself."""

    id: str
    kind: str | None = None
    name: str | None = None
    story: str | None = None
    note: str | None = None
    xref: dict[str, str] = Field(default_factory=dict)
    replace: bool = False


class Spread(Record):
    number: str
    gsd: str
    status: Status | None = None
    source: Texts = Field(default_factory=list)
    note: str | None = None


class Rules(Entry):
    flows: list[Flow] = Field(default_factory=list)
    signals: list[Signal] = Field(default_factory=list)
    readouts: list[Readout] = Field(default_factory=list)
    modifies: list[Modifier] = Field(default_factory=list)
    numbers: dict[str, Num] = Field(default_factory=dict)
    variation: list[Spread] = Field(default_factory=list)


class Epitope(Record):
    """By what members of a set are alike: a position in a space, or groups (with weights) that they share."""

    space: str | None = None
    at: list[float] | None = None
    groups: dict[str, float] | Texts = Field(default_factory=list)


class Member(Record):
    """A member of a set: a new one with its ``id``, or (brought by a carrier) one ``of`` those declared elsewhere."""

    id: str | None = None
    of: str | None = None
    name: str | None = None
    is_: Texts = Field(default_factory=list, alias="is")
    amount: Num | None = None
    numbers: dict[str, Num] = Field(default_factory=dict)
    epitopes: dict[str, Epitope] = Field(default_factory=dict)
    note: str | None = None


class Similarity(Record):
    """How alike members are, by their epitopes of one kind."""

    by: str
    width: Pure | None = None
    least: Pure = Number(value="0.001")


class Entity(Rules):
    unit: str
    is_: Texts = Field(default_factory=list, alias="is")
    carries: dict[str, Num] = Field(default_factory=dict)
    lives_in: dict[str, Texts] = Field(default_factory=dict)
    stages: dict[str, Annotated[int, Field(ge=1, le=MAX_MEMBERS)]] = Field(default_factory=dict)
    brings: dict[str, list[Member | str]] = Field(default_factory=dict)
    over: dict[str, Texts] | Texts = Field(default_factory=list)
    initial: dict[str, Num] = Field(default_factory=dict)
    floor: str | None = None
    countable: bool | None = None
    grows: bool = False
    only_with: Texts = Field(default_factory=list)


class Cell(Entity):
    unit: str = "cell"


class Molecule(Entity):
    pass


class Threat(Entity):
    unit: str = "CFU"
    enters: dict[str, str] = Field(default_factory=dict)


class Therapy(Entity):
    given: dict[str, str] = Field(default_factory=dict)
    meets: Texts = Field(default_factory=list)


class Place(Rules):
    is_: Texts = Field(default_factory=list, alias="is")
    volume: Num | None = None
    links: dict[str, str] = Field(default_factory=dict)
    only_with: Texts = Field(default_factory=list)
    map: tuple[float, float] | None = None


class Class(Rules):
    unit: str | None = None
    open: bool = False
    requires: list[str] = Field(default_factory=list)


class Set(Entry):
    members: (
        Annotated[int, Field(ge=1, le=MAX_MEMBERS)]
        | Annotated[list[str | Member], Field(min_length=1, max_length=MAX_MEMBERS)]
    ) = Field(default_factory=list)
    open: bool = False
    unit: str | None = None
    requires: list[str] = Field(default_factory=list)
    numbers: dict[str, Num] = Field(default_factory=dict)
    similarity: dict[str, Similarity] = Field(default_factory=dict)
    matrix: dict[str, list[list[str]]] = Field(default_factory=dict)


class Members(Entry):
    """Members that are added to a set from outside."""

    of: str
    members: Annotated[list[Member | str], Field(min_length=1)]


class Change(Record):
    number: str
    multiply: Pure | None = None
    set: Num | None = None
    scales_with: str | None = None
    power: str = "1"
    curve: list[Curve] | Curve | None = None
    for_: dict[str, str] = Field(default_factory=dict, alias="for")
    note: str | None = None


class Level(Record):
    readout: str
    above: str | None = None
    below: str | None = None


class When(Level):
    delay: str | None = None
    rearm: str | None = None
    again_after: str | None = None
    at_most: Annotated[int, Field(ge=1)] = 1


class OnlyIf(Level):
    wait: str | None = None


class ScenarioEnd(Level):
    outcome: str = "ended"


class Part(Record):
    of: str
    times: str = "1"


Parts = Annotated[list[Annotated[Part, _unfold("of", Part)]], _some(Annotated[Part, _unfold("of", Part)])]


class DatedEvent(Record):
    at: str = "0 day"
    pool: str | None = None
    number: str | None = None
    add: str | None = None
    scale: str | None = None
    set: str | None = None
    set_from: Parts | None = None
    add_from: Parts | None = None
    move_to: str | None = None
    share: str | None = None
    over: str | None = None
    when: When | None = None


class Deficiency(Entry):
    meets: Texts = Field(default_factory=list)
    changes: list[Change] = Field(default_factory=list)
    events: list[DatedEvent] = Field(default_factory=list)


class EndsWhen(Record):
    signal: str
    below: str
    outcome: str = "ended"


class Correlation(Record):
    between: tuple[str, str]
    r: str


class Typical(Record):
    attribute: str
    for_: dict[str, str] = Field(default_factory=dict, alias="for")
    curve: Curve


class Host(Entry):
    attributes: dict[str, str] = Field(default_factory=dict)
    limits: dict[str, tuple[str, str]] = Field(default_factory=dict)
    typical: list[Typical] = Field(default_factory=list)
    settle: str = "0 day"
    ends_when: EndsWhen | None = None
    changes: list[Change] = Field(default_factory=list)
    variation: list[Spread] = Field(default_factory=list)
    correlations: list[Correlation] = Field(default_factory=list)


class Along(Record):
    """What comes along with each exposure, as germs do with a wound."""

    threat: str
    site: str
    dose: str
    gsd: str = "1"


class Replaced(Record):
    """Another strain: of what a host has against these members, in these states, a share still knows it."""

    members: Texts
    of: Texts
    keeps: str
    every: str | None = None


class Drawn(Record):
    """A number that each meeting draws anew, around some multiple of what it is elsewhere."""

    number: str
    median: str = "1"


Draws = Annotated[list[Annotated[Drawn, _unfold("number", Drawn)]], _some(Drawn)]


class Rate(Record):
    value: str
    by_age: list[tuple[str, str]] = Field(default_factory=list)
    by_season: list[tuple[str, str]] = Field(default_factory=list)
    day_of_year: str = "0 day"
    strains: dict[str, str] = Field(default_factory=dict)
    gsd: str = "1"
    from_: str = Field(default="0 day", alias="from")
    until: str | None = None
    along: list[Along] = Field(default_factory=list)
    renews: Replaced | None = None
    draws: Draws = Field(default_factory=list)


class Exposure(Record):
    threat: str
    site: str
    dose: str
    at: str = "0 day"
    over: str | None = None
    rate: Annotated[Rate, _unfold("value", Rate)] | None = None
    when: When | None = None


class Dosing(Record):
    therapy: str
    dose: str | None = None
    rate: str | None = None
    loading: str | None = None
    over: str | None = None
    route: str | None = None
    at: str | None = None
    every: str | None = None
    from_: str | None = Field(default=None, alias="from")
    until: str | None = None
    lasting: str | None = None
    doses: Annotated[int, Field(ge=1)] | None = None
    when: When | None = None
    only_if: OnlyIf | None = None
    stop_when: Level | None = None


class Scenario(Entry):
    title: str
    days: float
    every: str = "1 h"
    host: dict[str, Any] = Field(default_factory=dict)
    meets: Texts = Field(default_factory=list)
    exposures: list[Exposure] = Field(default_factory=list)
    therapies: list[Dosing] = Field(default_factory=list)
    events: list[DatedEvent] = Field(default_factory=list)
    ends_when: Annotated[list[ScenarioEnd], _some(ScenarioEnd)] = Field(default_factory=list)
    numbers: dict[str, str] = Field(default_factory=dict)
    show: list[str] = Field(default_factory=list)


class Source(Record):
    cite: str
    doi: str | None = None
    url: str | None = None
    note: str | None = None


class Sources(Entry):
    sources: dict[str, Source]


MODELS: dict[str, type[Entry]] = {
    "place": Place,
    "class": Class,
    "set": Set,
    "members": Members,
    "cell": Cell,
    "molecule": Molecule,
    "threat": Threat,
    "therapy": Therapy,
    "rules": Rules,
    "host": Host,
    "deficiency": Deficiency,
    "scenario": Scenario,
    "sources": Sources,
}

FOLDERS: dict[str, str] = {
    "places": "place",
    "classes": "class",
    "sets": "set",
    "members": "members",
    "cells": "cell",
    "molecules": "molecule",
    "threats": "threat",
    "therapies": "therapy",
    "rules": "rules",
    "readouts": "rules",
    "hosts": "host",
    "deficiencies": "deficiency",
    "scenarios": "scenario",
    "sources": "sources",
}
