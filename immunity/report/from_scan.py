"""The page of a scan: what was looked at, over what, and how it comes out."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from markupsafe import Markup

from immunity.report import scan_charts as draw
from immunity.report.render import page_of, provenance_sections
from immunity.results import DISCLAIMER
from immunity.scans.run import Scanned
from immunity.scans.scan import Scan, middles, over_hosts

MOST_MAPS = 12  # of one read; the rest stands in the table
MOST_ROWS = 2000
FACTORS = 30.0  # between the least and the largest value


def page_of_scan(scan: Scan) -> str:
    """The whole page as text; no request leaves it, and it needs no script."""
    found = scan.found
    header, rows = scan.rows()
    return page_of(
        "scan.html.j2",
        styles=("report.css", "trial.css"),
        title=found.title,
        over=[(axis.key, _said(axis.values)) for axis in found.axes],
        points=len(found.points),
        hosts=found.values.shape[1],
        sobol=found.shape is None,
        failed=found.failed,
        reads=[
            {"title": read.text, "unit": found.units[k], "charts": charts(found, k)}
            for k, read in enumerate(found.reads)
        ],
        header=header,
        rows=[["–" if cell is None else cell for cell in row] for row in rows[:MOST_ROWS]],
        more=max(0, len(rows) - MOST_ROWS),
        disclaimer=DISCLAIMER,
        provenance=provenance_sections(dict(found.provenance)),
    )


def charts_of_scan(found: Scanned) -> list[Markup]:
    """The first drawing of each read, for a notebook."""
    return [charts(found, k)[0]["svg"] for k in range(len(found.reads))]


def _said(values: tuple[Any, ...]) -> str:
    shown = [str(value) for value in values]
    return ", ".join(shown) if len(shown) <= 6 else f"{shown[0]} to {shown[-1]}, {len(shown)} values"


def charts(found: Scanned, read: int) -> list[dict[str, Any]]:
    """The drawings of one read, each with what it is about."""
    text, values = found.reads[read].text, middles(found, read)
    if found.shape is None:
        return [_dots(found, k, text, values) for k in range(len(found.axes))]
    if len(found.axes) == 1:
        axis = found.axes[0]
        band = None
        if not found.reads[read].is_share and found.values.shape[1] > 1:
            spread = np.array([over_hosts(point[:, read]) for point in found.values])
            band = (spread[:, 0], spread[:, 2])
        labels = [axis.label(k) for k in range(len(axis.values))]
        told = "; ".join(f"{label} {draw.number(float(value))}" for label, value in zip(labels, values, strict=True))
        svg = draw.line(
            draw.places(axis.numbers, len(labels), log=axis.log),
            labels,
            values,
            band,
            said=f"{text} over {axis.key}: {told}",
        )
        return [{"title": f"over {axis.key}", "svg": svg}]
    return _maps(found, read, values)


def _maps(found: Scanned, read: int, values: np.ndarray) -> list[dict[str, Any]]:
    """A heat map over the first two axes for every combination of the others; colours go by factors where due."""
    assert found.shape is not None
    text = found.reads[read].text
    known = values[np.isfinite(values)]
    factors = bool(len(known) and known.min() > 0.0 and known.max() > FACTORS * known.min())
    grid, (first, second, *others) = values.reshape(found.shape), found.axes
    reach = (0.0, 1.0) if found.reads[read].is_share else draw.reach_of(np.log10(known) if factors else values)
    across = [first.label(k) for k in range(len(first.values))]
    down = [second.label(k) for k in range(len(second.values))]
    maps = []
    for where in itertools.islice(itertools.product(*(range(len(axis.values)) for axis in others)), MOST_MAPS):
        cells = grid[(slice(None), slice(None), *where)]
        at = ", ".join(f"{axis.key} {axis.label(k)}" for axis, k in zip(others, where, strict=True))
        there = cells[np.isfinite(cells)]
        told = f", from {draw.number(float(there.min()))} to {draw.number(float(there.max()))}" if len(there) else ""
        said = f"{text} over {first.key} and {second.key}{' at ' + at if at else ''}{told}"
        svg = draw.heat(across, down, cells, reach, title=first.key, said=said, shade=math.log10 if factors else float)
        maps.append({"title": f"{second.key} upwards{', at ' + at if at else ''}", "svg": svg})
    return maps


def _dots(found: Scanned, k: int, text: str, values: np.ndarray) -> dict[str, Any]:
    """The values of all points over one of the keys."""
    axis = found.axes[k]
    labels = [str(axis.at(0.0)), str(axis.at(1.0))]
    position = {str(value): place for place, value in enumerate(axis.values)}
    if axis.numbers is None:
        where = np.array([position[str(point[k])] for point in found.points]) / max(1, len(axis.values) - 1)
    else:
        numbers = np.array([float(str(point[k]).split()[0]) for point in found.points])
        low, high = axis.reach or (float(axis.numbers.min()), float(axis.numbers.max()))
        shown, ends = (np.log(numbers), np.log([low, high])) if axis.log else (numbers, np.array([low, high]))
        where = (shown - ends[0]) / (ends[1] - ends[0])
    said = f"{text} over {axis.key}, a dot for each of {len(values)} points"
    return {"title": f"over {axis.key}", "svg": draw.dots(where, (labels[0], labels[1]), values, said=said)}
