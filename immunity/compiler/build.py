"""The list of passes, from a book to a compiled model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from immunity.compiler.assemble import assemble
from immunity.compiler.case import Model, Spread
from immunity.compiler.flows import FlowRow, expand_flows
from immunity.compiler.numbers import Numbers, declare_numbers
from immunity.compiler.readouts import ReadoutRow, list_readouts
from immunity.compiler.rules import Rule, list_additions, list_rules
from immunity.compiler.signal_rows import Signals
from immunity.compiler.signals import check_unsensed, declare_signals
from immunity.compiler.space import Space, list_pools, map_space
from immunity.language.errors import fail
from immunity.language.load import Book
from immunity.language.models import Host, Sources
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


def compile_book(book: Book) -> Compiled:
    """Compile a rule book.

    Parameters
    ----------
    book : Book
        As read by ``immunity.language.load.load_book``.

    Returns
    -------
    Compiled

    Raises
    ------
    RuleError
        Located and coded, for names that do not resolve, units that do not fit and rules that match nothing.
    """
    space = map_space(book)
    list_pools(space)
    numbers = Numbers(space)
    declare_numbers(numbers)
    signals = Signals(space, numbers)
    declare_signals(signals)
    rules = list_rules(space)
    flows = expand_flows(signals, rules, list_additions(space))
    readouts = list_readouts(signals)
    check_unsensed(signals)
    sources = list_sources(numbers)
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
    )
    return Compiled(model, book, space, numbers, signals, tuple(rules), tuple(flows), tuple(readouts))


def list_sources(numbers: Numbers) -> dict[str, dict[str, str | None]]:
    """The bibliography; every key a number names must be in it."""
    entries = numbers.space.book.entries.get("sources", {})
    known: dict[str, dict[str, str | None]] = {}
    for entry in entries.values():
        assert isinstance(entry.record, Sources)
        for key, source in entry.record.sources.items():
            if key in known:
                raise fail("E413", at=entry.at("sources", key), text=key, kind="source", first="an earlier entry")
            known[key] = source.model_dump()
    for row in numbers.rows:
        for key in row.source:
            if key not in known:
                raise fail("E412", at=row.location, text=key, known=known)
    return known


def list_spreads(numbers: Numbers) -> tuple[tuple[Spread, ...], np.ndarray]:
    """Between-person variation: sigma = ln(gsd), with the correlations of the logarithms."""
    spreads: list[Spread] = []
    position: dict[str, int] = {}
    entries = numbers.space.book.entries.get("host", {})
    for entry in entries.values():
        assert isinstance(entry.record, Host)
        for row, spread in enumerate(entry.record.variation):
            at = entry.at("variation", row)
            if spread.number not in numbers.index:
                raise fail("E410", at=at, text=spread.number, known=numbers.index)
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
            correlation[first, second] = correlation[second, first] = r
    if np.linalg.eigvalsh(correlation).min(initial=1.0) <= 0:
        entry = next(iter(entries.values()))
        raise fail("E515", at=entry.at("correlations"))
    return tuple(spreads), correlation


def describe_places(space: Space) -> dict[str, dict[str, object]]:
    """What a body map needs: where each place is drawn, and which pools are its cells and its microbes."""
    described: dict[str, dict[str, object]] = {}
    for id, entry in space.places.items():
        cells, microbes = [], []
        for pool, index in space.pools.items():
            if pool.place == id:
                kind = space.entities[pool.entity].kind
                if kind == "cell":
                    cells.append(index)
                elif kind == "threat" and space.rows[index].countable:
                    microbes.append(index)
        described[id] = {
            "name": entry.record.name or id,
            "map": getattr(entry.record, "map", None),
            "classes": list(getattr(entry.record, "is_", ())),
            "cells": cells,
            "microbes": microbes,
        }
    return described
