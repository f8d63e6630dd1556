"""Tables beside the drawings: enough rows to read a curve, few enough to read at all."""

from __future__ import annotations

import numpy as np

from immunity.report import bodymap
from immunity.report.chart import say
from immunity.report.model import Curve, Floats, ReportInput
from immunity.report.words import Clock, number, temperature, unit_text

_ROWS = 16


def chosen(times: Floats, *series: Floats | None) -> tuple[int, ...]:
    """Rows to show: evenly spread output times, and the extremes of every series."""
    rows = set(np.unique(np.linspace(0, len(times) - 1, min(_ROWS, len(times))).round().astype(int)).tolist())
    for values in series:
        if values is not None and np.isfinite(values).any():
            rows |= {int(np.nanargmax(values)), int(np.nanargmin(values))}
    return tuple(sorted(rows))


def curve_table(curve: Curve, times: Floats, clock: Clock, report: ReportInput) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the table of one curve."""
    shown = unit_text(curve.unit)
    header = [clock.unit.capitalize(), f"{curve.name}{f' ({shown})' if shown else ''}"]
    columns = [curve.values]
    if curve.band is not None:
        header[1] += ", median"
        header += ["Low", "High"]
        columns += list(curve.band)
    if curve.second is not None:
        header.append(report.second_title or "Second run")
        columns.append(curve.second)
    rows = []
    for i in chosen(times, curve.values, curve.second):
        cells = [say(float(c[i]), curve) if np.isfinite(c[i]) else "–" for c in columns]
        rows.append([number(clock.value(float(times[i]))), *cells])
    return header, rows


def points_table(curve: Curve, clock: Clock) -> list[list[str]]:
    """Published points of a curve: moment, value, interval, citation."""

    def interval(lo: float | None, hi: float | None) -> str:
        return "" if lo is None or hi is None else f"{_plain(lo, curve)} to {_plain(hi, curve)}"

    return [
        [number(clock.value(p.x)), _plain(p.y, curve), interval(p.lo, p.hi), p.cite]
        for p in sorted(curve.points, key=lambda p: p.x)
    ]


def observed_table(curve: Curve, clock: Clock) -> list[list[str]]:
    """Observed values of a curve: moment, value, subject."""
    return [
        [number(clock.value(float(day))), f"{'< ' if below else ''}{_plain(float(value), curve)}", series.subject]
        for series in curve.observed
        for day, value, below in zip(series.time, series.value, series.below, strict=True)
    ]


def _plain(value: float, curve: Curve) -> str:
    return temperature(value, curve.unit).removesuffix(" °C") if curve.unit == "degC" else number(value)


def places_table(report: ReportInput, clock: Clock) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the table of the body map."""
    header = [clock.unit.capitalize()]
    for place in report.places:
        if bodymap.ever_cells(place):
            header.append(f"{place.name}, immune cells")
        if bodymap.ever_microbes(place):
            header.append(f"{place.name}, {report.microbe_unit}")
    rows = []
    for i in chosen(report.times, *(p.cells for p in report.places), *(p.microbes for p in report.places)):
        row = [number(clock.value(float(report.times[i])))]
        for place in report.places:
            if bodymap.ever_cells(place):
                row.append(bodymap.cells_text(place, i))
            if bodymap.ever_microbes(place):
                row.append(number(float(place.microbes[i]), 2) if not place.microbes[i] < 1.0 else "0")
        rows.append(row)
    return header, rows
