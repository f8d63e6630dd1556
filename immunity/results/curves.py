"""Curves with their jumps: rows at output times, and both sides of every event that shows.

A row of a record shows the state after an event of its instant. Maxima, areas and half-lives are taken of the curve
that has the state before as well, so that none of them hangs on the output step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import Floats
from immunity.results.record import Record

BEFORE, AFTER, ROW = 0, 1, 2
SLACK = 1e-9  # days: 24 h is day 1, whatever the last bit says


@dataclass(frozen=True)
class Rows:
    """The rows of all hosts' curves.

    Attributes
    ----------
    time : float64[row, host]   ascending; NaN where a host has fewer rows than others
    side : int8[row, host]      BEFORE or AFTER an event, or a ROW at an output time
    order : int64[row, host]    where each row stands among output rows, before-rows and after-rows; None: as they come
    """

    time: Floats
    side: NDArray[np.int8]
    order: NDArray[np.int64] | None


def list_rows(record: Record) -> Rows:
    """Lay out the rows of a record's curves, the same for every readout."""
    n_time, n_host = len(record.time), len(record.host)
    time = np.broadcast_to(record.time[:, None], (n_time, n_host))
    if record.jump_time is None or not record.jump_time.size:
        return Rows(time, np.full((n_time, n_host), ROW, np.int8), None)
    jumps = record.jump_time.T
    times = np.concatenate([time, jumps, jumps])
    sizes = (n_time, len(jumps), len(jumps))
    sides = np.broadcast_to(np.repeat(np.array([ROW, BEFORE, AFTER], np.int8), sizes)[:, None], times.shape)
    order = np.lexsort((sides, times), axis=0)
    return Rows(np.take_along_axis(times, order, 0), np.take_along_axis(sides, order, 0), order)


def curve_values(record: Record, rows: Rows, index: int) -> Floats:
    """Values of one readout along the rows: float64[row, host], before scale and limit of detection."""
    values = record.readout[:, :, index]
    if rows.order is None or record.jump_before is None or record.jump_after is None:
        return values
    both = [side[:, :, index].T for side in (record.jump_before, record.jump_after)]
    return np.take_along_axis(np.concatenate([values, *both]), rows.order, 0)


def within(rows: Rows, first: float, last: float) -> NDArray[np.bool_]:
    """Rows of a window that begins with the state after what happens at its start and ends before what ends it."""
    inside = (rows.time >= first - SLACK) & (rows.time <= last + SLACK)
    at_start = np.abs(rows.time - first) <= SLACK
    at_end = np.abs(rows.time - last) <= SLACK
    jumps_at_end = (at_end & (rows.side == BEFORE)).any(axis=0)
    return inside & ~(at_start & (rows.side == BEFORE)) & ~(at_end & (rows.side != BEFORE) & jumps_at_end)


def value_at(time: Floats, values: Floats, day: float) -> float:
    """The value on a day, after its events, by straight lines between rows."""
    there = ~np.isnan(time)
    return float(np.interp(day, time[there], values[there]))


def value_before(time: Floats, values: Floats, day: float) -> float:
    """The value on a day, before its events."""
    row = int(np.searchsorted(time, day, side="left"))
    return float(values[row]) if row < len(time) and time[row] == day else value_at(time, values, day)


def values_along(time: Floats, values: Floats, times: Floats) -> Floats:
    """A curve at other times, NaN after its end; the first of a time that stands twice means before its events."""
    found = np.interp(times, time, values)
    for row in np.flatnonzero(np.diff(times) == 0.0):
        found[row] = value_before(time, values, times[row])
    return np.where(times > time[-1], np.nan, found)


def area(time: Floats, values: Floats, *, logarithm: bool = False) -> Floats:
    """Area under curves: linear where they rise, logarithmic where they fall; exact for an exponential decay.

    Parameters
    ----------
    time, values : float64[row] or float64[row, host]
    logarithm : bool    the values are logarithms: straight lines throughout
    """
    width = np.diff(time, axis=0)
    first, second = values[:-1], values[1:]
    slices = 0.5 * (first + second)
    if not logarithm:
        with np.errstate(divide="ignore", invalid="ignore"):
            falls = (second > 0.0) & (first > second * (1.0 + 1e-6))
            slices = np.where(falls, (first - second) / np.log(first / np.where(falls, second, 1.0)), slices)
    slices = slices * width
    return np.where(np.isfinite(slices), slices, 0.0).sum(axis=0)


def with_jumps(record: Record) -> Record:
    """A record of one host whose rows have both sides of every jump; pools stand as at the nearest output time."""
    rows = list_rows(record)
    if rows.order is None:
        return record
    there = ~np.isnan(rows.time[:, 0])
    time, side = rows.time[there, 0], rows.side[there, 0]
    assert record.jump_before is not None and record.jump_after is not None
    every = np.concatenate([record.readout[:, 0], record.jump_before[0], record.jump_after[0]])
    values = every[rows.order[there, 0]][:, None]
    pool = record.pool
    if pool is not None:
        later = np.searchsorted(record.time, time, side="left")
        pool = pool[np.clip(np.where(side == BEFORE, later - 1, later), 0, len(record.time) - 1)]
    return replace(record, time=time, readout=values, pool=pool, jump_time=None, jump_before=None, jump_after=None)
