"""Worlds and schedules from YAML files, every mistake with its file and line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from immunity.language.errors import Location, RuleError, RuleErrors, fail
from immunity.language.quantity import DIMENSIONLESS, RATE, TIME, expect, parse_quantity
from immunity.language.read import Document, read_documents
from immunity.language.refusals import describe, locate, refusals
from immunity.lifetime.models import BOOKS, Counting, Schedule, World

HERE = Path(__file__).parents[1]
FOLDERS = {"world": HERE / "worlds", "schedule": HERE / "schedules"}
_ID = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True)
class Written:
    """A world or a schedule as it was written down."""

    record: Any
    document: Document = field(repr=False)

    def at(self, *path: str | int) -> Location:
        """Where a key stands."""
        return locate(self.document, path)


def built_in(kind: str) -> dict[str, str]:
    """Names and titles of the worlds, or of the schedules, that come with the package."""
    return {path.stem: _read(path, kind).record.title for path in sorted(FOLDERS[kind].glob("*.yaml"))}


def read_world(name: str | Path) -> Written:
    """Read and check a world: one that comes with the package, or a file.

    Raises
    ------
    RuleError, RuleErrors
        E860, E861, and those of keys and quantities.
    """
    found = _read(_find(name, "world"), "world")
    _raise(_faults_of_world(found))
    return found


def read_schedule(name: str | Path) -> Written:
    """Read and check a schedule, as :func:`read_world` does."""
    found = _read(_find(name, "schedule"), "schedule")
    _raise(_faults_of_schedule(found))
    return found


@lru_cache(maxsize=1)
def counting() -> Counting:
    """How episodes are counted."""
    return Counting.model_validate(read_documents(Path(__file__).with_name("counting.yaml"))[0].data)


def days_of(text: str, at: Location) -> float:
    """An age or a length of time, in days.

    Raises
    ------
    RuleError
        E860 below zero, and those of quantities.
    """
    value = expect(parse_quantity(text, at=at), TIME, at=at).value
    if value < 0:
        raise fail("E860", at=at, reason=f"{text!r} is negative")
    return value


def _find(name: str | Path, kind: str) -> Path:
    file = FOLDERS[kind] / f"{name}.yaml"
    if _ID.match(str(name)) and file.is_file():
        return file
    if Path(name).is_file():
        return Path(name)
    raise fail("E861", text=str(name), kind=kind, known=[path.stem for path in FOLDERS[kind].glob("*.yaml")])


def _read(path: Path, kind: str) -> Written:
    documents = read_documents(path)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        found = describe(documents[0].data) if len(documents) == 1 else f"{len(documents)} documents"
        raise fail("E205", at=Location(str(path), 1), text=path, found=found)
    try:
        return Written(BOOKS[kind].model_validate(documents[0].data), documents[0])
    except ValidationError as error:
        raise RuleErrors(refusals(error, BOOKS[kind], documents[0])) from None


def _raise(errors: Iterator[RuleError]) -> None:
    found = list(errors)
    if found:
        raise found[0] if len(found) == 1 else RuleErrors(found)


def _faults_of_world(written: Written) -> Iterator[RuleError]:
    world: World = written.record
    for name, steps in world.households.items():
        ages: list[float] = []
        for k, (age, stage) in enumerate(steps):
            at = written.at("households", name, k)
            try:
                ages.append(days_of(age, at))
            except RuleError as error:
                yield error
            if stage not in world.stages:
                yield fail("E860", at=at, reason=f"there is no stage {stage!r}", known=world.stages)
        if not ages or ages[0] != 0.0 or any(b <= a for a, b in itertools.pairwise(ages)):
            at = written.at("households", name)
            yield fail("E860", at=at, reason=f"the ages of {name!r} do not ascend from birth")
    for name, meeting in world.meets.items():
        for stage, text in meeting.per_year.items():
            at = written.at("meets", name, "per_year", stage)
            if stage not in world.stages:
                yield fail("E860", at=at, reason=f"there is no stage {stage!r}", known=world.stages)
            try:
                if expect(parse_quantity(text, at=at), RATE, at=at, what="a rate").value < 0:
                    yield fail("E860", at=at, reason=f"{text!r} is negative")
            except RuleError as error:
                yield error
        for k, (age, factor) in enumerate(meeting.by_age):
            at = written.at("meets", name, "by_age", k)
            try:
                days_of(age, at)
                expect(parse_quantity(factor, at=at), DIMENSIONLESS, at=at)
            except RuleError as error:
                yield error
        for key in meeting.source:
            if key not in world.sources:
                at = written.at("meets", name, "source")
                yield fail("E860", at=at, reason=f"there is no source {key!r}", known=world.sources)


def _faults_of_schedule(written: Written) -> Iterator[RuleError]:
    schedule: Schedule = written.record
    for k, vaccine in enumerate(schedule.doses):
        if bool(vaccine.at) == (vaccine.every is not None):
            yield fail("E860", at=written.at("doses", k), reason="a vaccine is given 'at' ages, or 'every' so often")
        if (vaccine.therapy is None) == (vaccine.threat is None) or (vaccine.threat is None) != (vaccine.site is None):
            reason = "a dose is a 'therapy', or a 'threat' (a live vaccine) with its 'site'"
            yield fail("E860", at=written.at("doses", k), reason=reason)
        said = {**{("at", j): text for j, text in enumerate(vaccine.at)}, ("every",): vaccine.every}
        for path, text in {**said, ("from",): vaccine.from_, ("until",): vaccine.until}.items():
            if text is None:
                continue
            try:
                if days_of(text, written.at("doses", k, *path)) == 0.0 and path == ("every",):
                    yield fail("E860", at=written.at("doses", k, *path), reason="'every' is no length of time")
            except RuleError as error:
                yield error
