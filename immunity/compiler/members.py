"""Members of sets: what a set lists, what other files add, what carriers bring, and which of them a scenario meets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from immunity.compiler.faults import Faults
from immunity.language.errors import fail
from immunity.language.load import Book
from immunity.language.load import Entry as Loaded
from immunity.language.models import Member, Number

CARRIERS = ("cell", "molecule", "threat", "therapy")
BODY = (*CARRIERS, "place", "class", "set", "members", "rules", "host", "sources")  # not followed from a scenario

_MEMBER = re.compile(r"[a-z][a-z0-9_]*|[0-9]+")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_PROSE = ("title", "name", "story", "note", "kind")

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class MemberRow:
    """A member of a set, where it is declared, and the carrier that declares it."""

    name: str
    record: Member | None  # None where only its name is given
    entry: Loaded
    path: Path
    carrier: str | None = None


@dataclass(frozen=True)
class Brought:
    """That a carrier brings a member, and where it says how much."""

    carrier: Loaded
    member: str
    path: Path
    amount: Number | None = None


@dataclass
class Membership:
    """All members that a book knows, set by set, and who brings them."""

    rows: dict[str, dict[str, MemberRow]] = field(default_factory=dict)
    brought: dict[str, list[Brought]] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    by_member: dict[tuple[str, str], list[Brought]] = field(default_factory=dict)

    def add(self, group: str, brought: Brought) -> None:
        """Note that a carrier brings a member."""
        self.brought[group].append(brought)
        self.by_member.setdefault((group, brought.member), []).append(brought)

    def brought_as(self, group: str, member: str | None) -> list[Brought]:
        """Who brings a member of a set, or any of them."""
        return self.brought[group] if member is None else self.by_member.get((group, member), [])


def list_members(book: Book) -> Membership:
    """Gather the members of all sets: their own, those that entries of kind members add, and those carriers bring.

    Raises
    ------
    RuleError
        E404 for a set or a member that is not there, E208 and E413 for names, E414 for a number that is missing, E407
        for an unknown class, E432 for a set that nothing is in.
    """
    sets = book.entries.get("set", {})
    found = Membership(
        {id: {} for id in sets},
        {id: [] for id in sets},
        frozenset(id for id, entry in sets.items() if entry.record.open),
    )
    faults = Faults()
    for id, entry in sets.items():
        given: int | list[str | Member] = entry.record.members
        listed = [str(k + 1) for k in range(given)] if isinstance(given, int) else given
        for position, member in enumerate(listed):
            path = ("members",) if isinstance(given, int) else ("members", position)
            _put(found, sets[id], member, entry, path, None, faults)
    for entry in book.entries.get("members", {}).values():
        owner = _set_of(sets, entry.record.of, entry, ("of",))
        for position, member in enumerate(entry.record.members):
            _put(found, owner, member, entry, ("members", position), None, faults)
    shared: list[tuple[str, Loaded, Path, str, Number | None]] = []
    for kind in CARRIERS:
        for carrier in book.entries.get(kind, {}).values():
            for name, brought in carrier.record.brings.items():
                owner = _set_of(sets, name, carrier, ("brings", name))
                for position, member in enumerate(brought):
                    path = ("brings", name, position)
                    if isinstance(member, Member) and member.id is not None:
                        _put(found, owner, member, carrier, path, carrier.id, faults)
                        found.add(name, Brought(carrier, member.id, path, member.amount))
                    else:
                        of, amount = (member, None) if isinstance(member, str) else (member.of or "", member.amount)
                        shared.append((name, carrier, path, of, amount))
    for name, carrier, path, member, amount in shared:
        if member not in found.rows[name]:
            raise fail("E404", at=carrier.at(*path), text=member, known=found.rows[name])
        found.add(name, Brought(carrier, member, path, amount))
    for id, entry in sets.items():
        if not found.rows[id] and not entry.record.open:
            raise fail("E432", at=entry.at("id"), text=id)
    faults.settle()
    return found


def _set_of(sets: Mapping[str, Loaded], name: str, entry: Loaded, path: Path) -> Loaded:
    if name not in sets:
        raise fail("E404", at=entry.at(*path), text=name, known=sets)
    return sets[name]


def _put(
    found: Membership,
    owner: Loaded,
    member: str | Member,
    entry: Loaded,
    path: Path,
    carrier: str | None,
    faults: Faults,
) -> None:
    record = member if isinstance(member, Member) else None
    name = record.id or "" if record else str(member)
    at = entry.at(*path)
    if not _MEMBER.fullmatch(name):
        raise fail("E208", at=at, text=name)
    rows = found.rows[owner.id]
    if name in rows:
        first = rows[name]
        said = "the same list" if first.entry is entry else str(first.entry.at(*first.path))
        raise fail("E413", at=at, text=name, kind="member", first=said)
    given = {*owner.record.numbers, *(record.numbers if record else ())}
    for needed in owner.record.requires:
        with faults:
            if needed not in given:
                raise fail("E414", at=at, text=name, needed=needed, group=owner.id)
    rows[name] = MemberRow(name, record, entry, path, carrier)


def classes_of(book: Book, known: Membership, sets: Mapping[str, Collection[str]]) -> dict[str, tuple[str, list[str]]]:
    """Classes of members: the set that each belongs to, and those of its members that are compiled.

    Raises
    ------
    RuleError
        E407 for a class that is not declared, E413 for one with members of two sets.
    """
    declared = book.entries.get("class", {})
    classes: dict[str, tuple[str, list[str]]] = {}
    for id, rows in known.rows.items():
        for row in rows.values():
            for name in row.record.is_ if row.record else ():
                at = row.entry.at(*row.path, "is")
                if name not in declared:
                    raise fail("E407", at=at, text=name, known=declared)
                owner, members = classes.setdefault(name, (id, []))
                if owner != id:
                    raise fail("E413", at=at, text=name, kind="class of members", first=f"set {owner}")
                if row.name in sets[id]:
                    members.append(row.name)
    return classes


# what is met -----------------------------------------------------------------------------------------


def chosen(known: Membership, met: Collection[str] | None) -> dict[str, list[str]]:
    """The members of every set that are compiled.

    Parameters
    ----------
    met : collection of str, optional
        Ids of carriers and of members; of open sets, what is met is compiled alone, with what the set itself lists.
    """
    kept: dict[str, list[str]] = {}
    for id, rows in known.rows.items():
        if id not in known.open or met is None:
            kept[id] = list(rows)
            continue
        brought = {each.member for each in known.brought[id] if each.carrier.id in met}
        kept[id] = [name for name, row in rows.items() if row.entry.kind == "set" or name in met or name in brought]
    return kept


def not_met(book: Book, met: Collection[str] | None) -> frozenset[str]:
    """Entities of open classes that are not met, and entities and places that come only with what is not met."""
    if met is None:
        return frozenset()
    open_classes = _open_classes(book)
    entries = {id: e for kind in (*CARRIERS, "place") for id, e in book.entries.get(kind, {}).items()}
    absent = {id for id, e in entries.items() if id not in met and open_classes & set(getattr(e.record, "is_", ()))}
    here = {id for id in entries if id not in absent and id in met}
    classes = {name for id in here for name in getattr(entries[id].record, "is_", ())}
    for id, entry in entries.items():
        wanted = set(getattr(entry.record, "only_with", ()))
        if wanted and not wanted & (here | classes):
            absent.add(id)
    return frozenset(absent)


def _open_classes(book: Book) -> set[str]:
    return {id for id, entry in book.entries.get("class", {}).items() if entry.record.open}


def has_open_sets(book: Book) -> bool:
    """Whether what is compiled depends on what a scenario meets."""
    return any(entry.record.open for kind in ("set", "class") for entry in book.entries.get(kind, {}).values())


def met_in(book: Book, *starts: Loaded, known: Membership | None = None) -> frozenset[str]:
    """Carriers and members that entries (a scenario) name anywhere, or that deficiencies and drugs of theirs meet.

    Parameters
    ----------
    known : Membership    of the book, if it has been listed before
    """
    known = list_members(book) if known is None else known
    nameable = {name for rows in known.rows.values() for name in rows}
    nameable |= {each.carrier.id for brought in known.brought.values() for each in brought}
    opened = _open_classes(book)
    entities = {id: e for kind in CARRIERS for id, e in book.entries.get(kind, {}).items()}
    places = book.entries.get("place", {}).values()
    wanted = {name for e in (*entities.values(), *places) for name in e.record.only_with}
    nameable |= {id for id, e in entities.items() if id in wanted or (opened | wanted) & set(e.record.is_)}
    followed = {id: e for kind, held in book.entries.items() if kind not in BODY for id, e in held.items()}
    meeting = {id: set(e.record.meets) for id, e in book.entries.get("therapy", {}).items() if e.record.meets}
    nameable |= set(meeting)
    met: set[str] = set()
    seen: set[str] = set()
    waiting: list[Loaded] = [*starts]
    while waiting:
        words = set(_words(waiting.pop().document.data))
        met |= words & nameable
        for id in (words & set(followed)) - seen:
            seen.add(id)
            waiting.append(followed[id])
    for id in met & set(meeting):  # what a drug lets loose is there for whoever is given it
        met |= meeting[id]
    return frozenset(met)


def _words(data: Any) -> Iterator[str]:
    """Every word in the texts and keys of plain data, prose aside."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in _PROSE:
                yield from _WORD.findall(str(key))
                yield from _words(value)
    elif isinstance(data, list):
        for value in data:
            yield from _words(value)
    elif isinstance(data, str):
        yield from _WORD.findall(data)


def numbers_of(row: MemberRow, owner: Loaded) -> Iterable[tuple[str, Any, Any]]:
    """The numbers of a member, its own before those that its set gives to all, as (key, number, location)."""
    own = row.record.numbers if row.record else {}
    for key, number in own.items():
        yield key, number, row.entry.at(*row.path, "numbers", key)
    for key, number in owner.record.numbers.items():
        if key not in own:
            yield key, number, owner.at("numbers", key)
