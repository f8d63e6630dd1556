"""Pass 5: flows. Every instance of every rule, with its hazard and its stoichiometry."""

from __future__ import annotations

import fnmatch
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from immunity.compiler.bind import (
    Env,
    Scope,
    Value,
    binders,
    entity_and_state,
    index_values,
    instances,
    place_of,
    pools_of,
    reference_of,
)
from immunity.compiler.numbers import parameter_of, used_number
from immunity.compiler.signals import NO_PARAMETERS, NONE, LawRow, Signals, laws_of, signal_of
from immunity.compiler.space import Pool, Space
from immunity.compiler.tables import LAW_PROPORTIONAL
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Flow, Modifier
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension
from immunity.language.references import Reference
from immunity.language.verbs import RATE_KEYS, SUBJECT_KEYS, VERBS, Verb

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """What one firing does to one pool: ``coefficient * theta[weight]``."""

    pool: int
    coefficient: float
    weight: int


@dataclass(frozen=True)
class FlowRow:
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


@dataclass(frozen=True)
class Rule:
    """A flow as written, with the entry it stands in."""

    name: str
    record: Flow
    entry: Entry
    path: Path
    own: str | None

    def at(self, *more: str | int) -> Location:
        return self.entry.at(*self.path, *more)


def list_rules(space: Space) -> list[Rule]:
    """All flows of the book, each with a unique name."""
    rules: list[Rule] = []
    seen: dict[str, Location] = {}
    for kind, entries in space.book.entries.items():
        if kind in ("scenario", "sources", "host", "deficiency", "set"):
            continue
        for entry in entries.values():
            for position, record in enumerate(getattr(entry.record, "flows", ())):
                name = f"{entry.id}.{record.id or record.verb}"
                own = entry.id if entry.id in space.entities else None
                rule = Rule(name, record, entry, ("flows", position), own)
                if name in seen:
                    raise fail("E413", at=rule.at("verb"), text=name, kind="flow", first=str(seen[name]))
                seen[name] = rule.at("verb")
                _check_keys(rule)
                rules.append(rule)
    return rules


def _check_keys(rule: Rule) -> None:
    record = rule.record
    verb = VERBS.get(record.verb)
    if verb is None:
        raise fail("E500", at=rule.at("verb"), text=record.verb, known=VERBS)
    given = {key for key in SUBJECT_KEYS if _text(record, key)}
    own = {"of"} if "of" in verb.may else {"to"} if "to" in verb.may else set()
    for key in verb.needs:
        if key not in given:
            raise fail("E501", at=rule.at("verb"), text=key, verb=record.verb)
    for key in own:
        if key not in given and rule.own is None:
            raise fail("E501", at=rule.at("verb"), text=key, verb=record.verb)
    for key in given - set(verb.needs) - set(verb.may):
        raise fail("E502", at=rule.at(key), text=key, verb=record.verb, known=[*verb.needs, *verb.may])
    if len(record.to) > 1 and record.verb != "release":
        raise fail("E502", at=rule.at("to"), text="to (several pools)", verb=record.verb)
    rates = [key for key in RATE_KEYS if getattr(record, key) is not None]
    if len(rates) != 1:
        raise fail("E504", at=rule.at("verb"), text=rule.name, count=" and ".join(rates) or "none")


def _text(record: Flow, key: str) -> str | None:
    if key == "to":
        return record.to[0] if record.to else None
    return getattr(record, "from_" if key == "from" else key)


def _texts(rule: Rule) -> Iterator[tuple[str, Location]]:
    """Every reference a rule holds, with where it stands."""
    record = rule.record
    for key in SUBJECT_KEYS:
        for text in record.to if key == "to" else filter(None, [_text(record, key)]):
            yield text, rule.at(key)
    for position, effect in enumerate(record.also):
        yield effect.pool, rule.at("also", position, "pool")


def _bound_place(rule: Rule, space: Space) -> Reference | None:
    if rule.record.at is None:
        return None
    return reference_of(space, f"at {rule.record.at}", None, at=rule.at("at"))


def rule_instances(space: Space, rule: Rule) -> Iterator[Env]:
    """Every combination of what the rule's ``each`` runs over."""
    found: dict[str, list] = {}
    place = _bound_place(rule, space)
    if place:
        found |= binders(space, [place], at=rule.at("at"))
    for text, at in _texts(rule):
        for name, values in binders(space, [reference_of(space, text, rule.own, at=at)], at=at).items():
            if name in found and found[name] != values:
                raise fail("E415", at=at, text=name)
            found[name] = values
    if rule.own:
        for name in space.entity(rule.own).over:
            if name not in found and not _mentions_index(rule):
                found |= {name: _over(space, name)}
    yield from instances(found)


def _over(space: Space, name: str) -> list:
    return [Value("set", member, name) for member in space.sets[name]]


def _mentions_index(rule: Rule) -> bool:
    return any("[" in text for text, _ in _texts(rule))


def expand_flows(signals: Signals, rules: list[Rule], modifiers: list[tuple[Modifier, Entry, Path]]) -> list[FlowRow]:
    """Expand every rule over its bindings and stages.

    Raises
    ------
    RuleError
        E507 for a rule or modifier that matches nothing, E504 to E508 for rates, units and stoichiometry.
    """
    rows: list[FlowRow] = []
    touched = [False] * len(modifiers)
    for rule in rules:
        matching = [k for k, (record, _, _) in enumerate(modifiers) if fnmatch.fnmatchcase(rule.name, record.flow)]
        for k in matching:
            touched[k] = True
        before = len(rows)
        for env in rule_instances(signals.space, rule):
            if _beyond_the_end(signals.space, rule, env):
                continue
            rows += _instance(signals, rule, env, [modifiers[k] for k in matching])
        if len(rows) == before:
            raise fail("E507", at=rule.at("verb"), text=rule.name, reason="no pool fits what it runs over")
    for (record, entry, path), done in zip(modifiers, touched, strict=True):
        if not done:
            raise fail("E411", at=entry.at(*path, "flow"), text=record.flow, known=[rule.name for rule in rules])
    return rows


def _beyond_the_end(space: Space, rule: Rule, env: Env) -> bool:
    """Whether a step such as ``affinity+1`` leaves its ordered set, so that there is no such instance."""
    for text, at in _texts(rule):
        reference = reference_of(space, text, rule.own, at=at)
        if not any(index.step for index in reference.indices or ()):
            continue
        scope = Scope(rule.own, env)
        entity, _ = entity_and_state(space, reference.entity, scope, at=at)
        if entity and index_values(space, reference, entity, scope, at=at) is None:
            return True
    return False


def _default_place(space: Space, rule: Rule, env: Env) -> str | None:
    reference = _bound_place(rule, space)
    return place_of(space, reference.place, Scope(rule.own, env), at=rule.at("at")) if reference else None


def _subject(signals: Signals, rule: Rule, key: str, text: str | None, scope: Scope) -> list[Pool]:
    """Pools a key names; the rule's own pools where the text may be left out."""
    space = signals.space
    at = rule.at(key)
    if text is None:
        reference = Reference(None, None, None, rule.own or "")
    else:
        reference = reference_of(space, text, rule.own, at=at)
    return pools_of(space, reference, scope, at=at)


def _instance(
    signals: Signals, rule: Rule, env: Env, modifiers: list[tuple[Modifier, Entry, Path]]
) -> Iterator[FlowRow]:
    space, record = signals.space, rule.record
    verb = VERBS[record.verb]
    scope = Scope(rule.own, env, _default_place(space, rule, env))
    key = verb.primary or ("by" if record.by else None)
    if key is None:
        yield _row(signals, rule, verb, scope, None, modifiers)
        return
    pools = _subject(signals, rule, key, _text(record, key), scope)
    for chain in _chains(pools):
        if verb.moves_on or len(chain) == 1:
            for position, pool in enumerate(chain):
                after = chain[position + 1] if verb.moves_on and position + 1 < len(chain) else None
                yield _row(
                    signals, rule, verb, scope, pool, modifiers, after=after, length=len(chain) if verb.moves_on else 1
                )
        else:
            for pool in chain:
                yield _row(signals, rule, verb, scope, pool, modifiers)


def _chains(pools: list[Pool]) -> list[list[Pool]]:
    """Group staged pools into chains; a pool without stages is a chain of one."""
    chains: dict[Pool, list[Pool]] = {}
    for pool in pools:
        chains.setdefault(replace(pool, stage=None), []).append(pool)
    return list(chains.values())


def _one(signals: Signals, rule: Rule, key: str, text: str | None, scope: Scope, primary: Pool | None) -> Pool | None:
    """The single pool that gains or loses; the first stage of a chain."""
    if text is None and key == "into":
        return None
    pools = _subject(signals, rule, key, text, scope)
    if primary and len(pools) > 1:
        same = [pool for pool in pools if pool.indices == primary.indices]
        pools = same or pools
    chains = _chains(pools)
    if len(chains) != 1:
        raise fail("E406", at=rule.at(key), text=text or rule.own, count=f"{len(chains)}" if chains else "none")
    return chains[0][0]


def _row(
    signals: Signals,
    rule: Rule,
    verb: Verb,
    scope: Scope,
    primary: Pool | None,
    modifiers: list[tuple[Modifier, Entry, Path]],
    *,
    after: Pool | None = None,
    length: int = 1,
) -> FlowRow:
    space, record, numbers = signals.space, rule.record, signals.numbers
    scope = scope.at(scope.place or (primary.place if primary else None))
    changes: list[Change] = []
    made: list[Pool] = []
    for key in verb.consumes:
        pool = primary if key == verb.primary else _one(signals, rule, key, _text(record, key), scope, primary)
        if pool is not None:
            changes.append(Change(space.pools[pool], -1.0, NONE))
    weight = NONE
    if record.yields is not None and after is None:
        weight = parameter_of(numbers, f"{rule.name}.yields", record.yields, scope, at=rule.at("yields"))
    for key in verb.makes:
        texts = record.to or [None] if key == "to" else [_text(record, key)]
        for text in [texts[0]] if after is not None else texts:
            pool = after or (primary if key == verb.primary else _one(signals, rule, key, text, scope, primary))
            if pool is not None:
                made.append(pool)
                changes.append(Change(space.pools[pool], 1.0, weight))
    first = made[0] if made else None
    scope = scope.at(scope.place or (first.place if first else None))
    laws = list(laws_of(signals, record, rule.name, scope, rule.entry, rule.path))
    factors = _rate(signals, rule, scope, length)
    for position, text in enumerate(record.times):
        factors[1].append((used_number(numbers, text, scope, at=rule.at("times", position)), 1))
    for modifier, entry, path in modifiers:
        owner = f"{entry.id}.{rule.name}"
        laws += laws_of(signals, modifier, owner, scope, entry, path)
        for position, text in enumerate(modifier.times):
            factors[1].append(
                (used_number(numbers, text, Scope(entry.id, scope.env), at=entry.at(*path, "times", position)), 1)
            )
    partner = _partner_law(signals, rule, verb, scope, primary)
    laws = [*partner, *laws]
    _check_hazard(signals, rule, verb, factors[1], laws, primary, first)
    changes += _side_effects(signals, rule, scope, primary, first)
    _check_stoichiometry(signals, rule, verb, primary, made, weight)
    name = rule.name + _label(scope, primary, first, after)
    return FlowRow(
        name,
        rule.name,
        record.verb,
        space.pools[primary] if primary else NONE,
        factors[0],
        tuple(factors[1]),
        tuple(laws),
        _merged(changes),
        rule.at("verb"),
        zlib.crc32(name.encode()),
    )


def _merged(changes: list[Change]) -> tuple[Change, ...]:
    """Sum the plain changes of one pool (in the order first met); drop what cancels."""
    plain: dict[int, float] = {}
    weighted: list[Change] = []
    for change in changes:
        if change.weight == NONE:
            plain[change.pool] = plain.get(change.pool, 0.0) + change.coefficient
        else:
            weighted.append(change)
    return (*(Change(pool, c, NONE) for pool, c in plain.items() if c != 0.0), *weighted)


def _label(scope: Scope, primary: Pool | None, first: Pool | None, after: Pool | None) -> str:
    """What tells this instance from others of its rule: its pools, and bindings that these do not show."""
    ends = " > ".join(dict.fromkeys(pool.name for pool in (primary, after or first) if pool is not None))
    shown = set(re.split(r"[^a-z0-9_]+", ends))
    hidden = [f"{variable}={value.name}" for variable, value in scope.env.items() if value.name not in shown]
    return f"[{'; '.join([ends, *hidden])}]"


def _partner_law(signals: Signals, rule: Rule, verb: Verb, scope: Scope, primary: Pool | None) -> list[LawRow]:
    if verb.partner is None:
        return []
    pool = _one(signals, rule, verb.partner, _text(rule.record, verb.partner), scope, primary)
    assert pool is not None
    state = f".{pool.state}" if pool.state else ""
    indices = f" [{', '.join(pool.indices)}]" if pool.indices else ""
    text = f"{pool.entity}{state} at {pool.place}{indices}"
    signal = signal_of(signals, text, Scope(None, {}), at=rule.at(verb.partner))
    return [LawRow(LAW_PROPORTIONAL, signal, NONE, NO_PARAMETERS, None, signals[signal].dimension, verb.partner)]


def _rate(signals: Signals, rule: Rule, scope: Scope, length: int) -> tuple[float, list[tuple[int, int]]]:
    key = next(key for key in RATE_KEYS if getattr(rule.record, key) is not None)
    number = getattr(rule.record, key)
    index = parameter_of(signals.numbers, f"{rule.name}.{key}", number, scope, at=rule.at(key))
    if key == "hazard":
        return float(length), [(index, 1)]
    if signals.numbers[index].value <= 0:
        raise fail("E511", at=rule.at(key), text=signals.numbers[index].text)
    return (float(length) if key == "mean_time" else length * math.log(2.0)), [(index, -1)]


def _unit_dimension(space: Space, pool: Pool | None) -> Dimension:
    return space.rows[space.pools[pool]].dimension if pool else DIMENSIONLESS


def _check_hazard(
    signals: Signals,
    rule: Rule,
    verb: Verb,
    factors: list[tuple[int, int]],
    laws: list[LawRow],
    primary: Pool | None,
    first: Pool | None,
) -> None:
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
        raise fail(
            "E506",
            at=rule.at(next(k for k in RATE_KEYS if getattr(rule.record, k) is not None)),
            text=rule.name,
            found=str(made),
            expected=str(wanted),
        )


def _side_effects(signals: Signals, rule: Rule, scope: Scope, primary: Pool | None, first: Pool | None) -> list[Change]:
    changes = []
    for position, effect in enumerate(rule.record.also):
        at = rule.at("also", position, "pool")
        pool = _one(signals, rule, "also", effect.pool, scope, primary)
        assert pool is not None
        where = rule.at("also", position, "amount")
        name = f"{rule.name}.{pool.entity}.amount"
        weight = parameter_of(signals.numbers, name, effect.amount, scope, at=where)
        per = _unit_dimension(signals.space, primary or first)
        wanted = _unit_dimension(signals.space, pool) / per
        found = signals.numbers[weight].dimension
        if found != wanted:
            raise fail("E508", at=at, text=effect.pool, found=str(found), expected=str(wanted))
        changes.append(Change(signals.space.pools[pool], 1.0, weight))
    return changes


def _check_stoichiometry(
    signals: Signals, rule: Rule, verb: Verb, primary: Pool | None, made: list[Pool], weight: int
) -> None:
    if primary is None or verb.primary in (None, "by"):
        return
    space = signals.space
    given = DIMENSIONLESS if weight == NONE else signals.numbers[weight].dimension
    for pool in made:
        if pool == primary:
            continue
        found = given * _unit_dimension(space, primary)
        if found != _unit_dimension(space, pool):
            raise fail(
                "E508", at=rule.at("verb"), text=pool.name, found=str(found), expected=str(_unit_dimension(space, pool))
            )


def list_modifiers(space: Space) -> list[tuple[Modifier, Entry, Path]]:
    """All laws that entries lay on flows of others."""
    return [
        (record, entry, ("modifies", position))
        for kind, entries in space.book.entries.items()
        if kind not in ("scenario", "sources", "host", "deficiency", "set")
        for entry in entries.values()
        for position, record in enumerate(getattr(entry.record, "modifies", ()))
    ]
