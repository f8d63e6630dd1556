"""One curve as a drawing: SVG text that needs no script to be read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from immunity.report.model import Curve, Floats, Point
from immunity.report.scales import Axis, nice_ticks, value_axis
from immunity.report.simplify import visible
from immunity.report.words import Clock, number, power_of_ten, temperature, unit_text
from immunity.report.words import clock as clock_of
from immunity.results.observed import Observed

WIDTH, HEIGHT = 380, 196
_STILL = 0.02  # of the whole reach of a curve: what moves less is over
_EARLY = 0.4  # of the run: what is over by then is shown by itself
LEFT, RIGHT, TOP, BOTTOM = 46, 368, 12, 170


def x_of(day: Floats | float, first: float, last: float) -> Floats:
    """Horizontal positions of moments."""
    return LEFT + (np.asarray(day, dtype=float) - first) / (last - first) * (RIGHT - LEFT)


def y_of(axis: Axis, values: Floats | float) -> Floats:
    """Vertical positions of values."""
    return BOTTOM - axis.at(values) * (BOTTOM - TOP)


def seen(curve: Curve, values: Floats) -> Floats:
    """The values as a laboratory would report them: on a log axis never below the limit of detection."""
    if curve.scale == "log10" and curve.limit_of_detection is not None:
        return np.where(np.isnan(values), np.nan, np.maximum(values, curve.limit_of_detection))
    return values


def path(x: Floats, y: Floats) -> str:
    """The commands of a polyline; gaps where a value is missing, runs of equal height drawn once."""
    parts: list[str] = []
    pen_down = False
    for i, (px, py) in enumerate(zip(x, y, strict=True)):
        if not math.isfinite(py):
            pen_down = False
            continue
        level = pen_down and i + 1 < len(y) and abs(y[i - 1] - py) < 0.05 and abs(y[i + 1] - py) < 0.05
        if not level:
            parts.append(f"{'L' if pen_down else 'M'}{px:.1f} {py:.1f}")
        pen_down = True
    return "".join(parts)


def summary(curve: Curve, times: Floats, clock: Clock) -> str:
    """What the drawing shows, in one sentence, for those who do not see it."""
    name = f"{curve.name}{f' in {unit_text(curve.unit)}' if unit_text(curve.unit) else ''}"
    there = np.flatnonzero(np.isfinite(curve.values))
    if not len(there):
        return f"{name}: no values."
    values = curve.values[there]
    top, low = int(np.argmax(values)), int(np.argmin(values))
    text = (
        f"{name}: starts at {say(values[0], curve)}, "
        f"highest {say(values[top], curve)} at {clock.stamp(float(times[there[top]]))}, "
        f"lowest {say(values[low], curve)} at {clock.stamp(float(times[there[low]]))}, last {say(values[-1], curve)}."
    )
    if curve.healthy:
        text += f" Healthy range {range_text(curve)}."
    return text


def say(value: float, curve: Curve) -> str:
    """A value without its unit, `below` the limit of detection where it is."""
    limit = curve.limit_of_detection
    if limit is not None and value < limit:
        return f"< {number(limit)}"
    return temperature(value, curve.unit).removesuffix(" °C") if curve.unit == "degC" else number(value)


def range_text(curve: Curve) -> str:
    """The healthy range in words."""
    lo, hi = curve.healthy or (-math.inf, math.inf)
    if not math.isfinite(hi):
        return f"{number(lo)} or more"
    if lo <= 0 or not math.isfinite(lo):
        return f"up to {number(hi)}"
    return f"{number(lo)} to {number(hi)}"


def draw(curve: Curve, times: Floats, clock: Clock, *, stopped_at: tuple[float | None, ...] = ()) -> Markup:
    """Draw a curve with its healthy range, limit of detection, published points and a cursor line.

    Parameters
    ----------
    stopped_at : tuple    when the host ended, and for a comparison when the second did; None for who did not
    """
    first, last = window(curve, times)
    all_times, whole_clock = times, clock
    axis = value_axis(curve)
    if last < times[-1]:
        clock = clock_of(last)
    inside = times <= last
    times = times[inside]
    x = x_of(times, first, last)
    whole, curve = curve, _cut(curve, inside)
    behind, body = (
        _healthy(curve, axis),
        [
            *_band(curve, axis, x),
            *_limit(curve, axis),
            *_line(curve, axis, x, curve.second, "line second"),
            *_line(curve, axis, x, curve.values, "line"),
            *(mark for series in curve.observed for mark in _observed(series, axis, first, last)),
            *_points(curve, axis, first, last),
            *(line for k, day in enumerate(stopped_at) for line in _stop(day, first, last, " second" if k else "")),
        ],
    )
    label = escape(summary(whole, all_times, whole_clock))
    frame = "".join(_frame(axis, first, last, clock))
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" '
        f'data-first="{first:.6g}" data-last="{last:.6g}" '
        f'data-lo="{axis.lo:.6g}" data-hi="{axis.hi:.6g}" data-log="{int(axis.log)}">{_clipped(behind)}'
        f'<g class="frame">{frame}</g>'
        f"{_clipped(body)}{_cursor(curve)}</svg>"
    )


def _clipped(marks: list[str]) -> str:
    """Marks that are cut off at the ends of the time axis, which a reader may move; nothing if there are none."""
    if not marks:
        return ""
    left, width = LEFT - 4, RIGHT - LEFT + 8
    box = f'x="{left}" y="0" width="{width}" height="{HEIGHT}" viewBox="{left} 0 {width} {HEIGHT}"'
    return f'<svg class="drawn" {box}>{"".join(marks)}</svg>'


def window(curve: Curve, times: Floats) -> tuple[float, float]:
    """The days that a chart shows: all, or the beginning where everything is over in less than two fifths."""
    first, last = float(times[0]), float(times[-1])
    if last <= first:
        return first, first + 1.0
    ends = [float(series.time.max()) for series in curve.observed] + [p.x for p in curve.points if p.x <= last]
    for values in (curve.values, curve.second, *(curve.band or ())):
        if values is None or not np.isfinite(values).any():
            continue
        shown = seen(curve, values)
        if curve.scale == "log10":
            shown = np.log10(np.maximum(shown, np.nanmax(shown) * 1e-9 or 1e-300))
        known = np.flatnonzero(np.isfinite(shown))
        reach = float(np.ptp(shown[known]))
        moving = known[np.abs(shown[known] - shown[known[-1]]) > _STILL * reach] if reach > 0.0 else known[:0]
        ends.append(float(times[moving[-1]]) if len(moving) else first)
    over = max(ends, default=last)
    return first, last if over <= first or over - first > _EARLY * (last - first) else first + 1.25 * (over - first)


def _cut(curve: Curve, inside: NDArray[np.bool_]) -> Curve:
    """The rows of a curve that are drawn."""
    band = None if curve.band is None else (curve.band[0][inside], curve.band[1][inside])
    second = None if curve.second is None else curve.second[inside]
    return replace(curve, values=curve.values[inside], second=second, band=band)


def _cursor(curve: Curve) -> str:
    dots = ['<circle class="dot" r="4"/>']
    if curve.second is not None:
        dots.append('<circle class="dot second" r="4"/>')
    return f'<g class="cursor" visibility="hidden"><line y1="{TOP}" y2="{BOTTOM}"/>{"".join(dots)}</g>'


def _frame(axis: Axis, first: float, last: float, clock: Clock) -> list[str]:
    out = []
    for tick, label in zip(axis.ticks, axis.labels, strict=True):
        y = float(y_of(axis, tick))
        out.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        out.append(f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{escape(label)}</text>')
    if axis.power:
        out.append(f'<text class="tick" x="{LEFT + 4}" y="{TOP + 4}">× {power_of_ten(axis.power)}</text>')
    out.append(f'<line class="base" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    ticks = nice_ticks(clock.value(first), clock.value(last), 5)
    for tick in ticks:
        px = float(x_of(tick / clock.per_day, first, last))
        out.append(f'<line class="base" x1="{px:.1f}" x2="{px:.1f}" y1="{BOTTOM}" y2="{BOTTOM + 4}"/>')
        label = number(tick) if tick != ticks[0] else f"{clock.unit} {number(tick)}"
        out.append(f'<text class="tick mid" x="{px:.1f}" y="{BOTTOM + 17}">{escape(label)}</text>')
    return out


def _healthy(curve: Curve, axis: Axis) -> list[str]:
    if curve.healthy is None:
        return []
    lo, hi = curve.healthy
    lo, hi = (axis.lo if not math.isfinite(lo) else lo), (axis.hi if not math.isfinite(hi) else hi)
    top, bottom = float(y_of(axis, hi)), float(y_of(axis, lo))
    if bottom - top < 0.5:
        return []
    bounds = f'data-lo="{lo:.6g}" data-hi="{hi:.6g}"'
    out = [
        f'<rect class="healthy" {bounds} x="{LEFT}" width="{RIGHT - LEFT}" y="{top:.1f}" height="{bottom - top:.1f}"/>'
    ]
    for value, y in ((hi, top), (lo, bottom)):
        if axis.lo < value < axis.hi:
            out.append(_level("healthy-edge", value, y))
    return out


def _limit(curve: Curve, axis: Axis) -> list[str]:
    limit = curve.limit_of_detection
    hidden = 0.0 if axis.log else axis.lo + 0.03 * (axis.hi - axis.lo)  # on a linear axis it may fall on the base line
    if limit is None or not max(axis.lo, hidden) <= limit <= axis.hi or limit <= 0:
        return []
    y = float(y_of(axis, limit))
    return [_level("limit", limit, y)]


def _level(css: str, value: float, y: float) -> str:
    return f'<line class="{css}" data-y="{value:.6g}" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _line(curve: Curve, axis: Axis, x: Floats, values: Floats | None, css: str) -> list[str]:
    if values is None:
        return []
    return [f'<path class="{css}" d="{path(*visible(x, y_of(axis, seen(curve, values)), _columns(curve)))}"/>']


def _columns(curve: Curve) -> int:
    """Columns in which extremes are drawn: all that can be seen, half as many of what is folded away."""
    return RIGHT - LEFT if curve.main else (RIGHT - LEFT) // 2


def _band(curve: Curve, axis: Axis, x: Floats) -> list[str]:
    if curve.band is None:
        return []
    low, high = (y_of(axis, seen(curve, edge)) for edge in curve.band)
    there = np.isfinite(low) & np.isfinite(high)
    if there.sum() < 2:
        return []
    (xh, high), (xl, low) = (visible(x[there], edge[there], _columns(curve)) for edge in (high, low))
    outline = path(np.r_[xh, xl[::-1]], np.r_[high, low[::-1]])
    return [f'<path class="band" d="{outline}Z"/>']


def _points(curve: Curve, axis: Axis, first: float, last: float) -> list[str]:
    return [_point(p, axis, float(x_of(p.x, first, last))) for p in curve.points if first <= p.x <= last]


def _observed(series: Observed, axis: Axis, first: float, last: float) -> list[str]:
    """The values of one subject: a thin line through dots, and a triangle for what is below detection."""
    inside = (series.time >= first) & (series.time <= last)
    x, y = x_of(series.time[inside], first, last), y_of(axis, series.value[inside])
    out = [f'<path class="subject" d="{path(x, y)}"/>'] if series.subject and len(x) > 1 else []
    rows = zip(x, y, series.time[inside], series.value[inside], series.below[inside], strict=True)
    for px, py, day, value, below in rows:
        title = escape(
            f"{series.subject + ': ' if series.subject else ''}{'< ' if below else ''}{number(float(value))}"
        )
        mark = (
            f'<path d="M{px - 3:.1f} {py - 2:.1f}h6l-3 5z"/>'
            if below
            else f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.2"/>'
        )
        out.append(f'<g class="observed" data-x="{day:.6g}" data-y="{value:.6g}"><title>{title}</title>{mark}</g>')
    return out


def _point(point: Point, axis: Axis, x: float) -> str:
    bar, ends = "", ""
    if point.lo is not None and point.hi is not None:
        low, high = float(y_of(axis, point.lo)), float(y_of(axis, point.hi))
        ends = f' data-lo="{point.lo:.6g}" data-hi="{point.hi:.6g}"'
        bar = f'<path d="M{x:.1f} {low:.1f}V{high:.1f}M{x - 3:.1f} {low:.1f}h6M{x - 3:.1f} {high:.1f}h6"/>'
    y = float(y_of(axis, point.y))
    said = f'data-x="{point.x:.6g}" data-y="{point.y:.6g}"{ends}'
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4"/>'
    return f'<g class="point" {said}><title>{escape(point.cite)}</title>{bar}{dot}</g>'


def _stop(stopped_at: float | None, first: float, last: float, css: str) -> list[str]:
    if stopped_at is None or not first <= stopped_at <= last:
        return []
    x = float(x_of(stopped_at, first, last))
    return [f'<line class="stop{css}" data-x="{stopped_at:.6g}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BOTTOM}"/>']
