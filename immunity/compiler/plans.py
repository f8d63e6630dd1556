"""What begins, goes on and ends by what is seen: plans of doses and changes, and end points."""

from __future__ import annotations

import math
from collections.abc import Sequence

from immunity.compiler.case import ReadoutInfo
from immunity.compiler.courses import Course
from immunity.compiler.dated import Dated, read_span, read_time
from immunity.compiler.members import Path
from immunity.compiler.tables import EVENT_PARAMETER_SET, EndPoint, Plan, Tables, Watch
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import Dosing, Level, When
from immunity.language.quantity import expect, parse_quantity, parse_unit


def read_watch(
    tables: Tables, infos: Sequence[ReadoutInfo], scenario: Entry, path: Path, level: Level, text: str | None = None
) -> Watch:
    """What to look out for, from a readout and the level that it is to cross.

    Parameters
    ----------
    text : str, optional     another level, on its other side: where it may begin again

    Raises
    ------
    RuleError
        E610 for an unknown readout, E619 unless there is one level, E305 for its unit.
    """
    known = [info.id for info in infos]
    if level.readout not in known:
        raise fail("E610", at=scenario.at(*path, "readout"), text=level.readout, known=known)
    if (level.above is None) == (level.below is None):
        raise fail("E619", at=scenario.at(*path), reason="it needs one of 'above' and 'below'")
    index = known.index(level.readout)
    key = "above" if level.above is not None else "below"
    factor, dimension = parse_unit(infos[index].unit)
    at = scenario.at(*path, key if text is None else "rearm")
    value = expect(parse_quantity(text or getattr(level, key), at=at), dimension, at=at).value / factor
    readouts = tables.readouts
    sign = 1.0 if (key == "above") == (text is None) else -1.0
    return Watch(int(readouts.signal[index]), sign, float((value - readouts.offset[index]) / readouts.scale[index]))


def read_ends(tables: Tables, infos: Sequence[ReadoutInfo], scenario: Entry) -> tuple[EndPoint, ...]:
    """The end points that a scenario adds to the stop rule of the book."""
    return tuple(
        EndPoint(read_watch(tables, infos, scenario, ("ends_when", position), end), end.outcome)
        for position, end in enumerate(scenario.record.ends_when)
    )


def plan_of_course(
    tables: Tables, infos: Sequence[ReadoutInfo], scenario: Entry, position: int, dosing: Dosing, course: Course
) -> Plan | None:
    """The plan of a course that depends on what is seen, None if only the calendar decides it."""
    path = ("therapies", position)
    if dosing.when is None and dosing.only_if is None and dosing.stop_when is None:
        return None
    watches = {
        key: read_watch(tables, infos, scenario, (*path, key), level)
        for key in ("when", "only_if", "stop_when")
        if (level := getattr(dosing, key)) is not None
    }
    until = math.inf if dosing.until is None else read_time(dosing.until, scenario.at(*path, "until"))
    wait = dosing.only_if.wait if dosing.only_if is not None else None
    steps = tuple((time, tuple(_row(event) for event in events)) for time, events in course.doses)
    return _plan(
        tables,
        infos,
        scenario,
        path,
        dosing.when,
        name=f"{dosing.therapy}",
        start=course.start,
        until=until,
        only_if=watches.get("only_if"),
        wait=0.0 if wait is None else _positive(wait, scenario.at(*path, "only_if", "wait")),
        stop_when=watches.get("stop_when"),
        steps=steps,
        length=course.length,
    )


def plan_of_change(
    tables: Tables,
    infos: Sequence[ReadoutInfo],
    scenario: Entry,
    path: Path,
    when: When,
    name: str,
    rows: Sequence[Dated],
    start: float,
) -> Plan:
    """The plan of an exposure or a change that waits for what is seen.

    Parameters
    ----------
    rows : sequence of Dated   what it does
    start : float              from when on it may
    """
    steps = ((0.0, tuple(_row(row, start) for row in rows)),)
    length = max((after for after, *_ in steps[0][1]), default=0.0)  # an infusion is over when it has run in
    return _plan(tables, infos, scenario, path, when, name=name, start=start, steps=steps, length=length)


def _plan(
    tables: Tables,
    infos: Sequence[ReadoutInfo],
    scenario: Entry,
    path: Path,
    when: When | None,
    *,
    name: str,
    start: float,
    steps: tuple[tuple[float, tuple[tuple[float, int, int, float], ...]], ...],
    until: float = math.inf,
    only_if: Watch | None = None,
    wait: float = 0.0,
    stop_when: Watch | None = None,
    length: float = 0.0,
) -> Plan:
    here = (*path, "when")
    delay, rearm, at_most = 0.0, None, 1
    if when is not None:
        at_most = when.at_most
        if when.delay is not None:
            delay = read_span(when.delay, scenario.at(*here, "delay"))
        if when.rearm is not None:
            rearm = read_watch(tables, infos, scenario, here, when, when.rearm)
        if when.again_after is not None:
            length = max(length, _positive(when.again_after, scenario.at(*here, "again_after")))
        if at_most > 1 and length + delay <= 0.0 and rearm is None:
            reason = "what may happen again needs 'again_after', 'rearm' or doses that take time"
            raise fail("E619", at=scenario.at(*here), reason=reason)
    return Plan(
        name=name,
        start=start,
        until=until,
        when=None if when is None else read_watch(tables, infos, scenario, here, when),
        delay=delay,
        rearm=rearm,
        only_if=only_if,
        wait=wait,
        stop_when=stop_when,
        steps=steps,
        rates=tuple(
            sorted({row[2] for _, rows in steps for row in rows if row[1] == EVENT_PARAMETER_SET and row[3] == 0.0})
        ),
        length=length,
        at_most=at_most,
    )


def _row(event: Dated, start: float = 0.0) -> tuple[float, int, int, float]:
    return (event.time - start, event.kind, event.index, event.value)


def _positive(text: str, at: Location) -> float:
    span = read_span(text, at)
    if span <= 0:
        raise fail("E609", at=at, text=text, reason="it is not positive")
    return span
