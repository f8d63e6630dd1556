"""Rules as they are written: every flow and modifier of the book, its keys checked, and what its ``each`` runs over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from immunity.compiler.bind import Env, Scope, Value, binders, entity_and_state, index_values, instances, reference_of
from immunity.compiler.faults import Faults
from immunity.compiler.members import Path
from immunity.compiler.space import Space, rule_entries
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Flow, Modifier
from immunity.language.references import Reference
from immunity.language.verbs import RATE_KEYS, SUBJECT_KEYS, VERBS


@dataclass(frozen=True)
class Rule:
    """A flow as written, with the entry it stands in."""

    name: str
    record: Flow
    entry: Entry
    path: Path
    own: str | None

    def at(self, *more: str | int) -> Location:
        """Where the rule, or a key of it, stands."""
        return self.entry.at(*self.path, *more)

    def text(self, key: str) -> str | None:
        """The reference that a key holds; the first of several."""
        if key == "to":
            return self.record.to[0] if self.record.to else None
        return getattr(self.record, "from_" if key == "from" else key)


@dataclass(frozen=True)
class Addition:
    """Laws that an entry lays on flows of others."""

    record: Modifier
    entry: Entry
    path: Path
    own: str | None


def list_rules(space: Space) -> list[Rule]:
    """All flows of the book, each with a unique name.

    Raises
    ------
    RuleError
        E413 for two of one name, E500 to E504 for verbs, keys and rates.
    """
    rules: list[Rule] = []
    faults = Faults()
    seen: dict[str, Location] = {}
    for entry in rule_entries(space.book):
        for position, record in enumerate(entry.record.flows):
            name = f"{entry.id}.{record.id or record.verb}"
            rule = Rule(name, record, entry, ("flows", position), entry.id if entry.id in space.entities else None)
            if name in seen:
                raise fail("E413", at=rule.at("verb"), text=name, kind="flow", first=str(seen[name]))
            seen[name] = rule.at("verb")
            with faults:
                _check_keys(rule)
                rules.append(rule)
    faults.settle()
    return rules


def list_additions(space: Space) -> list[Addition]:
    """All laws that entries lay on flows of others."""
    return [
        Addition(record, entry, ("modifies", position), entry.id if entry.id in space.entities else None)
        for entry in rule_entries(space.book)
        for position, record in enumerate(entry.record.modifies)
    ]


def _check_keys(rule: Rule) -> None:
    record = rule.record
    verb = VERBS.get(record.verb)
    if verb is None:
        raise fail("E500", at=rule.at("verb"), text=record.verb, known=VERBS)
    given = {key for key in SUBJECT_KEYS if rule.text(key)} | ({"yields"} if record.yields is not None else set())
    own = {"of"} if "of" in verb.may else {"to"} if "to" in verb.may else set()
    for key in (*verb.needs, *(own if rule.own is None else ())):
        if key not in given:
            raise fail("E501", at=rule.at("verb"), text=key, verb=record.verb)
    for key in sorted(given - set(verb.needs) - set(verb.may)):
        raise fail("E502", at=rule.at(key), text=key, verb=record.verb, known=[*verb.needs, *verb.may])
    if record.spares and verb.partner is None:
        raise fail("E502", at=rule.at("spares"), text="spares", verb=record.verb, known=[*verb.needs, *verb.may])
    if len(record.to) > 1 and record.verb != "release":
        raise fail("E502", at=rule.at("to"), text="to (several pools)", verb=record.verb)
    rates = [key for key in RATE_KEYS if getattr(record, key) is not None]
    if len(rates) != 1:
        raise fail("E504", at=rule.at("verb"), text=rule.name, count=" and ".join(rates) or "none")


def _texts(rule: Rule) -> Iterator[tuple[str, Location]]:
    """Every reference by which a rule moves pools, with where it stands."""
    for key in SUBJECT_KEYS:
        texts = rule.record.to if key == "to" else [text for text in [rule.text(key)] if text]
        for text in texts:
            yield text, rule.at(key)
    for position, effect in enumerate(rule.record.also):
        yield effect.pool, rule.at("also", position, "pool")


def default_place(space: Space, rule: Rule) -> Reference | None:
    """The reference under ``at``."""
    if rule.record.at is None:
        return None
    return reference_of(space, f"at {rule.record.at}", None, at=rule.at("at"))


def rule_instances(space: Space, rule: Rule) -> Iterator[Env]:
    """Every combination of what the rule's ``each`` runs over, but those that step beyond the end of a set.

    A rule of an entity with index sets that mentions none of them runs over all members.
    """
    found: dict[str, list[Value]] = {}
    place = default_place(space, rule)
    if place:
        found |= binders(space, [place], at=rule.at("at"))
    for text, at in _texts(rule):
        for name, values in binders(space, [reference_of(space, text, rule.own, at=at)], at=at).items():
            if name in found and found[name] != values:
                raise fail("E415", at=at, text=name)
            found[name] = values
    partly = set(partly_implied(space, rule))
    for name in implied_indices(space, rule):
        members = space.sets[name] or ([""] if name in partly else [])  # pools of places that do not know it are there
        found.setdefault(name, [Value("set", member, name) for member in members])
    steps = [(reference_of(space, text, rule.own, at=at), at) for text, at in _texts(rule)]
    steps = [each for each in steps if any(index.step for index in each[0].indices or ())]
    for env in instances(found, at=rule.at("verb")):
        if not steps or not _beyond_the_end(space, rule, env, steps):
            yield env


def implied_indices(space: Space, rule: Rule) -> list[str]:
    """The index sets of its entity that a rule runs over because it mentions none of them."""
    if rule.own and not any("[" in text for text, _ in _texts(rule)):
        return list(space.entity(rule.own).over)
    return []


def partly_implied(space: Space, rule: Rule) -> list[str]:
    """Those implied indices that some places do not know."""
    if rule.own is None or not isinstance(space.entity(rule.own).over, dict):
        return []
    return implied_indices(space, rule)


def runs_over_nothing(space: Space, rule: Rule) -> bool:
    """Whether a rule has no instance because nothing of an open set is met."""
    names = {name for name in implied_indices(space, rule)}
    if rule.own in space.absent or any(space.vacant(part) for part in _classes(space, rule)):
        return True
    for text, at in _texts(rule):
        reference = reference_of(space, text, rule.own, at=at)
        names |= {space.group(index.name) for index in reference.indices or () if index.name}
        entity = reference.entity.name if reference.entity else rule.own
        if entity in space.entities:
            names |= set(space.entity(entity).over)
    names |= set(space.entity(rule.own).over) if rule.own else set()
    return any(name in space.membership.open and not space.sets[name] for name in names) or any(
        index.each and index.name in space.member_classes and not space.member_classes[index.name][1]
        for text, at in _texts(rule)
        for index in reference_of(space, text, rule.own, at=at).indices or ()
    )


def _classes(space: Space, rule: Rule) -> Iterator[str]:
    """The classes of places and entities that a rule runs over."""
    references = [reference_of(space, text, rule.own, at=at) for text, at in _texts(rule)]
    for reference in (default_place(space, rule), *references):
        for part in (reference.entity, reference.place) if reference else ():
            if part is not None and part.each:
                yield part.name


def _beyond_the_end(space: Space, rule: Rule, env: Env, steps: Sequence[tuple[Reference, Location]]) -> bool:
    """Whether a step by one leaves its ordered set."""
    scope = Scope(rule.own, env)
    for reference, at in steps:
        entity, _ = entity_and_state(space, reference.entity, scope, at=at)
        if entity and index_values(space, reference, entity, scope, at=at, whole=False) is None:
            return True
    return False
