"""What a report shows, as plain data: the one thing the pages below read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunity.results.observed import Observed
from immunity.results.survival import Survival

Floats = NDArray[np.float64]

DISCLAIMER = "For research and teaching. Not medical advice."


@dataclass(frozen=True)
class Point:
    """A published value with its interval, in the unit of the curve it lies on."""

    x: float
    y: float
    lo: float | None
    hi: float | None
    cite: str


@dataclass(frozen=True)
class Paper:
    """A source that numbers of this run come from."""

    cite: str
    doi: str | None = None


@dataclass(frozen=True)
class Curve:
    """One readout over time.

    Attributes
    ----------
    panel : str                      curves of one panel stand together: blood, site, microbes, signals, symptoms
    scale : str                      linear, or log10 for a logarithmic axis; ``values`` are plain amounts either way
    values : float64[time]           NaN after the host has stopped
    healthy : (lo, hi), optional     in ``unit``
    main : bool                      shown at once; the others are folded away
    observed : tuple of Observed     single subjects of a table that the reader brought, in ``unit``
    observed_words : str             what table, how many values
    papers : tuple of Paper          behind the flows that made and took what is counted
    second : float64[time], optional the same readout of the run it is compared with
    band : (lo, hi), optional        float64[time] each: spread over a cohort, ``values`` is then the median
    """

    id: str
    name: str
    unit: str
    panel: str
    scale: str
    values: Floats
    healthy: tuple[float, float] | None = None
    limit_of_detection: float | None = None
    points: tuple[Point, ...] = ()
    second: Floats | None = None
    band: tuple[Floats, Floats] | None = None
    main: bool = True
    observed: tuple[Observed, ...] = ()
    observed_words: str = ""
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True)
class PlaceSeries:
    """What the body map shows at one place.

    Attributes
    ----------
    x, y : float                 per cent of the figure's width (from the left of the page) and height (from the crown)
    cells : float64[time]        immune cells; the first value is the amount at rest
    microbes : float64[time]     all microbes, in ``microbe_unit`` of the report
    """

    id: str
    name: str
    x: float
    y: float
    cells: Floats
    microbes: Floats


@dataclass(frozen=True)
class ReportInput:
    """Everything one report shows.

    Attributes
    ----------
    host : dict                  the host in words: {"age": "35 y", "sex": "female", ...}
    outcome : str                "healthy", or the rule book's word for how the host ended ("dead")
    stopped_at : float, optional day on which the host ended, if it did
    times : float64[time]        day
    outcome_since : float        day from which on it held, where the curves say so
    outcomes : dict              for a cohort: outcome -> number of hosts
    done : dict                  what the host met and was given, sentences by kind: exposures, therapies, ...
    label : str                  for a comparison: what this run is called beside the other
    second : ReportInput         for a comparison: the other run, at the same times
    survival : Survival          for a cohort of which someone died
    over_whom : str              for a cohort: whose median and spread the curves are
    again : tuple of str         commands that give the same result
    reasons : dict               readout -> what moved it, or what took microbes away, as a sentence
    """

    title: str
    scenario: str
    host: dict[str, Any]
    mode: str
    seed: int | None
    days: float
    outcome: str
    stopped_at: float | None
    times: Floats
    curves: tuple[Curve, ...]
    places: tuple[PlaceSeries, ...] = ()
    papers: tuple[Paper, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    disclaimer: str = DISCLAIMER
    microbe_unit: str = "CFU"
    outcomes: dict[str, int] = field(default_factory=dict)
    outcome_since: float | None = None
    band_label: str = "5 % to 95 % of hosts"
    done: dict[str, list[str]] = field(default_factory=dict)
    label: str = ""
    second: ReportInput | None = None
    survival: Survival | None = None
    over_whom: str = ""
    again: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def second_title(self) -> str:
        """What the second run is called, nothing if there is none."""
        return "" if self.second is None else self.second.label or "second run"
