"""Pass 6: readouts, each a signal and how to show it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from immunity.compiler.bind import Scope, place_of, reference_of
from immunity.compiler.case import ReadoutInfo
from immunity.compiler.faults import Faults
from immunity.compiler.signal_rows import Signals, add_row
from immunity.compiler.signals import make_signal, signal_of
from immunity.compiler.space import NotMet, rule_entries
from immunity.language.errors import fail
from immunity.language.load import Entry
from immunity.language.models import AgeRange, Healthy, Readout, Signal
from immunity.language.quantity import TIME, expect, parse_quantity, parse_unit

Interval = tuple[float, float]


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
        E520 for ranges in health that are none, and the errors of signals.
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
            if entry.id in signals.space.absent or signals.space.vacant(entry.id):
                continue  # of what does not come into this, or of a class of which nothing does
            with faults, contextlib.suppress(NotMet):
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

    def interval(given: Healthy | AgeRange) -> tuple[float, float]:
        lo, hi = shown(given.lo, "healthy"), shown(given.hi, "healthy")
        assert lo is not None and hi is not None
        if lo > hi:
            raise fail("E520", at=entry.at(*path, "healthy"), text=record.id, reason=f"{given.lo} is above {given.hi}")
        return lo, hi

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
        healthy=interval(record.healthy) if record.healthy else None,
        healthy_source=", ".join(record.healthy.source) if record.healthy else None,
        loinc=record.xref.get("loinc"),
        endings=endings,
        ages=_ages(record, entry, path, interval) if record.healthy else (),
    )
    return ReadoutRow(info, signal, 1.0 / factor, shown(record.offset, "offset") or 0.0)


def _ages(
    record: Readout, entry: Entry, path: tuple[str | int, ...], interval: Callable[[Healthy | AgeRange], Interval]
) -> tuple[tuple[float, Interval | None, str | None], ...]:
    """The ranges of the young, from the youngest on; None where nobody has told one."""
    assert record.healthy is not None
    found: list[tuple[float, Interval | None, str | None]] = []
    here = (*path, "healthy")

    def age(text: str, *at: str | int) -> float:
        days = expect(parse_quantity(text, at=entry.at(*here, *at)), TIME, at=entry.at(*here, *at)).value
        if days <= (found[-1][0] if found else 0.0):
            reason = f"{text} is no later age than the one before it"
            raise fail("E520", at=entry.at(*here, *at), text=record.id, reason=reason)
        return days

    for position, each in enumerate(record.healthy.ages):
        found.append((age(each.until, "ages", position, "until"), interval(each), ", ".join(each.source)))
    if record.healthy.from_ is not None:
        found.append((age(record.healthy.from_, "from"), None, None))
    return tuple(found)


def of_age(infos: Sequence[ReadoutInfo], start: float | None, end: float) -> tuple[ReadoutInfo, ...]:
    """Readouts with the ranges of a host who is so many days old; none where that changes before the end.

    Parameters
    ----------
    start, end : float    age in days on day 0, None if the host has none, and on the last day
    """
    return tuple(_of_age(info, start, end) for info in infos)


def _of_age(info: ReadoutInfo, start: float | None, end: float) -> ReadoutInfo:
    if not info.ages:
        return info
    healthy, source = info.healthy, info.healthy_source
    if start is not None:
        classes = [*info.ages, (math.inf, healthy, source)]
        first, last = (next(row for row in classes if age < row[0]) for age in (start, end))
        healthy, source = first[1:] if first == last else (None, None)
    return replace(info, healthy=healthy, healthy_source=source, ages=())
