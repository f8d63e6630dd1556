"""Drawings of a trial in which every host can be seen: a waterfall of what a host gained, and swimmers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from immunity.report.chart import LEFT, RIGHT, WIDTH
from immunity.report.model import Floats
from immunity.report.scales import nice_ticks
from immunity.report.trial_charts import STYLES
from immunity.report.words import Clock, number
from immunity.trials import tell
from immunity.trials.compare import paired_gains
from immunity.trials.models import SAME
from immunity.trials.result import ArmHosts, Findings

MOST_SWIMMERS = 40  # of an arm, the first by number
LANE = 5.5
TALL = 170.0


@dataclass(frozen=True)
class Swimmer:
    """One host in one arm.

    Attributes
    ----------
    end : float             days from enrolment until it died, left, or the trial ended
    event : float or None   when it had the event
    died, left : bool       how it ended, if before the trial did
    """

    end: float
    event: float | None
    died: bool
    left: bool


def _svg(height: float, said: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="chart still" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(said)}">'
        f"{''.join(parts)}</svg>"
    )


def waterfall(gains: Floats, *, ratio: bool, arm: int, said: str) -> Markup:
    """What each host has more or less of than in the reference arm, the most first; a bar for each.

    Parameters
    ----------
    gains : float64[host]    ratios or differences
    """
    shown = np.sort(np.log10(gains) if ratio else gains)[::-1]
    low, high = min(0.0, float(shown.min())), max(0.0, float(shown.max()))
    reach = high - low or 1.0
    low, high = low - 0.03 * reach, high + 0.03 * reach

    def y(value: float) -> float:
        return 6.0 + (high - value) / (high - low) * (TALL - 12.0)

    parts = []
    for tick in _ticks(low, high, ratio=ratio):
        label = number(10.0**tick) if ratio else number(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text class="tick end" x="{LEFT - 6}" y="{y(tick) + 4:.1f}">{escape(label)}</text>')
    wide = (RIGHT - LEFT) / len(shown)
    gap = 0.15 * wide if wide > 3.0 else 0.0
    for k, value in enumerate(shown):
        top, bottom = sorted((y(float(value)), y(0.0)))
        box = f'x="{LEFT + k * wide:.2f}" y="{top:.1f}" width="{wide - gap:.2f}" height="{max(bottom - top, 0.6):.1f}"'
        parts.append(f'<rect class="bar arm{arm}" {box}/>')
    parts.append(f'<line class="base" x1="{LEFT}" x2="{RIGHT}" y1="{y(0.0):.1f}" y2="{y(0.0):.1f}"/>')
    return _svg(TALL, said, parts)


def _ticks(low: float, high: float, *, ratio: bool) -> tuple[float, ...]:
    if not ratio:
        return nice_ticks(low, high, 4)
    fine = [math.log10(m) + k for k in range(math.floor(low), math.ceil(high) + 1) for m in (1.0, 2.0, 5.0)]
    inside = tuple(tick for tick in fine if low <= tick <= high)
    whole = tuple(tick for tick in inside if float(tick).is_integer())
    return whole if len(whole) > 3 else inside


def swimmers(arms: Sequence[Sequence[Swimmer]], last: float, clock: Clock, *, said: str) -> Markup:
    """A lane for each host, arm below arm: a dot for the event, a cross for death, an open ring for who left."""

    def x(day: float) -> float:
        return 8.0 + day / last * (WIDTH - 16.0)

    parts: list[str] = []
    y = 4.0
    for k, hosts in enumerate(arms):
        for host in sorted(hosts[:MOST_SWIMMERS], key=lambda h: (-h.end, h.event if h.event is not None else math.inf)):
            y += LANE
            parts.append(f'<path class="lane arm{k}" d="M{x(0.0):.1f} {y:.1f}H{x(host.end):.1f}"/>')
            if host.event is not None and not (host.died and host.event >= host.end):
                parts.append(f'<circle class="event arm{k}" cx="{x(host.event):.1f}" cy="{y:.1f}" r="2.2"/>')
            if host.died:
                parts.append(f'<path class="death" d="M{x(host.end) - 2:.1f} {y - 2:.1f}l4 4m0 -4l-4 4"/>')
            elif host.left:
                parts.append(f'<circle class="ring-out" cx="{x(host.end):.1f}" cy="{y:.1f}" r="2"/>')
        y += 2 * LANE
    parts.append(f'<line class="base" x1="{x(0.0)}" x2="{x(last)}" y1="{y}" y2="{y}"/>')
    ticks = nice_ticks(0.0, clock.value(last), 5)
    for n, tick in enumerate(ticks):
        at = x(tick / clock.per_day)
        label = number(tick) if n else f"{clock.unit} {number(tick)}"
        css = "mid" if n else ""
        parts.append(f'<line class="base" x1="{at:.1f}" x2="{at:.1f}" y1="{y}" y2="{y + 4}"/>')
        parts.append(f'<text class="tick {css}" x="{at:.1f}" y="{y + 17}">{escape(label)}</text>')
    return _svg(y + 24, said, parts)


def hosts_of(findings: Findings, name: str, title: str, time: Clock) -> list[dict[str, Any]]:
    """Drawings with every host: swimmers of a time, a waterfall of what the same hosts gained in each arm."""
    trial = findings.plan.trial
    endpoint = trial.endpoints[name]
    if endpoint.time_to is not None:
        last = findings.days - findings.plan.enrol_day
        lanes = [_swimmers(findings, arm, name) for arm in findings.arms.values()]
        said = f"{title}: a lane for each of up to {MOST_SWIMMERS} hosts of each arm"
        about = "Every host until it died (cross), left (ring) or the trial ended; a dot is the event."
        return [{"title": "Hosts", "about": about, "svg": swimmers(lanes, last, time, said=said)}]
    if endpoint.response is not None or trial.allocation != SAME:
        return []
    reference, drawings = findings.arms[trial.reference_arm()], []
    for k, arm in enumerate(findings.arms.values()):
        gains, ratio = paired_gains(findings, name, arm, reference)
        if arm is reference or len(gains) < 2:
            continue
        what = f"{'Ratio' if ratio else 'Difference'} of each host, {arm.title} to {reference.title}"
        said = f"{title}: {what}, from {tell.number(float(gains.min()))} to {tell.number(float(gains.max()))}"
        svg = waterfall(gains, ratio=ratio, arm=k % STYLES, said=said)
        drawings.append({"title": f"Hosts, {arm.title}", "about": f"{what}; a bar for each.", "svg": svg})
    return drawings


def _swimmers(findings: Findings, arm: ArmHosts, name: str) -> list[Swimmer]:
    start = findings.plan.enrol_day
    died, event = arm.rows["stopped_at"], arm.rows[f"value {name}"]
    lanes = []
    for dead, left, came in zip(died, arm.dropout, event, strict=True):
        end = float(np.nanmin([dead, left, findings.days]))
        seen = float(came) - start if np.isfinite(came) and came <= end else None
        lanes.append(Swimmer(end - start, seen, bool(dead == end), bool(left == end and dead != end)))
    return lanes
