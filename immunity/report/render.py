"""From a `ReportInput` to one self-contained page."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
import numpy as np
from markupsafe import Markup

from immunity.report import bodymap, chart, counts, story, survival, thin
from immunity.report.contrast import contrasts
from immunity.report.facts import facts
from immunity.report.model import Curve, Floats, Paper, ReportInput
from immunity.report.simplify import thinned
from immunity.report.words import MINUTES_UNTIL, Clock, clock, number, unit_text, whole

_PANELS = {
    "blood": "In the blood",
    "site": "At the site",
    "microbes": "Microbes",
    "signals": "Signals",
    "symptoms": "Symptoms",
}
_JSON_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def render(report: ReportInput) -> str:
    """The whole page as text: no request leaves it, and every text in it is escaped."""
    time = clock(report.days)
    script, style = _asset("charts.js") + _asset("report.js"), _asset("report.css")
    small = thinned(report)
    moment = bodymap.telling_moment(small)
    return _template().render(
        report=report,
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
        style=Markup(style),
        script=Markup(script),
        data=Markup(_json(_data(small, time))),
        name=_name(report),
        headlines=[(each.label, story.headline(each)) for each in _both(report)],
        beats=_dated(story.tell(report), small, time),
        contrasts=_dated(contrasts(report), small, time),
        facts=facts(report),
        bodies=_bodies(small, moment),
        moment=moment,
        clock_unit=time.unit,
        now=time.stamp(float(small.times[moment])),
        last=_last_with_values(small),
        levels=bodymap.LEVEL_LABELS,
        rings=bodymap.RING_LABELS,
        places_tables=[(each.label, *thin.places_table(each, time)) for each in _both(small) if each.places],
        quiet=bodymap.quiet_words(_both(small)),
        survival=_survival(report, time),
        blood_count=counts.count_table(report, time),
        panels=_panels(report, time, float(small.times[moment]), main=True),
        more=_panels(report, time, float(small.times[moment]), main=False),
        n_more=sum(not curve.main for curve in report.curves),
        papers=[(paper, doi_link(paper)) for paper in report.papers],
        provenance=provenance_sections(report.provenance),
    )


def _both(report: ReportInput) -> tuple[ReportInput, ...]:
    return (report,) if report.second is None else (report, report.second)


def _name(report: ReportInput) -> str:
    """What the page is called in a list of pages: a death stands there too."""
    endings = [
        f"{each.label}: {story.headline(each)}" if each.label else story.headline(each) for each in _both(report)
    ]
    return f"{report.title}. {' '.join(endings)}"


def _survival(report: ReportInput, time: Clock) -> dict[str, Any] | None:
    if report.survival is None:
        return None
    last = float(report.times[-1])
    header, rows = survival.table(report.survival, time, last)
    return {"svg": survival.draw(report.survival, time, last), "header": header, "rows": rows}


def _bodies(report: ReportInput, moment: int) -> list[tuple[str, Markup]]:
    """A body map for each run that kept its places."""
    ids = ("map", "other-map")
    return [
        (each.label, bodymap.draw(each, moment, id=id))
        for each, id in zip(_both(report), ids, strict=False)
        if each.places
    ]


def write(report: ReportInput, path: str | os.PathLike[str]) -> Path:
    """Write the page; an earlier file at `path` stays intact until the new one is complete."""
    target = Path(path)
    text = render(report)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def doi_link(paper: Paper) -> str | None:
    """The address behind a DOI, None where there is no DOI or what stands there is none."""
    doi = (paper.doi or "").strip()
    for prefix in ("https://doi.org/", "http://dx.doi.org/", "doi:"):
        doi = doi.removeprefix(prefix)
    return f"https://doi.org/{quote(doi, safe='/():;.-_')}" if doi.startswith("10.") and "/" in doi else None


def _panels(report: ReportInput, time: Clock, day: float, *, main: bool) -> list[dict[str, Any]]:
    chosen = [(index, curve) for index, curve in enumerate(report.curves) if curve.main is main]
    names = dict.fromkeys(curve.panel for _, curve in chosen)
    return [
        {
            "title": _PANELS.get(panel, panel.replace("_", " ").capitalize()),
            "curves": [_shown(c, i, report, time, day) for i, c in chosen if c.panel == panel],
        }
        for panel in names
    ]


def _shown(curve: Curve, index: int, report: ReportInput, time: Clock, day: float) -> dict[str, Any]:
    header, rows = thin.curve_table(curve, report.times, time, report)
    value = float(curve.values[int(np.searchsorted(report.times, day))])
    return {
        "curve": curve,
        "index": index,
        "unit": re.sub(r"^10(?=\D)", "× 10", unit_text(curve.unit)),
        "svg": chart.draw(curve, report.times, time, stopped_at=tuple(each.stopped_at for each in _both(report))),
        "now": chart.say(value, curve) if math.isfinite(value) else "–",
        "keys": _keys(curve, report),
        "header": header,
        "rows": rows,
        "points": thin.points_table(curve, time),
        "observed": thin.observed_table(curve, time),
        "papers": [(paper, doi_link(paper)) for paper in curve.papers],
    }


def _keys(curve: Curve, report: ReportInput) -> list[tuple[str, str]]:
    """What else is drawn beside the curve: (style, words)."""
    keys = [("band", report.band_label)] if curve.band is not None else []
    if curve.healthy is not None:
        keys.append(("healthy", f"healthy {chart.range_text(curve)}"))
    if curve.limit_of_detection is not None and curve.limit_of_detection > 0:
        keys.append(("limit", f"detected from {number(curve.limit_of_detection)}"))
    if curve.points:
        keys.append(("point", "published: " + "; ".join(dict.fromkeys(p.cite for p in curve.points))))
    last = chart.window(curve, report.times)[1]
    if last < report.times[-1]:
        keys.append(("window", f"shown until {clock(report.days).stamp(last)}; little changes later"))
    if curve.observed:
        keys.append(("observed", curve.observed_words))
    return keys


def _data(report: ReportInput, time: Clock) -> dict[str, Any]:
    """What the script needs: the same numbers, rounded to what can be seen."""
    return {
        "clock": {
            "unit": time.unit,
            "perDay": time.per_day,
            "hoursUntil": time.hours_until,
            "minutesUntil": MINUTES_UNTIL,
        },
        "microbeUnit": report.microbe_unit,
        "levels": bodymap.LEVELS,
        "rings": bodymap.RINGS,
        "plot": {"left": chart.LEFT, "right": chart.RIGHT, "top": chart.TOP, "bottom": chart.BOTTOM},
        "times": _rounded(report.times, 6),
        "second": report.second_title or "second run",
        "title": report.title,
        "curves": [
            {
                "id": c.id,
                "name": c.name,
                "unit": c.unit,
                "limit": c.limit_of_detection,
                "y": _rounded(c.values),
                **({} if c.second is None else {"s": _rounded(c.second)}),
            }
            for c in report.curves
        ],
        "maps": [_map_data(each) for each in _both(report) if each.places],
    }


def _map_data(report: ReportInput) -> list[dict[str, Any]]:
    return [
        {
            "name": p.name,
            "cells": _rounded(p.cells, 5) if bodymap.ever_cells(p) and not bodymap.steady(p) else None,
            "steady": bodymap.steady(p),
            "microbes": _rounded(p.microbes, 5) if bodymap.ever_microbes(p) else None,
        }
        for p in report.places
    ]


def _rounded(values: Floats, digits: int = 5) -> list[float | int | None]:
    def one(value: float) -> float | int | None:
        if not math.isfinite(value):
            return None
        short = float(f"{value:.{digits - 1}e}")
        return int(short) if short.is_integer() and abs(short) < 1e6 else short

    return [one(float(v)) for v in values]


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_JSON_ESCAPES)


def _last_with_values(report: ReportInput) -> int:
    series = [v for c in report.curves for v in (c.values, c.second) if v is not None]
    known = [int(np.flatnonzero(np.isfinite(v))[-1]) for v in series if np.isfinite(v).any()]
    return max(known, default=len(report.times) - 1)


def _dated(beats: tuple[story.Beat, ...], report: ReportInput, time: Clock) -> list[tuple[story.Beat, str, int]]:
    """Sentences with the label of their moment and the output time nearest to it."""
    return [(beat, time.stamp(beat.day), int(np.argmin(np.abs(report.times - beat.day)))) for beat in beats]


def provenance_sections(values: dict[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Sections of the provenance: plain entries first, then one section for each entry that holds others."""
    plain = {key: value for key, value in values.items() if not _nested(value)}
    sections = [("Run", _flat(plain))] if plain else []
    return sections + [(_title(key), _flat(value)) for key, value in values.items() if _nested(value) and value]


def _nested(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, (list, tuple)) and any(isinstance(v, dict) for v in value))


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _flat(value: object, prefix: str = "") -> list[tuple[str, str]]:
    """Entries of nested mappings and lists, one line each, with dotted names."""
    if isinstance(value, dict):
        return [row for key, inner in value.items() for row in _flat(inner, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(value, (list, tuple)):
        if not _nested(value):
            return [(prefix, ", ".join(str(v) for v in value) or "none")]
        return [row for i, inner in enumerate(value) for row in _flat(inner, f"{prefix}.{i}" if prefix else str(i))]
    return [(prefix, "none" if value is None else str(value))]


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=8)
def _asset(name: str) -> str:
    return resources.files("immunity.report").joinpath("templates", name).read_text(encoding="utf-8")


@lru_cache(maxsize=4)
def _template(name: str = "report.html.j2") -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["whole"] = whole
    return environment.from_string(_asset(name))


def page_of(template: str, *, styles: Sequence[str], **values: Any) -> str:
    """A page without a script from one of the templates; every text in it is escaped."""
    style = "".join(_asset(name) for name in styles)
    policy = f"default-src 'none'; style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'"
    return _template(template).render(policy=policy, style=Markup(style), **values)
