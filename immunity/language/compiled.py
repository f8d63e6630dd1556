"""What explanations need of a compiled rule book: a shape, since the language knows no compiler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from immunity.language.load import Book, Entry
from immunity.language.models import Flow


class Named(Protocol):
    """A number with its text, status and papers."""

    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def status(self) -> str | None: ...
    @property
    def source(self) -> Sequence[str]: ...
    @property
    def note(self) -> str | None: ...


class Numbers(Protocol):
    """All numbers of a book."""

    @property
    def rows(self) -> Sequence[Named]: ...


class Space(Protocol):
    """All pools of a book, and the members of its sets."""

    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def membership(self) -> Any: ...


class Model(Protocol):
    """Papers by their keys."""

    @property
    def sources(self) -> Mapping[str, Mapping[str, Any]]: ...


class Rule(Protocol):
    """A flow as written, with the entry it stands in."""

    @property
    def name(self) -> str: ...
    @property
    def record(self) -> Flow: ...
    @property
    def entry(self) -> Entry: ...
    def at(self, *more: str | int) -> object: ...


class Compiled(Protocol):
    """A compiled rule book."""

    @property
    def book(self) -> Book: ...
    @property
    def space(self) -> Space: ...
    @property
    def numbers(self) -> Numbers: ...
    @property
    def model(self) -> Model: ...
