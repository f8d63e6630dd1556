"""Take a measure of runs that are there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from immunity.compiler.case import ReadoutInfo
from immunity.compiler.tables import Floats
from immunity.language.errors import fail
from immunity.language.quantity import DIMENSIONLESS, TIME, Dimension, parse_unit
from immunity.results import Record, host_failed, status_text
from immunity.results.condition import NotCovered, fraction_true, parse_condition
from immunity.results.convert import presented_value
from immunity.results.curves import SLACK, curve_values, list_rows
from immunity.results.present import UnknownName, find_readout, present
from immunity.validate import statistics
from immunity.validate.expectation import read_value
from immunity.validate.measure import form_of, read_day
from immunity.validate.models import Measure

RecordOf = Callable[[str], Record]


class NotMeasured(Exception):
    """Why a measure has no value."""


@dataclass(frozen=True)
class Measured:
    """A measured number in base units; on ``log`` the decadic logarithm of an amount in base units."""

    value: float
    dimension: Dimension
    log: bool = False


def take_measure(measure: Measure, record_of: RecordOf, day: float | None = None) -> Measured:
    """Take a measure.

    Parameters
    ----------
    record_of : callable    name of a run -> its record
    day : float, optional   for series over time: the day at which readouts are looked at

    Raises
    ------
    NotMeasured
        If there is no value: a host failed, a name is unknown, a time lies outside the run.
    """
    form = form_of(measure)
    if form == "constant":
        number, unit = read_value(measure.constant or "")
        return Measured(unit.to_base(number), unit.dimension, unit.log)
    if form in ("ratio", "difference", "sum"):
        return _combine(form, [take_measure(part, record_of, day) for part in getattr(measure, form)])
    record = record_of(measure.run or "")
    failed = [int(code) for code in record.status if host_failed(int(code))]
    if failed:
        raise NotMeasured(f"{len(failed)} of {len(record.status)} hosts failed: {status_text(failed[0])}")
    if form == "fraction_of_hosts":
        return Measured(_fraction(measure.fraction_of_hosts or "", record), DIMENSIONLESS)
    across = measure.across_hosts or "median"
    if form == "flux":
        flux, dimension = _flux(_listed(measure.flux), record)
        return Measured(statistics.across(flux, across), dimension)
    if form == "mean_residence":
        assert measure.mean_residence is not None
        amount, held = _amount(_listed(measure.mean_residence.pool), record)
        flux, through = _flux(_listed(measure.mean_residence.flux), record)
        if held / through != TIME:
            raise NotMeasured(f"a pool in {held} does not pass through a flux in {through}")
        with np.errstate(divide="ignore", invalid="ignore"):
            return Measured(statistics.across(amount / flux, across), TIME)
    return _of_readout(measure, record, day, across)


def _fraction(text: str, record: Record) -> float:
    try:
        return fraction_true(parse_condition(text), record)
    except (UnknownName, NotCovered) as fault:
        raise NotMeasured(str(fault)) from fault


def _combine(form: str, parts: Sequence[Measured]) -> Measured:
    first = parts[0]
    if any(part.log != first.log for part in parts):
        raise NotMeasured("a logarithm and a plain value cannot be combined")
    if form == "ratio":
        if first.log:
            raise NotMeasured("the ratio of two logarithms means nothing; take their difference")
        below = parts[1].value
        return Measured(first.value / below if below else math.nan, first.dimension / parts[1].dimension)
    if any(part.dimension != first.dimension for part in parts):
        raise NotMeasured(f"{first.dimension} and {parts[-1].dimension} cannot be added or subtracted")
    if form == "sum":
        if first.log:
            raise NotMeasured("logarithms are not summed")
        return Measured(math.fsum(part.value for part in parts), first.dimension)
    # the difference of two logarithms is a number of decades
    return Measured(first.value - parts[1].value, DIMENSIONLESS if first.log else first.dimension)


def _of_readout(measure: Measure, record: Record, day: float | None, across: str) -> Measured:
    values, info = host_values(measure, record, day)
    statistic = measure.statistic or "value_at"
    return _to_base(statistic, statistics.across(values, across), info, info.scale == "log10")


def host_values(measure: Measure, record: Record, day: float | None = None) -> tuple[Floats, ReadoutInfo]:
    """A statistic of a readout, host by host, in the presented unit or in days.

    Raises
    ------
    NotMeasured
        For an unknown readout, or a day outside the run.
    """
    try:
        index = find_readout(record.infos, measure.readout or "")
    except UnknownName as unknown:
        raise NotMeasured(str(unknown)) from unknown
    info = record.infos[index]
    rows = list_rows(record)
    shown = present(curve_values(record, rows, index), info)
    at = read_day(measure.at) if measure.at is not None else day
    if at is not None:
        _check_day(at, record)
    window = None
    if measure.between is not None:
        window = (read_day(measure.between[0]), read_day(measure.between[1]))
        for edge in window:
            _check_day(edge, record)
    statistic = measure.statistic or "value_at"
    level = _level(measure.level, info)
    there = ~np.isnan(rows.time)
    values = np.array(
        [
            _statistic(statistic, rows.time[there[:, k], k], shown[there[:, k], k], info, at, window, level)
            for k in range(shown.shape[1])
        ]
    )
    return values, info


def _check_day(day: float, record: Record) -> None:
    if not record.time[0] - SLACK <= day <= record.time[-1] + SLACK:
        raise NotMeasured(f"day {day:g} lies outside the run, which ends on day {record.time[-1]:g}")


def _level(text: str | None, info: ReadoutInfo) -> float:
    if text is None:
        return math.nan
    number, unit = read_value(text)
    return presented_value(number, unit.text, info)


def _statistic(
    statistic: str,
    time: Floats,
    curve: Floats,
    info: ReadoutInfo,
    at: float | None,
    window: tuple[float, float] | None,
    level: float,
) -> float:
    """One statistic of one host's presented curve, in the presented unit or in days."""
    if np.isnan(curve).all():
        return math.nan
    base = float(curve[0])
    first, last = window or (float(time[0]), float(time[-1]))
    times, values = statistics.cut(time, curve, first, last)
    if not len(values):
        return math.nan
    if statistic in ("value_at", "fold_of_baseline", "rise_over_baseline"):
        value = statistics.value_at(time, curve, at) if at is not None else float(values.max())
        if statistic == "value_at":
            return value
        if statistic == "rise_over_baseline":
            return value - base
        if info.scale == "log10":
            return 10.0 ** (value - base)
        return value / base if base else math.nan
    if statistic == "half_life":
        limit = info.limit_of_detection or 0.0
        return statistics.half_life(times, 10.0**values if info.scale == "log10" else values, limit)
    simple: dict[str, Callable[[], float]] = {
        "baseline": lambda: base,
        "last": lambda: float(values[-1]),
        "maximum": lambda: float(values.max()),
        "minimum": lambda: float(values.min()),
        "time_of_maximum": lambda: float(times[np.argmax(values)]),
        "time_of_minimum": lambda: float(times[np.argmin(values)]),
        "mean": lambda: statistics.mean(times, values, logarithm=info.scale == "log10"),
        "area": lambda: float(statistics.area(times, values, logarithm=info.scale == "log10")),
        "time_to_cross": lambda: statistics.time_to_cross(times, values, level),
        "duration_above": lambda: statistics.duration_above(times, values, level),
        "duration_below": lambda: statistics.duration_below(times, values, level),
        "episodes": lambda: statistics.episodes(times, values, level),
    }
    return simple[statistic]()


def _to_base(statistic: str, value: float, info: ReadoutInfo, log: bool) -> Measured:
    factor, dimension = parse_unit(info.unit)
    if statistic in ("time_of_maximum", "time_of_minimum", "half_life", *_DURATIONS):
        return Measured(value, TIME)
    if statistic in ("fold_of_baseline", "episodes"):
        return Measured(value, DIMENSIONLESS)
    if log:
        if statistic == "rise_over_baseline":
            return Measured(value, DIMENSIONLESS)  # decades
        if statistic == "area":
            return Measured(value, TIME)  # decades above the readout's unit, times days
        return Measured(value + math.log10(factor), dimension, log=True)
    return Measured(value * factor, dimension * TIME if statistic == "area" else dimension)


_DURATIONS = ("time_to_cross", "duration_above", "duration_below")


def _listed(patterns: str | list[str] | None) -> list[str]:
    return [patterns] if isinstance(patterns, str) else patterns or []


def _matching(patterns: list[str], names: Sequence[str], kind: str) -> list[int]:
    rows: set[int] = set()
    for pattern in patterns:
        found = [i for i, name in enumerate(names) if fnmatchcase(name, pattern)]
        if not found:
            raise NotMeasured(str(UnknownName(kind, pattern, names)))
        rows.update(found)
    return sorted(rows)


def _one_dimension(units: Sequence[str], what: str) -> Dimension:
    dimensions = {parse_unit(unit)[1] for unit in units}
    if len(dimensions) != 1:
        raise NotMeasured(f"the {what} do not all have the same unit")
    return dimensions.pop()


def _flux(patterns: list[str], record: Record) -> tuple[Floats, Dimension]:
    """Firings per day of some flows, host by host, mean over the run."""
    rows = _matching(patterns, record.flow_names, "flow")
    assert record.fired is not None
    days = np.where(np.isnan(record.stopped_at), record.time[-1] - record.time[0], record.stopped_at)
    dimension = _one_dimension([record.flow_units[row] for row in rows], "flows")
    return record.fired[:, rows].sum(axis=1) / days, dimension / TIME


def _amount(patterns: list[str], record: Record) -> tuple[Floats, Dimension]:
    """What some pools hold at the end, host by host."""
    rows = _matching(patterns, record.pool_names, "pool")
    assert record.state is not None
    return record.state[:, rows].sum(axis=1), _one_dimension([record.pool_units[row] for row in rows], "pools")


def fits_or_raise(measured: Measured, unit: object, expected_dimension: Dimension, expected_log: bool) -> None:
    """Raise E809 unless a measured number is of the dimension the finding expects."""
    if measured.dimension != expected_dimension or measured.log != expected_log:
        name = f"log10 of {measured.dimension}" if measured.log else str(measured.dimension)
        raise fail("E809", text=unit, measured=name)
