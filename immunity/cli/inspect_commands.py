"""Commands that look at a rule book: list, explain, trace, check, show."""

from __future__ import annotations

import sys
from collections import Counter
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console

from immunity.cli.options import Book
from immunity.language.errors import fail

if TYPE_CHECKING:
    from immunity.compiler.build import Compiled

BOOK = Book()
KINDS = {
    "places": ("place",),
    "classes": ("class",),
    "sets": ("set",),
    "cells": ("cell",),
    "molecules": ("molecule",),
    "threats": ("threat",),
    "therapies": ("therapy",),
    "deficiencies": ("deficiency",),
    "scenarios": ("scenario",),
    "hosts": ("host",),
}
TABLES = ("readouts", "signals", "flows", "pools", "numbers", "findings")


def register(app: App) -> None:
    for command in (list_kind, explain, trace, check, show):
        app.command(command, name="list" if command is list_kind else command.__name__)


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(text, markup=False)


def list_kind(kind: str, *, json: Annotated[bool, Parameter(negative=())] = False, book: Book = BOOK) -> int:
    """List what a rule book holds.

    Parameters
    ----------
    kind
        places, classes, sets, cells, molecules, threats, therapies, deficiencies, hosts, scenarios, readouts,
        signals, flows, pools, numbers or findings; or a set, whose members are listed with who brings them.
    json
        Print as JSON.
    """
    rows = _rows(kind, book)
    if json:
        sys.stdout.write(dumps(dict(rows), indent=2) + "\n")
        return 0
    width = max((len(name) for name, _ in rows), default=0)
    for name, said in rows:
        _print(f"{name:<{width}}  {said}".rstrip())
    return 0


def _rows(kind: str, book: Book) -> list[tuple[str, str]]:
    if kind == "findings":
        from immunity.cli.validate_command import finding_rows

        return finding_rows()
    compiled = book.load()
    if kind not in KINDS and kind not in TABLES:
        return _member_rows(kind, compiled)
    if kind in KINDS:
        entries = [entry for each in KINDS[kind] for entry in compiled.book.entries.get(each, {}).values()]
        return [(e.id, getattr(e.record, "title", None) or e.record.name or e.record.story or "") for e in entries]
    names = compiled.model.tables.names
    if kind == "readouts":
        return [(info.id, f"{info.name} [{info.unit}]") for info in compiled.model.readouts]
    if kind == "pools":
        return [(row.pool.name, row.unit) for row in compiled.space.rows]
    if kind == "signals":
        return list(zip(names.signal, names.signal_unit, strict=True))
    if kind == "flows":
        return [(rule.name, rule.record.note or "") for rule in compiled.rules]
    return [
        (row.name, f"{row.text}  [{row.status}] {', '.join(row.source)}")
        for row in compiled.numbers.rows
        if row.status != "constant"
    ]


def _member_rows(kind: str, compiled: Compiled) -> list[tuple[str, str]]:
    """Members of a set that is named, in the singular or the plural, each with who brings it."""
    from immunity.language.facts import members_told

    known = compiled.space.membership.rows
    group = kind if kind in known else kind.removesuffix("s")
    if group not in known:
        raise fail("E613", text=kind, known=[*KINDS, *TABLES, *known])
    return [(name, f"brought by {carriers}" if carriers else "") for name, carriers in members_told(compiled, group)]


def explain(name: str, *, book: Book = BOOK) -> int:
    """Say in English what an entry, rule, readout, number or paper is, with its numbers and papers.

    Parameters
    ----------
    name
        Such as neutrophil, skin, severe_congenital_neutropenia, neutrophil_traffic.extravasate, blood.neutrophils, or
        the key of a paper.
    """
    from immunity.compiler.show import number_line
    from immunity.language.explain import explain_entry, explain_readout, explain_rule, explain_source

    compiled = book.load()
    entries = {id: e for kind, group in compiled.book.entries.items() if kind != "sources" for id, e in group.items()}
    rules = {rule.name: rule for rule in compiled.rules}
    readouts = [row.info.id for row in compiled.readouts]
    numbers, sources = compiled.numbers.index, compiled.model.sources
    if name in entries:
        lines = explain_entry(entries[name], compiled).lines()
    elif name in rules:
        lines = explain_rule(rules[name], compiled)
    elif name in readouts:
        lines = explain_readout(name, compiled)
    elif name in numbers:
        lines = [number_line(compiled, numbers[name])]
    elif name in sources:
        lines = explain_source(name, compiled)
    else:
        raise fail("E614", text=name, known=[*entries, *rules, *readouts, *numbers, *sources])
    for line in lines:
        _print(line)
    return 0


def trace(readout: str, *, book: Book = BOOK) -> int:
    """Print every flow in and out of the pools behind a readout, with each number, unit, status and source.

    Parameters
    ----------
    readout
        A readout such as blood.neutrophils, or a pool.
    """
    from immunity.compiler.show import pools_of_signal, signal_line, trace_pools

    compiled = book.load()
    pools = {row.pool.name: index for index, row in enumerate(compiled.space.rows)}
    readouts = {row.info.id: row for row in compiled.readouts}
    if readout in readouts:
        signal = readouts[readout].signal
        _print(signal_line(compiled, compiled.signals[signal]))
        chosen = pools_of_signal(compiled, signal)
    elif readout in pools:
        chosen = {pools[readout]}
    else:
        raise fail("E610", text=readout, known=[*readouts, *pools])
    for line in trace_pools(compiled, chosen):
        _print(line)
    return 0


def check(
    path: Path | None = None,
    *,
    alone: bool = False,
    json: Annotated[bool, Parameter(negative=())] = False,
    book: Book = BOOK,
) -> int:
    """Check a rule book, and list what it forgot: pools nothing reaches, numbers nobody uses, signals nobody senses.

    Parameters
    ----------
    path
        A folder or file laid over the built-in book, of which then only what is new is noted.
    alone
        Check the path as a rule book of its own.
    json
        Print as JSON.
    """
    from dataclasses import asdict

    from immunity.compiler.build import compile_book
    from immunity.compiler.host import build_case
    from immunity.compiler.members import has_open_sets
    from immunity.compiler.review import review

    below = None
    if path is not None:
        below = None if alone else book
        book = Book(biology=path) if alone else Book(biology=book.biology, overlay=[*book.overlay, path])
    compiled = book.load()
    if has_open_sets(compiled.book):  # what no scenario here meets is held against the rules too
        compiled = compile_book(compiled.book)
    for scenario in compiled.book.entries.get("scenario", {}).values():
        build_case(compiled, scenario)
    found = review(compiled)
    tables = compiled.model.tables
    if json:
        sys.stdout.write(dumps(asdict(found), indent=2) + "\n")
        return 0
    known = review(below.load()) if below is not None else None
    for line in found.lines():
        if known is None or line not in known.lines():
            _print(f"note: {line}")
    statuses = Counter(found.statuses)
    unsourced = set(found.unsourced)
    if known is not None:
        statuses -= Counter(known.statuses)
        unsourced -= set(known.unsourced)
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    _print(f"{'Numbers' if known is None else 'New numbers'}: {counted or 'none'}; {len(unsourced)} have no source")
    _print(
        f"ok: {tables.n_pool} pools, {tables.n_flow} flows, {tables.n_signal} signals"
        f" from {len(compiled.book.files)} files"
    )
    return 0


def show(stage: str, *, book: Book = BOOK) -> int:
    """Print a stage of the compiler, one row a line.

    Parameters
    ----------
    stage
        entries, pools, numbers, signals, flows or readouts.
    """
    from immunity.compiler.show import STAGES, show_stage

    if stage not in STAGES:
        raise fail("E613", text=stage, known=STAGES)
    for line in show_stage(book.load(), stage):
        _print(line)
    return 0
