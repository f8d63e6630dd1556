"""Drawings of a trial: survival by arm, effects with their intervals, values by arm, curves, power."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from immunity.report.chart import BOTTOM, LEFT, RIGHT, TOP, WIDTH
from immunity.report.model import Floats
from immunity.report.scales import nice_ticks
from immunity.report.words import Clock, number
from immunity.trials.analyse import Steps

STYLES = 6  # arms beyond these begin again with the first colour
ROW = 17
FOREST_ROW = 44
FOREST_WIDTH = 380
EDGE = 16


@dataclass(frozen=True)
class Line:
    """A row of a forest plot."""

    label: str
    said: str
    value: float
    low: float | None
    high: float | None
    inner: bool = False  # among some of the people


def _svg(height: float, said: str, parts: Sequence[str], css: str = "") -> Markup:
    return Markup(
        f'<svg class="chart still {css}" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(said)}">'
        f"{''.join(parts)}</svg>"
    )


def _x(value: float, first: float, last: float) -> float:
    return LEFT + (value - first) / (last - first) * (RIGHT - LEFT)


def _y(share: float) -> float:
    return BOTTOM - share * (BOTTOM - TOP)


def _level(share: float, label: str) -> str:
    y = _y(share)
    return (
        f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{escape(label)}</text>'
    )


def _path(xs: Sequence[float], ys: Sequence[float]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def _days(first: float, last: float, clock: Clock) -> tuple[list[str], tuple[float, ...]]:
    """The axis of time with its labels, and the days that have one."""
    days = tuple(tick / clock.per_day for tick in nice_ticks(clock.value(first), clock.value(last), 5))
    parts = [f'<line class="base" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>']
    for k, day in enumerate(days):
        x = _x(day, first, last)
        label = number(clock.value(day)) if k else f"{clock.unit} {number(clock.value(day))}"
        parts.append(f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{BOTTOM}" y2="{BOTTOM + 4}"/>')
        parts.append(f'<text class="tick mid" x="{x:.1f}" y="{BOTTOM + 17}">{escape(label)}</text>')
    return parts, days


def survival(arms: Sequence[Steps], last: float, clock: Clock, *, rising: bool, said: str) -> Markup:
    """Kaplan-Meier curves with their intervals, the numbers at risk below.

    Parameters
    ----------
    arms : sequence of Steps
    rising : bool      draw the share with the event instead of the share without
    """
    frame, days = _days(0.0, last, clock)
    parts = [_level(share, f"{100 * share:.0f} %") for share in (0.0, 0.25, 0.5, 0.75, 1.0)] + frame
    bands, lines = [], []
    for k, steps in enumerate(arms):
        curves = [1.0 - part if rising else part for part in (steps.free, steps.low, steps.high)]
        free, low, high = (_stairs(steps.day, part, last) for part in curves)
        outline = ([*low[0], *reversed(high[0])], [*low[1], *reversed(high[1])])
        bands.append(f'<path class="band arm{k % STYLES}" d="{_path(*outline)}Z"/>')
        lines.append(f'<path class="line arm{k % STYLES}" d="{_path(*free)}"/>')
    parts += [*bands, *lines, f'<text class="tick" x="2" y="{BOTTOM + 34}">at risk</text>']
    for k, steps in enumerate(arms):
        y = BOTTOM + 34 + ROW * (k + 1)
        parts.append(f'<path class="line arm{k % STYLES}" d="M4 {y - 4}H24"/>')
        for day in days:
            left = steps.at_risk_on(day)
            parts.append(f'<text class="tick mid" x="{_x(day, 0.0, last):.1f}" y="{y}">{left}</text>')
    return _svg(BOTTOM + 40 + ROW * len(arms), said, parts)


def _stairs(days: Floats, shares: Floats, last: float) -> tuple[list[float], list[float]]:
    xs, ys = [_x(0.0, 0.0, last)], [_y(float(shares[0]))]
    for day, before, share in zip(days[1:], shares[:-1], shares[1:], strict=True):
        x = _x(float(day), 0.0, last)
        xs += [x, x]
        ys += [_y(float(before)), _y(float(share))]
    return [*xs, _x(last, 0.0, last)], [*ys, ys[-1]]


def forest(lines: Sequence[Line], *, said: str, favours: tuple[str, str]) -> Markup:
    """Ratios with their intervals on a logarithmic axis, one below the other; 1 is no difference."""
    known = [part for line in lines for part in (line.value, line.low, line.high) if part is not None and part > 0.0]
    reach = max([2.0, *(max(part, 1.0 / part) for part in known)])
    reach = min(reach * 1.1, 1000.0)
    span = math.log(reach)
    left, right = 8.0, FOREST_WIDTH - 8.0

    def place(value: float) -> float:
        at = 0.5 + 0.5 * math.log(max(value, 1e-12)) / span
        return left + min(1.0, max(0.0, at)) * (right - left)

    height = FOREST_ROW * len(lines) + 52
    bottom = height - 40
    parts = [f'<line class="none" x1="{place(1.0):.1f}" x2="{place(1.0):.1f}" y1="4" y2="{bottom}"/>']
    for tick in _ratio_ticks(reach):
        x = place(tick)
        parts.append(f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>')
        css = "" if x < left + EDGE else "end" if x > right - EDGE else "mid"  # labels at the ends stay inside
        parts.append(f'<text class="tick {css}" x="{x:.1f}" y="{bottom + 17}">{number(tick)}</text>')
    parts.append(f'<line class="base" x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
    parts.append(f'<text class="tick" x="{left}" y="{bottom + 34}">← {escape(favours[0])}</text>')
    parts.append(f'<text class="tick end" x="{right}" y="{bottom + 34}">{escape(favours[1])} →</text>')
    for k, line in enumerate(lines):
        top = FOREST_ROW * k
        css = "inner" if line.inner else "name"
        parts.append(f'<text class="tick {css}" x="{left}" y="{top + 14}">{escape(line.label)}</text>')
        parts.append(f'<text class="tick end" x="{right}" y="{top + 14}">{escape(line.said)}</text>')
        y, x = top + 27, place(line.value)
        if line.low is not None and line.high is not None:
            ends = f"M{place(line.low):.1f} {y}H{place(line.high):.1f}"
            parts.append(f'<path class="reach" d="{ends}"/>')
        size = 3.5 if line.inner else 5.0
        if line.value * reach < 1.0 or line.value > reach:  # beyond the axis, a ratio of nothing too: an arrow
            way = -1.0 if line.value < 1.0 else 1.0
            arrow = f"M{x:.1f} {y}l{-2 * size * way} {-size}v{2 * size}z"
            parts.append(f'<path class="effect beyond" d="{arrow}"/>')
            continue
        parts.append(
            f'<rect class="effect" x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}"/>'
        )
    return _svg(height, said, parts, "forest")


def _ratio_ticks(reach: float) -> tuple[float, ...]:
    if reach <= 4.0:
        return (0.5, 1.0, 2.0)
    if reach <= 20.0:
        return (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0) if reach >= 10.0 else (0.2, 0.5, 1.0, 2.0, 5.0)
    decades = math.floor(math.log10(reach))
    return tuple(10.0**k for k in range(-decades, decades + 1))


def shares(arms: Sequence[tuple[str, float | None, float | None, float | None]], *, said: str) -> Markup:
    """The share that responded in each arm, with its interval, one below the other.

    Parameters
    ----------
    arms : sequence    (title, share, low, high)
    """
    left, right, bottom = 8.0, WIDTH - 8.0, 40.0 * len(arms) + 8.0

    def place(share: float) -> float:
        return left + share * (right - left)

    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, css = place(tick), "end" if tick == 1.0 else "mid" if tick else ""
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{bottom}"/>')
        parts.append(f'<text class="tick {css}" x="{x:.1f}" y="{bottom + 17}">{100 * tick:.0f} %</text>')
    for k, (title, share, low, high) in enumerate(arms):
        y = 40.0 * k + 16.0
        parts.append(f'<text class="tick" x="{left}" y="{y}">{escape(title)}</text>')
        if share is not None:
            box = f'width="{place(share) - left:.1f}" height="12"'
            parts.append(f'<rect class="bar arm{k % STYLES}" x="{left}" y="{y + 6}" {box}/>')
        if low is not None and high is not None:
            parts.append(f'<path class="reach ink" d="M{place(low):.1f} {y + 12}H{place(high):.1f}"/>')
    return _svg(bottom + 24, said, parts)


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Decades inside an interval of decades; where there are fewer than three, twos and fives too."""
    whole = tuple(float(k) for k in range(math.ceil(low), math.floor(high) + 1))
    if len(whole) > 2:
        return whole[:: max(1, len(whole) // 4)]
    fine = [k + math.log10(m) for k in range(math.floor(low), math.floor(high) + 1) for m in (1, 2, 5)]
    return tuple(tick for tick in fine if low <= tick <= high)


def values(arms: Sequence[tuple[Floats, float | None, float | None, float | None]], *, log: bool, said: str) -> Markup:
    """Every host's value by arm, with mean and interval beside; the values spread sideways where they are many.

    Parameters
    ----------
    arms : sequence    (values of hosts, mean, low, high)
    """
    shown = np.concatenate([[p for p in (*v, m, a, b) if p is not None] for v, m, a, b in arms] or [[0.0]])
    shown = shown[np.isfinite(shown) & ((shown > 0.0) | (not log))]
    if not len(shown):
        return _svg(BOTTOM, said, [])
    scale = np.log10 if log else np.asarray
    low, high = float(scale(shown.min())), float(scale(shown.max()))
    pad = 0.05 * (high - low) or 0.5
    low, high = low - pad, high + pad
    ticks = _log_ticks(low, high) if log else nice_ticks(low, high, 4)
    parts = [_level((tick - low) / (high - low), number(10.0**tick if log else tick)) for tick in ticks]
    wide = (RIGHT - LEFT) / len(arms)
    for k, (found, middle, least, most) in enumerate(arms):
        centre = LEFT + wide * (k + 0.5)
        there = np.asarray(found, float)
        there = there[np.isfinite(there) & ((there > 0.0) | (not log))]
        ys = [_y((float(scale(value)) - low) / (high - low)) for value in np.sort(there)]
        for row, y in enumerate(ys):
            x = centre + wide * 0.3 * (((row * 0.618034) % 1.0) - 0.5) - wide * 0.08
            parts.append(f'<circle class="dot arm{k % STYLES}" cx="{x:.1f}" cy="{y:.1f}" r="2"/>')
        if middle is not None and (middle > 0.0 or not log):
            x = centre + wide * 0.22
            at = _y((float(scale(middle)) - low) / (high - low))
            if least is not None and most is not None and (least > 0.0 or not log):
                ends = [_y((float(scale(part)) - low) / (high - low)) for part in (least, most)]
                parts.append(f'<path class="reach arm{k % STYLES}" d="M{x:.1f} {ends[0]:.1f}V{ends[1]:.1f}"/>')
            parts.append(f'<circle class="mean arm{k % STYLES}" cx="{x:.1f}" cy="{at:.1f}" r="4"/>')
    parts.append(f'<line class="base" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    return _svg(BOTTOM + 8, said, parts)


def bands(time: Floats, arms: Sequence[tuple[Floats, Floats, Floats]], clock: Clock, *, log: bool, said: str) -> Markup:
    """Median and spread over time by arm, values as they are presented; with ``log`` they are decades."""
    known = np.concatenate([np.ravel(part) for arm in arms for part in arm])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if not log:
        low = min(0.0, low) if low < 0.3 * high else low
    if high <= low:
        high = low + 1.0
    ticks = _log_ticks(low, high) if log else nice_ticks(low, high, 4)
    parts = [_level((tick - low) / (high - low), number(10.0**tick if log else tick)) for tick in ticks]
    frame, _ = _days(float(time[0]), float(time[-1]), clock)
    parts += frame
    xs = [_x(float(day), float(time[0]), float(time[-1])) for day in time]
    shades, lines = [], []
    for k, (least, middle, most) in enumerate(arms):
        there = np.flatnonzero(np.isfinite(middle))
        if len(there) < 2:
            continue
        chosen = [xs[i] for i in there]
        edges = [[_y((float(part[i]) - low) / (high - low)) for i in there] for part in (least, middle, most)]
        outline = _path([*chosen, *reversed(chosen)], [*edges[0], *reversed(edges[2])])
        shades.append(f'<path class="band arm{k % STYLES}" d="{outline}Z"/>')
        lines.append(f'<path class="line arm{k % STYLES}" d="{_path(chosen, edges[1])}"/>')
    return _svg(BOTTOM + 26, said, [*parts, *shades, *lines])


def power(arms: Sequence[tuple[tuple[int, float], ...]], *, said: str) -> Markup:
    """Power by hosts per arm, on a logarithmic axis of sizes."""
    sizes = [size for rows in arms for size, _ in rows]
    first, last = math.log10(min(sizes)), math.log10(max(sizes))
    parts = [_level(share, f"{100 * share:.0f} %") for share in (0.0, 0.25, 0.5, 0.8, 1.0)]
    parts.append(f'<line class="base" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    for k, size in enumerate(dict.fromkeys(sizes)):
        x = _x(math.log10(size), first, last)
        label = f"{size}" if k else f"hosts {size}"
        css = "end" if x > RIGHT - EDGE else "mid"
        parts.append(f'<text class="tick {css}" x="{x:.1f}" y="{BOTTOM + 17}">{label}</text>')
    for k, rows in enumerate(arms):
        xs = [_x(math.log10(size), first, last) for size, _ in rows]
        ys = [_y(share) for _, share in rows]
        parts.append(f'<path class="line arm{(k + 1) % STYLES}" d="{_path(xs, ys)}"/>')
    return _svg(BOTTOM + 26, said, parts)
