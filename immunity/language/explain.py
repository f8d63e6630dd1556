"""Whole entries in English, for `immunity explain` and the catalogue: what it is, its rules, what others say of it."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from immunity.language.compiled import Compiled, Rule
from immunity.language.english import (
    TELLERS,
    describe_numbers,
    describe_rules,
    flow_sentence,
    modifier_sentence,
    readout_sentence,
)
from immunity.language.facts import facts_of
from immunity.language.load import Book, Entry
from immunity.language.models import Modifier, Number
from immunity.language.phrases import Speaker, capital, words

_WORD = re.compile(r"\w+")
_NAMED = re.compile(r"(?<![\w.])\w+")  # not what comes after a dot, a state or a link


@dataclass(frozen=True)
class Explanation:
    """An entry told in parts; each line is a sentence or more.

    Attributes
    ----------
    title : str
    story : str
    facts : tuple of str       what it is, where it lives, what it changes
    rules : tuple of str       its own rules
    numbers : tuple of str     numbers it declares for rules to use
    elsewhere : tuple of str   rules of other entries that name it
    as_member : mapping        class it belongs to -> rules for all members of that class
    readouts : tuple of str    readouts that show it
    papers : tuple of str
    """

    title: str
    story: str
    facts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    as_member: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    readouts: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Everything, for the console."""
        lines = [self.title, *([self.story] if self.story else []), *self.facts]
        for heading, part in self.parts().items():
            if part:
                lines += ["", f"{heading}:", *(f"- {line}" for line in part)]
        return lines

    def parts(self) -> dict[str, tuple[str, ...]]:
        """The lists of sentences by their headings."""
        return {
            "Rules": self.rules,
            "Numbers": self.numbers,
            "Rules of others": self.elsewhere,
            **{f"As {name}": part for name, part in self.as_member.items()},
            "Readouts": self.readouts,
            "Papers": self.papers,
        }


def explain_entry(entry: Entry, compiled: Compiled) -> Explanation:
    """Explain an entry of any kind.

    Parameters
    ----------
    entry : Entry
    compiled : Compiled         the book it is from

    Returns
    -------
    Explanation
    """
    book: Book = compiled.book
    record = entry.record
    speaker = speaker_of(entry, book)
    facts = tuple(facts_of(entry, compiled, speaker))
    rules = tuple(describe_rules(record, speaker))
    numbers = tuple(describe_numbers(entry.id, record))
    elsewhere = tuple(_told_by_others(entry, book))
    as_member = dict(_told_of_classes(entry, book, known={*rules, *elsewhere}))
    readouts = tuple(_shown_by(entry, book))
    told = "\n".join((*facts, *rules, *numbers, *elsewhere, *(line for part in as_member.values() for line in part)))
    papers = tuple(_papers(told, book))
    return Explanation(_title(entry), record.story or "", facts, rules, numbers, elsewhere, as_member, readouts, papers)


def explain_rule(rule: Rule, compiled: Compiled) -> list[str]:
    """Explain one flow: its sentence, where it stands, and its papers.

    Parameters
    ----------
    rule : Rule                 a flow with its ``record``, ``entry`` and ``name``
    compiled : Compiled
    """
    book: Book = compiled.book
    lines = [f"{rule.name} ({rule.at('verb')})", flow_sentence(rule.record, speaker_of(rule.entry, book))]
    lines += [f"{capital(rule.record.note).rstrip('.')}."] if rule.record.note else []
    for other, modifier in _modifiers(book):
        if fnmatch.fnmatchcase(rule.name, modifier.flow):
            lines.append(f"- {modifier_sentence(modifier, speaker_of(other, book))} ({other.id})")
    papers = list(_papers("\n".join(lines), book))
    return [*lines, "", "Papers:", *(f"- {paper}" for paper in papers)] if papers else lines


def explain_readout(id: str, compiled: Compiled) -> list[str]:
    """Explain a readout: what it sums, in which unit, and what is healthy."""
    for entries in compiled.book.entries.values():
        for entry in entries.values():
            for readout in getattr(entry.record, "readouts", ()):
                if readout.id == id:
                    lines = [f"{id} ({entry.at()})", readout_sentence(readout, speaker_of(entry, compiled.book))]
                    papers = list(_papers("\n".join(lines), compiled.book))
                    return [*lines, "", "Papers:", *(f"- {paper}" for paper in papers)] if papers else lines
    return []


def explain_source(key: str, compiled: Compiled) -> list[str]:
    """Explain a paper: its citation, and every number that rests on it."""
    source = compiled.model.sources[key]
    lines = [_citation(key, source["cite"], source["doi"])]
    lines += [f"{capital(source['note']).rstrip('.')}."] if source["note"] else []
    resting = [row for row in compiled.numbers.rows if key in row.source]
    lines += ["", "Numbers that rest on it:"] if resting else ["No number rests on it."]
    return lines + [
        f"- {row.name} = {row.text} [{row.status}]" + (f" {row.note}" if row.note else "") for row in resting
    ]


@dataclass(frozen=True)
class _Told:
    """What is looked up of a book again and again while its entries are told.

    Attributes
    ----------
    names : mapping         id -> display name
    numbers : mapping       numbers that entries declare for rules to use, by their full names
    proper : set of str     ids that are names of organisms
    naming : mapping        id -> (entry, key, rule) of every rule that names it, in the order of the book
    """

    book: Book
    names: Mapping[str, str]
    numbers: Mapping[str, Number]
    proper: frozenset[str]
    naming: Mapping[str, list[tuple[Entry, str, Any]]]


_LAST: list[_Told] = []  # of the book that was asked last


def _told(book: Book) -> _Told:
    if not _LAST or _LAST[0].book is not book:
        _LAST[:] = [_gathered(book)]
    return _LAST[0]


def _gathered(book: Book) -> _Told:
    entries = [(kind, entry) for kind, held in book.entries.items() for entry in held.values()]
    naming: dict[str, list[tuple[Entry, str, Any]]] = {}
    for kind, entry in entries:
        for key in TELLERS if kind not in ("scenario", "sources") else ():
            for rule in getattr(entry.record, key, ()):
                for word in dict.fromkeys(word for text in _texts(rule) for word in _NAMED.findall(text)):
                    naming.setdefault(word, []).append((entry, key, rule))
    numbers = {
        f"{entry.id}.{key}": number
        for _, entry in entries
        for key, number in getattr(entry.record, "numbers", {}).items()
        if isinstance(number, Number)
    }
    proper = frozenset(entry.id for _, entry in entries if "ncbitaxon" in entry.record.xref)
    return _Told(book, {e.id: e.record.name for _, e in entries if e.record.name}, numbers, proper, naming)


def speaker_of(entry: Entry, book: Book) -> Speaker:
    """Who tells the rules of an entry."""
    told = _told(book)
    return Speaker(entry.id, entry.record, told.names, told.numbers, told.proper)


def _title(entry: Entry) -> str:
    xref = ", ".join(f"{key} {value}" for key, value in entry.record.xref.items())
    name = getattr(entry.record, "title", None) or entry.record.name or capital(words(entry.id))
    return f"{name} ({entry.kind} {entry.id})" + (f"; {xref}" if xref else "")


def _told_by_others(entry: Entry, book: Book) -> Iterator[str]:
    """Find the rules of other entries that name this one, readouts apart."""
    for other, key, rule in _rules_naming(entry, book):
        if key != "readouts":
            yield f"{TELLERS[key](rule, speaker_of(other, book))} ({other.id})"


def _told_of_classes(entry: Entry, book: Book, known: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Find the rules that hold for every member of the classes of an entry."""
    classes = book.entries.get("class", {})
    for name in getattr(entry.record, "is_", ()):
        if name in classes:
            own = [f"{line} ({name})" for line in describe_rules(classes[name].record, speaker_of(classes[name], book))]
            told = [line for line in (*own, *_told_by_others(classes[name], book)) if line not in known]
            known.update(told)
            if told:
                yield words(name), tuple(told)


def _shown_by(entry: Entry, book: Book) -> Iterator[str]:
    for _, key, rule in _rules_naming(entry, book):
        if key == "readouts":
            yield f"{rule.id}: {rule.name or words(rule.id)}, in {rule.unit}"


def _rules_naming(entry: Entry, book: Book) -> list[tuple[Entry, str, Any]]:
    return [row for row in _told(book).naming.get(entry.id, ()) if row[0] is not entry]


def _texts(value: Any) -> Iterator[str]:
    """All texts in a record that may be references; notes and quantities do no harm."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for name in value.model_fields_set - {"note", "id", "name"}:
            yield from _texts(getattr(value, name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _modifiers(book: Book) -> Iterator[tuple[Entry, Modifier]]:
    for entries in book.entries.values():
        for entry in entries.values():
            for modifier in getattr(entry.record, "modifies", ()):
                yield entry, modifier


def _papers(text: str, book: Book) -> Iterator[str]:
    """List the sources that a text names."""
    named = set(_WORD.findall(text))
    for entry in book.entries.get("sources", {}).values():
        for key, source in entry.record.sources.items():
            if key in named:
                yield _citation(key, source.cite, source.doi)


def _citation(key: str, cite: str, doi: str | None) -> str:
    return f"{key}: {cite}" + (f" doi:{doi}" if doi else "")
