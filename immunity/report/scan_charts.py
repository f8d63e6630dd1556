"""Drawings of a scan: a line over one key, heat maps over two, dots over each of several."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from markupsafe import Markup, escape

from immunity.report.chart import BOTTOM, LEFT, RIGHT, TOP, WIDTH
from immunity.report.model import Floats
from immunity.report.scales import nice_ticks
from immunity.report.words import number

LEVELS = 8  # colours of a heat map
CELLS_WITH_NUMBERS = 64
LETTER = 6.3  # of a label, on the scale of the drawing


def _svg(height: float, said: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="chart still" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(said)}">'
        f"{''.join(parts)}</svg>"
    )


def reach_of(values: Floats) -> tuple[float, float]:
    there = values[np.isfinite(values)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5 * abs(low or 1.0), high + 0.5 * abs(high or 1.0))


def _rows(low: float, high: float) -> list[str]:
    parts = []
    for tick in nice_ticks(low, high, 4):
        y = BOTTOM - (tick - low) / (high - low) * (BOTTOM - TOP)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{escape(number(tick))}</text>')
    parts.append(f'<line class="base" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    return parts


def places(numbers: Floats | None, count: int, *, log: bool) -> Floats:
    """Where values stand along an axis, 0 to 1; evenly where they are no numbers."""
    if numbers is None:
        return np.linspace(0.0, 1.0, count)
    shown = np.log(numbers) if log else numbers
    spread = float(shown.max() - shown.min()) or 1.0
    return (shown - float(shown.min())) / spread


def _labels(xs: Floats, labels: Sequence[str]) -> list[str]:
    """Labels under an axis, as many as find room."""
    longest = max(len(label) for label in labels) * LETTER + 10
    every = max(1, math.ceil(len(labels) * longest / (RIGHT - LEFT)))
    parts = []
    for k, (x, label) in enumerate(zip(xs, labels, strict=True)):
        if k % every:
            continue
        css = "end" if x > RIGHT - longest / 2 else "mid"
        parts.append(f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{BOTTOM}" y2="{BOTTOM + 4}"/>')
        parts.append(f'<text class="tick {css}" x="{x:.1f}" y="{BOTTOM + 17}">{escape(label)}</text>')
    return parts


def line(
    where: Floats, labels: Sequence[str], middle: Floats, band: tuple[Floats, Floats] | None, *, said: str
) -> Markup:
    """Values over one key, with the spread over hosts."""
    low, high = reach_of(np.concatenate([middle, *(band or ())]))
    xs = LEFT + 8 + where * (RIGHT - LEFT - 16)

    def ys(values: Floats) -> Floats:
        return BOTTOM - (values - low) / (high - low) * (BOTTOM - TOP)

    parts = _rows(low, high) + _labels(xs, labels)
    there = np.isfinite(middle)
    order = np.argsort(xs[there], kind="stable")
    x = xs[there][order]
    if band is not None and there.any():
        edges = [ys(edge)[there][order] for edge in band]
        outline = [*zip(x, edges[0], strict=True), *zip(x[::-1], edges[1][::-1], strict=True)]
        parts.append(f'<path class="band" d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in outline)}Z"/>')
    points = list(zip(x, ys(middle)[there][order], strict=True))
    if points:
        parts.append(f'<path class="line" d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in points)}"/>')
    parts += [f'<circle class="mean arm0" cx="{a:.1f}" cy="{b:.1f}" r="3.5"/>' for a, b in points]
    return _svg(BOTTOM + 26, said, parts)


def dots(where: Floats, labels: tuple[str, str], values: Floats, *, said: str) -> Markup:
    """Values of single points over one of several keys."""
    low, high = reach_of(values)
    parts = _rows(low, high) + _labels(np.array([LEFT + 8.0, RIGHT - 8.0]), labels)
    for x, value in zip(where, values, strict=True):
        if math.isfinite(value):
            y = BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)
            parts.append(f'<circle class="dot arm0" cx="{LEFT + 8 + x * (RIGHT - LEFT - 16):.1f}" cy="{y:.1f}" r="3"/>')
    return _svg(BOTTOM + 26, said, parts)


def heat(
    across: Sequence[str],
    down: Sequence[str],
    values: Floats,
    reach: tuple[float, float],
    *,
    title: str,
    said: str,
    shade: Callable[[float], float] = float,
) -> Markup:
    """A heat map: one key across, one from the bottom up, a colour for each cell.

    Parameters
    ----------
    values : float64[across, down]
    shade : callable    value to what its colour goes by, between the two ends of ``reach``
    """
    side = min(120.0, max(len(label) for label in down) * LETTER + 10)
    low, high = reach
    wide = (WIDTH - 4 - side) / len(across)
    tall = min(34.0, max(9.0, 220.0 / len(down)))
    bottom = 8 + tall * len(down)
    parts = []
    written = len(across) * len(down) <= CELLS_WITH_NUMBERS and wide >= 30
    for i in range(len(across)):
        for j in range(len(down)):
            value = float(values[i, j])
            x, y = side + wide * i, bottom - tall * (j + 1)
            box = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.2f}" height="{tall:.2f}"'
            if not math.isfinite(value):
                parts.append(f'<rect class="void" {box}/>')
                continue
            level = min(LEVELS - 1, int(LEVELS * (shade(value) - low) / (high - low)))
            told = escape(f"{across[i]}, {down[j]}: {number(value)}")
            parts.append(f'<rect class="tile c{level}" {box}><title>{told}</title></rect>')
            if written:
                ink = " light" if level >= 5 else ""
                at = f'x="{x + wide / 2:.1f}" y="{y + tall / 2 + 4:.1f}"'
                parts.append(f'<text class="tick mid in{ink}" {at}>{number(value, 2)}</text>')
    every = max(1, math.ceil(11 / tall))
    for j, label in enumerate(down):
        if j % every == 0:
            y = bottom - tall * (j + 0.5) + 4
            parts.append(f'<text class="tick end" x="{side - 6:.1f}" y="{y:.1f}">{escape(label)}</text>')
    every = max(1, math.ceil((max(len(label) for label in across) * LETTER + 8) / wide))
    for i, label in enumerate(across):
        if i % every == 0:
            parts.append(
                f'<text class="tick mid" x="{side + wide * (i + 0.5):.1f}" y="{bottom + 16:.1f}">{escape(label)}</text>'
            )
    parts.append(
        f'<text class="tick mid" x="{side + (WIDTH - side) / 2:.1f}" y="{bottom + 34:.1f}">{escape(title)}</text>'
    )
    return _svg(bottom + 42, said, parts)
