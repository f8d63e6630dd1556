"""Numbers that places, entities, sets and hosts declare, outside rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from immunity.compiler.faults import Faults
from immunity.compiler.members import numbers_of
from immunity.compiler.numbers import Numbers, check_form, family_of, register, within
from immunity.compiler.similarity import neighbours_of, pairs_of
from immunity.compiler.space import Space
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Number
from immunity.language.quantity import VOLUME, Quantity, expect


@dataclass(frozen=True)
class _Declared:
    name: str
    number: Number
    at: Location


def declare_numbers(numbers: Numbers) -> None:
    """Pass 3: register everything that is declared outside rules, plain values before those derived from them.

    Raises
    ------
    RuleError
        E420 for numbers that are derived from each other.
    """
    book = numbers.space.book
    pending: dict[str, _Declared] = {}
    faults = Faults()
    declare_host(numbers, book.entries.get("host", {}).values())
    declare_matrices(numbers, book.entries.get("set", {}).values())
    declare_similarities(numbers, book.entries.get("set", {}).values())
    for kind in ("place", "cell", "molecule", "threat", "therapy", "rules", "class"):
        for entry in book.entries.get(kind, {}).values():
            for declared in _declared(entry):
                with faults:
                    _take(numbers, declared, pending)
    for entry in book.entries.get("set", {}).values():
        for declared in _of_members(numbers.space, entry):
            with faults:
                _take(numbers, declared, pending)
    faults.settle()
    for name in list(pending):
        with faults:
            _register_derived(numbers, name, pending, ())
    faults.settle()
    for id, entry in numbers.space.places.items():
        if entry.record.volume is not None:
            index, at = numbers.index[f"{id}.volume"], entry.at("volume")
            given = numbers[index]
            expect(Quantity(given.value, given.dimension, given.text), VOLUME, at=at)
            within(numbers, index, at=at, positive=True)
    numbers.declared = len(numbers.rows)


def _take(numbers: Numbers, declared: _Declared, pending: dict[str, _Declared]) -> None:
    """Register a plain number; keep one that is derived for later."""
    check_form(declared.number, declared.at)
    if declared.number.derived is None:
        _register_plain(numbers, declared)
    elif declared.name in pending:
        first = str(pending[declared.name].at)
        raise fail("E413", at=declared.at, text=declared.name, kind="number", first=first)
    else:
        pending[declared.name] = declared


def _of_members(space: Space, entry: Entry) -> Iterator[_Declared]:
    """The numbers of the members of a set, ``SET.KEY[MEMBER]``."""
    for name in space.sets[entry.id]:
        for key, number, at in numbers_of(space.membership.rows[entry.id][name], entry):
            yield _Declared(f"{entry.id}.{key}[{name}]", number, at)


def _declared(entry: Entry) -> list[_Declared]:
    record = entry.record
    found = [_Declared(f"{entry.id}.{key}", number, entry.at("numbers", key)) for key, number in record.numbers.items()]
    volume = getattr(record, "volume", None)
    if volume is not None:
        found.append(_Declared(f"{entry.id}.volume", volume, entry.at("volume")))
    return found


def _register_plain(numbers: Numbers, declared: _Declared) -> None:
    number = declared.number
    if number.values is not None:
        assert number.by is not None
        for member, text in zip(family_of(numbers, number, number.by, declared.at), number.values, strict=True):
            register(numbers, f"{declared.name}[{member}]", number, text, declared.at)
    elif number.value is not None:
        register(numbers, declared.name, number, number.value, declared.at)
    else:
        raise fail("E512", at=declared.at)


def _register_derived(numbers: Numbers, name: str, pending: dict[str, _Declared], chain: tuple[str, ...]) -> None:
    """Register a derived number after those that it names."""
    declared = pending[name]
    if name in chain:
        raise fail("E420", at=declared.at, text=name, cycle=" -> ".join([*chain[chain.index(name) :], name]))
    for needed in declared.number.where.values():
        if needed in pending and needed not in numbers.index:
            _register_derived(numbers, needed, pending, (*chain, name))
    register(numbers, name, declared.number, None, declared.at)


def declare_matrices(numbers: Numbers, sets: Iterable[Entry]) -> None:
    """Matrices of sets, one parameter for each pair: ``SET.MATRIX[first,second]``."""
    for entry in sets:
        members = numbers.space.sets[entry.id]
        for key, rows in entry.record.matrix.items():
            at = entry.at("matrix", key)
            if len(rows) != len(members) or any(len(row) != len(members) for row in rows):
                raise fail("E513", at=at, text=entry.id, expected=f"{len(members)} x {len(members)}", count=len(rows))
            for i, first in enumerate(members):
                for j, second in enumerate(members):
                    number = Number(value=rows[i][j], status="assumed")
                    where = entry.at("matrix", key, i, j)
                    register(numbers, f"{entry.id}.{key}[{first},{second}]", number, number.value, where)


def declare_similarities(numbers: Numbers, sets: Iterable[Entry]) -> None:
    """How alike the members of sets are, one parameter for each pair that is: ``SET.SIMILARITY[first,second]``."""
    space = numbers.space
    for entry in sets:
        for key, similarity in entry.record.similarity.items():
            at = entry.at("similarity", key)
            pairs = pairs_of(space.membership.rows[entry.id], space.sets[entry.id], similarity, at)
            numbers.neighbours[f"{entry.id}.{key}"] = neighbours_of(pairs)
            for (first, second), value in pairs.items():
                number = Number(value=repr(value), status="derived", note=f"by {similarity.by}")
                numbers.used.add(register(numbers, f"{entry.id}.{key}[{first},{second}]", number, number.value, at))


def declare_host(numbers: Numbers, hosts: Iterable[Entry]) -> None:
    """Numeric attributes of the host (``host.age``) are parameters too, which the attributes of a scenario set."""
    for entry in hosts:
        for key, text in entry.record.attributes.items():
            if text and text[0].isdigit():
                number = Number(value=text, status="assumed", note="the reference person")
                index = register(numbers, f"host.{key}", number, text, entry.at("attributes", key))
                numbers.frozen.add(index)
