"""The blood count: cells per litre of blood beside their reference ranges, as a laboratory prints them."""

from __future__ import annotations

import math

import numpy as np

from immunity.report.chart import range_text
from immunity.report.model import Curve, Floats, ReportInput
from immunity.report.words import Clock, number

LOW, HIGH = "↓", "↑"
UNIT = "1e9 cell/L"


def counted(report: ReportInput) -> tuple[Curve, ...]:
    """What a blood count holds: cells per litre of blood that have a reference range, the most numerous first."""
    found = [c for c in report.curves if c.panel == "blood" and c.unit == UNIT and c.healthy is not None]
    return tuple(sorted(found, key=lambda c: -(c.healthy or (0.0, 0.0))[1]))


def count_table(report: ReportInput, time: Clock) -> tuple[list[str], list[list[str]]] | None:
    """Header and rows of the blood count; None if nothing was counted."""
    curves = counted(report)
    if not curves:
        return None
    header = ["Cells", "Before", "Lowest", "Highest", "Last", "Reference, adults"]
    seconds = [report.second_title] if report.second_title else []
    header += [f"{side}, {title}" for title in seconds for side in ("Lowest", "Highest")]
    rows = []
    for curve in curves:
        row = [curve.name, *_row(curve.values, curve, report.times, time), range_text(curve)]
        if seconds:
            row += ["–", "–"] if curve.second is None else _row(curve.second, curve, report.times, time)[1:3]
        rows.append(row)
    return header, rows


def _row(values: Floats, curve: Curve, times: Floats, time: Clock) -> list[str]:
    """Before, lowest, highest and last, each with a mark where it is out of range."""
    there = np.flatnonzero(np.isfinite(values))
    if not len(there):
        return ["–"] * 4
    low, high = (int(there[pick(values[there])]) for pick in (np.argmin, np.argmax))
    first, last = int(there[0]), int(there[-1])
    moments = [f"{_marked(float(values[i]), curve)} ({time.stamp(float(times[i]))})" for i in (low, high)]
    return [_marked(float(values[first]), curve), *moments, _marked(float(values[last]), curve)]


def _marked(value: float, curve: Curve) -> str:
    low, high = curve.healthy or (-math.inf, math.inf)
    mark = f" {LOW}" if value < low else f" {HIGH}" if value > high else ""
    return f"{number(value)}{mark}"
