"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

from immunity.api import load
from immunity.arguments import decimal_number, parse_assignments, whole_number
from immunity.compiler.build import Compiled


@Parameter(name="*")
@dataclass(frozen=True)
class Book:
    """Which rule book.

    Parameters
    ----------
    biology
        A folder or file that replaces the built-in rule book.
    overlay
        A folder or file laid over it; may be given several times.
    """

    biology: Path | None = None
    overlay: list[Path] = field(default_factory=list)

    def load(self) -> Compiled:
        """Read and compile it."""
        return load(self.biology, overlays=self.overlay)


def _read_whole(_: Any, tokens: Sequence[Token]) -> int:
    return whole_number(tokens[0].value, tokens[0].keyword or "")


def read_decimal(_: Any, tokens: Sequence[Token]) -> float:
    return decimal_number(tokens[0].value, tokens[0].keyword or "")


Whole = Annotated[int, Parameter(converter=_read_whole)]
Some = Annotated[int | None, Parameter(converter=_read_whole)]
Decimal = Annotated[float, Parameter(converter=read_decimal)]
Words = Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())]


@Parameter(name="*")
@dataclass(frozen=True)
class Setting:
    """Who, and what is changed.

    Parameters
    ----------
    host
        Attributes of the host: age="70 y" deficiencies=[severe_congenital_neutropenia].
    changes
        Keys of the scenario to change: exposures.0.dose="1e7 CFU".
    days
        How many days to run.
    """

    host: Words = None
    changes: Annotated[list[str] | None, Parameter(name="--with", consume_multiple=True, negative=())] = None
    days: Annotated[float | None, Parameter(converter=read_decimal)] = None

    def host_words(self) -> dict[str, Any]:
        """The host's attributes as a mapping."""
        return parse_assignments(self.host or [], option="--host")

    def change_words(self) -> dict[str, Any]:
        """The changes as a mapping of dotted keys."""
        return parse_assignments(self.changes or [], option="--with")
