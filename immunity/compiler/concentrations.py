"""Signals that no rule declares: concentrations of pools, signals of classes, and the clock."""

from __future__ import annotations

from collections.abc import Sequence

from immunity.compiler.bind import Scope, entity_and_state, member_of, place_of, pools_of
from immunity.compiler.members import Brought
from immunity.compiler.numbers import constant, parameter_of, within
from immunity.compiler.signal_rows import NONE, SignalRow, Signals, TermRow, add_row, signal_names
from immunity.compiler.space import Pool, Space
from immunity.compiler.tables import TERM_POOL, TERM_TIME
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Class, Number
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension, parse_unit
from immunity.language.references import Reference

CLOCKS = ("time", "age")


def clock(signals: Signals, reference: Reference, name: str, at: Location) -> int:
    """The signal ``time`` (since the start), or ``age`` (of the host at the start, plus time)."""
    if reference.place or reference.indices is not None:
        raise fail("E405", at=at, text=reference.text, known=CLOCKS)
    if name in signals.index:
        return signals.index[name]
    start = NONE
    if name == "age":
        if "host.age" not in signals.numbers.index:
            raise fail("E405", at=at, text=name, known=[each for each in signal_names(signals) if each != "age"])
        start = signals.numbers.find_declared("host.age", at)
    term = TermRow(TERM_TIME, 0, 1.0, NONE)
    return add_row(signals, SignalRow(name, TIME, "day", (term,), start, NONE, (), at))


def volume_of(signals: Signals, place: str, at: Location) -> int:
    """The parameter that holds the volume of a place."""
    if f"{place}.volume" not in signals.numbers.index:
        raise fail("E417", at=at, text=place)
    return signals.numbers.find_declared(f"{place}.volume", at)


def pool_terms(signals: Signals, pools: Sequence[Pool], weight: int = NONE) -> tuple[TermRow, ...]:
    """Terms of a sum over pools, all of one weight."""
    return tuple(TermRow(TERM_POOL, signals.space.pools[pool], 1.0, weight) for pool in pools)


def common_dimension(signals: Signals, pools: Sequence[Pool], text: str, at: Location) -> tuple[Dimension, str]:
    """The dimension and unit that all pools share."""
    rows = [signals.space.rows[signals.space.pools[pool]] for pool in pools]
    if any(row.dimension != rows[0].dimension for row in rows):
        raise fail("E510", at=at, text=text, found=", ".join(sorted({row.unit for row in rows})))
    return rows[0].dimension, rows[0].unit


def concentration(signals: Signals, reference: Reference, scope: Scope, at: Location) -> int:
    """The summed concentration of the pools that a reference means, all in one place."""
    pools = pools_of(signals.space, reference, scope, at=at, whole=True)
    entity = entity_and_state(signals.space, reference.entity, scope, at=at)[0]
    if not pools and entity is not None and signals.space.hollow(entity):
        return nothing(signals, f"nothing of {reference.text}", at)
    return concentration_of(signals, pools, reference.text, at)


def concentration_of(signals: Signals, pools: Sequence[Pool], text: str, at: Location) -> int:
    """The summed amount of some pools over the volume of their place.

    Raises
    ------
    RuleError
        E406 unless they are in one place, E510 if they are unlike, E417 if the place has no volume.
    """
    places = {pool.place for pool in pools}
    if len(places) != 1:
        count = f"pools in {len(places)} places" if places else "none"
        raise fail("E406", at=at, text=text, count=count)
    place = places.pop()
    name = _name(signals.space, pools, place)
    if name in signals.index:
        return signals.index[name]
    dimension, unit = common_dimension(signals, pools, text, at)
    divisor = volume_of(signals, place, at)
    made = dimension / signals.numbers[divisor].dimension
    return add_row(signals, SignalRow(name, made, f"{unit}/L", pool_terms(signals, pools), NONE, divisor, (), at))


def _name(space: Space, pools: Sequence[Pool], place: str) -> str:
    """Name exactly these pools, by their entity where they are all that it has there."""
    entity = pools[0].entity
    whole = len(pools) > 1 and len(pools) == len(space.by_entity_place[entity, place])
    if whole and all(pool.entity == entity for pool in pools):
        return f"[{place}.{entity}]"
    return "[" + " + ".join(pool.name for pool in pools) + "]"


def class_signal(signals: Signals, name: str, reference: Reference, scope: Scope, at: Location) -> int:
    """What the members of a class carry, or without a unit of the class their summed concentration."""
    space = signals.space
    if reference.indices is not None:
        raise fail("E405", at=at, text=reference.text, known=[name])
    place = place_of(space, reference.place, scope, at=at)
    if place is None:
        raise fail("E406", at=at, text=reference.text, count="none: the place is missing")
    key = f"{name} at {place}"
    if key in signals.index:
        return signals.index[key]
    entry = space.book.entries["class"][name]
    if entry.record.unit is not None:
        return add_row(signals, _carried(signals, key, place, entry, at))
    pools = [pool for member in space.entity_classes[name] for pool in space.by_entity_place.get((member, place), [])]
    if not pools:
        return nothing(signals, key, at)
    divisor = volume_of(signals, place, at)
    dimension, unit = common_dimension(signals, pools, reference.text, at)
    made = dimension / signals.numbers[divisor].dimension
    return add_row(signals, SignalRow(key, made, f"{unit}/L", pool_terms(signals, pools), NONE, divisor, (), at))


def nothing(signals: Signals, name: str, at: Location) -> int:
    """A signal that is zero, in any unit."""
    if name in signals.index:
        return signals.index[name]
    zero = constant(signals.numbers, 0.0)
    return add_row(signals, SignalRow(name, DIMENSIONLESS, "1", (), zero, NONE, (), at, empty=True))


def set_signal(signals: Signals, name: str, reference: Reference, scope: Scope, at: Location) -> int:
    """How much of a member of a set (or of all) its carriers bring to a place: amounts times pools over the volume.

    Raises
    ------
    RuleError
        E406 without a place, E418 for several indices, E505 for an amount in a unit that does not fit.
    """
    space, numbers = signals.space, signals.numbers
    place = place_of(space, reference.place, scope, at=at)
    if place is None:
        raise fail("E406", at=at, text=reference.text, count="none: the place is missing")
    member = None
    if reference.indices is not None:
        if len(reference.indices) != 1:
            raise fail("E418", at=at, text=reference.text, signal=name, group=f"each {name}")
        index = reference.indices[0]
        if index.name is not None and index.name not in scope.env:
            space.check_met(name, index.name)
        if index.name is not None:
            member = member_of(index, name, space.positions(name), scope, at=at)
    key = f"{name} at {place}" + (f"[{member}]" if member else "")
    if key in signals.index:
        return signals.index[key]
    entry = space.book.entries["set"][name]
    _, wanted = parse_unit(entry.record.unit, at=entry.at("unit"))
    divisor = volume_of(signals, place, at)
    terms: list[TermRow] = []
    for brought in space.membership.brought_as(name, member):
        amount = brought.amount
        if amount is None or brought.member not in space.positions(name):
            continue
        where = brought.carrier.at(*brought.path, "amount")
        id = brought.carrier.id
        weight = _amount(signals, name, brought)
        for pool in _own_pools(space, id, place, name, brought.member):
            made = numbers[weight].dimension * space.rows[space.pools[pool]].dimension / numbers[divisor].dimension
            if made != wanted:
                raise fail("E505", at=where, text=name, found=str(made), expected=entry.record.unit)
            terms.append(TermRow(TERM_POOL, space.pools[pool], 1.0, weight))
    row = SignalRow(key, wanted, entry.record.unit, tuple(terms), NONE, divisor, (), entry.at())
    return add_row(signals, row)


def carried_by(signals: Signals, weight: Number | None, scope: Scope) -> tuple[str, str, str] | None:
    """What a weight such as ``{use: "carrier.set[one]"}`` means: the set, the bound carrier, the word for a member."""
    if weight is None or weight.use is None:
        return None
    name, bracket, word = weight.use.strip().removesuffix("]").partition("[")
    owner, dot, group = name.strip().rpartition(".")
    bound = scope.env.get(owner)
    if (
        not (bracket and dot and bound)
        or bound.domain in ("set", "place")
        or group not in signals.space.membership.brought
    ):
        return None
    return group, bound.name, word.strip()


def amount_carried(signals: Signals, group: str, carrier: str, word: str, scope: Scope, at: Location) -> int:
    """The parameter that says how much of a member a carrier brings, per unit of it.

    Raises
    ------
    RuleError
        E410 if it does not bring the member, or does not say how much.
    """
    member = scope.env[word].name if word in scope.env else word
    of_carrier = [
        each for each in signals.space.membership.brought[group] if each.carrier.id == carrier and each.amount
    ]
    for brought in of_carrier:
        if brought.member == member:
            return _amount(signals, group, brought)
    known = [f"{carrier}.{group}[{each.member}]" for each in of_carrier]
    raise fail("E410", at=at, text=f"{carrier}.{group}[{member}]", known=known)


def _amount(signals: Signals, group: str, brought: Brought) -> int:
    assert brought.amount is not None
    at, id = brought.carrier.at(*brought.path, "amount"), brought.carrier.id
    index = parameter_of(signals.numbers, f"{id}.{group}.{brought.member}", brought.amount, Scope(id, {}), at=at)
    return within(signals.numbers, index, at=at)


def _own_pools(space: Space, id: str, place: str, group: str, member: str) -> Sequence[Pool]:
    """Pools of a carrier in a place; where it is told apart by the same set, those of the member alone."""
    over = list(space.entity(id).over)
    if group in over:
        return space.find(id, None, place, [member if name == group else None for name in over])
    return space.by_entity_place.get((id, place), [])


def _carried(signals: Signals, key: str, place: str, entry: Entry, at: Location) -> SignalRow:
    space, numbers = signals.space, signals.numbers
    record = entry.record
    assert isinstance(record, Class) and record.unit is not None
    _, wanted = parse_unit(record.unit, at=entry.at("unit"))
    divisor = volume_of(signals, place, at)
    terms: list[TermRow] = []
    for id, carrier in space.entities.items():
        carried = space.entity(id).carries.get(entry.id)
        if carried is None:
            continue
        where = carrier.at("carries", entry.id)
        weight = parameter_of(numbers, f"{id}.carries.{entry.id}", carried, Scope(id, {}), at=where)
        for pool in space.by_entity_place.get((id, place), []):
            row = space.rows[space.pools[pool]]
            made = numbers[weight].dimension * row.dimension / numbers[divisor].dimension
            if made != wanted:
                raise fail("E505", at=where, text=entry.id, found=str(made), expected=record.unit)
            terms.append(TermRow(TERM_POOL, space.pools[pool], 1.0, weight))
    return SignalRow(key, wanted, record.unit, tuple(terms), NONE, divisor, (), entry.at())


def is_set_signal(space: Space, name: str) -> bool:
    """Whether a name is that of a set with a unit, which is a signal: what carriers bring of it."""
    entry = space.book.entries.get("set", {}).get(name)
    return entry is not None and entry.record.unit is not None


def is_signal(space: Space, name: str) -> bool:
    """Whether a name is that of a class or a set with a unit, which is a signal also where amounts are summed."""
    entry = space.book.entries.get("class", {}).get(name)
    return (entry is not None and entry.record.unit is not None) or is_set_signal(space, name)
