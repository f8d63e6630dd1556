"""Survival as a drawing: the steps of Kaplan and Meier, their interval, and the numbers at risk below."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup, escape

from immunity.report.chart import BOTTOM, LEFT, RIGHT, TOP, WIDTH
from immunity.report.scales import nice_ticks
from immunity.report.words import Clock, number
from immunity.results.survival import Survival

_HEIGHT = 226


def _steps(days: list[float], shares: list[float], last: float) -> list[tuple[float, float]]:
    """Corners of a step curve from the start to the last day."""
    corners = [(days[0], shares[0])]
    for before, day, share in zip(shares, days[1:], shares[1:], strict=False):
        corners += [(day, before), (day, share)]
    return [*corners, (last, shares[-1])]


def ticks(survival: Survival, clock: Clock, last: float) -> tuple[float, ...]:
    """Days at which the numbers at risk are given."""
    return tuple(tick / clock.per_day for tick in nice_ticks(0.0, clock.value(last), 5))


def draw(survival: Survival, clock: Clock, last: float) -> Markup:
    """Draw the share alive from the start to the last day."""

    def place(corners: list[tuple[float, float]]) -> str:
        points = [f"{LEFT + d / last * (RIGHT - LEFT):.1f} {BOTTOM - s * (BOTTOM - TOP):.1f}" for d, s in corners]
        return "M" + "L".join(points)

    days = survival.day.tolist()
    steps, low, high = (_steps(days, part.tolist(), last) for part in (survival.alive, survival.low, survival.high))
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = BOTTOM - share * (BOTTOM - TOP)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{100 * share:.0f} %</text>')
    parts.append(f'<text class="tick" x="2" y="{BOTTOM + 34}">at risk</text>')
    for k, day in enumerate(ticks(survival, clock, last)):
        x = LEFT + day / last * (RIGHT - LEFT)
        label = number(clock.value(day)) if k else f"{clock.unit} {number(clock.value(day))}"
        parts.append(f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{BOTTOM}" y2="{BOTTOM + 4}"/>')
        parts.append(f'<text class="tick mid" x="{x:.1f}" y="{BOTTOM + 17}">{escape(label)}</text>')
        parts.append(f'<text class="tick mid risk" x="{x:.1f}" y="{BOTTOM + 50}">{survival.at_risk(day)}</text>')
    parts.append(f'<path class="band" d="{place([*low, *reversed(high)])}Z"/>')
    parts.append(f'<path class="line" d="{place(steps)}"/>')
    died = f"{int(survival.died.sum())} of {len(survival.ends)} died"
    said = f"Share alive: {100 * survival.at(last):.0f} % at the end, {died}."
    return Markup(
        f'<svg class="chart survival" viewBox="0 0 {WIDTH} {_HEIGHT}" role="img" aria-label="{escape(said)}">'
        f"{''.join(parts)}</svg>"
    )


def table(survival: Survival, clock: Clock, last: float) -> tuple[list[str], list[list[str]]]:
    """Header and rows: share alive with its interval, and numbers at risk."""
    header = [clock.unit.capitalize(), "Alive", "95 % interval", "At risk"]
    chosen = sorted({*ticks(survival, clock, last), *survival.day[:30].tolist(), last})
    rows = []
    for day in chosen:
        step = int(np.searchsorted(survival.day, day, side="right") - 1)
        interval = f"{100 * survival.low[step]:.0f} to {100 * survival.high[step]:.0f} %"
        rows.append(
            [number(clock.value(day)), f"{100 * survival.alive[step]:.0f} %", interval, str(survival.at_risk(day))]
        )
    return header, rows


def in_words(survival: Survival, clock: Clock) -> str:
    """When they died: the first, half of all, the last."""
    days = survival.ends[survival.died]
    if not len(days):
        return ""
    if len(days) == 1:
        return f"The one who died did so {clock.when(float(days[0]))}."
    half = survival.reached(0.5)
    parts = [f"The first died {clock.when(float(days[0]))}"]
    parts += [f"half were dead {clock.when(half)}"] if half is not None and days[0] < half < days[-1] else []
    return f"{', '.join(parts)}, the last {clock.when(float(days[-1]))}."
