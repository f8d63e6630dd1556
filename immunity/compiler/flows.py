"""Pass 5: flows. Every instance of every rule, with its hazard and its stoichiometry."""

from __future__ import annotations

import fnmatch
import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from immunity.compiler.bind import Env, Scope, place_of, pools_of, reference_of
from immunity.compiler.concentrations import concentration_of
from immunity.compiler.faults import Faults
from immunity.compiler.numbers import parameter_of, used_number, within
from immunity.compiler.rules import (
    Addition,
    Path,
    Rule,
    default_place,
    partly_implied,
    rule_instances,
    runs_over_nothing,
)
from immunity.compiler.signal_rows import NO_PARAMETERS, NONE, LawRow, Signals
from immunity.compiler.signals import laws_of
from immunity.compiler.space import NotMet, Pool, Space, alike
from immunity.compiler.tables import LAW_PROPORTIONAL
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension
from immunity.language.references import Reference
from immunity.language.verbs import RATE_KEYS, SUBJECT_KEYS, VERBS, Verb

Factors = list[tuple[int, int]]
CARRIED = ("with", "divided_by")  # laws that bring the dimension of what they sense


class Change(NamedTuple):
    """What one firing does to one pool: ``coefficient * theta[weight]``."""

    pool: int
    coefficient: float
    weight: int


class FlowRow(NamedTuple):
    """One instance of a rule."""

    name: str
    rule: str  # entity.flow_id
    verb: str
    primary: int
    coefficient: float
    factors: tuple[tuple[int, int], ...]  # (parameter, power)
    laws: tuple[LawRow, ...]
    changes: tuple[Change, ...]
    location: Location
    key: int


class _Actors(NamedTuple):
    """The pools of one instance.

    ``after`` is the next stage where a member moves on inside a chain of ``length`` stages.
    """

    scope: Scope
    primary: Pool | None
    partner: Pool | None = None
    after: Pool | None = None
    length: int = 1


class _Made(NamedTuple):
    """What one firing makes, apart from side effects."""

    pools: tuple[Pool, ...]
    weight: int

    @property
    def first(self) -> Pool | None:
        return self.pools[0] if self.pools else None


def expand_flows(signals: Signals, rules: Sequence[Rule], additions: Sequence[Addition]) -> list[FlowRow]:
    """Expand every rule over its bindings and stages.

    Raises
    ------
    RuleError
        E507 for a rule that matches nothing, E411 for an addition that does, E406 for a reference that is not one
        pool, E504 to E508 for rates, units and stoichiometry.
    """
    rows: list[FlowRow] = []
    touched: set[int] = set()
    faults = Faults()
    for rule in rules:
        matching = [k for k, each in enumerate(additions) if fnmatch.fnmatchcase(rule.name, each.record.flow)]
        touched.update(matching)
        if rule.own in signals.space.absent:  # its laws may be about what is there, and what it does too
            continue
        matching = [k for k in matching if additions[k].entry.id not in signals.space.absent]
        with faults:
            rows += _instances(signals, rule, [additions[k] for k in matching])
    faults.settle()
    for k, addition in enumerate(additions):
        if k not in touched:
            at = addition.entry.at(*addition.path, "flow")
            raise fail("E411", at=at, text=addition.record.flow, known=[rule.name for rule in rules])
    return _keyed_apart(rows)


def _instances(signals: Signals, rule: Rule, additions: Sequence[Addition]) -> list[FlowRow]:
    made: list[tuple[FlowRow, Env]] = []
    try:
        for env in rule_instances(signals.space, rule):
            made += [(row, env) for row in _instance(signals, rule, env, additions)]
    except NotMet:  # a rule about one member, that does not come into this
        return list(_named_apart(made))
    if not made and not runs_over_nothing(signals.space, rule):
        raise fail("E507", at=rule.at("verb"), text=rule.name, reason="no pool fits what it runs over")
    return list(_named_apart(made))


def _named_apart(made: Sequence[tuple[FlowRow, Env]]) -> Iterator[FlowRow]:
    """Add all bindings to the names of instances that their pools do not tell apart."""
    count = Counter(row.name for row, _ in made)
    for row, env in made:
        bound = ", ".join(f"{variable}={value.name}" for variable, value in env.items())
        yield row if count[row.name] == 1 else row._replace(name=f"{row.name}[{bound}]")


def _keyed_apart(rows: Sequence[FlowRow]) -> list[FlowRow]:
    """Give every flow a random stream of its own, whatever the order of the flows.

    Raises
    ------
    RuleError
        E413 for two flows of one name.
    """
    keys: dict[str, int] = {}
    taken: set[int] = set()
    for row in sorted(rows, key=lambda row: row.name):
        if row.name in keys:
            raise fail("E413", at=row.location, text=row.name, kind="flow", first="the same rule")
        key, attempt = zlib.crc32(row.name.encode()), 0
        while key in taken:
            attempt += 1
            key = zlib.crc32(f"{row.name}#{attempt}".encode())
        taken.add(key)
        keys[row.name] = key
    return [row._replace(key=keys[row.name]) for row in rows]


# who takes part ---------------------------------------------------------------------------------


def _instance(signals: Signals, rule: Rule, env: Env, additions: Sequence[Addition]) -> Iterator[FlowRow]:
    space = signals.space
    verb = VERBS[rule.record.verb]
    place, implied = default_place(space, rule), partly_implied(space, rule)
    scope = Scope(rule.own, env)
    if place:
        scope = scope.at(place_of(space, place.place, scope, at=rule.at("at")))
    key = verb.primary or ("by" if rule.record.by else None)
    primaries = _chains(_subject(space, rule, key, rule.text(key), scope)) if key else [[None]]
    if implied:
        made = [] if key or not rule.text("to") else _subject(space, rule, "to", rule.text("to"), scope)
        primaries = [
            chain
            for chain in primaries
            if all(_told_apart(space, pool, env, implied) for pool in ([chain[0]] if chain[0] else made))
        ]
    if primaries:
        _check_bystanders(space, rule, verb, scope)
    for chain in primaries:
        for position, primary in enumerate(chain):
            here = scope.at(scope.place or (primary.place if primary else None))
            after = chain[position + 1] if verb.moves_on and position + 1 < len(chain) else None
            partners = [None]
            if verb.partner:
                partners = _one_chain(space, rule, verb.partner, rule.text(verb.partner), here, primary)
            for partner in partners:
                actors = _Actors(here, primary, partner, after, len(chain) if verb.moves_on else 1)
                row = _row(signals, rule, verb, actors, additions)
                if row.changes:  # a move from a pool to itself is none
                    yield row


def _told_apart(space: Space, pool: Pool, env: Env, implied: Sequence[str]) -> bool:
    """Whether a pool is this instance's; of members that it does not tell apart, the first stands for all."""
    return all(
        env[name].name == (space.sets[name] or [""])[0]
        for name in implied
        if not space.knows(pool.entity, pool.place, name)
    )


def _subject(space: Space, rule: Rule, key: str, text: str | None, scope: Scope) -> list[Pool]:
    """Pools a key names; the rule's own pools where the text may be left out."""
    at = rule.at(key)
    if text is None:
        return pools_of(space, Reference(None, None, None, rule.own or ""), scope, at=at)
    return pools_of(space, reference_of(space, text, rule.own, at=at), scope, at=at)


def _check_bystanders(space: Space, rule: Rule, verb: Verb, scope: Scope) -> None:
    """Whether those that a rule names without moving them are there: who kills or takes up."""
    moved = {verb.primary or "by", verb.partner, *verb.makes}
    for key in SUBJECT_KEYS:
        text = rule.text(key) if key not in moved else None
        if text and not _subject(space, rule, key, text, scope):
            raise fail("E406", at=rule.at(key), text=text, count="none")


def _chains(pools: Sequence[Pool]) -> list[list[Pool]]:
    """Group staged pools into chains; a pool without stages is a chain of one."""
    chains: dict[Pool, list[Pool]] = {}
    for pool in pools:
        chains.setdefault(pool._replace(stage=None), []).append(pool)
    return list(chains.values())


def _one_chain(space: Space, rule: Rule, key: str, text: str | None, scope: Scope, primary: Pool | None) -> list[Pool]:
    """The stages of the single pool that a key names; of several members of index sets, that of the primary pool."""
    pools = _subject(space, rule, key, text, scope)
    if primary and len(pools) > 1 and space.entity(pools[0].entity).over == space.entity(primary.entity).over:
        pools = [pool for pool in pools if _same_members(pool, primary)] or pools
    chains = _chains(pools)
    if len(chains) != 1:
        count = len(chains) if chains else "none"
        raise fail("E406", at=rule.at(key), text=text or rule.own, count=count)
    return chains[0]


def _same_members(first: Pool, second: Pool) -> bool:
    """Whether two pools are of the same members, as far as both are told apart."""
    return all(a == b or not a or not b for a, b in zip(first.indices, second.indices, strict=True))


# one row ------------------------------------------------------------------------------------------


def _row(signals: Signals, rule: Rule, verb: Verb, actors: _Actors, additions: Sequence[Addition]) -> FlowRow:
    space, primary = signals.space, actors.primary
    made = _made(signals, rule, verb, actors)
    _check_stoichiometry(signals, rule, verb, actors, made)
    scope = actors.scope.at(actors.scope.place or (made.first.place if made.first else None))
    coefficient, factors = _rate(signals, rule, scope, actors.length)
    factors += _times(signals, rule.record.times, scope, rule.entry, rule.path)
    laws = _partner_law(signals, rule, verb, actors)
    laws += laws_of(signals, rule.record, rule.name, scope, rule.entry, rule.path)
    for addition, owner in zip(additions, _owners(additions, rule), strict=True):
        theirs = scope._replace(entity=addition.own)
        laws += laws_of(signals, addition.record, owner, theirs, addition.entry, addition.path)
        factors += _times(signals, addition.record.times, theirs, addition.entry, addition.path)
    _check_hazard(signals, rule, verb, factors, laws, primary, made.first)
    changes = [Change(space.pools[pool], -1.0, NONE) for pool in _consumed(rule, verb, actors)]
    changes += [Change(space.pools[pool], 1.0, made.weight) for pool in made.pools]
    if actors.after is None:  # inside a chain nothing else happens yet
        changes += _side_effects(signals, rule, verb, scope, primary, made.first)
    return FlowRow(
        rule.name + _label(scope, actors, made.first),
        rule.name,
        rule.record.verb,
        space.pools[primary] if primary else NONE,
        coefficient,
        tuple(factors),
        tuple(laws),
        _merged(changes),
        rule.at("verb"),
        0,
    )


def _owners(additions: Sequence[Addition], rule: Rule) -> Iterator[str]:
    """Under which name the numbers of each addition go; a second one of an entry to a rule gets a number."""
    seen: dict[str, int] = {}
    for addition in additions:
        count = seen[addition.entry.id] = seen.get(addition.entry.id, 0) + 1
        yield f"{addition.entry.id}.{rule.name}" + (f"_{count}" if count > 1 else "")


def _consumed(rule: Rule, verb: Verb, actors: _Actors) -> list[Pool]:
    keys = [key for key in verb.consumes if not (rule.record.spares and key == verb.partner)]
    pools = [actors.primary if key == verb.primary else actors.partner for key in keys]
    return [pool for pool in pools if pool is not None]


def _made(signals: Signals, rule: Rule, verb: Verb, actors: _Actors) -> _Made:
    """The pools that one firing adds to, and the parameter that says how much."""
    if actors.after is not None:
        return _Made((actors.after,), NONE)
    record, pools = rule.record, []
    for key in verb.makes:
        if key == verb.primary and actors.primary:
            pools.append(actors.primary)
        elif key == "to":
            for text in record.to or [None]:
                pools.append(_one_chain(signals.space, rule, key, text, actors.scope, actors.primary)[0])
        elif rule.text(key):
            pools.append(_one_chain(signals.space, rule, key, rule.text(key), actors.scope, actors.primary)[0])
    weight = NONE
    if record.yields is not None:
        at = rule.at("yields")
        weight = parameter_of(signals.numbers, f"{rule.name}.yields", record.yields, actors.scope, at=at)
        within(signals.numbers, weight, at=at)
    return _Made(tuple(pools), weight)


def _side_effects(
    signals: Signals, rule: Rule, verb: Verb, scope: Scope, primary: Pool | None, first: Pool | None
) -> list[Change]:
    space, changes = signals.space, []
    fires = first if verb.primary in (None, "by") else primary
    seen: dict[str, int] = {}
    for position, effect in enumerate(rule.record.also):
        at = rule.at("also", position, "pool")
        pool = _one_chain(space, rule, "also", effect.pool, scope, primary)[0]
        word = effect.pool.split()[0].replace(".", "_") if not effect.pool.startswith("at ") else pool.entity
        seen[word] = seen.get(word, 0) + 1
        name = f"{rule.name}.{word}{f'_{seen[word]}' if seen[word] > 1 else ''}.amount"
        where = rule.at("also", position, "amount")
        weight = parameter_of(signals.numbers, name, effect.amount, scope, at=where)
        wanted = _unit_dimension(space, pool) / _unit_dimension(space, fires)
        found = signals.numbers[weight].dimension
        if found != wanted:
            raise fail("E508", at=at, text=effect.pool, found=str(found), expected=str(wanted))
        changes.append(Change(space.pools[pool], 1.0, weight))
    return changes


def _merged(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Sum the plain changes of one pool (in the order first met); drop what cancels."""
    plain: dict[int, float] = {}
    weighted: list[Change] = []
    for change in changes:
        if change.weight == NONE:
            plain[change.pool] = plain.get(change.pool, 0.0) + change.coefficient
        else:
            weighted.append(change)
    return (*(Change(pool, c, NONE) for pool, c in plain.items() if c != 0.0), *weighted)


def _label(scope: Scope, actors: _Actors, first: Pool | None) -> str:
    """What tells this instance from others of its rule: its pools, and bindings that these do not show."""
    partner = actors.partner if actors.partner and actors.partner.stage else None
    ends = " > ".join(dict.fromkeys(pool.name for pool in (actors.primary, partner, first) if pool is not None))
    shown: set[str | None] = set()
    for pool in (actors.primary, partner, first):
        if pool is not None:
            shown.update((pool.entity, pool.state, pool.place, *pool.indices))
    hidden = [f"{variable}={value.name}" for variable, value in scope.env.items() if value.name not in shown]
    return f"[{'; '.join([ends, *hidden])}]"


# hazards and their units --------------------------------------------------------------------------


def _partner_law(signals: Signals, rule: Rule, verb: Verb, actors: _Actors) -> list[LawRow]:
    """Mass action of the pool that is consumed with the primary one."""
    if actors.partner is None or verb.partner is None:
        return []
    signal = concentration_of(signals, [actors.partner], actors.partner.name, rule.at(verb.partner))
    return [LawRow(LAW_PROPORTIONAL, signal, NONE, NO_PARAMETERS, None, signals[signal].dimension, verb.partner)]


def _rate(signals: Signals, rule: Rule, scope: Scope, length: int) -> tuple[float, Factors]:
    """Coefficient and parameter of the rate; every stage of a chain goes as many times faster as there are stages."""
    key = next(key for key in RATE_KEYS if getattr(rule.record, key) is not None)
    numbers, at = signals.numbers, rule.at(key)
    index = parameter_of(numbers, f"{rule.name}.{key}", getattr(rule.record, key), scope, at=at)
    if key == "hazard":
        return float(length), [(within(numbers, index, at=at), 1)]
    if numbers[index].value <= 0:
        raise fail("E511", at=at, text=numbers[index].text)
    within(numbers, index, at=at, positive=True)
    return (float(length) if key == "mean_time" else length * math.log(2.0)), [(index, -1)]


def _times(signals: Signals, texts: Sequence[str], scope: Scope, entry: Entry, path: Path) -> Factors:
    """Numbers that multiply the hazard."""
    found: Factors = []
    for position, text in enumerate(texts):
        at = entry.at(*path, "times", position)
        found.append((within(signals.numbers, used_number(signals.numbers, text, scope, at=at), at=at), 1))
    return found


def _unit_dimension(space: Space, pool: Pool | None) -> Dimension:
    return space.rows[space.pools[pool]].dimension if pool else DIMENSIONLESS


def _check_hazard(
    signals: Signals,
    rule: Rule,
    verb: Verb,
    factors: Factors,
    laws: Sequence[LawRow],
    primary: Pool | None,
    first: Pool | None,
) -> None:
    """Whether the hazard times its laws is per time (and per what of the primary pool makes one of the first made)."""
    if any(signals[law.signal].empty for law in laws if law.key in CARRIED or law.kind == LAW_PROPORTIONAL):
        return  # zero, in any unit
    made = DIMENSIONLESS
    for index, power in factors:
        made = made * signals.numbers[index].dimension ** power
    for law in laws:
        made = made * law.dimension
    wanted = DIMENSIONLESS / TIME
    if primary is None:
        wanted = _unit_dimension(signals.space, first) / TIME
    elif verb.primary in (None, "by"):
        wanted = _unit_dimension(signals.space, first) / _unit_dimension(signals.space, primary) / TIME
    if made != wanted:
        at = rule.at(next(key for key in RATE_KEYS if getattr(rule.record, key) is not None))
        at = _at_fault(signals, rule, factors, primary, first) or at
        raise fail("E506", at=at, text=rule.name, found=str(made), expected=str(wanted))


def _at_fault(
    signals: Signals, rule: Rule, factors: Factors, primary: Pool | None, first: Pool | None
) -> Location | None:
    """The number that a member of a class brings to a rule for all of them: there the unit is to be mended."""
    members = {pool.entity for pool in (primary, first) if pool is not None} - {rule.own}
    brought = (signals.numbers[index] for index, _ in factors)
    return next((number.location for number in brought if number.name.rpartition(".")[0] in members), None)


def _check_stoichiometry(signals: Signals, rule: Rule, verb: Verb, actors: _Actors, made: _Made) -> None:
    """Whether one of the primary pool can become one of what is made, or go together with one of its partner."""
    space, primary = signals.space, actors.primary
    if primary is None or verb.primary in (None, "by"):
        return
    own = _unit_dimension(space, primary)
    if actors.partner is not None and verb.partner is not None:
        found = _unit_dimension(space, actors.partner)
        if not alike(found, own):
            at = rule.at(verb.partner)
            raise fail("E508", at=at, text=actors.partner.name, found=str(found), expected=str(own))
    given = DIMENSIONLESS if made.weight == NONE else signals.numbers[made.weight].dimension
    for pool in made.pools:
        wanted, found = _unit_dimension(space, pool), given * own
        if found != wanted and pool != primary:
            raise fail("E508", at=rule.at("verb"), text=pool.name, found=str(found), expected=str(wanted))
