"""The body map: every place coloured by immune cells relative to rest, ringed by its microbes."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from markupsafe import Markup, escape

from immunity.report import figure
from immunity.report.model import Floats, PlaceSeries, ReportInput
from immunity.report.words import fold, number

WIDTH, HEIGHT = 410, 430
SCALE = 0.93
LEFT, TOP = (WIDTH - SCALE * figure.WIDTH) / 2, 18
_LINE = 16.0
_CELL_RADIUS = 9.0

# Upper ends of the classes of colour, in multiples of rest; the last class has none.
LEVELS = (0.3, 0.8, 1.25, 3.0, 10.0, 30.0, 100.0)
LEVEL_LABELS = ("under 0.3", "0.3 – 0.8", "at rest", "1.25 – 3", "3 – 10", "10 – 30", "30 – 100", "over 100")
# Upper ends of the classes of ring, in microbes; class 0 has no ring.
RINGS = (1.0, 1e3, 1e6)
RING_LABELS = ("none", "1 – 10³", "10³ – 10⁶", "over 10⁶")


@dataclass(frozen=True)
class Label:
    """Where the words about one place stand."""

    side: int  # -1 left of the figure, 1 right of it
    y: float
    lines: tuple[str, ...]
    rows: int


def level(ratio: float) -> int:
    """The class of colour of an amount relative to rest; NaN (nothing at rest, nothing now) counts as at rest."""
    return 2 if math.isnan(ratio) else int(np.searchsorted(LEVELS, ratio, side="right"))


def ring(microbes: float) -> int:
    """The class of ring of a number of microbes."""
    return int(np.searchsorted(RINGS, microbes, side="right")) if microbes > 0 else 0


def ring_radius(microbes: float) -> float:
    """Radius of the ring: one step per power of ten."""
    return _CELL_RADIUS + 3.0 + 1.1 * min(max(math.log10(max(microbes, 1.0)), 0.0), 10.0)


def relative(place: PlaceSeries) -> Floats:
    """Cells relative to rest. A place without cells at rest is compared with one cell."""
    rest = float(place.cells[0])
    return place.cells / max(rest, 1.0)


def cells_text(place: PlaceSeries, index: int) -> str:
    """The label of the cells of a place: a multiple of rest, or a number where there were none."""
    if math.isnan(place.cells[index]):
        return "–"
    if place.cells[0] < 1.0:
        return f"{number(float(place.cells[index]), 2)} cells"
    return fold(float(relative(place)[index]))


def microbes_text(amount: float, unit: str) -> str:
    """The label of the microbes of a place."""
    if math.isnan(amount):
        return "–"
    return f"{number(amount, 2)} {unit}" if amount >= 1.0 else f"no {unit}"


def ever_cells(place: PlaceSeries) -> bool:
    """Whether an immune cell was ever there."""
    return bool(np.nanmax(place.cells, initial=0.0) > 0.0)


def ever_microbes(place: PlaceSeries) -> bool:
    """Whether a microbe was ever there."""
    return bool(np.nanmax(place.microbes, initial=0.0) >= 1.0)


def steady(place: PlaceSeries) -> bool:
    """Whether a place stays as it is at rest: no microbes, and never another class of colour."""
    ratios = relative(place)
    levels = np.where(np.isnan(ratios), level(1.0), np.searchsorted(LEVELS, ratios, side="right"))
    return ever_cells(place) and not ever_microbes(place) and bool((levels == level(1.0)).all())


def position(place: PlaceSeries) -> tuple[float, float]:
    """From per cent of the figure to the drawing."""
    return LEFT + place.x / 100 * SCALE * figure.WIDTH, TOP + place.y / 100 * SCALE * figure.HEIGHT


def labels(places: tuple[PlaceSeries, ...]) -> tuple[Label, ...]:
    """Where the words about each place stand: in the margin on its side, as near as can be, their leaders uncrossed.

    What stays as it is at rest has no words (``rows`` is 0): it is a dot that says its name when it is pointed at.
    """
    spoken = [i for i, place in enumerate(places) if not steady(place)]
    lines = {i: tuple(textwrap.wrap(places[i].name, 13, max_lines=2, placeholder="…")) or ("",) for i in spoken}
    rows = {i: len(lines[i]) + ever_cells(places[i]) + ever_microbes(places[i]) for i in spoken}
    sides = _share(places, rows)
    bottom = max(HEIGHT, *(4.0 + sum(_height(rows[i]) for i in members) for members in sides.values()))
    tops: dict[int, dict[int, float]] = {}
    for _ in range(len(spoken) ** 2 + 1):
        tops = {side: _uncrossed(places, side, members, rows, bottom) for side, members in sides.items()}
        over = _across(places, tops)
        if over is None:
            break
        for side, gone, come in ((-1, *over), (1, *reversed(over))):
            sides[side] = sorted([i for i in sides[side] if i != gone] + [come], key=lambda i: places[i].y)
    found = dict.fromkeys(range(len(places)), Label(1, 0.0, (), 0))
    found |= {i: Label(side, y, lines[i], rows[i]) for side, placed in tops.items() for i, y in placed.items()}
    return tuple(found[i] for i in range(len(places)))


def _across(places: tuple[PlaceSeries, ...], tops: dict[int, dict[int, float]]) -> tuple[int, int] | None:
    """A place of the left margin and one of the right whose leaders cross, None if there is none."""
    for i, j in product(tops[-1], tops[1]):
        ends = [leader(position(places[n]), side, tops[side][n]) for n, side in ((i, -1), (j, 1))]
        (a, b), (c, d) = ends
        if _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0:
            return i, j
    return None


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """On which side of the line from a to b a point lies."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _uncrossed(
    places: tuple[PlaceSeries, ...], side: int, members: list[int], rows: dict[int, int], bottom: float
) -> dict[int, float]:
    """Tops of the labels of one margin, in an order in which no two leaders cross."""
    order = list(members)
    tops: dict[int, float] = {}
    for _ in range(len(order) ** 2 + 1):
        wanted = [position(places[i])[1] for i in order]
        tops = dict(zip(order, _apart(wanted, [rows[i] for i in order], bottom), strict=True))
        crossed = next(
            ((k, j) for k, j in combinations(range(len(order)), 2) if _cross(places, side, order, tops, k, j)), None
        )
        if crossed is None:
            break
        k, j = crossed
        order[k], order[j] = order[j], order[k]
    return tops


def _cross(
    places: tuple[PlaceSeries, ...], side: int, order: list[int], tops: dict[int, float], k: int, j: int
) -> bool:
    """Whether the leaders of the k-th and the j-th label of a margin cross."""
    (a, b), (c, d) = (leader(position(places[order[n]]), side, tops[order[n]]) for n in (k, j))
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def leader(place: tuple[float, float], side: int, top: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The slanting part of a leader: from its elbow beside the label to the place."""
    return (WIDTH / 2 + side * (SCALE * figure.WIDTH / 2 + 4), top + 8), place


def height(shown: tuple[Label, ...]) -> float:
    """Height of the drawing: that of the figure, or more if many places have something to say."""
    return max([HEIGHT, *(label.y + _height(label.rows) + 2.0 for label in shown)])


def _share(places: tuple[PlaceSeries, ...], rows: dict[int, int]) -> dict[int, list[int]]:
    """Which labels stand left (-1) and right (1): on the side of their place, as long as there is room."""
    sides: dict[int, list[int]] = {-1: [], 1: []}
    for i in sorted(rows, key=lambda i: (abs(places[i].x - 50) < 6, places[i].y)):
        off = places[i].x - 50
        sides[(1 if off > 0 else -1) if abs(off) >= 6 else min(sides, key=lambda s: len(sides[s]))].append(i)
    for side, other in ((-1, 1), (1, -1)):
        while sum(_height(rows[i]) for i in sides[side]) > HEIGHT - 4 and len(sides[side]) > len(sides[other]):
            nearest = min(sides[side], key=lambda i: abs(places[i].x - 50))
            sides[side].remove(nearest)
            sides[other].append(nearest)
    return {side: sorted(members, key=lambda i: places[i].y) for side, members in sides.items()}


def _height(rows: int) -> float:
    return rows * _LINE + 9.0


def _apart(wanted: list[float], rows: list[int], bottom: float) -> list[float]:
    """Tops of stacked blocks, in order, near their wanted middles, inside the drawing."""
    heights = [_height(n) for n in rows]
    tops = [w - h / 2 for w, h in zip(wanted, heights, strict=True)]
    floor = 2.0
    for i, h in enumerate(heights):
        tops[i] = max(tops[i], floor)
        floor = tops[i] + h
    ceiling = bottom - 2.0
    for i in reversed(range(len(tops))):
        tops[i] = min(tops[i], ceiling - heights[i])
        ceiling = tops[i]
    return tops


def draw(report: ReportInput, index: int, *, id: str = "map") -> Markup:
    """Draw the map at one moment; the script later moves it through time. `id` tells maps of one page apart."""
    found = labels(report.places)
    marks = [
        _place(place, label, index, report.microbe_unit) for place, label in zip(report.places, found, strict=True)
    ]
    box = f"0 0 {WIDTH} {height(found):.0f}"
    title = f"Body map, {report.label}" if report.label else "Body map"
    patterns = _PATTERNS if id == "map" else ""  # once a page
    return Markup(
        f'<svg class="bodymap" viewBox="{box}" role="img" aria-labelledby="{id}-title {id}-now">'
        f'<title id="{id}-title">{escape(title)}</title>'
        f'<desc class="map-now" id="{id}-now">{escape(sentence(report, index))}</desc>{patterns}'
        f'<path class="body" transform="translate({LEFT:g} {TOP}) scale({SCALE})" d="{figure.outline()}"/>'
        f"{''.join(marks)}</svg>"
    )


_PATTERNS = (
    '<defs><pattern id="ring1" width="4" height="4" patternUnits="userSpaceOnUse">'
    '<circle cx="2" cy="2" r=".8"/></pattern>'
    '<pattern id="ring2" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path d="M0 2h4"/></pattern>'
    '<pattern id="ring3" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path d="M0 2h4M2 0v4"/></pattern></defs>'
)


def _place(place: PlaceSeries, label: Label, index: int, unit: str) -> str:
    x, y = position(place)
    if not label.rows:
        return (
            f'<g class="place quiet"><title>{escape(place.name)}</title>'
            f'<circle class="cell c2" cx="{x:.1f}" cy="{y:.1f}" r="{_CELL_RADIUS / 2:g}"/></g>'
        )
    microbes = float(np.nan_to_num(place.microbes[index]))
    inner = WIDTH / 2 + label.side * (SCALE * figure.WIDTH / 2 + 16)
    anchor = "start" if label.side > 0 else "end"
    rows = [(text, "name") for text in label.lines]
    if ever_cells(place) and not steady(place):
        rows.append((cells_text(place, index), "cells"))
    if ever_microbes(place):
        rows.append((microbes_text(microbes, unit), "microbes" if microbes >= 1.0 else "microbes none"))
    words = "".join(
        f'<text class="{css}" x="{inner:.0f}" y="{label.y + 12 + i * _LINE:.1f}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
        for i, (text, css) in enumerate(rows)
    )
    shade = f"c{level(float(relative(place)[index]))}" if ever_cells(place) else "no-cells"
    (elbow, _), _ = leader((x, y), label.side, label.y)
    start = inner - label.side * 4
    return (
        f'<g class="place"><path class="leader" d="M{start:.0f} {label.y + 8:.1f}H{elbow:.0f}L{x:.1f} {y:.1f}"/>'
        f'<circle class="ring r{ring(microbes)}" cx="{x:.1f}" cy="{y:.1f}" r="{ring_radius(microbes):.1f}"/>'
        f'<circle class="cell {shade}" cx="{x:.1f}" cy="{y:.1f}" r="{_CELL_RADIUS:g}"/>'
        f"{words}</g>"
    )


def sentence(report: ReportInput, index: int) -> str:
    """The map in words."""
    parts = []
    for place in report.places:
        if steady(place):
            parts.append(f"{place.name}: as at rest")
            continue
        said = [f"immune cells {cells_text(place, index)}"] if ever_cells(place) else []
        if ever_microbes(place):
            said.append(microbes_text(float(place.microbes[index]), report.microbe_unit))
        parts.append(f"{place.name}: {', '.join(said) or 'nothing'}")
    return "; ".join(parts) + "."


def quiet_words(reports: tuple[ReportInput, ...]) -> str:
    """The places that stay as they are at rest, in every one of some reports."""
    quiet = [{place.name: None for place in report.places if steady(place)} for report in reports]
    names = [name for name in quiet[0] if all(name in other for other in quiet)] if quiet else []
    return f"At rest throughout (small dots): {', '.join(names)}." if names else ""


def telling_moment(report: ReportInput) -> int:
    """The output time the report opens at: most microbes, else most cells relative to rest."""
    places = (*report.places, *(report.second.places if report.second else ()))
    if not places:
        return 0
    microbes = np.nansum([p.microbes for p in places], axis=0)
    if microbes.max() >= 1.0:
        return int(np.argmax(microbes))
    return int(np.argmax(np.max([np.nan_to_num(relative(p)) for p in places], axis=0)))
