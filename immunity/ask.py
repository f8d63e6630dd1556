"""Questions to a rule book: what it holds, what a thing is, where a number comes from, whether it is sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from immunity import api
from immunity.compiler.build import Compiled, compile_readouts
from immunity.compiler.case import Case
from immunity.compiler.host import meeting, whole
from immunity.language.errors import RuleError, fail, plainly
from immunity.language.load import Entry
from immunity.language.quantity import base_unit, parse_quantity
from immunity.scenario import find_scenario

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
TABLES = ("readouts", "signals", "flows", "pools", "numbers", "findings", "trials", "worlds", "schedules")
FINDINGS = api.HERE / "findings"
SHOWN = 20


class Text(str):
    """A text that a notebook or an interpreter shows as it reads."""

    def __repr__(self) -> str:
        return str(self)


class Listing(dict[str, Any]):
    """Names and what they are; shown short, however long it is."""

    def __repr__(self) -> str:
        width = max((len(name) for name in list(self)[:SHOWN]), default=0)
        lines = [f"{name:<{width}}  {told(said)}".rstrip()[:100] for name, said in list(self.items())[:SHOWN]]
        more = len(self) - len(lines)
        return "\n".join([*lines, *([f"... and {more} more"] if more > 0 else [])])


@dataclass(frozen=True)
class Number:
    """A number of a rule book.

    Attributes
    ----------
    value : float              in ``unit``
    unit : str
    status : str               measured, derived, fitted or assumed
    source : tuple of str      keys of papers; ``im.explain(key)`` tells of one
    text : str                 as it stands in the file
    note : str or None
    """

    name: str
    value: float
    unit: str
    status: str
    source: tuple[str, ...]
    text: str
    note: str | None = None

    def __float__(self) -> float:
        return self.value


def told(said: Any) -> str:
    """What a listing says of one thing in a line."""
    if isinstance(said, Number):
        return f"{said.text}  [{said.status}] {', '.join(said.source)}".rstrip()
    return str(said)


def as_json(said: Any) -> Any:
    """What a listing says of one thing, for a program: a number's value, unit, status and source each by itself."""
    return {key: value for key, value in asdict(said).items() if key != "name"} if isinstance(said, Number) else said


@plainly
def list_names(kind: str, *, book: Compiled | None = None) -> Listing:
    """List what a rule book holds.

    Parameters
    ----------
    kind : str    places, classes, sets, cells, molecules, threats, therapies, deficiencies, hosts, scenarios, readouts,
        signals, flows, pools, numbers, findings, trials, worlds,
        schedules, or the members of a set that is named
    """
    if kind == "findings":
        from immunity.validate import load_findings

        return Listing((published.id, published.finding.claim) for published in load_findings([FINDINGS]))
    if kind == "trials":
        from immunity.trials import built_in_trials

        return Listing(built_in_trials())
    if kind in ("worlds", "schedules"):
        from immunity.lifetime import built_in

        return Listing(built_in(kind.removesuffix("s")))
    compiled = book or api.load()
    if kind in KINDS:  # as they are written: nothing of them needs to be compiled
        entries = [entry for each in KINDS[kind] for entry in compiled.book.entries.get(each, {}).values()]
        names = (getattr(e.record, "title", None) or e.record.name or e.record.story or "" for e in entries)
        return Listing(zip((e.id for e in entries), names, strict=True))
    if kind == "readouts":  # no flow of the whole book needs to be compiled
        rows = compile_readouts(compiled.book)
        return Listing((row.info.id, f"{row.info.name} [{row.info.unit}]") for row in rows)
    compiled = whole(compiled)
    names = compiled.model.tables.names
    if kind == "pools":
        return Listing((row.pool.name, row.unit) for row in compiled.space.rows)
    if kind == "signals":
        return Listing(zip(names.signal, names.signal_unit, strict=True))
    if kind == "flows":
        return Listing((rule.name, rule.record.note or "") for rule in compiled.rules)
    if kind == "numbers":
        rows = [row.name for row in compiled.numbers.rows if row.status != "constant"]
        return Listing((name, _number(compiled, name)) for name in rows)
    return _members(kind, compiled)


def _members(kind: str, compiled: Compiled) -> Listing:
    """Members of a set that is named, in the singular or the plural, each with who brings it."""
    from immunity.language.facts import members_told

    known = compiled.space.membership.rows
    group = kind if kind in known else kind.removesuffix("s")
    if group not in known:
        raise fail("E613", text=kind, known=[*KINDS, *TABLES, *known])
    told = members_told(compiled, group)
    return Listing((name, f"brought by {carriers}" if carriers else "") for name, carriers in told)


@plainly
def number(name: str, *, book: Compiled | None = None) -> Number:
    """Read a number of a rule book: value, unit, status, source.

    Raises
    ------
    RuleError
        E614 for a name that is none, with the nearest that is.
    """
    compiled = whole(book or api.load())
    if name not in compiled.numbers.index:
        raise fail("E614", text=name, known=list(compiled.numbers.index))
    return _number(compiled, name)


def _number(compiled: Compiled, name: str) -> Number:
    """A number in the unit it is written in; one that a formula gives in base units."""
    row = compiled.numbers.rows[compiled.numbers.index[name]]
    value, unit = row.value, base_unit(row.dimension)
    try:
        written = parse_quantity(row.text)
        if (written.dimension, written.value) == (row.dimension, row.value):
            first, _, rest = row.text.strip().partition(" ")
            value, unit = float(first), rest.strip() or "1"
    except (RuleError, ValueError):
        pass
    return Number(name, value, unit, row.status, row.source, row.text, row.note)


@plainly
def explain(name: str, *, book: Compiled | None = None) -> Text:
    """Say in English what an entry, rule, readout, number or paper is, with its numbers and papers.

    Raises
    ------
    RuleError
        E614 for a name that is none of these, with the nearest that is.
    """
    from immunity.language.explain import explain_entry

    compiled = book or api.load()
    entries = {id: e for kind, group in compiled.book.entries.items() if kind != "sources" for id, e in group.items()}
    if name in entries:
        return Text("\n".join(explain_entry(entries[name], _enough(entries[name], compiled)).lines()))
    compiled = whole(compiled)
    lines = explained(name, compiled)
    if lines is None:
        rules, readouts = ([row.name for row in compiled.rules], [row.info.id for row in compiled.readouts])
        known = [*entries, *rules, *readouts, *compiled.numbers.index, *compiled.model.sources]
        raise fail("E614", text=name, known=known)
    return Text("\n".join(lines))


def explained(name: str, compiled: Compiled) -> list[str] | None:
    """What a rule, readout, number or paper is in a book as it is, met or whole; None if it has none of that name."""
    from immunity.compiler.show import number_line
    from immunity.language.explain import explain_readout, explain_rule, explain_source

    rule = next((rule for rule in compiled.rules if rule.name == name), None)
    if rule is not None:
        return explain_rule(rule, compiled)
    if any(row.info.id == name for row in compiled.readouts):
        return explain_readout(name, compiled)
    if name in compiled.numbers.index:
        return [number_line(compiled, compiled.numbers.index[name])]
    return explain_source(name, compiled) if name in compiled.model.sources else None


def _enough(entry: Entry, compiled: Compiled) -> Compiled:
    """As much of a book as tells of an entry: who lives in a place is known of all, what is changed of what is met."""
    if entry.kind == "place":
        return whole(compiled)
    return meeting(compiled, entry) if hasattr(entry.record, "changes") else compiled


@plainly
def trace(readout: str, *, book: Compiled | None = None) -> Text:
    """Every flow in and out of the pools behind a readout or a pool, with each number, unit, status and source.

    Raises
    ------
    RuleError
        E610 for a name that is neither.
    """
    from immunity.compiler.show import pools_of_signal, signal_line, trace_pools

    compiled = whole(book or api.load())
    pools = {row.pool.name: index for index, row in enumerate(compiled.space.rows)}
    readouts = {row.info.id: row for row in compiled.readouts}
    if readout in readouts:
        signal = readouts[readout].signal
        first = [signal_line(compiled, compiled.signals[signal])]
        chosen = pools_of_signal(compiled, signal)
    elif readout in pools:
        first, chosen = [], {pools[readout]}
    else:
        raise fail("E610", text=readout, known=[*readouts, *pools])
    return Text("\n".join([*first, *trace_pools(compiled, chosen)]))


@dataclass(frozen=True)
class Check:
    """What a review of a rule book found: ``notes`` of what it forgot, how many numbers have which status."""

    notes: tuple[str, ...]
    statuses: dict[str, int]
    unsourced: tuple[str, ...]
    size: str
    new: bool

    def __repr__(self) -> str:
        counted = ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items()))
        numbers = (
            f"{'New numbers' if self.new else 'Numbers'}: {counted or 'none'}; {len(self.unsourced)} have no source"
        )
        return "\n".join([*(f"note: {line}" for line in self.notes), numbers, f"ok: {self.size}"])


@plainly
def check(path: str | Path | None = None, *, alone: bool = False, book: Compiled | None = None) -> Check:
    """Check a rule book, and list what it forgot: pools nothing reaches, numbers nobody uses, signals nobody senses.

    Parameters
    ----------
    path : path, optional
        A folder or file laid over the built-in book, of which then only what is new is noted.
    alone : bool
        Check the path as a rule book of its own.

    Raises
    ------
    RuleError, RuleErrors
        For everything that is wrong with it.
    """
    if path is None:
        return checked(book or api.load(), None)
    return checked(api.load(path), None) if alone else checked(api.load(overlays=[path]), book or api.load())


def checked(compiled: Compiled, below: Compiled | None) -> Check:
    """Review a book; of one that lies over another, what is new."""
    from immunity.compiler.tries import review_of, reviews_of_both

    found, known = (review_of(compiled), None) if below is None else reviews_of_both(compiled, below)
    statuses, unsourced = Counter(found.statuses), list(found.unsourced)
    if known is not None:
        statuses -= Counter(known.statuses)
        unsourced = [name for name in unsourced if name not in set(known.unsourced)]
    tables = compiled.model.tables
    size = (
        f"{tables.n_pool} pools, {tables.n_flow} flows, {tables.n_signal} signals from {len(compiled.book.files)} files"
    )
    notes = tuple(line for line in found.lines() if known is None or line not in known.lines())
    return Check(notes, dict(statuses), tuple(unsourced), size, known is not None)


class Verdicts(tuple[Any, ...]):
    """Judged findings; shown as a headline and those that are not reproduced."""

    def __repr__(self) -> str:
        from immunity.validate import headline

        red = [f"{v.finding.id}: {v.verdict}" for v in self if v.verdict != "reproduced"]
        return "\n".join([headline(list(self)), *red[:SHOWN]])


@plainly
def validate(
    *ids: str,
    findings: Sequence[str | Path] = (),
    workers: int = 1,
    quick: bool = False,
    kept: str | Path | None = None,
    book: Compiled | None = None,
) -> Verdicts:
    """Judge published findings against the model.

    Parameters
    ----------
    ids : str          findings or topics; all if none is named
    findings : paths   folders or files of findings instead of the built-in ones
    workers : int      local processes; the verdicts do not depend on it
    quick : bool       leave out findings on many hosts
    kept : path        folder in which verdicts are kept: what has not changed since is not simulated again
    """
    from immunity.validate import load_findings, run_findings

    compiled = book or api.load()

    def build(scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Case:
        return api.case(scenario, host=host, changes=with_, days=days, book=compiled)

    published = load_findings([Path(path) for path in findings] or [FINDINGS])
    where = Path(kept) if kept else None
    return Verdicts(run_findings(published, build, ids=[*ids] or None, workers=workers, quick=quick, kept=where))


@plainly
def export(
    scenario: str | Path,
    *,
    to: str = "sbml",
    out: str | Path | None = None,
    host: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    days: float | None = None,
    book: Compiled | None = None,
) -> str:
    """Export the model of one host in one scenario, settled, for other simulators; parameters as in ``case``.

    Parameters
    ----------
    to : str              the format: sbml
    out : path, optional  a file to write it to

    Returns
    -------
    str
        The text of the model.
    """
    from immunity.interop.case import sbml_of_case

    if to != "sbml":
        raise fail("E613", text=to, known=["sbml"])
    rules = book or api.load()
    made = api.case(scenario, host=host, changes=changes, days=days, book=rules)
    text = sbml_of_case(made, meeting(rules, find_scenario(rules, scenario)))
    if out is not None:
        Path(out).write_text(text, encoding="utf-8")
    return text
