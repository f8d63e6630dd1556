"""Signals that rules declare, and laws: what is sensed, as rows that need only earlier rows."""

from __future__ import annotations

import copy
import re

from immunity.compiler.bind import (
    Env,
    Scope,
    Value,
    entity_and_state,
    instances,
    member_of,
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
    nothing,
    pool_terms,
    set_signal,
    volume_of,
)
from immunity.compiler.curves import curve_points
from immunity.compiler.faults import Faults
from immunity.compiler.numbers import constant, parameter_of, used_number, within
from immunity.compiler.signal_rows import (
    NO_PARAMETERS,
    NONE,
    LawRow,
    SignalRow,
    Signals,
    TermRow,
    add_row,
    signal_names,
)
from immunity.compiler.space import RESERVED, NotMet, alike, rule_entries
from immunity.compiler.tables import (
    LAW_CURVE,
    LAW_EXP,
    LAW_HILL,
    LAW_LOG,
    LAW_POWER,
    LAW_PROPORTIONAL,
    LAW_SATURATING,
    TERM_SIGNAL,
)
from immunity.language.errors import Location, RuleError, fail
from immunity.language.load import Entry
from immunity.language.models import HillDown, HillUp, Needs, Number, Power, Record, Scaled, Signal, Term, WithLaws
from immunity.language.quantity import DIMENSIONLESS, Dimension, parse_unit
from immunity.language.references import Part, Reference

Path = tuple[str | int, ...]
LARGEST_EXPONENT = 100.0
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
    env, place, label = _signal_env(signals, record, reference, scope, at)
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


def _signal_env(
    signals: Signals, record: Signal, reference: Reference, scope: Scope, at: Location
) -> tuple[Env, str | None, str]:
    """Bindings for one instance of a declared signal, its place, and the tail of its name."""
    env: dict[str, Value] = {}
    place = _place_of_signal(signals, record, reference, scope, env, at)
    label = f" at {place}" if place else ""
    if record.of is None:
        if reference.indices is not None:
            raise fail("E405", at=at, text=reference.text, known=[record.id + label])
        return env, place, label
    part, domain, members = _index_of_signal(signals, record, at)
    if not reference.indices or len(reference.indices) != 1 or reference.indices[0].name is None:
        raise fail("E418", at=at, text=reference.text, signal=record.id, group=record.of)
    group = signals.space.group(part.name)
    if reference.indices[0].name not in scope.env:
        signals.space.check_met(group, reference.indices[0].name)
    member = member_of(reference.indices[0], group, members, scope, at=at)
    if member is None:
        raise fail("E404", at=at, text=reference.text, known=members)
    assert part.binds
    env[part.binds] = Value(domain, member, group)
    return env, place, f"{label}[{member}]"


def _place_of_signal(
    signals: Signals, record: Signal, reference: Reference, scope: Scope, env: dict[str, Value], at: Location
) -> str | None:
    """The place that a reference to a declared signal means; its variable is bound."""
    space = signals.space
    if record.at is None:
        if reference.place:
            raise fail("E405", at=at, text=reference.text, known=[record.id])
        return None
    own = reference_of(space, f"at {record.at}", None, at=at).place
    if own is None:
        raise fail("E400", at=at, text=record.at)
    if not own.each:
        place = place_of(space, own, Scope(None, {}), at=at)
        if reference.place and place_of(space, reference.place, scope, at=at) != place:
            raise fail("E405", at=at, text=reference.text, known=[f"{record.id} at {place}"])
        return place
    place = place_of(space, reference.place, scope, at=at)
    if place is None:
        raise fail("E406", at=at, text=reference.text, count="none: the place is missing")
    domain = space.domain(own.name)
    if domain is None or domain[0] != "place":
        raise fail("E407", at=at, text=own.name, known=["place", *space.place_classes])
    if place not in domain[1]:
        raise fail("E405", at=at, text=f"{record.id} at {place}", known=[f"{record.id} at {p}" for p in domain[1]])
    assert own.binds
    env[own.binds] = Value("place", place, own.name)
    return place


def _index_of_signal(signals: Signals, record: Signal, at: Location) -> tuple[Part, str, dict[str, int]]:
    """What a signal with ``of`` runs over."""
    assert record.of is not None
    part = reference_of(signals.space, record.of, None, at=at).entity
    domain = signals.space.domain(part.name) if part else None
    if part is None or not part.each or domain is None or domain[0] == "place":
        known = [
            f"each {name}"
            for name in (*signals.space.entity_classes, *signals.space.sets, *signals.space.member_classes)
        ]
        raise fail("E407", at=at, text=record.of, known=known)
    if part.name in signals.space.sets:
        return part, "set", signals.space.positions(part.name)
    return part, domain[0], {member: k for k, member in enumerate(domain[1])}


def check_unsensed(signals: Signals) -> None:
    """Try the declared signals that nothing senses, so that faults in them are told too; nothing is kept of them.

    Raises
    ------
    RuleError
        What is wrong with a signal that cannot be made for any of its places and members.
    """
    made = {row.name.split(" at ")[0].split("[")[0] for row in signals.rows}
    all_faults = Faults()
    for id, (record, entry, path) in signals.declared.items():
        if id in made:
            continue
        trial = copy.copy(signals)
        trial.rows, trial.index, trial.open = list(signals.rows), dict(signals.index), []
        trial.numbers = copy.copy(signals.numbers)
        trial.numbers.rows, trial.numbers.index = list(signals.numbers.rows), dict(signals.numbers.index)
        trial.numbers.used, trial.numbers.formulas = set(), []
        trial.numbers.lowest, trial.numbers.frozen = {}, set()
        faults: list[RuleError] = []
        texts = list(_instances_of(trial, record, entry.at(*path, "of" if record.of else "at")))
        for text in texts:
            try:
                signal_of(trial, text, Scope(None, {}), at=entry.at(*path))
            except NotMet:
                continue
            except RuleError as fault:
                faults.append(fault)
                trial.open.clear()
        if faults and len(faults) == len(texts):
            all_faults.found.append(faults[0])
    all_faults.settle()


def _instances_of(signals: Signals, record: Signal, at: Location) -> list[str]:
    """References to every instance of a declared signal."""
    places = [""]
    if record.at:
        own = reference_of(signals.space, f"at {record.at}", None, at=at).place
        domain = signals.space.domain(own.name) if own and own.each else None
        places = [f" at {place}" for place in domain[1]] if domain else [""]
    indices = [f" [{member}]" for member in _index_of_signal(signals, record, at)[2]] if record.of else [""]
    return [f"{record.id}{place}{index}" for place in places for index in indices]


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
        source = signal_of(signals, term.of, scope, at=at)
        return [(TermRow(TERM_SIGNAL, source, 1.0, weight), signals[source].dimension * factor)]
    if entity is None and name not in space.entity_classes:
        raise fail("E405", at=at, text=name or term.of, known=signal_names(signals))
    pools = pools_of(space, reference, scope, at=at, whole=True)
    if not pools:
        if name in space.entity_classes or (entity and space.hollow(entity)):
            return []
        raise fail("E406", at=at, text=term.of, count="none")
    dimension, _ = common_dimension(signals, pools, term.of, at)
    return [(row, dimension * factor) for row in pool_terms(signals, pools, weight)]


def _met_signal(signals: Signals, text: str, scope: Scope, *, at: Location) -> int:
    """As `signal_of`; what is sensed of a member that is not met is nothing."""
    try:
        return signal_of(signals, text, scope, at=at)
    except NotMet:
        return nothing(signals, f"nothing of {text}", at)


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
        known = signals.laws[key] = _laws(signals, record, owner, scope, entry, path)
    return known


def _laws(signals: Signals, record: WithLaws, owner: str, scope: Scope, entry: Entry, path: Path) -> tuple[LawRow, ...]:
    rows: list[LawRow] = []
    seen: dict[str, int] = {}

    def named(text: str) -> str:
        word = text.split()[0].replace(".", "_")
        word = (scope.entity or word) if word == "at" else word
        seen[word] = seen.get(word, 0) + 1
        return f"{owner}.{word}" + (f"_{seen[word]}" if seen[word] > 1 else "")

    for position, text in enumerate(record.with_):
        signal = _met_signal(signals, text, scope, at=entry.at(*path, "with", position))
        rows.append(LawRow(LAW_PROPORTIONAL, signal, NONE, NO_PARAMETERS, None, signals[signal].dimension, "with"))
    for position, law in enumerate(record.saturates):
        at = entry.at(*path, "saturates", position)
        killers = _met_signal(signals, law.killers, scope, at=at)
        targets = _met_signal(signals, law.targets, scope, at=at)
        half = parameter_of(signals.numbers, f"{named(law.killers)}.half", law.half, scope, at=at)
        within(signals.numbers, half, at=at, positive=True)
        rows.append(
            LawRow(LAW_SATURATING, killers, targets, (half, NONE, NONE, NONE), None, DIMENSIONLESS, "saturates")
        )
        for signal, text in ((killers, law.killers), (targets, law.targets)):
            row, given = signals[signal], signals.numbers[half].dimension
            if not (row.empty or alike(row.dimension, given)):
                raise fail("E505", at=at, text=text, found=str(given), expected=str(row.dimension))
    for key in ("rises_with", "needs", "falls_with"):
        for position, law in enumerate(getattr(record, key)):
            rows.append(_hill(signals, law, key, named(law.signal), scope, entry.at(*path, key, position)))
    for position, law in enumerate(record.curve):
        at = entry.at(*path, "curve", position)
        signal = _met_signal(signals, law.signal, scope, at=at)
        points, period = curve_points(signals, law, signal, at)
        parameters = (period, NONE, NONE, NONE)
        rows.append(LawRow(LAW_CURVE, signal, NONE, parameters, points, DIMENSIONLESS, "curve"))
    for position, text in enumerate(record.divided_by):
        signal = signal_of(signals, text, scope, at=entry.at(*path, "divided_by", position))
        inverse = (constant(signals.numbers, 1.0), constant(signals.numbers, -1.0), NONE, NONE)
        rows.append(LawRow(LAW_POWER, signal, NONE, inverse, None, signals[signal].dimension ** -1, "divided_by"))
    for key, kind in (("power", LAW_POWER), ("log", LAW_LOG), ("exp", LAW_EXP)):
        for position, law in enumerate(getattr(record, key)):
            rows.append(_function(signals, law, key, kind, named(law.signal), scope, entry.at(*path, key, position)))
    return tuple(rows)


def _function(
    signals: Signals, law: Power | Scaled, key: str, kind: int, owner: str, scope: Scope, at: Location
) -> LawRow:
    """A power, logarithm or exponential of a signal, in units of ``of``."""
    numbers = signals.numbers
    signal = signal_of(signals, law.signal, scope, at=at)
    unit = within(numbers, parameter_of(numbers, f"{owner}.of", law.of, scope, at=at), at=at, positive=True)
    _match(signals, signal, numbers[unit].dimension, law.signal, at)
    exponent = NONE
    if isinstance(law, Power):
        exponent = parameter_of(numbers, f"{owner}.exponent", law.exponent, scope, at=at)
        if numbers[exponent].dimension != DIMENSIONLESS:
            found = str(numbers[exponent].dimension)
            raise fail("E505", at=at, text=numbers[exponent].text, found=found, expected="a pure number")
        if abs(numbers[exponent].value) > LARGEST_EXPONENT:
            reason = f"exponents go up to {LARGEST_EXPONENT:g}"
            raise fail("E516", at=at, text=numbers[exponent].text, reason=reason)
    return LawRow(kind, signal, NONE, (unit, exponent, NONE, NONE), None, DIMENSIONLESS, key)


def _match(signals: Signals, signal: int, given: Dimension, text: str, at: Location) -> None:
    """Whether what is compared with a signal has its dimension."""
    row = signals[signal]
    if row.dimension != given and not row.empty:
        raise fail("E505", at=at, text=text, found=str(given), expected=str(row.dimension))


def _hill(signals: Signals, law: HillUp | Needs | HillDown, key: str, owner: str, scope: Scope, at: Location) -> LawRow:
    numbers = signals.numbers
    signal = _met_signal(signals, law.signal, scope, at=at)

    def number(what: str, *, positive: bool, pure: bool = True) -> int:
        given: Number = getattr(law, what)
        if what not in law.model_fields_set:
            assert given.value is not None
            return constant(numbers, float(given.value))
        index = within(numbers, parameter_of(numbers, f"{owner}.{what}", given, scope, at=at), at=at, positive=positive)
        if pure and numbers[index].dimension != DIMENSIONLESS:
            found = str(numbers[index].dimension)
            raise fail("E505", at=at, text=numbers[index].text, found=found, expected="a pure number")
        return index

    half, hill = number("half", positive=True, pure=False), number("hill", positive=True)
    _match(signals, signal, numbers[half].dimension, law.signal, at)
    if key == "rises_with":
        base, top = constant(numbers, 1.0), number("up_to", positive=False)
    elif key == "needs":
        base, top = constant(numbers, 0.0), constant(numbers, 1.0)
    else:
        base, top = constant(numbers, 1.0), number("down_to", positive=False)
    return LawRow(LAW_HILL, signal, NONE, (base, top, half, hill), None, DIMENSIONLESS, key)
