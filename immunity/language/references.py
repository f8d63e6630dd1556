"""References to pools, signals and places, as they stand in rules.

[each] ENTITY[.STATE] [as VAR] [at [each] PLACE[.LINK] [as VAR]] [ '[' INDEX, ... ']' ]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from immunity.language.errors import Location, fail

_NAME = r"[a-z][a-z0-9_]*"
_PART = rf"(?P<{{0}}each>each\s+)?(?P<{{0}}name>{_NAME})(?:\.(?P<{{0}}tail>{_NAME}))?(?:\s+as\s+(?P<{{0}}var>{_NAME}))?"
_PATTERN = re.compile(rf"^\s*{_PART.format('e')}(?:\s+at\s+{_PART.format('p')})?\s*(?:\[(?P<indices>[^\]]*)\])?\s*$")
_PLACE_ONLY = re.compile(rf"^\s*at\s+{_PART.format('p')}\s*(?:\[(?P<indices>[^\]]*)\])?\s*$")
_INDEX = re.compile(
    rf"^\s*(?:(?P<all>\*)|(?P<star>\*)?(?P<each>each\s+)?(?P<name>{_NAME}|[0-9]{{1,6}})"
    rf"(?P<step>[+-][0-9]{{1,6}})?(?:\s+as\s+(?P<var>{_NAME}))?)\s*$"
)


@dataclass(frozen=True)
class Part:
    """A name, or ``each`` name (which binds a variable), with what follows its dot."""

    name: str
    each: bool = False
    tail: str | None = None
    variable: str | None = None

    @property
    def binds(self) -> str | None:
        """The variable this part binds, if any."""
        return (self.variable or self.name) if self.each else None


@dataclass(frozen=True)
class Index:
    """One index: a member, a variable with a step, ``each`` set, ``*`` (all) or ``*set`` (all, bound in a sum)."""

    name: str | None
    each: bool = False
    step: int = 0
    variable: str | None = None
    star: bool = False

    @property
    def binds(self) -> str | None:
        """The variable that ``each`` binds over the instances of a rule."""
        return (self.variable or self.name) if self.each else None

    @property
    def sums_over(self) -> str | None:
        """The variable that ``*set`` binds over the terms of a sum."""
        return (self.variable or self.name) if self.star else None


@dataclass(frozen=True)
class Reference:
    """A parsed reference; ``entity`` is None for a bare ``at PLACE``."""

    entity: Part | None
    place: Part | None
    indices: tuple[Index, ...] | None
    text: str


def _part(found: re.Match[str], prefix: str) -> Part | None:
    if not found[prefix + "name"]:
        return None
    return Part(found[prefix + "name"], bool(found[prefix + "each"]), found[prefix + "tail"], found[prefix + "var"])


@lru_cache(maxsize=20_000)
def _parse(text: str) -> Reference | None:
    place_only = _PLACE_ONLY.match(text)
    found = place_only or _PATTERN.match(text)
    if not found:
        return None
    indices: tuple[Index, ...] | None = None
    if found["indices"] is not None:
        parts = [_INDEX.match(part) for part in found["indices"].split(",")]
        if not all(parts):
            return None
        indices = tuple(
            Index(i["name"], bool(i["each"]), int(i["step"] or 0), i["var"], bool(i["star"])) for i in parts if i
        )
    return Reference(None if place_only else _part(found, "e"), _part(found, "p"), indices, text)


def parse_reference(text: str, *, at: Location | None = None) -> Reference:
    """Parse a reference.

    Parameters
    ----------
    text : str
        For instance ``neutrophil.circulating at blood`` or ``each bacterium at site [antigen, affinity+1]``.
    at : Location, optional
        Where it stands, for the error.

    Raises
    ------
    RuleError
        E400 if the text does not follow the grammar.
    """
    reference = _parse(text)
    if reference is None:
        raise fail("E400", at=at, text=text)
    return reference
