"""Pass 6: readouts, each a signal and how to show it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from immunity.compiler.bind import Scope, place_of, reference_of
from immunity.compiler.case import ReadoutInfo
from immunity.compiler.faults import Faults
from immunity.compiler.signal_rows import Signals, add_row
from immunity.compiler.signals import make_signal, signal_of
from immunity.compiler.space import NotMet, rule_entries
from immunity.language.errors import fail
from immunity.language.load import Entry
from immunity.language.models import Readout, Signal
from immunity.language.quantity import expect, parse_quantity, parse_unit


@dataclass(frozen=True)
class ReadoutRow:
    info: ReadoutInfo
    signal: int
    scale: float
    offset: float


def list_readouts(signals: Signals) -> list[ReadoutRow]:
    """Resolve every readout of the book.

    Raises
    ------
    RuleError
        E413 for two of one name, E505 for a unit that does not fit, E517 for one that shows nothing or two things,
        and the errors of signals.
    """
    rows: list[ReadoutRow] = []
    seen: dict[str, str] = {}
    faults = Faults()
    for entry in rule_entries(signals.space.book):
        for position, record in enumerate(entry.record.readouts):
            at = entry.at("readouts", position, "id")
            if record.id in seen:
                raise fail("E413", at=at, text=record.id, kind="readout", first=seen[record.id])
            if bool(record.signal) == bool(record.sum or record.constant):
                raise fail("E517", at=at, text=record.id)
            seen[record.id] = str(at)
            with faults, contextlib.suppress(NotMet):  # of a member that does not come into this
                rows.append(_row(signals, record, entry, position))
    faults.settle()
    return rows


def _row(signals: Signals, record: Readout, entry: Entry, position: int) -> ReadoutRow:
    path = ("readouts", position)
    own = entry.id if entry.id in signals.space.entities else None
    place = None
    if record.at:
        place = place_of(
            signals.space,
            reference_of(signals.space, f"at {record.at}", None, at=entry.at(*path, "at")).place,
            Scope(own, {}),
            at=entry.at(*path, "at"),
        )
    scope = Scope(own, {}, place)
    if record.signal:
        signal = signal_of(signals, record.signal, scope, at=entry.at(*path, "signal"))
    else:
        summed = Signal(id=record.id, sum=record.sum, constant=record.constant, per=record.per, unit=record.unit)
        owner = f"{entry.id}.readout.{record.id}"
        signal = add_row(signals, make_signal(signals, summed, entry, path, scope, f"readout {record.id}", owner=owner))
    factor, dimension = parse_unit(record.unit)
    found = signals[signal].dimension
    if found != dimension:
        raise fail("E505", at=entry.at(*path, "unit"), text=record.id, found=str(found), expected=record.unit)

    def shown(text: str | None, key: str) -> float | None:
        if text is None:
            return None
        at = entry.at(*path, key)
        return expect(parse_quantity(text, at=at), dimension, at=at).value / factor

    healthy = None
    if record.healthy:
        lo, hi = shown(record.healthy.lo, "healthy"), shown(record.healthy.hi, "healthy")
        assert lo is not None and hi is not None
        healthy = (lo, hi)
    endings = tuple(
        (ending.word, shown(ending.above, "ends_as"), shown(ending.below, "ends_as"), ending.gravity)
        for ending in record.ends_as
    )
    info = ReadoutInfo(
        id=record.id,
        name=record.name or record.id,
        unit=record.unit,
        panel=record.panel,
        scale=record.scale,
        limit_of_detection=shown(record.limit_of_detection, "limit_of_detection"),
        healthy=healthy,
        healthy_source=", ".join(record.healthy.source) if record.healthy else None,
        loinc=record.xref.get("loinc"),
        endings=endings,
    )
    return ReadoutRow(info, signal, 1.0 / factor, shown(record.offset, "offset") or 0.0)
