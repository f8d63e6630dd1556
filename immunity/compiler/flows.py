"""Pass 5: flows. Every instance of every rule, with its hazard and its stoichiometry."""

from __future__ import annotations

import fnmatch
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from immunity.compiler.actors import Actors, Made, chains_of, check_bystanders, one_chain, subject, told_apart
from immunity.compiler.bind import Env, Scope, place_of
from immunity.compiler.faults import Faults
from immunity.compiler.hazards import check_hazard, check_stoichiometry, partner_law, rate_of, times_of, unit_dimension
from immunity.compiler.numbers import parameter_of, within
from immunity.compiler.rules import (
    Addition,
    Rule,
    default_place,
    partly_implied,
    rule_instances,
    runs_over_nothing,
)
from immunity.compiler.signal_rows import NONE, LawRow, Signals
from immunity.compiler.signals import laws_of
from immunity.compiler.space import NotMet, Pool
from immunity.language.errors import Location, fail
from immunity.language.verbs import VERBS, Verb


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
    meant = [re.compile(fnmatch.translate(each.record.flow)).match for each in additions]
    for rule in rules:
        matching = [k for k, means in enumerate(meant) if means(rule.name)]
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
    primaries = chains_of(subject(space, rule, key, rule.text(key), scope)) if key else [[None]]
    if implied:
        made = [] if key or not rule.text("to") else subject(space, rule, "to", rule.text("to"), scope)
        primaries = [
            chain
            for chain in primaries
            if all(told_apart(space, pool, env, implied) for pool in ([chain[0]] if chain[0] else made))
        ]
    if primaries:
        check_bystanders(space, rule, verb, scope)
    for chain in primaries:
        for position, primary in enumerate(chain):
            here = scope.at(scope.place or (primary.place if primary else None))
            after = chain[position + 1] if verb.moves_on and position + 1 < len(chain) else None
            partners = [None]
            if verb.partner:
                partners = one_chain(space, rule, verb.partner, rule.text(verb.partner), here, primary)
            for partner in partners:
                actors = Actors(here, primary, partner, after, len(chain) if verb.moves_on else 1)
                row = _row(signals, rule, verb, actors, additions)
                if row.changes:  # a move from a pool to itself is none
                    yield row


# one row ------------------------------------------------------------------------------------------


def _row(signals: Signals, rule: Rule, verb: Verb, actors: Actors, additions: Sequence[Addition]) -> FlowRow:
    space, primary = signals.space, actors.primary
    made = _made(signals, rule, verb, actors)
    check_stoichiometry(signals, rule, verb, actors, made)
    scope = actors.scope.at(actors.scope.place or (made.first.place if made.first else None))
    coefficient, factors = rate_of(signals, rule, scope, actors.length)
    factors += times_of(signals, rule.record.times, scope, rule.entry, rule.path)
    laws = partner_law(signals, rule, verb, actors)
    laws += laws_of(signals, rule.record, rule.name, scope, rule.entry, rule.path)
    for addition, owner in zip(additions, _owners(additions, rule), strict=True):
        theirs = scope._replace(entity=addition.own)
        laws += laws_of(signals, addition.record, owner, theirs, addition.entry, addition.path)
        factors += times_of(signals, addition.record.times, theirs, addition.entry, addition.path)
    check_hazard(signals, rule, verb, factors, laws, primary, made.first)
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


def _consumed(rule: Rule, verb: Verb, actors: Actors) -> list[Pool]:
    keys = [key for key in verb.consumes if not (rule.record.spares and key == verb.partner)]
    pools = [actors.primary if key == verb.primary else actors.partner for key in keys]
    return [pool for pool in pools if pool is not None]


def _made(signals: Signals, rule: Rule, verb: Verb, actors: Actors) -> Made:
    """The pools that one firing adds to, and the parameter that says how much."""
    if actors.after is not None:
        return Made((actors.after,), NONE)
    record, pools = rule.record, []
    for key in verb.makes:
        if key == verb.primary and actors.primary:
            pools.append(actors.primary)
        elif key == "to":
            for text in record.to or [None]:
                pools.append(one_chain(signals.space, rule, key, text, actors.scope, actors.primary)[0])
        elif rule.text(key):
            pools.append(one_chain(signals.space, rule, key, rule.text(key), actors.scope, actors.primary)[0])
    weight = NONE
    if record.yields is not None:
        at = rule.at("yields")
        weight = parameter_of(signals.numbers, f"{rule.name}.yields", record.yields, actors.scope, at=at)
        within(signals.numbers, weight, at=at)
    return Made(tuple(pools), weight)


def _side_effects(
    signals: Signals, rule: Rule, verb: Verb, scope: Scope, primary: Pool | None, first: Pool | None
) -> list[Change]:
    space, changes = signals.space, []
    fires = first if verb.primary in (None, "by") else primary
    seen: dict[str, int] = {}
    for position, effect in enumerate(rule.record.also):
        at = rule.at("also", position, "pool")
        pool = one_chain(space, rule, "also", effect.pool, scope, primary)[0]
        word = effect.pool.split()[0].replace(".", "_") if not effect.pool.startswith("at ") else pool.entity
        seen[word] = seen.get(word, 0) + 1
        name = f"{rule.name}.{word}{f'_{seen[word]}' if seen[word] > 1 else ''}.amount"
        where = rule.at("also", position, "amount")
        weight = parameter_of(signals.numbers, name, effect.amount, scope, at=where)
        wanted = unit_dimension(space, pool) / unit_dimension(space, fires)
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


def _label(scope: Scope, actors: Actors, first: Pool | None) -> str:
    """What tells this instance from others of its rule: its pools, and bindings that these do not show."""
    partner = actors.partner if actors.partner and actors.partner.stage else None
    ends = " > ".join(dict.fromkeys(pool.name for pool in (actors.primary, partner, first) if pool is not None))
    shown: set[str | None] = set()
    for pool in (actors.primary, partner, first):
        if pool is not None:
            shown.update((pool.entity, pool.state, pool.place, *pool.indices))
    hidden = [f"{variable}={value.name}" for variable, value in scope.env.items() if value.name not in shown]
    return f"[{'; '.join([ends, *hidden])}]"
