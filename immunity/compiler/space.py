"""Pass 1: who and where. Places, classes, sets and entities of a book, and every pool they make."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from immunity.compiler.faults import Faults
from immunity.compiler.members import Membership, chosen, classes_of, list_members, not_met
from immunity.language.errors import Location, fail
from immunity.language.load import Book
from immunity.language.load import Entry as Loaded
from immunity.language.models import Entity
from immunity.language.quantity import Dimension, expect, parse_quantity, parse_unit
from immunity.language.references import Reference

ENTITY_KINDS = ("cell", "molecule", "threat", "therapy")
COUNTABLE_KINDS = ("cell", "threat")
MAX_POOLS = 1_000_000
MOLECULE_FLOOR = 1e-3  # ng, pmol or IU, where the entity names no floor of its own
RESERVED = ("each", "at", "as", "of", "place", "time", "age", "volume", "host")  # words of the grammar

COUNTS = frozenset({"cell", "CFU", "virion", "PFU", "TCID50", "copy", "host"})


@lru_cache(maxsize=10_000)
def alike(first: Dimension, second: Dimension) -> bool:
    """Whether two dimensions are the same if all things that are counted count alike."""

    def counted(dimension: Dimension) -> dict[str, Fraction]:
        powers: dict[str, Fraction] = {}
        for name, power in dimension.powers:
            name = "count" if name in COUNTS else name
            powers[name] = powers.get(name, Fraction(0)) + power
        return {name: power for name, power in powers.items() if power}

    return counted(first) == counted(second)


class NotMet(Exception):
    """A rule names what does not come into the scenario at hand: a member, an entity or a place that is not met."""


class Pool(NamedTuple):
    """One pool: an entity, in a state, in a place, for one member of each of its index sets ("" of those not there)."""

    entity: str
    state: str | None
    place: str
    indices: tuple[str, ...]
    stage: int | None = None

    @property
    def name(self) -> str:
        parts = [self.place, self.entity, *([self.state] if self.state else [])]
        parts += [str(self.stage)] if self.stage else []
        told = ",".join(filter(None, self.indices))
        return ".".join(parts) + (f"[{told}]" if told else "")


@dataclass(frozen=True)
class PoolRow:
    """A pool with what its entity says of it."""

    pool: Pool
    unit: str
    dimension: Dimension
    countable: bool
    floor: float
    location: Location


@dataclass
class Lookup:
    """What was looked up before, so that a rule of many instances searches once; made again at need."""

    pools: dict[tuple[Any, ...], dict[tuple[str, ...], list[Pool]]] = field(default_factory=dict)
    states: dict[str, list[str]] = field(default_factory=dict)
    positions: dict[str, dict[str, int]] = field(default_factory=dict)
    references: dict[tuple[str, str | None], Reference] = field(default_factory=dict)


@dataclass
class Space:
    """Every name that rules may refer to."""

    book: Book
    places: dict[str, Loaded]
    place_classes: dict[str, list[str]]
    entities: dict[str, Loaded]
    entity_classes: dict[str, list[str]]
    sets: dict[str, list[str]]
    membership: Membership = field(default_factory=Membership)
    member_classes: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    pools: dict[Pool, int] = field(default_factory=dict)
    rows: list[PoolRow] = field(default_factory=list)
    by_entity_place: dict[tuple[str, str], list[Pool]] = field(default_factory=dict)
    by_entity: dict[str, list[Pool]] = field(default_factory=dict)
    lookup: Lookup = field(default_factory=Lookup, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "lookup": Lookup()}

    def entity(self, name: str) -> Entity:
        record = self.entities[name].record
        assert isinstance(record, Entity)
        return record

    def states(self, entity: str) -> list[str]:
        found = self.lookup.states.get(entity)
        if found is None:
            listed = {state for states in self.entity(entity).lives_in.values() for state in states}
            held = {p.state for p in self.by_entity.get(entity, ()) if p.state}
            found = self.lookup.states[entity] = sorted(listed if self.hollow(entity) else held)
        return found

    def find(self, entity: str, state: str | None, place: str | None, members: Sequence[str | None]) -> list[Pool]:
        """Pools of an entity, in their order; None stands for any state, any place, all members of an index."""
        chosen = tuple(name is not None for name in members)
        over = self.entity(entity).over
        if isinstance(over, dict) and any(chosen):  # some places may not know some of the indices
            return self._find_partly(entity, state, place, members)
        key = (entity, state, place, chosen)
        table = self.lookup.pools.get(key)
        if table is None:
            table = self.lookup.pools[key] = {}
            pools = self.by_entity.get(entity, []) if place is None else self.by_entity_place.get((entity, place), [])
            for pool in pools:
                if state is None or pool.state == state:
                    table.setdefault(tuple(itertools.compress(pool.indices, chosen)), []).append(pool)
        return list(table.get(tuple([name for name in members if name is not None]), ()))

    def _find_partly(
        self, entity: str, state: str | None, place: str | None, members: Sequence[str | None]
    ) -> list[Pool]:
        """As `find`; an index that a pool's place does not know fits any member."""
        spots = dict.fromkeys(p.place for p in self.by_entity.get(entity, ())) if place is None else (place,)
        found: list[Pool] = []
        for spot in spots:
            pools = self.by_entity_place.get((entity, spot), [])
            known = pools[0].indices if pools else ()
            wanted = [name if name and here else None for name, here in zip(members, known, strict=False)]
            key = (entity, state, spot, tuple(name is not None for name in wanted))
            table = self.lookup.pools.get(key)
            if table is None:
                table = self.lookup.pools[key] = {}
                for pool in pools:
                    if state is None or pool.state == state:
                        table.setdefault(tuple(itertools.compress(pool.indices, key[3])), []).append(pool)
            found += table.get(tuple([name for name in wanted if name is not None]), ())
        return found

    def knows(self, entity: str, place: str, index: str) -> bool:
        """Whether an index of an entity exists in a place."""
        over = self.entity(entity).over
        if not isinstance(over, dict) or not over.get(index):
            return index in over
        return any(place in self.places_named(text) for text in over[index])

    def places_named(self, text: str) -> list[str]:
        """The places that a name, or ``each`` CLASS, means; none where it is neither."""
        words = text.split()
        if len(words) == 2 and words[0] == "each":
            domain = self.domain(words[1])
            return domain[1] if domain and domain[0] == "place" else []
        return [text] if text in self.places and text not in self.absent else []

    def vacant(self, name: str) -> bool:
        """Whether a class has members, none of which is met."""
        members = self.place_classes.get(name, self.entity_classes.get(name))
        return members == [] and any(
            name in getattr(entry.record, "is_", ())
            for id, entry in (*self.places.items(), *self.entities.items())
            if id in self.absent
        )

    def hollow(self, entity: str) -> bool:
        """Whether an entity lacks pools: it is not met, or no member of an open set whose index it knows."""
        over = self.entity(entity).over
        return entity in self.absent or any(not self.sets[name] and name in self.membership.open for name in over)

    def check_met(self, group: str, name: str | None) -> None:
        """Whether a name is that of a member that is not met.

        Raises
        ------
        NotMet
        """
        if name is None:
            return
        member = name in self.membership.rows.get(group, ())  # which may have the name of a place or an entity
        if name not in self.positions(group) if member else name in self.absent:
            raise NotMet(name)

    def names_unmet(self, number: str) -> bool:
        """Whether the name of a number, ``SET.KEY[MEMBER, ...]``, is of a member that is not met."""
        name, bracket, rest = number.removesuffix("]").partition("[")
        known = self.membership.rows.get(name.partition(".")[0], {})
        words = [word.strip() for word in rest.split(",")]
        return (
            bool(bracket)
            and all(word in known for word in words)
            and any(word not in self.positions(name.partition(".")[0]) for word in words)
        )

    def group(self, name: str) -> str:
        """The set that a class of members belongs to; any other name as it is."""
        return self.member_classes[name][0] if name in self.member_classes else name

    def positions(self, name: str) -> dict[str, int]:
        """Members of a set, each with its position."""
        found = self.lookup.positions.get(name)
        if found is None:
            found = self.lookup.positions[name] = {member: k for k, member in enumerate(self.sets[name])}
        return found

    def stages(self, entity: str, state: str | None) -> int:
        return self.entity(entity).stages.get(state or "", 0)

    def domain(self, name: str) -> tuple[str, list[str]] | None:
        """What ``each NAME`` runs over: ("place" | "entity" | "set", members)."""
        if name == "place":
            return "place", [id for id in self.places if id not in self.absent]
        if name in self.place_classes:
            return "place", self.place_classes[name]
        if name in self.entity_classes:
            return "entity", self.entity_classes[name]
        if name in self.sets:
            return "set", self.sets[name]
        if name in self.member_classes:
            return "set", self.member_classes[name][1]
        return None

    def domain_names(self) -> list[str]:
        return ["place", *self.place_classes, *self.entity_classes, *self.sets, *self.member_classes]


def rule_entries(book: Book) -> Iterator[Loaded]:
    """All entries that may hold flows, signals, readouts and modifiers."""
    for kind in ("place", "class", *ENTITY_KINDS, "rules"):
        yield from book.entries.get(kind, {}).values()


def _members(book: Book, kinds: tuple[str, ...]) -> tuple[dict[str, Loaded], dict[str, list[str]]]:
    entries = {id: entry for kind in kinds for id, entry in book.entries.get(kind, {}).items()}
    classes: dict[str, list[str]] = {}
    for id, entry in entries.items():
        for name in getattr(entry.record, "is_", ()):
            classes.setdefault(name, []).append(id)
    return entries, classes


def map_space(book: Book, met: Collection[str] | None = None) -> Space:
    """List places, classes, sets and entities, and check that their names do not collide.

    Raises
    ------
    RuleError
        E413 for a name that means two things, E419 for a word of the grammar, E407, E414 and E402 for classes, the
        numbers they require, and links.
    """
    places, place_classes = _members(book, ("place",))
    entities, entity_classes = _members(book, ENTITY_KINDS)
    declared = book.entries.get("class", {})
    membership = list_members(book)
    sets = chosen(membership, met)
    absent = not_met(book, met)
    for known in (place_classes, entity_classes):
        for id, members in known.items():
            known[id] = [member for member in members if member not in absent]
    member_classes = classes_of(book, membership, sets)
    for id in declared:
        if id not in place_classes and id not in member_classes:
            entity_classes.setdefault(id, [])
    taken: dict[str, Location] = {}
    for group in (places, entities, declared, book.entries.get("set", {})):
        for id, entry in group.items():
            if id in RESERVED:
                raise fail("E419", at=entry.at("id"), text=id)
            if id in taken:
                raise fail("E413", at=entry.at("id"), text=id, kind="name", first=str(taken[id]))
            taken[id] = entry.at("id")
    faults = Faults()
    for entry in (*places.values(), *entities.values()):
        _check_classes(book, entry, faults)
    faults.settle()
    for id in place_classes:
        if id in entity_classes:
            second = next(each for each in entities.values() if id in getattr(each.record, "is_", ()))
            raise fail("E413", at=second.at("is"), text=id, kind="class of places", first=str(taken[id]))
    for entry in places.values():
        for link, linked in entry.record.links.items():
            if linked not in places:
                raise fail("E402", at=entry.at("links", link), text=linked, known=places)
    for id in member_classes:
        for named in (place_classes, entity_classes):
            if id in named:
                raise fail("E413", at=declared[id].at("id"), text=id, kind="class", first="a class of members")
    return Space(book, places, place_classes, entities, entity_classes, sets, membership, member_classes, absent)


def _check_classes(book: Book, entry: Loaded, faults: Faults) -> None:
    """Whether the classes of a place or an entity exist, and it gives the numbers that they require."""
    declared, record = book.entries.get("class", {}), entry.record
    given = {
        *record.numbers,
        *(number for name in record.is_ if name in declared for number in declared[name].record.numbers),
    }
    for name in record.is_:
        with faults:
            if name not in declared:
                raise fail("E407", at=entry.at("is"), text=name, known=declared)
        for needed in declared[name].record.requires if name in declared else ():
            with faults:
                if needed not in given:
                    raise fail("E414", at=entry.at("is"), text=entry.id, needed=needed, group=name)
    for name in getattr(record, "carries", ()):
        with faults:
            if name not in declared:
                raise fail("E407", at=entry.at("carries", name), text=name, known=declared)


def _places_of(space: Space, entry: Loaded, text: str, key: str = "lives_in") -> list[str]:
    words = text.split()
    if len(words) == 2 and words[0] == "each":
        domain = space.domain(words[1])
        if domain is None or domain[0] != "place":
            raise fail("E407", at=entry.at(key, text), text=words[1], known=["place", *space.place_classes])
        return domain[1]
    if text not in space.places:
        raise fail("E402", at=entry.at(key, text), text=text, known=space.places)
    return [] if text in space.absent else [text]


def _pools_of(space: Space, id: str, entry: Loaded) -> Iterator[Pool]:
    record = space.entity(id)
    for name in record.over:
        if name not in space.sets:
            raise fail("E404", at=entry.at("over"), text=name, known=space.sets)
    if isinstance(record.over, dict):
        for texts in record.over.values():
            for text in texts:
                _places_of(space, entry, text, "over")
    seen: set[tuple[str, str | None]] = set()
    for text, states in record.lives_in.items() if id not in space.absent else ():
        for place in _places_of(space, entry, text):
            for state in states or [None]:
                if (place, state) in seen:
                    continue
                seen.add((place, state))
                stages = record.stages.get(state or "", 0)
                members = [space.sets[name] if space.knows(id, place, name) else [""] for name in record.over]
                count = len(space.rows) + math.prod(len(each) for each in members) * max(stages, 1)
                if count > MAX_POOLS:
                    at = entry.at("lives_in")
                    raise fail("E421", at=at, text=id, count=f"{count:.3g} pools", limit=f"{MAX_POOLS:,}")
                for indices in itertools.product(*members):
                    for stage in range(1, stages + 1) if stages else (None,):
                        yield Pool(id, state, place, tuple(indices), stage)
    states = {state for _, state in seen}
    for place, state in seen:
        if state is None and len([p for p, _ in seen if p == place]) > 1:
            raise fail("E413", at=entry.at("lives_in"), text=f"{id} at {place}", kind="pool", first="the same list")
    for state in record.stages:
        if state not in states and id not in space.absent:
            known = [s for s in states if s]
            raise fail("E403", at=entry.at("stages", state), text=state, known=known, entity=id, place="any place")


def list_pools(space: Space) -> None:
    """Pass 2: number every pool.

    Raises
    ------
    RuleError
        E421 for more pools than any computer holds, told before they are made, and the errors of names and units.
    """
    for id, entry in space.entities.items():
        record = space.entity(id)
        _, dimension = parse_unit(record.unit, at=entry.at("unit"))
        countable = record.countable if record.countable is not None else entry.kind in COUNTABLE_KINDS
        floor = 1.0 if countable else MOLECULE_FLOOR
        if record.floor:
            at = entry.at("floor")
            floor = expect(parse_quantity(record.floor, at=at), dimension, at=at).value
            if not floor > 0:
                raise fail("E516", at=at, text=record.floor, reason="a floor has to be positive")
        for pool in _pools_of(space, id, entry):
            space.pools[pool] = len(space.rows)
            space.rows.append(PoolRow(pool, record.unit, dimension, countable, floor, entry.at("lives_in")))
            space.by_entity_place.setdefault((id, pool.place), []).append(pool)
            space.by_entity.setdefault(id, []).append(pool)
