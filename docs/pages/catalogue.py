"""The catalogue: every entry of the rule book, told in English, with its numbers and papers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from immunity.compiler.build import Compiled
from immunity.compiler.host import whole
from immunity.language.explain import explain_entry, explain_readout
from immunity.language.load import Entry
from immunity.language.phrases import capital, words
from pages.links import cell, doi, identifiers, linked, value_cell

# page -> title, kinds of entries, a sentence about them
PAGES = {
    "places": ("Places", ("place",), "Where things happen."),
    "cells": ("Cells", ("cell",), "Who acts."),
    "molecules": ("Molecules and tissues", ("molecule",), "What cells say to each other, and what they act on."),
    "threats": ("Threats", ("threat",), "What attacks."),
    "therapies": ("Therapies", ("therapy",), "What is given."),
    "deficiencies": (
        "Deficiencies",
        ("deficiency",),
        "What may be missing or faulty. Each composes with any scenario.",
    ),
    "hosts": ("Hosts", ("host",), "In whom, and how people differ."),
    "scenarios": ("Scenarios", ("scenario",), "Ready-made stories; `immunity run NAME` runs one."),
    "classes": (
        "Classes and sets",
        ("class", "set"),
        "Groups that rules speak of, so that a new member needs no rule.",
    ),
    "rules": ("Rules", ("rules",), "Rules that belong to no single entry."),
}
GENERATED = "<!-- Written by docs/generate.py from the rule book; edit that instead. -->"


def catalogue_pages(compiled: Compiled) -> Iterator[tuple[str, str]]:
    """Make all pages, each with its file name."""
    everything = whole(compiled)  # with what nobody in health meets: readouts of germs and tumours
    yield "README.md", _index(compiled, len(everything.readouts))
    for page in PAGES:
        yield f"{page}.md", _entries_page(page, compiled)
    yield "readouts.md", _readouts_page(everything)
    yield "numbers.md", _numbers_page(compiled)
    yield "sources.md", _sources_page(compiled)


def _page(title: str, *lines: str) -> str:
    return "\n".join([GENERATED, "", f"# {title}", "", *lines]).rstrip() + "\n"


def _entries(page: str, compiled: Compiled) -> list[Entry]:
    return [
        entry
        for kind in PAGES[page][1]
        for _, entry in sorted(compiled.book.entries.get(kind, {}).items())
        if not (kind == "rules" and _only_readouts(entry))
    ]


def _only_readouts(entry: Entry) -> bool:
    record = entry.record
    return bool(record.readouts) and not (record.flows or record.signals or record.modifies or record.numbers)


def _index(compiled: Compiled, readouts: int) -> str:
    tables = compiled.model.tables
    statuses = Counter(row.status for row in compiled.numbers.rows if row.status != "constant")
    literals = sum(len(row.where) for row in compiled.numbers.rows)
    lines = [
        "What the built-in rule book says, told from the files themselves.",
        "",
        f"It makes {tables.n_pool} pools, {tables.n_flow} flows and {tables.n_signal} signals.",
        f"Of its {sum(statuses.values())} numbers, "
        + ", ".join(f"{count} are {status}" for status, count in sorted(statuses.items()))
        + ".",
        f"{literals} more stand in formulas, with the evidence of those.",
        "",
        "| page | entries |",
        "| --- | --- |",
    ]
    for page, (title, _, _) in PAGES.items():
        names = ", ".join(f"[{_title(entry)}]({page}.md#{entry.id})" for entry in _entries(page, compiled))
        lines.append(f"| [{title}]({page}.md) | {names or 'none yet'} |")
    lines.append(f"| [Readouts](readouts.md) | {readouts} |")
    lines.append(f"| [Numbers](numbers.md) | {sum(statuses.values())} |")
    lines.append(f"| [Papers](sources.md) | {len(compiled.model.sources)} |")
    return _page("Catalogue", *lines)


def _title(entry: Entry) -> str:
    return getattr(entry.record, "title", None) or entry.record.name or capital(words(entry.id))


def _entries_page(page: str, compiled: Compiled) -> str:
    title, _, about = PAGES[page]
    lines = [about, ""]
    for entry in _entries(page, compiled):
        lines += _entry_lines(entry, compiled)
    return _page(title, *lines)


def _entry_lines(entry: Entry, compiled: Compiled) -> list[str]:
    told = explain_entry(entry, compiled)
    ids = identifiers(entry.record.xref)
    lines = [
        f'<a id="{entry.id}"></a>',
        "",
        f"## {_title(entry)}",
        "",
        f"`{entry.id}`" + (f" · {ids}" if ids else ""),
        "",
    ]
    lines += [told.story, ""] if told.story else []
    for heading, part in (("", told.facts), ("Rules", told.rules), ("Numbers", told.numbers)):
        if part:
            lines += [f"{heading}:", ""] if heading else []
            lines += [f"- {linked(line, compiled.model.sources)}" for line in part] + [""]
    readouts = [line.partition(":")[0] for line in told.readouts]
    if readouts:
        lines += ["Seen in " + ", ".join(f"[{id}](readouts.md#{id})" for id in readouts) + ".", ""]
    others = sorted({found[1] for line in _all_elsewhere(told) if (found := re.search(r"\((\w+)\)$", line))})
    homes = [f"[{id}]({_page_of(id, compiled)}#{id})" for id in others if id != entry.id]
    return [*lines, "Rules about it stand in " + ", ".join(homes) + ".", ""] if homes else lines


def _all_elsewhere(told: object) -> Iterator[str]:
    yield from told.elsewhere  # type: ignore[attr-defined]
    for part in told.as_member.values():  # type: ignore[attr-defined]
        yield from part


def _page_of(id: str, compiled: Compiled) -> str:
    for page, (_, kinds, _) in PAGES.items():
        if any(id in compiled.book.entries.get(kind, {}) for kind in kinds):
            return f"{page}.md"
    raise KeyError(id)


def _readouts_page(compiled: Compiled) -> str:
    lines = ["What a laboratory or a person would report.", "", "| readout | what it is |", "| --- | --- |"]
    for row in sorted(compiled.readouts, key=lambda row: row.info.id):
        sentence = linked(explain_readout(row.info.id, compiled)[1], compiled.model.sources)
        loinc = f" {identifiers({'loinc': row.info.loinc})}" if row.info.loinc else ""
        lines.append(f'| <a id="{row.info.id}"></a>`{row.info.id}` | {cell(sentence)}{loinc} |')
    return _page("Readouts", *lines)


def _numbers_page(compiled: Compiled) -> str:
    lines = [
        "Every number of the rule book. `--with numbers.NAME=VALUE` changes one for a run.",
        "",
        "| number | value | status | paper | note |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in sorted(compiled.numbers.rows, key=lambda row: row.name):
        if row.status != "constant":
            page = f" p. {row.page}" if row.page else ""
            papers = linked(", ".join(row.source), compiled.model.sources) + page
            value = value_cell(row.text, row.where)
            lines.append(f"| `{row.name}` | {value} | {row.status} | {papers} | {cell(row.note or '')} |")
    return _page("Numbers", *lines)


def _sources_page(compiled: Compiled) -> str:
    used = Counter(key for row in compiled.numbers.rows for key in row.source)
    lines = [
        "The papers that numbers rest on, and how many do.",
        "",
        "| key | paper | numbers |",
        "| --- | --- | --- |",
    ]
    for key, source in sorted(compiled.model.sources.items()):
        link = f" {doi(source['doi'])}" if source["doi"] else f" <{source['url']}>" if source["url"] else ""
        note = f" ({source['note']})" if source["note"] else ""
        lines.append(f'| <a id="{key}"></a>`{key}` | {cell(source["cite"])}{cell(note)}{link} | {used[key]} |')
    return _page("Papers", *lines)
