"""Signals that rules declare: what is sensed, as rows that need only earlier rows."""

from __future__ import annotations

import re

from immunity.compiler.bind import (
    Scope,
    entity_and_state,
    instances,
    place_of,
    pools_of,
    reference_of,
    summed_over,
)
from immunity.compiler.concentrations import (
    CLOCKS,
    amount_carried,
    carried_by,
    class_signal,
    clock,
    common_dimension,
    concentration,
    is_set_signal,
    is_signal,
    pool_terms,
    set_signal,
    volume_of,
)
from immunity.compiler.laws import law_rows
from immunity.compiler.members import Path
from immunity.compiler.numbers import constant, parameter_of, used_number, within
from immunity.compiler.signal_instances import bindings_of
from immunity.compiler.signal_rows import (
    NONE,
    LawRow,
    SignalRow,
    Signals,
    TermRow,
    add_row,
    signal_names,
)
from immunity.compiler.space import RESERVED, NotMet, rule_entries
from immunity.compiler.tables import (
    TERM_SIGNAL,
)
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Record, Signal, Term, WithLaws
from immunity.language.quantity import DIMENSIONLESS, Dimension, parse_unit
from immunity.language.references import Reference

_LAWS = set(WithLaws.model_fields) - set(Record.model_fields)
_WORD = re.compile(r"[A-Za-z_]\w*")


def declare_signals(signals: Signals) -> None:
    """Pass 4: list the signals that the book names.

    Raises
    ------
    RuleError
        E413 for a name that something else has, E419 for a word of the grammar.
    """
    space = signals.space
    others = (space.entities, space.places, space.book.entries.get("class", {}), space.book.entries.get("set", {}))
    taken = {id: str(entry.at("id")) for group in others for id, entry in group.items()}
    for entry in rule_entries(space.book):
        for position, record in enumerate(entry.record.signals):
            path = ("signals", position)
            at = entry.at(*path, "id")
            if record.id in RESERVED:
                raise fail("E419", at=at, text=record.id)
            if record.id in taken:
                raise fail("E413", at=at, text=record.id, kind="name", first=taken[record.id])
            taken[record.id] = str(at)
            signals.declared[record.id] = (record, entry, path)


def signal_of(signals: Signals, text: str, scope: Scope, at: Location) -> int:
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
        if name in CLOCKS:
            return clock(signals, reference, name, at)
        if name in space.entity_classes and name not in scope.env:
            return class_signal(signals, name, reference, scope, at)
        if is_set_signal(space, name):
            return set_signal(signals, name, reference, scope, at)
    entity, _ = entity_and_state(space, part, scope, at=at)
    if entity is None and not (part and name in space.entity_classes):
        raise fail("E405", at=at, text=name or text, known=signal_names(signals))
    return concentration(signals, reference, scope, at)


def _declared_signal(signals: Signals, reference: Reference, scope: Scope, at: Location) -> int:
    assert reference.entity is not None
    record, entry, path = signals.declared[reference.entity.name]
    env, place, label = bindings_of(signals, record, reference, scope, at)
    name = record.id + label
    if name in signals.index:
        return signals.index[name]
    if name in signals.open:
        cycle = " -> ".join([*signals.open[signals.open.index(name) :], name])
        raise fail("E503", at=entry.at(*path, "id"), cycle=cycle)
    signals.open.append(name)
    own = entry.id if entry.id in signals.space.entities else None
    try:
        row = make_signal(signals, record, entry, path, Scope(own, env, place), name)
    finally:
        signals.open.pop()
    return add_row(signals, row)


def make_signal(
    signals: Signals, record: Signal, entry: Entry, path: Path, scope: Scope, name: str, *, owner: str | None = None
) -> SignalRow:
    """The row of one instance of a sum and its laws.

    Raises
    ------
    RuleError
        E505 for a unit that is not that of the sum, E510 for a sum of unlike things, and the errors of references.
    """
    numbers = signals.numbers
    owner = owner or (f"{entry.id}.{record.id}" if entry.id != record.id else record.id)
    _, declared = parse_unit(record.unit, at=entry.at(*path, "unit"))
    divisor = _divisor(signals, record.per, scope, entry.at(*path, "per"))
    terms: list[TermRow] = []
    dimension: Dimension | None = None
    missed = 0
    for position, term in enumerate(record.sum):
        at = entry.at(*path, "sum", position)
        try:
            summands = terms_of(signals, term, f"{owner}.weight.{position + 1}", scope, at)
        except NotMet:
            missed += 1
            continue
        for row, found in summands:
            if dimension is not None and found != dimension:
                raise fail("E510", at=at, text=term.of, found=f"{found} added to {dimension}")
            dimension = found
            terms.append(row)
    if missed and missed == len(record.sum) and record.constant is None:
        raise NotMet(record.id)  # it tells of nothing else
    start = NONE
    if record.constant is not None:
        at = entry.at(*path, "constant")
        start = parameter_of(numbers, f"{owner}.constant", record.constant, scope, at=at)
        found = numbers[start].dimension
        if dimension is not None and found != dimension:
            raise fail("E510", at=at, text=numbers[start].text, found=f"{found} added to {dimension}")
        dimension = found
    laws = laws_of(signals, record, owner, scope, entry, path)
    if not record.sum and start == NONE:
        start, dimension = constant(numbers, 1.0), DIMENSIONLESS
    if dimension is not None:  # else a sum over classes without members: zero, in any unit
        made = dimension if divisor == NONE else dimension / numbers[divisor].dimension
        for law in laws:
            made = made * law.dimension
        if made != declared and not any(signals[law.signal].empty for law in laws):
            raise fail("E505", at=entry.at(*path, "unit"), text=record.id, found=str(made), expected=record.unit)
    return SignalRow(name, declared, record.unit, tuple(terms), start, divisor, laws, entry.at(*path))


def _divisor(signals: Signals, per: str | None, scope: Scope, at: Location) -> int:
    if per is None:
        return NONE
    words = per.split()
    if words == ["volume"]:
        if scope.place is None:
            raise fail("E417", at=at, text="(no place)")
        return volume_of(signals, scope.place, at)
    if len(words) == 3 and words[:2] == ["volume", "of"]:
        place = place_of(signals.space, reference_of(signals.space, f"at {words[2]}", None, at=at).place, scope, at=at)
        if place is None:
            raise fail("E400", at=at, text=per)
        return volume_of(signals, place, at)
    return within(signals.numbers, used_number(signals.numbers, per, scope, at=at), at=at, positive=True)


def terms_of(signals: Signals, term: Term, owner: str, scope: Scope, at: Location) -> list[tuple[TermRow, Dimension]]:
    """Rows of one term of a sum, each with its dimension; a pool counts as its amount, a signal as its value."""
    reference = reference_of(signals.space, term.of, scope.entity, at=at)
    over = summed_over(signals.space, reference, at=at, only=_alike_only(signals, term, scope))
    rows: list[tuple[TermRow, Dimension]] = []
    for env in instances(over, at=at):
        inner = Scope(scope.entity, {**scope.env, **env}, scope.place, frozenset(over))
        rows += _term_rows(signals, term, reference, owner, inner, at)
    return rows


def _alike_only(signals: Signals, term: Term, scope: Scope) -> dict[str, list[str]] | None:
    """Members that a sum runs over, where its weight leaves others out: those alike, or those that a carrier brings."""
    carried = carried_by(signals, term.weight, scope)
    if carried is not None:
        group, carrier, word = carried
        if word in scope.env:
            return None
        rows = signals.space.membership.brought[group]
        brought = {each.member for each in rows if each.carrier.id == carrier and each.amount is not None}
        return {word: [member for member in signals.space.sets[group] if member in brought]}
    if term.weight is None or term.weight.use is None:
        return None
    name, bracket, rest = term.weight.use.strip().removesuffix("]").partition("[")
    near = signals.numbers.neighbours.get(name.strip())
    words = [word.strip() for word in rest.split(",")]
    if near is None or not bracket or len(words) != 2:
        return None
    first, second = (scope.env.get(word) for word in words)
    if first is not None and second is None:
        return {words[1]: near.of.get(first.name, [])}
    if second is not None and first is None:
        return {words[0]: near.to.get(second.name, [])}
    return None


def _term_rows(
    signals: Signals, term: Term, reference: Reference, owner: str, scope: Scope, at: Location
) -> list[tuple[TermRow, Dimension]]:
    space, numbers = signals.space, signals.numbers
    weight, factor = NONE, DIMENSIONLESS
    carried = carried_by(signals, term.weight, scope)
    if carried is not None:
        weight = amount_carried(signals, *carried, scope, at)
    elif term.weight is not None:
        weight = parameter_of(numbers, owner, term.weight, scope, at=at)
    if weight != NONE:
        factor = numbers[weight].dimension
    name = reference.entity.name if reference.entity else ""
    entity, _ = entity_and_state(space, reference.entity, scope, at=at)
    if entity is None and (name in signals.declared or name in CLOCKS or is_signal(space, name)):
        sources = [signal_of(signals, term.of, there, at=at) for there in _everywhere(signals, reference, scope, at)]
        return [(TermRow(TERM_SIGNAL, each, 1.0, weight), signals[each].dimension * factor) for each in sources]
    if entity is None and name not in space.entity_classes:
        raise fail("E405", at=at, text=name or term.of, known=signal_names(signals))
    pools = pools_of(space, reference, scope, at=at, whole=True)
    if not pools:
        if name in space.entity_classes or (entity and space.hollow(entity)):
            return []
        raise fail("E406", at=at, text=term.of, count="none")
    dimension, _ = common_dimension(signals, pools, term.of, at)
    return [(row, dimension * factor) for row in pool_terms(signals, pools, weight)]


def _everywhere(signals: Signals, reference: Reference, scope: Scope, at: Location) -> list[Scope]:
    """Where a sum that has no place mentions a signal of each place without one: in all of them, as it does pools."""
    declared = signals.declared.get(reference.entity.name) if reference.entity else None
    if declared is None or declared[0].at is None or reference.place or scope.place is not None:
        return [scope]
    own = reference_of(signals.space, f"at {declared[0].at}", None, at=at).place
    domain = signals.space.domain(own.name) if own and own.each else None
    return [scope.at(place) for place in domain[1]] if domain else [scope]


def laws_of(
    signals: Signals, record: WithLaws, owner: str, scope: Scope, entry: Entry, path: Path
) -> tuple[LawRow, ...]:
    """Rows of all laws of a rule, in the order with, saturates, rises_with, needs, falls_with, curve, divided_by,
    power, log, exp.

    Numbers of a law are named after the owner and the signal; a second law on the same signal gets a number. Instances
    of a rule that differ in what its laws do not name have the same ones.
    """
    where = (entry.kind, entry.id, path, owner)
    words = signals.law_words.get(where)
    if words is None:
        told = record.model_dump_json(include=_LAWS, exclude_unset=True)
        words = signals.law_words[where] = frozenset(_WORD.findall(told))
    bound = tuple(value for variable, value in scope.env.items() if variable in words)
    key = (where, scope.entity, scope.place, scope.summed, bound)
    known = signals.laws.get(key)
    if known is None:
        known = signals.laws[key] = law_rows(signals, record, owner, scope, entry, path, signal_of)
    return known
