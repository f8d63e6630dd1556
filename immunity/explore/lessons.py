"""Guided lessons: files of steps, each with a state of the page, words for three kinds of reader, and a question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from immunity.language.errors import Location, RuleError, RuleErrors, fail
from immunity.language.load import Book
from immunity.language.read import Document, read_documents
from immunity.language.refusals import describe, locate, refusals

BUILT_IN = Path(__file__).parent / "lessons"
LEVELS = ("pupil", "relative", "student")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Record):
    """The same for a school pupil, for somebody whose relative is ill, and for a student of medicine."""

    pupil: str
    relative: str
    student: str


class Setting(_Record):
    """What the page is set to, as keys of the command line have it."""

    scenario: str
    host: dict[str, Any] = Field(default_factory=dict)
    changes: dict[str, Any] = Field(default_factory=dict)


class Look(_Record):
    """Where to look."""

    readouts: Annotated[list[str], Field(min_length=1, max_length=6)]
    day: Annotated[float, Field(ge=0.0)]
    place: str | None = None


class Step(_Record):
    """One step: what is set, what is said, where to look, what is asked, and what to try next.

    ``holds`` are conditions that must hold of the run for the words to be true; the tests run them.
    """

    title: str
    set: Setting
    beside: Setting | None = None
    say: Words
    look: Look
    holds: list[str] = Field(default_factory=list)
    ask: Words
    answer: Words
    try_: str = Field(alias="try")


class LessonModel(_Record):
    id: str
    title: str
    order: int
    about: Words
    steps: Annotated[list[Step], Field(min_length=1, max_length=12)]


@dataclass(frozen=True)
class Lesson:
    """A lesson as it was written down."""

    lesson: LessonModel
    document: Document = field(repr=False)

    def at(self, *path: str | int) -> Location:
        return locate(self.document, path)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the page."""
        return self.lesson.model_dump(by_alias=True, exclude_none=True, exclude={"steps": {"__all__": {"holds"}}})


def load_lessons(book: Book, folder: Path = BUILT_IN) -> tuple[Lesson, ...]:
    """Read all lessons of a folder, in their order.

    Parameters
    ----------
    book : Book      that the lessons speak of

    Raises
    ------
    RuleErrors
        Everything that is wrong, each with file and line.
    """
    found: list[Lesson] = []
    errors: list[RuleError] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found += [_read(document) for document in read_documents(path)]
        except RuleError as error:
            errors.append(error)
        except RuleErrors as several:
            errors += several.errors
    for lesson in found:
        errors += _unknown(lesson, book)
    if errors:
        raise RuleErrors(errors)
    return tuple(sorted(found, key=lambda each: (each.lesson.order, each.lesson.id)))


def _read(document: Document) -> Lesson:
    if not isinstance(document.data, dict):
        raise fail("E205", at=document.at(), text=document.data, found=describe(document.data))
    try:
        return Lesson(LessonModel.model_validate(document.data), document)
    except ValidationError as error:
        raise RuleErrors(refusals(error, LessonModel, document)) from None


def _unknown(lesson: Lesson, book: Book) -> Iterator[RuleError]:
    """Names that the rule book does not have."""
    scenarios = book.entries.get("scenario", {})
    places = book.entries.get("place", {})
    deficiencies = book.entries.get("deficiency", {})
    for k, step in enumerate(lesson.lesson.steps):
        for key, setting in (("set", step.set), ("beside", step.beside)):
            if setting is None:
                continue
            if setting.scenario not in scenarios:
                at = lesson.at("steps", k, key, "scenario")
                yield fail("E733", at=at, text=setting.scenario, what="the scenario", known=scenarios)
            for name in setting.host.get("deficiencies") or ():
                if name not in deficiencies:
                    at = lesson.at("steps", k, key, "host", "deficiencies")
                    yield fail("E733", at=at, text=name, what="the deficiency", known=deficiencies)
        if step.look.place is not None and step.look.place not in places:
            at = lesson.at("steps", k, "look", "place")
            yield fail("E733", at=at, text=step.look.place, what="the place", known=places)
        known = {readout.id for readout in _all_readouts(book)}
        for n, readout in enumerate(step.look.readouts):
            if readout not in known:
                at = lesson.at("steps", k, "look", "readouts", n)
                yield fail("E733", at=at, text=readout, what="the readout", known=known)


def _all_readouts(book: Book) -> Iterator[Any]:
    for entries in book.entries.values():
        for entry in entries.values():
            yield from getattr(entry.record, "readouts", ())
