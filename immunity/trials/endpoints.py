"""What becomes of each host: its endpoints, taken of the curves while they are there."""

from __future__ import annotations

import numpy as np

from immunity.cohorts import HostBatch, Options, Rows
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.language.errors import fail
from immunity.results import UnknownName, host_failed
from immunity.results.collect import label
from immunity.results.condition import OPERATORS, Compare, Condition, Either, NotCovered, OutcomeIs, hosts_true
from immunity.results.convert import presented_value
from immunity.results.curves import SLACK, curve_values, list_rows, within
from immunity.results.outcomes import host_outcomes
from immunity.results.present import find_readout, present
from immunity.results.record import Record
from immunity.trials.load import Planned, last_day, measure_of
from immunity.validate.measure import read_day
from immunity.validate.models import Measure
from immunity.validate.take import NotMeasured, host_values

DRAWN_TIMES = 241  # of a curve that is kept for drawing


def readouts_of(plan: Planned, show: tuple[str, ...]) -> tuple[str, ...]:
    """What is drawn of every host: what the trial asks for, or what the scenario shows."""
    return tuple(plan.trial.show) or show


def drawn_rows(n_time: int) -> slice:
    """Which output times are kept for drawing."""
    return slice(None, None, max(1, -(-n_time // DRAWN_TIMES)))


def reduce_batch(plan: Planned, show: tuple[str, ...], case: Case, options: Options, batch: HostBatch) -> Rows:
    """Take everything that a trial needs to know of a batch of hosts."""
    record = label(case, batch, options)
    trial = plan.trial
    failed = np.array([host_failed(int(code)) for code in record.status], dtype=bool)
    gone = np.isfinite(record.stopped_at) & (record.stopped_at <= plan.enrol_day) & (plan.enrol_day > 0.0)
    rows: Rows = {
        "host": record.host.astype(np.int64),
        "failed": failed,
        "stopped_at": record.stopped_at,
        "outcome": np.array(host_outcomes(record), dtype=np.str_),
        "eligible": ~gone,
        "gone": gone,
        "ever_fired": batch.ever_fired,
        "left": batch.left,
    }
    if plan.eligible is not None:
        rows["eligible"] = _truths(plan, plan.eligible, record, "enrolment", "eligible") & ~gone
    for name, endpoint in trial.endpoints.items():
        condition = plan.conditions.get(name)
        if condition is None:
            rows[f"value {name}"] = _measured(plan, name, measure_of(endpoint), record)
        elif endpoint.response is not None:
            truths = _truths(plan, condition, record, "endpoints", name, "response")
            rows[f"value {name}"] = np.where(failed, np.nan, truths.astype(float))
        else:
            rows[f"value {name}"] = _first_times(plan, name, condition, record)
    every = drawn_rows(len(record.time))
    for readout in show:
        index = find_readout(record.infos, readout)
        shown = present(record.readout[every, :, index], record.infos[index])
        rows[f"curve {readout}"] = shown.T.astype(np.float32)
    return rows


def _truths(plan: Planned, condition: Condition, record: Record, *path: str) -> np.ndarray:
    try:
        return hosts_true(condition, record)
    except (NotCovered, UnknownName) as fault:
        raise fail("E850", at=plan.at(*path), reason=str(fault)) from None


def _measured(plan: Planned, name: str, measure: Measure, record: Record) -> Floats:
    try:
        values, _ = host_values(measure, record)
    except NotMeasured as fault:
        raise fail("E850", at=plan.at("endpoints", name), reason=str(fault)) from None
    return values


def _first_times(plan: Planned, name: str, condition: Condition, record: Record) -> Floats:
    """The day of the first event after enrolment, NaN where it never comes."""
    try:
        return _first(condition, record, plan.enrol_day)
    except (NotCovered, UnknownName) as fault:
        raise fail("E850", at=plan.at("endpoints", name, "time_to"), reason=str(fault)) from None


def _first(condition: Condition, record: Record, start: float) -> Floats:
    match condition:
        case Either():
            return np.fmin(_first(condition.left, record, start), _first(condition.right, record, start))
        case OutcomeIs():
            came = hosts_true(condition, record) & (record.stopped_at >= start - SLACK)
            words = {record.stop_outcome, *record.endings}
            word = condition.outcome.replace("_", " ")
            if word not in words:
                raise NotCovered(
                    f"nobody ends at a moment as {word!r}, only as {', '.join(sorted(filter(None, words)))}"
                )
            return np.where(came, record.stopped_at, np.nan)
        case Compare():
            index = find_readout(record.infos, condition.readout)
            info = record.infos[index]
            rows = list_rows(record)
            limit = presented_value(condition.number, condition.unit, info)
            holds = OPERATORS[condition.operator](present(curve_values(record, rows, index), info), limit)
            hosts_true(condition, record)  # refuses days outside the run
            inside = within(rows, max(condition.window.first, start), condition.window.last)
            met = holds & inside
            first = met.argmax(axis=0)
            return np.where(met.any(axis=0), rows.time[first, np.arange(met.shape[1])], np.nan)
    raise AssertionError(condition)


def assessed_on(plan: Planned, name: str, end: float) -> float:
    """The day by which an endpoint of a host is known."""
    endpoint = plan.trial.endpoints[name]
    condition = plan.conditions.get(name)
    if condition is not None:
        return last_day(condition, end)
    if endpoint.at is not None:
        return read_day(endpoint.at)
    return end if endpoint.between is None else read_day(endpoint.between[1])
