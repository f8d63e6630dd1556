"""What a trial found, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from immunity.cohorts import Rows
from immunity.compiler.tables import Floats
from immunity.results import Record
from immunity.trials.analyse import Effect, Estimate, Steps
from immunity.trials.load import Planned

ALL = "all"


@dataclass(frozen=True)
class Flow:
    """Numbers of hosts on their way through an arm."""

    screened: int
    gone: int  # ended before enrolment
    not_eligible: int
    failed: int  # their numbers failed
    enrolled: int
    dropped_out: int
    died: int
    analysed: int  # for the primary endpoint


@dataclass(frozen=True)
class ArmHosts:
    """The enrolled hosts of an arm, ascending.

    Attributes
    ----------
    group : str[host]
    dropout : float64[host]    the day a host leaves, infinite for who stays
    rows : dict                what :func:`immunity.trials.endpoints.reduce_batch` took, enrolled hosts only
    """

    name: str
    title: str
    host: np.ndarray
    group: np.ndarray
    dropout: Floats
    rows: Rows = field(repr=False)
    flow: Flow
    record: Record | None = field(default=None, repr=False)  # a host of the arm, for what was done to it

    def __len__(self) -> int:
        return len(self.host)


@dataclass(frozen=True)
class Found:
    """What one endpoint is in one arm, among some of the people.

    Attributes
    ----------
    estimate : Estimate    share by the end, share, mean or geometric mean
    events : int or None   how many had the event or responded
    left_out : int         hosts that have no value: gone from the trial, or dead before it could be taken
    """

    endpoint: str
    arm: str
    group: str
    what: str
    unit: str
    estimate: Estimate
    n: int
    events: int | None = None
    left_out: int = 0
    median_day: float | None = None
    steps: Steps | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Compared:
    """How an arm differs from the reference in one endpoint, among some of the people."""

    endpoint: str
    arm: str
    reference: str
    group: str
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Powered:
    """Power of a randomised trial of other people, by hosts per arm, and the size for 80 and 90 %."""

    endpoint: str
    arm: str
    test: str
    by_size: tuple[tuple[int, float], ...]
    size_for: tuple[tuple[float, int | None], ...]


@dataclass(frozen=True)
class Findings:
    """Everything that a trial found."""

    plan: Planned
    days: float
    time: Floats  # of the curves that are kept for drawing
    units: Mapping[str, tuple[str, str]]  # readout -> name, unit as shown
    arms: Mapping[str, ArmHosts]
    found: tuple[Found, ...]
    compared: tuple[Compared, ...]
    powered: tuple[Powered, ...]
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]
    papers: tuple[Mapping[str, Any], ...] = ()


def papers_of(arms: Iterable[ArmHosts]) -> tuple[Mapping[str, Any], ...]:
    """The papers behind what happened in any of the arms, by key."""
    found = {str(p["key"]): p for arm in arms if arm.record is not None for p in arm.record.papers}
    return tuple(found[key] for key in sorted(found))
