"""A run in a page of numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from immunity.compiler.tables import Floats
from immunity.results import curves
from immunity.results.last import last
from immunity.results.outcomes import causes_of_end, host_outcomes, outside_healthy
from immunity.results.present import present, present_bounds, present_unit
from immunity.results.record import DISCLAIMER, Record, in_blocks
from immunity.results.status import status_text

Statistic = Callable[[Floats, Floats], Floats]  # (float64[row, host] days, float64[row, host]) -> float64[host]
QUANTILES = {"median": 0.5, "q05": 0.05, "q25": 0.25, "q75": 0.75, "q95": 0.95}


def baseline(time: Floats, values: Floats) -> Floats:
    """The first value: at rest, before anything is done."""
    return values[0].copy()  # a view would keep the whole curves


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


def summarise_run(record: Record) -> dict[str, Any]:
    """The summary of a single host; see docs/explanation/architecture.md for its keys."""
    rows = curves.list_rows(record)
    return _head(record) | {
        "outcome": host_outcomes(record)[0],
        "died_of": causes_of_end(record)[0],
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
    outcomes: Counter[str] = Counter()
    found: list[list[dict[str, Floats]]] = [[] for _ in record.infos]  # per readout, block by block
    for block in in_blocks(record):
        outcomes.update(host_outcomes(block))
        rows = curves.list_rows(block)
        for index, blocks in enumerate(found):
            blocks.append(statistics_of(block, index, rows))
    readouts = {
        info.id: _entry(record, index)
        | {name: over_hosts(np.concatenate([block[name] for block in blocks])) for name in blocks[0]}
        for index, (info, blocks) in enumerate(zip(record.infos, found, strict=True))
    }
    return _head(record) | {
        "hosts": len(record.host),
        "outcomes": dict(outcomes.most_common()),
        "status": dict(Counter(status_text(int(code)) for code in record.status)),
        "readouts": readouts,
        "provenance": record.provenance,
        "warnings": list(record.warnings),
    }


def count_outcomes(record: Record) -> dict[str, int]:
    """How many hosts came to what, most frequent first."""
    return dict(Counter(word for block in in_blocks(record) for word in host_outcomes(block)).most_common())


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
