"""A run in a page of numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import Floats
from immunity.results import curves
from immunity.results.present import present, present_bounds, present_unit
from immunity.results.record import DISCLAIMER, Record
from immunity.results.status import host_failed, status_text

Statistic = Callable[[Floats, Floats], Floats]  # (float64[row, host] days, float64[row, host]) -> float64[host]
SYMPTOM_PANELS = ("symptoms", "body")
ADULT = 16.0  # years
YEARS = {"y": 1.0, "year": 1.0, "years": 1.0, "month": 1 / 12, "week": 7 / 365.25, "d": 1 / 365.25, "day": 1 / 365.25}
QUANTILES = {"median": 0.5, "q05": 0.05, "q25": 0.25, "q75": 0.75, "q95": 0.95}


def baseline(time: Floats, values: Floats) -> Floats:
    """The first value: at rest, before anything is done."""
    return values[0]


def last(time: Floats, values: Floats) -> Floats:
    """The last value there is; a host that ended has none later."""
    there = ~np.isnan(values)
    rows = len(values) - 1 - np.argmax(there[::-1], axis=0)
    return np.where(there.any(axis=0), values[rows, np.arange(values.shape[1])], np.nan)


def minimum(time: Floats, values: Floats) -> Floats:
    """The smallest value."""
    return -maximum(time, -values)


def maximum(time: Floats, values: Floats) -> Floats:
    """The largest value."""
    return _or_nan(_filled(values).max(axis=0), values)


def minimum_day(time: Floats, values: Floats) -> Floats:
    """When the smallest value is first reached."""
    return maximum_day(time, -values)


def maximum_day(time: Floats, values: Floats) -> Floats:
    """When the largest value is first reached."""
    rows = _filled(values).argmax(axis=0)
    return _or_nan(time[rows, np.arange(values.shape[1])], values)


def area(time: Floats, values: Floats) -> Floats:
    """Area under the curve, unit times day, as far as there are values; see :func:`immunity.results.curves.area`."""
    return _or_nan(curves.area(time, values), values)


def area_of_logarithm(time: Floats, values: Floats) -> Floats:
    """Area under a curve that is a logarithm, decades times day."""
    return _or_nan(curves.area(time, values, logarithm=True), values)


def _filled(values: Floats) -> Floats:
    return np.where(np.isnan(values), -np.inf, values)


def _or_nan(found: Floats, values: Floats) -> Floats:
    return np.where(np.isnan(values).all(axis=0), np.nan, found)


STATISTICS: dict[str, Statistic] = {
    "baseline": baseline,
    "minimum": minimum,
    "minimum_day": minimum_day,
    "maximum": maximum,
    "maximum_day": maximum_day,
    "last": last,
    "area": area,
}


def statistics_of(record: Record, index: int, rows: curves.Rows) -> dict[str, Floats]:
    """Every statistic of one readout, presented, host by host, of the curve with its jumps."""
    info = record.infos[index]
    shown = present(curves.curve_values(record, rows, index), info)
    chosen = STATISTICS | ({"area": area_of_logarithm} if info.scale == "log10" else {})
    return {name: f(rows.time, shown) for name, f in chosen.items()}


def outcome_words(record: Record) -> set[str]:
    """Every word that `host_outcomes` can say of a record."""
    return {"failed", "healthy", "ill", "completed", *filter(None, (record.stop_outcome, *record.endings))}


def host_outcomes(record: Record) -> list[str]:
    """What became of each host.

    The rule book's word if the host ended; ``failed`` if its numbers did; ``ill`` by :func:`is_ill` at the
    end, else ``healthy``; ``completed`` if no readout has a healthy range.
    """
    ill = is_ill(record)
    judged = any(info.healthy is not None for info in record.infos)
    outcomes = []
    for row, code in enumerate(record.status):
        if host_failed(int(code)):
            outcomes.append("failed")
        elif np.isfinite(record.stopped_at[row]):
            ended = 0 if record.ended is None else int(record.ended[row])
            outcomes.append(record.endings[ended - 1] if ended > 0 else record.stop_outcome)
        elif not judged:
            outcomes.append("completed")
        else:
            outcomes.append("ill" if ill[row] else "healthy")
    return outcomes


def is_ill(record: Record) -> NDArray[np.bool_]:
    """Who ends ill: with a symptom outside its range, or with two laboratory values far outside theirs, bool[host].

    A reference range holds 95 of 100 healthy people, so of fifteen counts one lies just outside in every other of
    them. What counts is a symptom, or two values beyond their range by more than its width (or at less than half its
    lower end); one is enough where there is only one. Ranges of adults do not judge the blood of a child.
    """
    symptoms = np.zeros(len(record.host), np.bool_)
    far = np.zeros((len(record.host), 0), np.bool_)
    for index, info in enumerate(record.infos):
        if info.healthy is None:
            continue
        values = last(record.time[:, None], record.readout[:, :, index])
        low, high = info.healthy
        if info.panel in SYMPTOM_PANELS or info.unit == "degC":
            symptoms |= ~((values >= low) & (values <= high))
        elif not _is_child(record):
            inside = (values >= low / 2.0) & (values <= high + (high - low))
            far = np.column_stack([far, ~inside])
    return np.asarray(symptoms | (far.sum(axis=1) >= max(1, min(2, far.shape[1]))))


def _is_child(record: Record) -> bool:
    """Whether the host is younger than the adults whose reference ranges these are."""
    number, _, unit = str(record.filled.get("host", {}).get("age", "")).partition(" ")
    try:
        return float(number) * YEARS.get(unit, math.nan) < ADULT
    except ValueError:
        return False


def outside_healthy(record: Record) -> NDArray[np.bool_]:
    """Which readouts end outside their healthy range, [host, readout]."""
    outside = np.zeros((len(record.host), len(record.infos)), np.bool_)
    for index, info in enumerate(record.infos):
        if info.healthy is not None:
            values = last(record.time[:, None], record.readout[:, :, index])
            outside[:, index] = ~((values >= info.healthy[0]) & (values <= info.healthy[1]))
    return outside


def summarise_run(record: Record) -> dict[str, Any]:
    """The summary of a single host; see docs/explanation/architecture.md for its keys."""
    rows = curves.list_rows(record)
    return _head(record) | {
        "outcome": host_outcomes(record)[0],
        "outside_healthy_range": [
            info.id for info, out in zip(record.infos, outside_healthy(record)[0], strict=True) if out
        ],
        "stopped_at_day": plain(record.stopped_at[0]),
        "status": status_text(int(record.status[0])),
        "happened": [{"day": day, "what": what} for day, what in record.happened],
        "readouts": {
            info.id: _entry(record, index)
            | {name: plain(value[0]) for name, value in statistics_of(record, index, rows).items()}
            for index, info in enumerate(record.infos)
        },
        "provenance": record.provenance,
        "warnings": list(record.warnings),
    }


def summarise_cohort(record: Record) -> dict[str, Any]:
    """The summary of many hosts: every statistic of every readout as median and quantiles over hosts."""
    rows = curves.list_rows(record)
    readouts = {
        info.id: _entry(record, index)
        | {name: over_hosts(values) for name, values in statistics_of(record, index, rows).items()}
        for index, info in enumerate(record.infos)
    }
    return _head(record) | {
        "hosts": len(record.host),
        "outcomes": count_outcomes(record),
        "status": dict(Counter(status_text(int(code)) for code in record.status)),
        "readouts": readouts,
        "provenance": record.provenance,
        "warnings": list(record.warnings),
    }


def count_outcomes(record: Record) -> dict[str, int]:
    """How many hosts came to what, most frequent first."""
    return dict(Counter(host_outcomes(record)).most_common())


def over_hosts(values: Floats) -> dict[str, float | None]:
    """Median and quantiles over the hosts that have a value."""
    there = values[~np.isnan(values)]
    if not len(there):
        return dict.fromkeys(QUANTILES, None)
    # between a number and the logarithm of nothing there is nothing to interpolate
    method = "linear" if np.isfinite(there).all() else "lower"
    found = np.quantile(there, list(QUANTILES.values()), method=method)
    return {name: plain(value) for name, value in zip(QUANTILES, found, strict=True)}


def plain(value: float) -> float | None:
    """A number that JSON can hold."""
    return float(value) if math.isfinite(value) else None


def _head(record: Record) -> dict[str, Any]:
    return {
        "title": record.title,
        "scenario": record.scenario,
        "mode": record.mode,
        "seed": record.seed,
        "days": record.days,
        "version": record.version,
        "rule_book_hash": record.rule_book_hash,
        "disclaimer": DISCLAIMER,
        "host": record.filled.get("host", {}),
    }


def _entry(record: Record, index: int) -> dict[str, Any]:
    info = record.infos[index]
    bounds = present_bounds(info.healthy, info)
    return {"unit": present_unit(info)} | ({"healthy": [plain(bound) for bound in bounds]} if bounds else {})
