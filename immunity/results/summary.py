"""A run in a page of numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from immunity.compiler.tables import Floats
from immunity.results.present import present, present_bounds, present_unit
from immunity.results.record import DISCLAIMER, Record
from immunity.results.status import host_failed, status_text

Statistic = Callable[[Floats, Floats], float]
QUANTILES = {"median": 0.5, "q05": 0.05, "q25": 0.25, "q75": 0.75, "q95": 0.95}


def baseline(time: Floats, values: Floats) -> float:
    """The first value: at rest, as the scenario starts."""
    return float(values[0]) if len(values) else math.nan


def last(time: Floats, values: Floats) -> float:
    """The last value there is; a host that ended has none later."""
    there = values[np.isfinite(values)]
    return float(there[-1]) if len(there) else math.nan


def minimum(time: Floats, values: Floats) -> float:
    """The smallest value."""
    there = values[~np.isnan(values)]
    return float(there.min()) if len(there) else math.nan


def maximum(time: Floats, values: Floats) -> float:
    """The largest value."""
    there = values[~np.isnan(values)]
    return float(there.max()) if len(there) else math.nan


def minimum_day(time: Floats, values: Floats) -> float:
    """When the smallest value is first reached."""
    return float(time[np.nanargmin(values)]) if not np.isnan(values).all() else math.nan


def maximum_day(time: Floats, values: Floats) -> float:
    """When the largest value is first reached."""
    return float(time[np.nanargmax(values)]) if not np.isnan(values).all() else math.nan


def area(time: Floats, values: Floats) -> float:
    """Area under the curve by the trapezoidal rule, unit times day."""
    there = ~np.isnan(values)
    return float(np.trapezoid(values[there], time[there])) if there.any() else math.nan


STATISTICS: dict[str, Statistic] = {
    "baseline": baseline,
    "minimum": minimum,
    "minimum_day": minimum_day,
    "maximum": maximum,
    "maximum_day": maximum_day,
    "last": last,
    "area": area,
}


def host_outcome(record: Record, row: int) -> str:
    """What became of one host.

    The rule book's word if the host ended; ``failed`` if its numbers did; ``healthy`` or ``ill`` by whether all
    readouts that have a healthy range end inside it; ``completed`` if there is no such readout.
    """
    if host_failed(int(record.status[row])):
        return "failed"
    if np.isfinite(record.stopped_at[row]):
        return record.stop_outcome
    judged = [info for info in record.infos if info.healthy is not None]
    if not judged:
        return "completed"
    return "ill" if outside_healthy(record, row) else "healthy"


def outside_healthy(record: Record, row: int) -> list[str]:
    """Names of the readouts that end outside their healthy range."""
    outside = []
    for index, info in enumerate(record.infos):
        if info.healthy is not None:
            value = last(record.time, record.readout[:, row, index])
            if not info.healthy[0] <= value <= info.healthy[1]:
                outside.append(info.id)
    return outside


def summarise_run(record: Record) -> dict[str, Any]:
    """The summary of a single host; see docs/explanation/architecture.md for its keys."""
    return _head(record) | {
        "outcome": host_outcome(record, 0),
        "outside_healthy_range": outside_healthy(record, 0),
        "stopped_at_day": plain(record.stopped_at[0]),
        "status": status_text(int(record.status[0])),
        "readouts": {
            info.id: _entry(record, index)
            | {name: plain(f(record.time, _shown(record, index)[:, 0])) for name, f in STATISTICS.items()}
            for index, info in enumerate(record.infos)
        },
        "provenance": record.provenance,
        "warnings": list(record.warnings),
    }


def summarise_cohort(record: Record) -> dict[str, Any]:
    """The summary of many hosts: every statistic of every readout as median and quantiles over hosts."""
    rows = range(len(record.host))
    readouts = {}
    for index, info in enumerate(record.infos):
        shown = _shown(record, index)
        readouts[info.id] = _entry(record, index) | {
            name: over_hosts(np.array([f(record.time, shown[:, row]) for row in rows]))
            for name, f in STATISTICS.items()
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
    return dict(Counter(host_outcome(record, row) for row in range(len(record.host))).most_common())


def over_hosts(values: Floats) -> dict[str, float | None]:
    """Median and quantiles over the hosts that have a value."""
    there = values[~np.isnan(values)]
    if not len(there):
        return dict.fromkeys(QUANTILES, None)
    return {name: plain(np.quantile(there, q)) for name, q in QUANTILES.items()}


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
    return {"unit": present_unit(info)} | ({"healthy": list(bounds)} if bounds else {})


def _shown(record: Record, index: int) -> Floats:
    return present(record.readout[:, :, index], record.infos[index])
