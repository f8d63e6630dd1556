"""Parameters: every number of a book, once, by name, in base units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from immunity.compiler.bind import Scope
from immunity.compiler.space import Space
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Number
from immunity.language.quantity import DIMENSIONLESS, Dimension, Quantity, evaluate, parse_quantity


@dataclass(frozen=True)
class Parameter:
    """One number in base units, with its origin and evidence."""

    name: str
    value: float
    dimension: Dimension
    text: str
    location: Location | None
    status: str
    source: tuple[str, ...] = ()
    page: str | None = None
    note: str | None = None


@dataclass
class Numbers:
    """The growing list of parameters, shared by all rules."""

    space: Space
    rows: list[Parameter] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    def __getitem__(self, index: int) -> Parameter:
        return self.rows[index]


def constant(numbers: Numbers, value: float) -> int:
    """A bare number that belongs to the grammar (a default of 1 or 0), not to biology."""
    name = f"{value:g}"
    if name not in numbers.index:
        numbers.index[name] = len(numbers.rows)
        numbers.rows.append(Parameter(name, value, DIMENSIONLESS, name, None, "constant"))
    return numbers.index[name]


def quantity_of(numbers: Numbers, number: Number, text: str | None, *, at: Location) -> Quantity:
    """The quantity a number's value or formula stands for."""
    if text is not None:
        return parse_quantity(text, at=at)
    assert number.derived is not None
    where: dict[str, Quantity] = {}
    for symbol, given in number.where.items():
        if given in numbers.index:
            parameter = numbers[numbers.index[given]]
            where[symbol] = Quantity(parameter.value, parameter.dimension, parameter.text)
        else:
            where[symbol] = parse_quantity(given, at=at)
    return evaluate(number.derived, where, at=at)


def _register(numbers: Numbers, name: str, number: Number, text: str | None, at: Location) -> int:
    if name in numbers.index:
        return numbers.index[name]
    quantity = quantity_of(numbers, number, text, at=at)
    status = number.status or ("derived" if number.derived else "assumed")
    page = None if number.page is None else str(number.page)
    numbers.index[name] = len(numbers.rows)
    numbers.rows.append(
        Parameter(
            name, quantity.value, quantity.dimension, quantity.text, at, status, tuple(number.source), page, number.note
        )
    )
    return numbers.index[name]


def _check_form(number: Number, at: Location) -> None:
    given = [number.value is not None, number.derived is not None, number.values is not None, number.use is not None]
    if sum(given) != 1:
        raise fail("E512", at=at)


def parameter_of(numbers: Numbers, name: str, number: Number, scope: Scope, *, at: Location) -> int:
    """The parameter a number in a rule means for one instance, registered on first use.

    Raises
    ------
    RuleError
        E512 unless the number says exactly one of value, derived, values, use; E404, E410 for unknown names.
    """
    _check_form(number, at)
    if number.use is not None:
        index = used_number(numbers, number.use, scope, at=at)
    elif number.values is not None:
        index = _member_number(numbers, name, number, scope, at)
    else:
        index = _register(numbers, name, number, number.value, at)
    numbers.used.add(index)
    return index


def _member_number(numbers: Numbers, name: str, number: Number, scope: Scope, at: Location) -> int:
    sets = numbers.space.sets
    if number.by is None or number.values is None:
        raise fail("E512", at=at)
    bound = scope.env.get(number.by)
    group = bound.group if bound else number.by
    if group not in sets:
        raise fail("E404", at=at, text=number.by, known=sets)
    if len(number.values) != len(sets[group]):
        raise fail("E513", at=at, text=number.by, expected=len(sets[group]), count=len(number.values))
    if bound is None:
        raise fail("E408", at=at, text=number.by, known=list(scope.env))
    position = sets[group].index(bound.name)
    return _register(numbers, f"{name}[{bound.name}]", number, number.values[position], at)


def used_number(numbers: Numbers, text: str, scope: Scope, *, at: Location) -> int:
    """The index of a number declared under ``numbers:`` by the entity or place that ``text`` names."""
    bare, bracket, indices = text.rstrip("]").partition("[")
    owner, _, key = bare.partition(".")
    value = scope.env.get(owner)
    name = f"{value.name if value else owner}.{key}" if key else f"{scope.entity}.{owner}"
    if bracket:
        name = f"{bare}[{','.join(_member(word.strip(), scope) for word in indices.split(','))}]"
    if name not in numbers.index:
        raise fail("E410", at=at, text=name, known=numbers.index)
    numbers.used.add(numbers.index[name])
    return numbers.index[name]


def _member(word: str, scope: Scope) -> str:
    return scope.env[word].name if word in scope.env else word


def declare_numbers(numbers: Numbers) -> None:
    """Pass 3: register what places and entities declare, plain values before derived ones."""
    book = numbers.space.book
    pending: list[tuple[str, Number, Location]] = []
    for kind in ("place", "cell", "molecule", "threat", "therapy", "rules", "class"):
        for id, entry in book.entries.get(kind, {}).items():
            pending += _declared(id, entry)
    for derived in (False, True):
        for name, number, at in pending:
            if (number.derived is not None) is derived:
                _check_form(number, at)
                if number.value is None and number.derived is None:
                    raise fail("E512", at=at)
                _register(numbers, name, number, number.value, at)
    declare_matrices(numbers)
    declare_host(numbers, book.entries.get("host", {}))


def _declared(id: str, entry: Entry) -> list[tuple[str, Number, Location]]:
    record = entry.record
    found = [(f"{id}.{key}", number, entry.at("numbers", key)) for key, number in record.numbers.items()]  # type: ignore[attr-defined]
    volume = getattr(record, "volume", None)
    if volume is not None:
        found.append((f"{id}.volume", volume, entry.at("volume")))
    return found


def declare_matrices(numbers: Numbers) -> None:
    """Matrices of sets, one parameter for each pair: ``antigen.cross_reactivity[h1,h3]``."""
    for id, entry in numbers.space.book.entries.get("set", {}).items():
        members = numbers.space.sets[id]
        for key, rows in entry.record.matrix.items():  # type: ignore[attr-defined]
            at = entry.at("matrix", key)
            if len(rows) != len(members) or any(len(row) != len(members) for row in rows):
                raise fail("E513", at=at, text=id, expected=f"{len(members)} x {len(members)}", count=len(rows))
            for first, row in zip(members, rows, strict=True):
                for second, text in zip(members, row, strict=True):
                    number = Number(value=text, status="assumed")
                    _register(numbers, f"{id}.{key}[{first},{second}]", number, text, at)


def declare_host(numbers: Numbers, hosts: Mapping[str, Entry]) -> None:
    """Numeric attributes of the host (``host.age``, ``host.weight``) are parameters too."""
    for entry in hosts.values():
        for key, text in entry.record.attributes.items():  # type: ignore[attr-defined]
            if text and text[0].isdigit():
                number = Number(value=text, status="assumed", note="the reference person")
                _register(numbers, f"host.{key}", number, text, entry.at("attributes", key))
