"""A run as a page draws it: curves, the body, the story."""

from __future__ import annotations

import math
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunity.explore.session import Made
from immunity.report import bodymap, figure, story
from immunity.report.from_run import outline_of_run
from immunity.report.model import Curve, Floats, PlaceSeries, ReportInput
from immunity.report.roles import is_microbe
from immunity.report.scales import value_axis
from immunity.report.words import clock, unit_text, whole
from immunity.validate import Published

ROWS = 640  # of a curve that is sent
DIGITS = 4


def answer(made: Made, findings: tuple[Published, ...]) -> dict[str, Any]:
    """Everything the page draws of a run."""
    report = outline_of_run(made.run, findings=findings if _as_published(made) else ())
    wanted = made.asked.readouts or list(made.run.record.show)
    curves = {curve.id: curve for curve in report.curves}
    shown = [curves[id] for id in dict.fromkeys(wanted) if id in curves]
    sketch = made.asked.sketch
    rows = _rows(report, shown, ROWS)
    time = clock(report.days)
    return {
        "id": made.id,
        "sketch": sketch,
        "title": whole(report.title),
        "outcome": report.outcome,
        "headline": whole(story.headline(report)),
        "story": [] if sketch else [_beat(beat) for beat in story.tell(report)[:-1]],
        "days": report.days,
        "stopped": report.stopped_at,
        "clock": {"unit": time.unit, "per_day": time.per_day, "hours_until": min(time.hours_until, 1e6)},
        "host": report.host,
        "done": report.done,
        "warnings": [*_before(made), *report.warnings],
        "times": [round(float(day), 7) for day in report.times[rows]],
        "curves": [_curve(curve, rows) for curve in shown],
        "map": _map(report, rows),
        "moment": int(np.searchsorted(rows, bodymap.telling_moment(report))),
        "seconds": {key: round(value, 4) for key, value in made.seconds.items()},
    }


def _before(made: Made) -> list[str]:
    """What is to be said of a host that did not live to see day 0."""
    lived = made.run.record.case is not None and made.run.record.case.past is not None
    gone = lived and not np.isfinite(made.run.record.readout).any()
    return ["The host did not survive what it had met before day 0: change that, or who it is."] if gone else []


def _beat(beat: story.Beat) -> dict[str, Any]:
    return {"day": _round(beat.day), "text": whole(beat.text), "curve": beat.curve}


def _as_published(made: Made) -> bool:
    """Whether only the host is another, so that published points still speak of this."""
    return made.asked.text is None and all(key.startswith("host.") for key in made.asked.changes)


def _rows(report: ReportInput, shown: list[Curve], most: int) -> NDArray[np.intp]:
    """Rows to send: all, or of many some evenly spread ones with the extremes of every curve."""
    count = len(report.times)
    if count <= most:
        return np.arange(count)
    rows = set(np.linspace(0, count - 1, most).round().astype(int).tolist())
    for values in [curve.values for curve in shown] + [place.microbes for place in report.places]:
        if np.isfinite(values).any():
            rows |= {int(np.nanargmax(values)), int(np.nanargmin(values))}
    return np.array(sorted(rows))


def _curve(curve: Curve, rows: NDArray[np.intp]) -> dict[str, Any]:
    axis = value_axis(curve)
    return {
        "id": curve.id,
        "name": curve.name,
        "unit": unit_text(curve.unit),
        "panel": curve.panel,
        "log": curve.scale == "log10",
        "microbes": is_microbe(curve),
        "values": packed(curve.values[rows]),
        "healthy": None if curve.healthy is None else [_round(bound) for bound in curve.healthy],
        "limit": curve.limit_of_detection,
        "lo": axis.lo,
        "hi": axis.hi,
        "points": [
            {"x": _round(p.x), "y": _round(p.y), "lo": _round(p.lo), "hi": _round(p.hi), "cite": p.cite}
            for p in curve.points
        ],
    }


def _map(report: ReportInput, rows: NDArray[np.intp]) -> dict[str, Any]:
    """The body: its outline, and for every place where it lies, where its words stand, and what is in it."""
    labels = bodymap.labels(report.places)
    return {
        "width": bodymap.WIDTH,
        "height": round(bodymap.height(labels)),
        "outline": figure.outline(),
        "shift": [bodymap.LEFT, bodymap.TOP, bodymap.SCALE],
        "levels": list(bodymap.LEVELS),
        "level_labels": list(bodymap.LEVEL_LABELS),
        "rings": list(bodymap.RINGS),
        "ring_labels": list(bodymap.RING_LABELS),
        "unit": report.microbe_unit,
        "places": [_place(place, label, rows) for place, label in zip(report.places, labels, strict=True)],
    }


def _place(place: PlaceSeries, label: bodymap.Label, rows: NDArray[np.intp]) -> dict[str, Any]:
    x, y = bodymap.position(place)
    (elbow, _), _ = bodymap.leader((x, y), label.side, label.y)
    return {
        "id": place.id,
        "name": place.name,
        "x": round(x, 1),
        "y": round(y, 1),
        "side": label.side,
        "top": round(label.y, 1),
        "lines": list(label.lines),
        "elbow": round(elbow, 1),
        "quiet": label.rows == 0,
        "rest": _round(float(place.cells[0])),
        "cells": packed(place.cells[rows]) if bodymap.ever_cells(place) else None,
        "microbes": packed(place.microbes[rows]) if bodymap.ever_microbes(place) else None,
    }


def packed(values: Floats) -> str:
    """Numbers as little-endian 32-bit floats in base64: a third of the size of their digits, and quick to write."""
    with np.errstate(over="ignore"):
        return b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()


def _round(value: float | None, digits: int = DIGITS) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.{digits}g}")
