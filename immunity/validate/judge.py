"""Verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from immunity.language.quantity import RATE, parse_unit
from immunity.validate.expectation import INDEX, Expectation, Point
from immunity.validate.models import Finding, Measure

if TYPE_CHECKING:
    from immunity.validate.load import Published

REPRODUCED = "reproduced"
NEAR = "near"
MISSED = "missed"
NOT_MEASURED = "not measured"
NOT_JUDGED = "not judged"  # left out on request
VERDICTS = (REPRODUCED, NEAR, MISSED, NOT_MEASURED, NOT_JUDGED)

SLIGHT = 0.1  # of the least effect that was published: as good as none
ENOUGH_POINTS = 0.8  # of a series inside their intervals, if none is missed


@dataclass(frozen=True)
class JudgedPoint:
    """A published number beside the simulated one, in the unit of the finding."""

    x: float | None
    label: str
    value: float
    lo: float
    hi: float
    measured: float
    verdict: str


@dataclass(frozen=True)
class Verdict:
    """How a finding came out.

    Attributes
    ----------
    points : tuple         one for a single value; empty if nothing was measured
    reason : str           why nothing was measured or judged
    seconds : float        what its simulations took, those it shares with others included
    """

    finding: Finding
    verdict: str
    unit: str
    x_unit: str
    scale: str
    points: tuple[JudgedPoint, ...]
    reason: str = ""
    seconds: float = 0.0

    @property
    def id(self) -> str:
        return self.finding.id

    def shown_x(self, point: JudgedPoint) -> float | None:
        """Where a point lies, in the unit of the finding's x and not in base units; nothing for a single value."""
        if point.x is None or self.x_unit in ("", INDEX):
            return point.x
        return float(f"{point.x / parse_unit(self.x_unit)[0]:.12g}")

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        finding = self.finding
        about = {key: getattr(finding, key) for key in ("id", "topic", "claim", "cite", "doi", "used_for", "known_gap")}
        points = [{key: _plain(value) for key, value in vars(p).items()} | {"x": self.shown_x(p)} for p in self.points]
        return about | {
            "verdict": self.verdict,
            "reason": self.reason,
            "unit": self.unit,
            "x_unit": self.x_unit,
            "scale": self.scale,
            "points": points,
            "seconds": round(self.seconds, 3),
        }


def without_points(published: Published, verdict: str, reason: str) -> Verdict:
    """The verdict on a finding for which there is nothing to judge."""
    expectation = published.expectation
    return Verdict(published.finding, verdict, expectation.unit.text, expectation.x_unit, expectation.scale, (), reason)


def judge(measured: float, value: Point, scale: str = "linear", neutral: float | None = None) -> str:
    """Judge one number.

    Inside [lo, hi], bounds included: reproduced. Outside by less than the width of the interval: near. Else missed.
    On a log10 scale, width and distance are those of the logarithms.

    Parameters
    ----------
    neutral : float, optional
        What no effect at all would give: 1 for a ratio, 0 for a difference. Where the whole published interval lies
        on one side of it, a number beyond it, or with less than a tenth of the least published effect, is missed.
    """
    lo, hi = value.lo, value.hi
    if math.isnan(measured):
        return MISSED
    if neutral is not None and ((lo > neutral >= measured) or (hi < neutral <= measured)):
        return MISSED
    if scale == "log10":
        if measured <= 0.0:
            return MISSED
        measured, lo, hi = math.log10(measured), math.log10(lo), math.log10(hi)
        neutral = math.log10(neutral) if neutral else None
    if neutral is not None and not lo <= neutral <= hi:
        least = lo if lo > neutral else hi
        if (measured - neutral) / (least - neutral) < SLIGHT:
            return MISSED
    if lo <= measured <= hi:
        return REPRODUCED
    distance = lo - measured if measured < lo else measured - hi
    return NEAR if distance < hi - lo else MISSED


def judge_series(verdicts: Sequence[str], *, enough: float = ENOUGH_POINTS) -> str:
    """Judge a series by its points: reproduced if at least 80 % are and none is missed, missed if one is.

    Parameters
    ----------
    enough : float    share of the points that have to be inside; 1 where each is a claim of its own
    """
    if MISSED in verdicts or not verdicts:
        return MISSED
    inside = sum(verdict == REPRODUCED for verdict in verdicts)
    return REPRODUCED if inside >= enough * len(verdicts) - 1e-9 else NEAR


def neutral_of(measure: Measure, *, log: bool) -> float | None:
    """What a measure would be if nothing happened: 1 for ratios and folds, 0 for the rest, nothing for a logarithm.

    Parameters
    ----------
    log : bool    the expected number is the logarithm of an amount; then only a difference has a neutral value
    """
    if measure.difference is not None:
        return 0.0
    if log:
        return None
    return 1.0 if measure.ratio is not None or measure.statistic == "fold_of_baseline" else 0.0


def scale_of(measure: Measure, expectation: Expectation, point: Point) -> str:
    """How distance is judged: ratios and rates in logarithms, whatever the finding says."""
    relative = measure.ratio is not None or expectation.unit.dimension == RATE
    return "log10" if relative and point.lo > 0.0 and not expectation.unit.log else expectation.scale


def unexpected(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Findings that are not reproduced though nobody declared a gap: what ``--strict`` fails on."""
    return tuple(v for v in verdicts if v.verdict not in (REPRODUCED, NOT_JUDGED) and not v.finding.known_gap)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
