"""The list of passes, from a book to a compiled model."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from immunity.compiler.assemble import assemble
from immunity.compiler.case import Model, Spread
from immunity.compiler.changes import check_changes
from immunity.compiler.dated import check_ways
from immunity.compiler.declared import declare_numbers
from immunity.compiler.faults import Faults
from immunity.compiler.flows import FlowRow, expand_flows
from immunity.compiler.numbers import Numbers
from immunity.compiler.readouts import ReadoutRow, list_readouts
from immunity.compiler.rules import Rule, list_additions, list_rules
from immunity.compiler.signal_rows import Signals
from immunity.compiler.signals import declare_signals
from immunity.compiler.sound import check_sound
from immunity.compiler.space import Space, list_pools, map_space
from immunity.compiler.unsensed import check_unsensed
from immunity.language.errors import fail
from immunity.language.load import Book, collector_paused
from immunity.language.models import Host
from immunity.language.quantity import DIMENSIONLESS, expect, parse_quantity


@dataclass(frozen=True)
class Compiled:
    """A model with the names and records it was made from: what scenarios and explanations need."""

    model: Model
    book: Book = field(repr=False)
    space: Space = field(repr=False)
    numbers: Numbers = field(repr=False)
    signals: Signals = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    flows: tuple[FlowRow, ...] = field(repr=False)
    readouts: tuple[ReadoutRow, ...] = field(repr=False)

    def __repr__(self) -> str:
        tables = self.model.tables
        size = f"{tables.n_pool} pools, {tables.n_flow} flows, {len(self.readouts)} readouts"
        return f"Rule book {self.model.digest[:12]}: {size} from {len(self.book.files)} files"


def compile_book(book: Book, *, met: Collection[str] | None = None) -> Compiled:
    """Compile a rule book.

    Parameters
    ----------
    book : Book
        As read by ``immunity.language.load.load_book``.
    met : collection of str, optional
        Ids of the carriers and members that are met: of open sets only these are compiled. All, if not given.

    Returns
    -------
    Compiled

    Raises
    ------
    RuleError
        Located and coded, for names that do not resolve, units that do not fit and rules that match nothing.
    """
    with collector_paused():
        return _compiled(book, met)


def compile_readouts(book: Book) -> tuple[ReadoutRow, ...]:
    """The readouts of a book of which all is met, and their signals: a fraction of what it takes to compile it.

    Raises
    ------
    RuleError
        As `compile_book`, but for what is wrong with flows.
    """
    with collector_paused():
        return tuple(list_readouts(_sensed(book, None)))


def _sensed(book: Book, met: Collection[str] | None) -> Signals:
    """All pools, numbers and signals that are declared."""
    space = map_space(book, met)
    list_pools(space)
    numbers = Numbers(space)
    declare_numbers(numbers)
    signals = Signals(space, numbers)
    declare_signals(signals)
    return signals


def _compiled(book: Book, met: Collection[str] | None) -> Compiled:
    signals = _sensed(book, met)
    space, numbers = signals.space, signals.numbers
    rules = list_rules(space)
    flows = expand_flows(signals, rules, list_additions(space))
    check_sound(signals, flows)
    readouts = list_readouts(signals)
    check_unsensed(signals)
    check_changes(numbers)
    check_ways(numbers)
    sources = list_sources(book)
    tables = assemble(signals, flows, readouts)
    spreads, correlation = list_spreads(numbers)
    model = Model(
        tables=tables,
        digest=book.digest,
        readouts=tuple(row.info for row in readouts),
        spreads=spreads,
        correlation=correlation,
        sources=sources,
        parameter_sources={
            row.name: {
                "status": row.status,
                "source": list(row.source),
                "value": row.text,
                "page": row.page,
                "note": row.note,
            }
            for row in numbers.rows
            if row.status != "constant"
        },
        places=describe_places(space),
        formulas=tuple(numbers.formulas),
        labels={id: e.record.name for kind in book.entries.values() for id, e in kind.items() if e.record.name},
    )
    return Compiled(model, book, space, numbers, signals, tuple(rules), tuple(flows), tuple(readouts))


def list_sources(book: Book) -> dict[str, dict[str, str | None]]:
    """The bibliography; every key that a number, curve, range or spread names must be in it.

    Raises
    ------
    RuleError
        E413 for a key given twice, E412 for one that is not there.
    """
    known: dict[str, dict[str, str | None]] = {}
    faults = Faults()
    for entry in book.entries.get("sources", {}).values():
        for key, source in entry.record.sources.items():
            if key in known:
                raise fail("E413", at=entry.at("sources", key), text=key, kind="source", first="an earlier entry")
            known[key] = source.model_dump()
    for entries in book.entries.values():
        for entry in entries.values():
            for path, key in entry.cited:
                with faults:
                    if key not in known:
                        raise fail("E412", at=entry.at(*path), text=key, known=known)
    faults.settle()
    return known


def list_spreads(numbers: Numbers) -> tuple[tuple[Spread, ...], np.ndarray]:
    """Between-person variation: sigma = ln(gsd), with the correlations of the logarithms.

    Raises
    ------
    RuleError
        E410 for unknown numbers, E514 for a spread below one, E515 for correlations that contradict each other.
    """
    spreads: list[Spread] = []
    position: dict[str, int] = {}
    kinds = numbers.space.book.entries
    entries = kinds.get("host", {})
    open_names = set(numbers.open_names())
    for entry in (entry for kind in kinds.values() for entry in kind.values()):
        for row, spread in enumerate(getattr(entry.record, "variation", ())):
            at = entry.at("variation", row)
            if spread.number not in open_names and numbers.space.names_unmet(spread.number):
                continue
            if spread.number not in open_names:
                raise fail("E410", at=at, text=spread.number, known=open_names)
            gsd = expect(parse_quantity(spread.gsd, at=at), DIMENSIONLESS, at=at).value
            if gsd < 1.0:
                raise fail("E514", at=at, text=spread.gsd)
            if spread.number in position:
                raise fail("E413", at=at, text=spread.number, kind="spread of", first="an earlier line")
            position[spread.number] = len(spreads)
            spreads.append(Spread(numbers.index[spread.number], float(np.log(gsd))))
    correlation = np.eye(len(spreads))
    for entry in entries.values():
        assert isinstance(entry.record, Host)
        for row, pair in enumerate(entry.record.correlations):
            at = entry.at("correlations", row)
            for name in pair.between:
                if name not in position:
                    raise fail("E410", at=at, text=name, known=position)
            r = expect(parse_quantity(pair.r, at=at), DIMENSIONLESS, at=at).value
            first, second = (position[name] for name in pair.between)
            if first == second:
                raise fail("E415", at=at, text=pair.between[0])
            correlation[first, second] = correlation[second, first] = r
    if np.linalg.eigvalsh(correlation).min(initial=1.0) <= 0:
        entry = next(iter(entries.values()))
        raise fail("E515", at=entry.at("correlations"))
    return tuple(spreads), correlation


def describe_places(space: Space) -> dict[str, dict[str, object]]:
    """What a body map needs: where each place is drawn, and which pools are its cells and its microbes."""
    described: dict[str, dict[str, object]] = {}
    found: dict[str, tuple[list[int], list[int]]] = {id: ([], []) for id in space.places}
    for pool, index in space.pools.items():
        kind = space.entities[pool.entity].kind
        if kind == "cell":
            found[pool.place][0].append(index)
        elif kind == "threat" and space.rows[index].countable:
            found[pool.place][1].append(index)
    for id in space.domain("place")[1]:  # type: ignore[index]
        entry = space.places[id]
        cells, microbes = found[id]
        described[id] = {
            "name": entry.record.name or id,
            "map": getattr(entry.record, "map", None),
            "classes": list(getattr(entry.record, "is_", ())),
            "cells": cells,
            "microbes": microbes,
        }
    return described
