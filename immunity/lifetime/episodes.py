"""Infections of a life, counted as a doctor would."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from immunity.compiler.tables import Floats
from immunity.language.quantity import parse_quantity
from immunity.lifetime.models import Counting, Level

SILENT, MILD, FEVER, HOSPITAL, DEATH = "silent", "mild", "fever", "hospital", "death"
GRAVE = (SILENT, MILD, FEVER, HOSPITAL, DEATH)
YEAR = 365.25


@dataclass(frozen=True)
class Trace:
    """How much of one agent there was in one part of the body, day by day."""

    agent: str
    site: str
    amount: Floats


@dataclass(frozen=True)
class Episode:
    """One infection, or one time of being a carrier.

    Attributes
    ----------
    agent, name : str        id and what people call it
    site, what : str         where it went deepest, and what that is called
    start, days : float      age on its first day, and how long the agent was there, in days
    first : bool             the first time with this agent
    severity : str           silent, mild, fever, hospital or death; of a carrier silent
    fever_days : float       days at 38 degC and above
    antibiotics : bool       a course began in it
    carried : bool           the agent was on a surface, and nothing more
    """

    agent: str
    name: str
    site: str
    what: str
    start: float
    days: float
    first: bool
    severity: str
    fever_days: float
    antibiotics: bool
    carried: bool

    @property
    def ill(self) -> bool:
        """Whether somebody noticed."""
        return self.severity != SILENT

    def row(self) -> dict[str, Any]:
        """A line of a table, ages in years."""
        return {**asdict(self), "start": self.start / YEAR}


@dataclass(frozen=True)
class Felt:
    """Days on which something was so, bool[time] each."""

    ill: np.ndarray
    fever: np.ndarray
    hospital: np.ndarray


def feel(counting: Counting, values: dict[str, Floats], days: int) -> Felt:
    """Find ill days, days of fever, and days in hospital."""

    def beyond(levels: Sequence[Level]) -> np.ndarray:
        found = np.zeros(days, np.bool_)
        for level in levels:
            if level.readout in values:
                if level.above is not None:
                    found |= values[level.readout] > level.above
                if level.below is not None:
                    found |= values[level.readout] < level.below
        return found

    return Felt(beyond(counting.ill), beyond([counting.fever]), beyond(counting.hospital))


def count_episodes(
    counting: Counting,
    time: Floats,
    traces: Sequence[Trace],
    felt: Felt,
    *,
    start: float,
    names: dict[str, str],
    courses: Sequence[float] = (),
    died: float | None = None,
) -> list[Episode]:
    """Count the episodes of a life, in order.

    Parameters
    ----------
    time : float64[time]    days since the life began to be followed
    start : float           age then, in days
    courses : sequence      days on which antibiotics were begun
    died : float, optional  day of death
    """
    apart = parse_quantity(counting.apart).value
    found: list[Episode] = []
    for agent in dict.fromkeys(trace.agent for trace in traces):
        own = {trace.site: trace for trace in traces if trace.agent == agent}
        over = {
            site: trace.amount >= parse_quantity(counting.sites[site].at_least).value for site, trace in own.items()
        }
        for carried in (False, True):
            sites = [site for site in over if counting.sites[site].carried == carried]
            if not sites:
                continue
            there = np.any([over[site] for site in sites], axis=0)
            seen = False
            for first, last in _runs(time, there, apart):
                inside = (time >= first) & (time <= last)
                reached = [site for site in sites if (over[site] & inside).any()]
                site = max(reached, key=lambda name: counting.sites[name].gravity)
                severity = SILENT
                if not carried:
                    ended = died is not None and first <= died <= last + apart
                    severity = DEATH if ended else _severity(felt, inside)
                found.append(
                    Episode(
                        agent,
                        names.get(agent, agent.replace("_", " ")),
                        counting.sites[site].name,
                        counting.sites[site].infection,
                        start + first,
                        last - first + 1.0,
                        not seen,
                        severity,
                        0.0 if carried else float(felt.fever[inside].sum()),
                        not carried and any(first <= day <= last + 1.0 for day in courses),
                        carried,
                    )
                )
                seen = True
    return sorted(found, key=lambda episode: episode.start)


def _severity(felt: Felt, inside: np.ndarray) -> str:
    for word, days in ((HOSPITAL, felt.hospital), (FEVER, felt.fever), (MILD, felt.ill)):
        if days[inside].any():
            return word
    return SILENT


def _runs(time: Floats, there: np.ndarray, apart: float) -> list[tuple[float, float]]:
    """First and last day of each stretch; what comes back within some days belongs to the one before."""
    runs: list[tuple[float, float]] = []
    for day in time[there].tolist():
        if runs and day - runs[-1][1] <= apart:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


@dataclass(frozen=True)
class Year:
    """What came in one year of age; ``lived`` is the share of it that was followed."""

    age: int
    lived: float
    infections: int
    illnesses: int
    fevers: int
    fever_days: float
    hospital: int
    antibiotics: int
    carrier_days: float


def count_years(episodes: Sequence[Episode], start: float, end: float) -> list[Year]:
    """Count by year of age; an episode belongs to the year in which it begins."""
    years = []
    for age in range(math.floor(start / YEAR), math.ceil(end / YEAR)):
        low, high = age * YEAR, (age + 1) * YEAR
        own = [episode for episode in episodes if low <= episode.start < high]
        found = [episode for episode in own if not episode.carried]
        carrying = sum(
            max(0.0, min(episode.start + episode.days, high) - max(episode.start, low))
            for episode in episodes
            if episode.carried
        )
        years.append(
            Year(
                age,
                (min(high, end) - max(low, start)) / YEAR,
                len(found),
                sum(episode.ill for episode in found),
                sum(episode.severity in (FEVER, HOSPITAL, DEATH) and episode.fever_days > 0 for episode in found),
                sum(episode.fever_days for episode in found),
                sum(episode.severity in (HOSPITAL, DEATH) for episode in found),
                sum(episode.antibiotics for episode in found),
                carrying,
            )
        )
    return years
