"""What can be told from one entry alone: numbers in one form, quantities and units that can be read, sources given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic import BaseModel

from immunity.language.errors import Location, RuleError, fail, located
from immunity.language.formula import evaluate, names_in
from immunity.language.models import AgeRange, Curve, Entity, Flow, Healthy, Number, Readout, Rules, Signal, Spread
from immunity.language.quantity import Quantity, parse_quantity, parse_unit

MAX_FAULTS = 200  # of one entry

Place = Callable[..., Location]
Path_ = tuple[str | int, ...]

# a name under `where` may stand for another number of the book, which only the compiler can look up
_NUMBER_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+\Z")
_ID = re.compile(r"[a-z][a-z0-9_]*\Z")
_DOTTED_ID = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\Z")

_QUANTITIES: dict[type[BaseModel], tuple[str, ...]] = {
    Healthy: ("lo", "hi"),
    AgeRange: ("until", "lo", "hi"),
    Readout: ("offset", "limit_of_detection"),
    Spread: ("gsd",),
    Entity: ("floor",),
}
_UNITS: dict[type[BaseModel], tuple[str, ...]] = {Entity: ("unit",), Readout: ("unit",), Signal: ("unit",)}
_IDS: dict[type[BaseModel], re.Pattern[str]] = {Flow: _ID, Signal: _ID, Readout: _DOTTED_ID}


def check_record(record: BaseModel, place: Place) -> list[RuleError]:
    """Check everything in an entry that needs no other entry.

    Parameters
    ----------
    record : BaseModel        a record of `models.py`
    place : callable          path of keys and positions -> Location

    Returns
    -------
    list of RuleError         empty if all is well
    """
    found: list[tuple[Path_, BaseModel]] = []
    _collect(record, (), found)
    return list(islice((error for path, each in found for error in _faults(each, path, place)), MAX_FAULTS))


def _collect(value: Any, path: Path_, found: list[tuple[Path_, BaseModel]]) -> None:
    """Go through all records inside a record; what was not given is not visited."""
    if isinstance(value, BaseModel):
        found.append((path, value))
        given = value.model_fields_set
        for name, key in _fields(type(value)):
            if name in given:
                _collect(getattr(value, name), (*path, key), found)
    elif isinstance(value, list | tuple):
        for i, each in enumerate(value):
            if not isinstance(each, str):
                _collect(each, (*path, i), found)
    elif isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(each, str):
                _collect(each, (*path, key), found)


@lru_cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Names of fields, and the keys they are written as."""
    return tuple((name, info.alias or name) for name, info in model.model_fields.items())


@dataclass(frozen=True)
class _Plan:
    """What is to be checked in records of one model."""

    quantities: tuple[str, ...]
    units: tuple[str, ...]
    id: re.Pattern[str] | None


@lru_cache
def _plan(model: type[BaseModel]) -> _Plan:
    def listed(table: dict[type[BaseModel], tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(name for each, names in table.items() if issubclass(model, each) for name in names)

    pattern = next((pattern for each, pattern in _IDS.items() if issubclass(model, each)), None)
    return _Plan(listed(_QUANTITIES), listed(_UNITS), pattern)


def _faults(record: BaseModel, path: Path_, place: Place) -> Iterator[RuleError]:
    if isinstance(record, Number):
        yield from _number_faults(record, path, place)
        return
    plan = _plan(type(record))
    for names, read in ((plan.quantities, parse_quantity), (plan.units, parse_unit)):
        for name in names:
            if name in record.model_fields_set and getattr(record, name) is not None:
                yield from _caught(read, getattr(record, name), place, *path, name)
    if plan.id is not None and (given := getattr(record, "id", None)) is not None and not plan.id.match(given):
        yield fail("E208", at=place(*path, "id"), text=given)
    if isinstance(record, Rules):
        for name in record.numbers:
            if not _ID.match(name):
                yield fail("E208", at=place(*path, "numbers", name), text=name)
    if isinstance(record, Entity) and record.grows and not record.initial:
        yield fail("E202", at=place(*path, "grows"), text="initial", owner="What grows with its host")
    if isinstance(record, Curve):
        for row, point in enumerate(record.points):
            for column, text in enumerate(point):
                yield from _caught(parse_quantity, text, place, *path, "points", row, column)


def _caught(read: Callable[..., Any], text: str, place: Place, *path: str | int) -> Iterator[RuleError]:
    """Read a text; its place is looked for only when it is refused."""
    try:
        read(text)
    except RuleError as error:
        yield located(error, place(*path))


def _number_faults(number: Number, path: Path_, place: Place) -> Iterator[RuleError]:
    forms = [form for form in ("value", "derived", "values", "use") if getattr(number, form) is not None]
    if len(forms) != 1 or (number.values is not None) != (number.by is not None):
        yield fail("E512", at=place(*path), text=", ".join(forms) or "nothing")
        return
    if number.value is not None:
        yield from _caught(parse_quantity, number.value, place, *path, "value")
    for i, text in enumerate(number.values or ()):
        yield from _caught(parse_quantity, text, place, *path, "values", i)
    if number.derived is not None:
        yield from _formula_faults(number, number.derived, path, place)
    elif number.where:
        yield fail("E312", at=place(*path, "where"), text=next(iter(number.where)))
    if _lacks_source(number):
        yield fail("E313", at=place(*path), text=number.status)


def _formula_faults(number: Number, formula: str, path: Path_, place: Place) -> Iterator[RuleError]:
    where: dict[str, Quantity] = {}
    looked_up_later = False
    for name, text in number.where.items():
        at = place(*path, "where", name)
        if _NUMBER_NAME.match(text):
            looked_up_later = True
            continue
        try:
            where[name] = parse_quantity(text, at=at)
        except RuleError as error:
            yield error
            return
    used = names_in(formula)
    if used is None:
        yield from _caught(lambda text: evaluate(text, where), formula, place, *path, "derived")
        return
    for name in sorted(set(number.where) - used):
        yield fail("E312", at=place(*path, "where", name), text=name, known=used - set(number.where))
    for name in sorted(used - set(number.where)):
        yield fail("E309", at=place(*path, "derived"), text=name, known=number.where)
    if not looked_up_later and used <= set(where):
        yield from _caught(lambda text: evaluate(text, where), formula, place, *path, "derived")


def _lacks_source(number: Number) -> bool:
    """Tell whether a number claims evidence and names none; a formula or a note says where the others come from."""
    if number.source or number.use is not None:
        return False
    if number.status == "measured":
        return True
    return number.status in ("derived", "fitted", "tuned") and number.derived is None and not number.note
