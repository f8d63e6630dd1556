"""As many points as the eye can tell apart: of a line its extremes in each column of the screen, and its corners."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from immunity.report.model import Curve, Floats, PlaceSeries, ReportInput

ROWS = 400  # moments that slider and cursor stop at; a longer run is shown at these
TOLERANCE = 0.12  # of a unit of the drawing, a tenth of the width of a line
MOST = 60  # rows added for the highest and lowest points of what is shown first


def visible(x: Floats, y: Floats, columns: int) -> tuple[Floats, Floats]:
    """The points of a line that can be seen.

    Parameters
    ----------
    x, y : float64[point]   positions in the drawing, x ascending; NaN where there is a gap
    columns : int           columns between the first x and the last in which extremes are kept
    """
    if len(x) < 3:
        return x, y
    there = np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.r_[False, there, False].astype(np.int8)))
    parts = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        rows = np.arange(start, stop)
        if len(rows) > 4 * columns:
            rows = rows[_extremes(x[rows], y[rows], columns)]
        rows = rows[_corners(x[rows], y[rows])]
        parts.append((x[rows], y[rows]))
    if not parts:
        return x[:1], y[:1]
    gap = np.array([np.nan])
    xs = [piece for px, _ in parts for piece in (px, px[-1:])][:-1]
    ys = [piece for _, py in parts for piece in (py, gap)][:-1]
    return np.concatenate(xs), np.concatenate(ys)


def _extremes(x: Floats, y: Floats, columns: int) -> NDArray[np.int64]:
    """First, lowest, highest and last point of every column."""
    bounds = np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], columns + 1)))
    bounds[-1] = len(x)
    kept = {0, len(x) - 1}
    for start, stop in pairwise(bounds.tolist()):
        piece = y[start:stop]
        kept |= {int(start), int(stop) - 1, int(start + piece.argmin()), int(start + piece.argmax())}
    return np.array(sorted(kept))


def _corners(x: Floats, y: Floats) -> NDArray[np.int64]:
    """Ramer, Douglas and Peucker: points without which the line would be off by more than the tolerance."""
    kept = np.zeros(len(x), np.bool_)
    kept[[0, -1]] = True
    stack = [(0, len(x) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        dx, dy = x[last] - x[first], y[last] - y[first]
        inner = slice(first + 1, last)
        px, py = x[inner] - x[first], y[inner] - y[first]
        length = np.hypot(dx, dy)
        off = np.hypot(px, py) if length == 0.0 else np.abs(dx * py - dy * px) / length
        worst = int(off.argmax())
        if off[worst] > TOLERANCE:
            middle = first + 1 + worst
            kept[middle] = True
            stack += [(first, middle), (middle, last)]
    return np.flatnonzero(kept)


def thinned(report: ReportInput) -> ReportInput:
    """The report at no more moments than a slider can stop at, with the extremes of what is shown first."""
    if len(report.times) <= ROWS + MOST:
        return report
    rows = set(np.linspace(0, len(report.times) - 1, ROWS).round().astype(int).tolist())
    series = [
        v for c in report.curves if c.main for v in (c.values, c.second) if v is not None and np.isfinite(v).any()
    ]
    extremes = [int(pick(v)) for v in series for pick in (np.nanargmax, np.nanargmin)]
    ends = [int(np.flatnonzero(np.isfinite(v))[-1]) for v in series]
    rows |= {*extremes[:MOST], *ends[:1]}
    return _at(report, np.array(sorted(rows)))


def _at(report: ReportInput, rows: NDArray[np.int64]) -> ReportInput:
    def curve(c: Curve) -> Curve:
        band = None if c.band is None else (c.band[0][rows], c.band[1][rows])
        return replace(c, values=c.values[rows], second=None if c.second is None else c.second[rows], band=band)

    def place(p: PlaceSeries) -> PlaceSeries:
        return replace(p, cells=p.cells[rows], microbes=p.microbes[rows])

    return replace(
        report,
        times=report.times[rows],
        curves=tuple(curve(c) for c in report.curves),
        places=tuple(place(p) for p in report.places),
        second=None if report.second is None else _at(report.second, rows),
    )
