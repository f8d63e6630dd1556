"""Why a readout of a run stood where it stood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import Floats
from immunity.language.errors import fail
from immunity.results.present import find_readout
from immunity.results.record import Record
from immunity.why import Course, Why


def why_of_host(record: Record, readout: str, day: float | None = None, *, course: Course | None = None) -> Why:
    """Ask it of the one host of a record; see :meth:`immunity.results.runs.Run.why`.

    Parameters
    ----------
    course : Course, optional    of the same record, where many things are asked of it
    """
    column = find_readout(record.infos, readout)
    if record.case is None or record.pool is None:
        raise fail("E840", text=readout, reason="a result read from files holds no rules, and a lean one no pools")
    values, time = record.readout[:, 0, column], record.time
    known = np.flatnonzero(np.isfinite(values))
    if day is None:
        row = _row_of_most_change(values, known)
    elif not time[0] <= day <= time[known[-1]]:
        raise fail(
            "E840", text=readout, reason=f"there is no day {day:g} in this run, which ends on day {time[known[-1]]:g}"
        )
    else:
        row = int(np.searchsorted(time, day + 1e-9, side="right")) - 1
    cause = (course or course_of_host(record)).causes(readout, float(time[row]))
    info = record.infos[column]
    labels = record.case.model.labels
    told = cause.in_its_unit()
    return Why(readout, info.name, info.unit, float(values[0]), float(values[row]), float(time[row]), told, labels)


def course_of_host(record: Record, most: int | None = None) -> Course:
    """The run of a record's one host up to its end; the record must hold a case and pools.

    Parameters
    ----------
    most : int    of the output times at most so many are taken, evenly: each takes 0.1 MB
    """
    assert record.case is not None and record.pool is not None
    known = np.flatnonzero(np.isfinite(record.pool[:, 0]).all(axis=1))
    until = int(known[-1]) + 1
    rows = np.unique(np.linspace(0, until - 1, min(until, most or until)).round().astype(int))
    case = record.case if record.met is None else replace(record.case, events=record.met)
    given = case.theta if record.given is None else record.given
    return Course(case, given, record.time[rows], record.pool[rows, 0])


def _row_of_most_change(values: Floats, known: NDArray[np.int64]) -> int:
    return int(known[np.argmax(np.abs(values[known] - values[0]))])
