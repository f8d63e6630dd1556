"""Signals and laws: what a cell senses, as rows that need only earlier rows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from immunity.compiler.bind import (
    Env,
    Scope,
    Value,
    entity_and_state,
    instances,
    place_of,
    pools_of,
    reference_of,
    summed_over,
)
from immunity.compiler.numbers import Numbers, constant, parameter_of
from immunity.compiler.space import Pool, Space
from immunity.compiler.tables import (
    LAW_CURVE,
    LAW_HILL,
    LAW_PROPORTIONAL,
    LAW_SATURATING,
    TERM_POOL,
    TERM_SIGNAL,
    TERM_TIME,
)
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Class, HillDown, HillUp, Needs, Signal, Term, WithLaws
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension, parse_quantity, parse_unit
from immunity.language.references import Reference

NONE = -1
NO_PARAMETERS = (NONE, NONE, NONE, NONE)


@dataclass(frozen=True)
class LawRow:
    """One factor. ``dimension`` is what it contributes to the product."""

    kind: int
    signal: int
    signal2: int
    parameters: tuple[int, int, int, int]
    curve: tuple[tuple[float, ...], tuple[float, ...]] | None
    dimension: Dimension
    key: str  # which law of the rule it is, for English and trace


@dataclass(frozen=True)
class TermRow:
    kind: int
    source: int
    coefficient: float
    weight: int


@dataclass(frozen=True)
class SignalRow:
    name: str
    dimension: Dimension
    unit: str
    terms: tuple[TermRow, ...]
    constant: int
    divisor: int
    laws: tuple[LawRow, ...]
    location: Location | None


@dataclass
class Signals:
    """Signals made so far; making one makes those it needs first."""

    space: Space
    numbers: Numbers
    declared: dict[str, tuple[Signal, Entry, tuple[str | int, ...]]] = field(default_factory=dict)
    rows: list[SignalRow] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    sensed: set[str] = field(default_factory=set)

    def __getitem__(self, index: int) -> SignalRow:
        return self.rows[index]


def declare_signals(signals: Signals) -> None:
    """Pass 4: list the signals that the book names."""
    for kind, entries in signals.space.book.entries.items():
        if kind in ("scenario", "sources", "host", "deficiency", "set"):
            continue
        for entry in entries.values():
            for position, record in enumerate(getattr(entry.record, "signals", ())):
                path = ("signals", position)
                if record.id in signals.declared or record.id in signals.space.entities:
                    raise fail(
                        "E413",
                        at=entry.at(*path, "id"),
                        text=record.id,
                        kind="signal or entity",
                        first="an earlier entry",
                    )
                signals.declared[record.id] = (record, entry, path)


def _add(signals: Signals, row: SignalRow) -> int:
    signals.index[row.name] = len(signals.rows)
    signals.rows.append(row)
    return signals.index[row.name]


def _names(signals: Signals) -> list[str]:
    return [*signals.declared, *signals.space.entities, *signals.space.entity_classes, "time", "age"]


def signal_of(signals: Signals, text: str, scope: Scope, *, at: Location) -> int:
    """The row of the signal a law or a sum refers to; made on first use.

    Raises
    ------
    RuleError
        E405 for an unknown signal, E503 for a cycle, and the errors of references.
    """
    space = signals.space
    reference = reference_of(space, text, scope.entity, at=at)
    part = reference.entity
    name = part.name if part else ""
    if part and part.tail is None:
        if name in signals.declared:
            return _declared_signal(signals, reference, scope, at)
        if name in ("time", "age"):
            return _clock(signals, name, at)
        if name in space.entity_classes and name not in scope.env:
            return _class_signal(signals, name, reference, scope, at)
    entity, _ = entity_and_state(space, part, scope, at=at)
    if entity is None and not (part and name in space.entity_classes):
        raise fail("E405", at=at, text=name, known=_names(signals))
    return _concentration(signals, reference, scope, at)


def _clock(signals: Signals, name: str, at: Location) -> int:
    if name in signals.index:
        return signals.index[name]
    start = NONE
    if name == "age":
        if "host.age" not in signals.numbers.index:
            raise fail("E405", at=at, text=name, known=_names(signals))
        start = signals.numbers.index["host.age"]
        signals.numbers.used.add(start)
    term = TermRow(TERM_TIME, 0, 1.0, NONE)
    return _add(signals, SignalRow(name, TIME, "day", (term,), start, NONE, (), None))


def _volume(signals: Signals, place: str, at: Location) -> int:
    name = f"{place}.volume"
    if name not in signals.numbers.index:
        raise fail("E417", at=at, text=place)
    signals.numbers.used.add(signals.numbers.index[name])
    return signals.numbers.index[name]


def _pool_terms(signals: Signals, pools: list[Pool], weight: int = NONE) -> tuple[TermRow, ...]:
    return tuple(TermRow(TERM_POOL, signals.space.pools[pool], 1.0, weight) for pool in pools)


def _common_dimension(signals: Signals, pools: list[Pool], text: str, at: Location) -> tuple[Dimension, str]:
    rows = [signals.space.rows[signals.space.pools[pool]] for pool in pools]
    if any(row.dimension != rows[0].dimension for row in rows):
        raise fail("E510", at=at, text=text, found=", ".join(sorted({row.unit for row in rows})))
    return rows[0].dimension, rows[0].unit


def _concentration(signals: Signals, reference: Reference, scope: Scope, at: Location) -> int:
    pools = pools_of(signals.space, reference, scope, at=at)
    if not pools:
        raise fail("E406", at=at, text=reference.text, count="none")
    places = {pool.place for pool in pools}
    if len(places) > 1:
        raise fail("E406", at=at, text=reference.text, count=f"pools in {len(places)} places")
    place = places.pop()
    name = _pools_name(signals, pools, place)
    if name in signals.index:
        return signals.index[name]
    dimension, unit = _common_dimension(signals, pools, reference.text, at)
    divisor = _volume(signals, place, at)
    volume = signals.numbers[divisor].dimension
    return _add(
        signals,
        SignalRow(name, dimension / volume, f"{unit}/L", _pool_terms(signals, pools), NONE, divisor, (), at),
    )


def _pools_name(signals: Signals, pools: list[Pool], place: str) -> str:
    if len(pools) == 1:
        return f"[{pools[0].name}]"
    entity = pools[0].entity
    whole = signals.space.by_entity_place.get((entity, place), [])
    if len(whole) == len(pools):
        return f"[{place}.{entity}]"
    return "[" + " + ".join(pool.name for pool in pools) + "]"


def _class_signal(signals: Signals, name: str, reference: Reference, scope: Scope, at: Location) -> int:
    space = signals.space
    place = place_of(space, reference.place, scope, at=at)
    if place is None:
        raise fail("E406", at=at, text=reference.text, count="none: the place is missing")
    key = f"{name} at {place}"
    if key in signals.index:
        return signals.index[key]
    entry = space.book.entries.get("class", {}).get(name)
    record = entry.record if entry else None
    divisor = _volume(signals, place, at)
    if not isinstance(record, Class) or record.unit is None:
        pools = [
            pool for member in space.entity_classes[name] for pool in space.by_entity_place.get((member, place), [])
        ]
        if not pools:
            return _add(signals, SignalRow(key, DIMENSIONLESS, "1", (), constant(signals.numbers, 0.0), NONE, (), at))
        dimension, unit = _common_dimension(signals, pools, reference.text, at)
        volume = signals.numbers[divisor].dimension
        return _add(
            signals, SignalRow(key, dimension / volume, f"{unit}/L", _pool_terms(signals, pools), NONE, divisor, (), at)
        )
    return _add(signals, _carried(signals, name, place, record, divisor))


def _carried(signals: Signals, name: str, place: str, record: Class, divisor: int) -> SignalRow:
    space, numbers = signals.space, signals.numbers
    assert record.unit is not None
    _, wanted = parse_unit(record.unit)
    terms: list[TermRow] = []
    for id, entry in space.entities.items():
        carried = space.entity(id).carries.get(name)
        if carried is None:
            continue
        where = entry.at("carries", name)
        weight = parameter_of(numbers, f"{id}.carries.{name}", carried, Scope(id, {}), at=where)
        for pool in space.by_entity_place.get((id, place), []):
            row = space.rows[space.pools[pool]]
            made = numbers[weight].dimension * row.dimension / numbers[divisor].dimension
            if made != wanted:
                raise fail("E505", at=where, text=name, found=str(made), expected=record.unit)
            terms.append(TermRow(TERM_POOL, space.pools[pool], 1.0, weight))
    return SignalRow(f"{name} at {place}", wanted, record.unit, tuple(terms), NONE, divisor, (), None)


def _declared_signal(signals: Signals, reference: Reference, scope: Scope, at: Location) -> int:
    space = signals.space
    assert reference.entity is not None
    record, entry, path = signals.declared[reference.entity.name]
    env, place, label = _signal_env(signals, record, reference, scope, at)
    name = record.id + label
    if name in signals.index:
        return signals.index[name]
    if name in signals.open:
        raise fail(
            "E503", at=entry.at(*path, "id"), cycle=" -> ".join([*signals.open[signals.open.index(name) :], name])
        )
    signals.open.append(name)
    own = entry.id if entry.id in space.entities else None
    row = _make(signals, record, entry, path, Scope(own, env, place), name)
    signals.open.pop()
    return _add(signals, row)


def _signal_env(
    signals: Signals, record: Signal, reference: Reference, scope: Scope, at: Location
) -> tuple[Env, str | None, str]:
    """Bindings for one instance of a declared signal, its place, and the tail of its name."""
    space, env, label = signals.space, {}, ""
    place: str | None = None
    if record.at:
        own = reference_of(space, f"at {record.at}", None, at=at).place
        assert own is not None
        if own.each:
            place = place_of(space, reference.place, scope, at=at)
            domain = space.domain(own.name)
            if place is None:
                raise fail("E406", at=at, text=reference.text, count="none: the place is missing")
            if domain is None or place not in domain[1]:
                raise fail(
                    "E405",
                    at=at,
                    text=f"{record.id} at {place}",
                    known=[f"{record.id} at {p}" for p in (domain or ("", []))[1]],
                )
            assert own.binds
            env[own.binds] = Value("place", place, own.name)
        else:
            place = place_of(space, own, Scope(None, {}), at=at)
        label += f" at {place}"
    if record.of:
        part = reference_of(space, record.of, None, at=at).entity
        domain = space.domain(part.name) if part else None
        if not part or not part.binds or domain is None or not reference.indices or len(reference.indices) != 1:
            raise fail("E418", at=at, text=reference.text, signal=record.id, group=record.of)
        index = reference.indices[0]
        bound = scope.env.get(index.sums_over or index.name or "")
        member = bound.name if bound else index.name
        if member not in domain[1]:
            raise fail("E404", at=at, text=str(member), known=domain[1])
        env[part.binds] = Value(domain[0], str(member), part.name)
        label += f"[{member}]"
    return env, place, label


def _make(
    signals: Signals, record: Signal, entry: Entry, path: tuple[str | int, ...], scope: Scope, name: str
) -> SignalRow:
    numbers = signals.numbers
    owner = f"{entry.id}.{record.id}" if entry.id != record.id else record.id
    _, declared = parse_unit(record.unit)
    divisor = _divisor(signals, record.per, scope, entry.at(*path, "per"))
    terms: list[TermRow] = []
    dimension: Dimension | None = None
    for position, term in enumerate(record.sum):
        at = entry.at(*path, "sum", position)
        rows, found = terms_of(signals, term, f"{owner}.weight", position, scope, at)
        if dimension is not None and found is not None and found != dimension:
            raise fail("E510", at=at, text=term.of, found=f"{found} added to {dimension}")
        dimension = dimension if found is None else found
        terms += rows
    start = NONE
    if record.constant is not None:
        at = entry.at(*path, "constant")
        start = parameter_of(numbers, f"{owner}.constant", record.constant, scope, at=at)
        if dimension is not None and numbers[start].dimension != dimension:
            raise fail(
                "E510", at=at, text=numbers[start].text, found=f"{numbers[start].dimension} added to {dimension}"
            )
        dimension = numbers[start].dimension
    laws = laws_of(signals, record, owner, scope, entry, path)
    if dimension is None and not record.sum:
        start, dimension = constant(numbers, 1.0), DIMENSIONLESS
    dimension = declared if dimension is None else dimension
    if divisor != NONE:
        dimension = dimension / numbers[divisor].dimension
    for law in laws:
        dimension = dimension * law.dimension
    if terms or start != NONE:
        _check_unit(dimension, declared, record, entry.at(*path, "unit"))
    return SignalRow(name, declared, record.unit, tuple(terms), start, divisor, laws, entry.at(*path))


def _check_unit(made: Dimension, declared: Dimension, record: Signal, at: Location) -> None:
    if made != declared:
        raise fail("E505", at=at, text=record.id, found=str(made), expected=record.unit)


def _divisor(signals: Signals, per: str | None, scope: Scope, at: Location) -> int:
    if per is None:
        return NONE
    words = per.split()
    if words == ["volume"]:
        if scope.place is None:
            raise fail("E417", at=at, text="(no place)")
        return _volume(signals, scope.place, at)
    if len(words) == 3 and words[:2] == ["volume", "of"]:
        place = place_of(signals.space, reference_of(signals.space, f"at {words[2]}", None, at=at).place, scope, at=at)
        assert place is not None
        return _volume(signals, place, at)
    if per in signals.numbers.index:
        signals.numbers.used.add(signals.numbers.index[per])
        return signals.numbers.index[per]
    raise fail("E410", at=at, text=per, known=["volume", *signals.numbers.index])


def terms_of(
    signals: Signals, term: Term, owner: str, position: int, scope: Scope, at: Location
) -> tuple[list[TermRow], Dimension | None]:
    """Rows of one term of a sum (a pool counts as its amount, a signal as its value), and their dimension."""
    reference = reference_of(signals.space, term.of, scope.entity, at=at)
    rows: list[TermRow] = []
    dimension: Dimension | None = None
    for env in instances(summed_over(signals.space, reference, at=at)):
        own = Scope(scope.entity, {**scope.env, **env}, scope.place)
        found, dimension = _term_rows(signals, term, owner, position, own, at)
        rows += found
    return rows, dimension


def _term_rows(
    signals: Signals, term: Term, owner: str, position: int, scope: Scope, at: Location
) -> tuple[list[TermRow], Dimension | None]:
    space, numbers = signals.space, signals.numbers
    weight = NONE
    if term.weight is not None:
        weight = parameter_of(numbers, f"{owner}.{position + 1}", term.weight, scope, at=at)
    factor = DIMENSIONLESS if weight == NONE else numbers[weight].dimension
    reference = reference_of(space, term.of, scope.entity, at=at)
    name = reference.entity.name if reference.entity else ""
    entity, _ = entity_and_state(space, reference.entity, scope, at=at)
    if entity is None and (name in signals.declared or name in ("time", "age") or _is_class_signal(space, name)):
        source = signal_of(signals, term.of, scope, at=at)
        return [TermRow(TERM_SIGNAL, source, 1.0, weight)], signals[source].dimension * factor
    if entity is None and name not in space.entity_classes:
        raise fail("E405", at=at, text=name, known=_names(signals))
    pools = pools_of(space, reference, scope, at=at)
    if not pools:
        if name in space.entity_classes:
            return [], None
        raise fail("E406", at=at, text=term.of, count="none")
    dimension, _ = _common_dimension(signals, pools, term.of, at)
    return list(_pool_terms(signals, pools, weight)), dimension * factor


def _is_class_signal(space: Space, name: str) -> bool:
    entry = space.book.entries.get("class", {}).get(name)
    return bool(entry and isinstance(entry.record, Class) and entry.record.unit)


def laws_of(
    signals: Signals, record: WithLaws, owner: str, scope: Scope, entry: Entry, path: tuple[str | int, ...]
) -> tuple[LawRow, ...]:
    """Rows of all laws of a rule, in the order with, saturates, rises_with, needs, falls_with, curve."""
    rows: list[LawRow] = []
    for position, text in enumerate(record.with_):
        signal = signal_of(signals, text, scope, at=entry.at(*path, "with", position))
        rows.append(LawRow(LAW_PROPORTIONAL, signal, NONE, NO_PARAMETERS, None, signals[signal].dimension, "with"))
    for position, law in enumerate(record.saturates):
        at = entry.at(*path, "saturates", position)
        killers = signal_of(signals, law.killers, scope, at=at)
        targets = signal_of(signals, law.targets, scope, at=at)
        half = parameter_of(signals.numbers, _name(owner, law.killers, "half"), law.half, scope, at=at)
        dimension = signals.numbers[half].dimension
        rows.append(
            LawRow(LAW_SATURATING, killers, targets, (half, NONE, NONE, NONE), None, DIMENSIONLESS, "saturates")
        )
        _match(signals, killers, dimension, law.killers, at)
    for key in ("rises_with", "needs", "falls_with"):
        for position, law in enumerate(getattr(record, key)):
            rows.append(_hill(signals, law, key, owner, scope, entry.at(*path, key, position)))
    for position, law in enumerate(record.curve):
        at = entry.at(*path, "curve", position)
        signal = signal_of(signals, law.signal, scope, at=at)
        rows.append(
            LawRow(
                LAW_CURVE, signal, NONE, NO_PARAMETERS, _points(signals, law.points, signal, at), DIMENSIONLESS, "curve"
            )
        )
    return tuple(rows)


def _name(owner: str, signal: str, what: str) -> str:
    return f"{owner}.{signal.split()[0].replace('.', '_')}.{what}"


def _match(signals: Signals, signal: int, wanted: Dimension, text: str, at: Location) -> None:
    found = signals[signal].dimension
    empty = not signals[signal].terms and signals[signal].unit == "1"
    if found != wanted and not empty:
        raise fail("E505", at=at, text=text, found=str(wanted), expected=str(found))


def _hill(signals: Signals, law: HillUp | Needs | HillDown, key: str, owner: str, scope: Scope, at: Location) -> LawRow:
    numbers = signals.numbers
    signal = signal_of(signals, law.signal, scope, at=at)

    def number(what: str) -> int:
        given = getattr(law, what)
        if what not in law.model_fields_set:
            return constant(numbers, float(given.value))
        return parameter_of(numbers, _name(owner, law.signal, what), given, scope, at=at)

    half, hill = number("half"), number("hill")
    _match(signals, signal, numbers[half].dimension, law.signal, at)
    if key == "rises_with":
        base, top = constant(numbers, 1.0), number("up_to")
    elif key == "needs":
        base, top = constant(numbers, 0.0), constant(numbers, 1.0)
    else:
        base, top = constant(numbers, 1.0), number("down_to")
    for plain in (hill, top):
        if numbers[plain].dimension != DIMENSIONLESS:
            raise fail(
                "E505", at=at, text=numbers[plain].text, found=str(numbers[plain].dimension), expected="a pure number"
            )
    return LawRow(LAW_HILL, signal, NONE, (base, top, half, hill), None, DIMENSIONLESS, key)


def _points(
    signals: Signals, points: list[tuple[str, str]], signal: int, at: Location
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    xs, ys = [], []
    for x_text, y_text in points:
        x, y = parse_quantity(x_text, at=at), parse_quantity(y_text, at=at)
        _match(signals, signal, x.dimension, x_text, at)
        if y.dimension != DIMENSIONLESS:
            raise fail("E505", at=at, text=y_text, found=str(y.dimension), expected="a pure number")
        xs.append(x.value)
        ys.append(y.value)
    if len(xs) < 2 or any(b <= a for a, b in itertools.pairwise(xs)):
        raise fail("E509", at=at, reason="it needs two points or more, with x ascending")
    return tuple(xs), tuple(ys)
