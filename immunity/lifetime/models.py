"""The strict schema of worlds, schedules and of what counts as an infection; see docs/reference/worlds.md."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from immunity.language.models import Along, Draws, Record, Replaced, Texts
from immunity.validate.models import Strict

Status = Literal["measured", "derived", "fitted", "tuned", "assumed"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Point = tuple[str, str]


class Meeting(Record):
    """What is met, how often in which stage of life, how much of it, and what comes along."""

    threat: str
    site: str
    dose: str
    gsd: str = "1"
    strains: dict[str, str] = Field(default_factory=dict)
    per_year: Annotated[dict[str, str], Field(min_length=1)]
    by_age: list[Point] = Field(default_factory=list)
    by_season: list[Point] = Field(default_factory=list)
    along: list[Along] = Field(default_factory=list)
    renews: Replaced | None = None
    draws: Draws = Field(default_factory=list)
    before: str | None = None
    optional: bool = False
    status: Status
    source: Texts = Field(default_factory=list)
    note: str | None = None


class World(Record):
    """Stages of life, who passes through which, and what they meet there."""

    kind: Literal["world"] = "world"
    id: Name
    title: str
    story: str | None = None
    stages: Annotated[dict[str, str], Field(min_length=1)]
    households: Annotated[dict[str, list[Point]], Field(min_length=1)]
    meets: Annotated[dict[str, Meeting], Field(min_length=1)]
    care: list[dict[str, Any]] = Field(default_factory=list)
    sources: dict[str, str] = Field(default_factory=dict)


class Vaccine(Record):
    """Doses of one vaccine, or of an antibody that is given to all: at ages, or every so often.

    A live vaccine that grows is a threat, and comes to a ``site``.
    """

    therapy: str | None = None
    threat: str | None = None
    site: str | None = None
    dose: str
    route: str | None = None
    at: Texts = Field(default_factory=list)
    every: str | None = None
    from_: str | None = Field(default=None, alias="from")
    until: str | None = None
    note: str | None = None

    @property
    def name(self) -> str:
        """What is given."""
        return self.therapy or self.threat or ""


class Schedule(Record):
    """A vaccination schedule."""

    kind: Literal["schedule"] = "schedule"
    id: Name
    title: str
    cite: str
    story: str | None = None
    doses: list[Vaccine]
    not_here: list[str] = Field(default_factory=list)


class Site(Strict):
    """A part of the body as a doctor names it, and how much of what makes an infection of it."""

    name: str
    infection: str
    places: list[str]
    at_least: str
    carried: bool = False
    gravity: int


class Level(Strict):
    """A readout beyond which something is so."""

    readout: str
    above: float | None = None
    below: float | None = None


class Counting(Strict):
    """How episodes are counted."""

    sites: dict[str, Site]
    apart: str
    ill: list[Level]
    fever: Level
    hospital: list[Level]


BOOKS: dict[str, type[BaseModel]] = {"world": World, "schedule": Schedule}
