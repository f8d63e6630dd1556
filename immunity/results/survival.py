"""How many are alive when: the Kaplan-Meier estimate, with the numbers at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import Floats
from immunity.results.record import Record
from immunity.results.status import host_failed


@dataclass(frozen=True)
class Survival:
    """A Kaplan-Meier curve.

    Attributes
    ----------
    ends : float64[host]       day on which each host ended, failed or left the observation, ascending
    died : bool[host]          whether that was an end by the rule book's own rule; the others are censored
    day : float64[step]        0, then every day on which someone died
    alive : float64[step]      share alive from that day on
    low, high : float64[step]  95 % interval (Greenwood's variance of log(-log alive))
    """

    ends: Floats
    died: NDArray[np.bool_]
    day: Floats
    alive: Floats
    low: Floats
    high: Floats

    def at_risk(self, day: float) -> int:
        """How many are alive and observed just before a day."""
        return int(np.sum(self.ends >= day))

    def at(self, day: float) -> float:
        """The share alive on a day."""
        return float(self.alive[np.searchsorted(self.day, day, side="right") - 1])

    def reached(self, share: float) -> float | None:
        """The day on which no more than a share are alive, None if it never comes to that."""
        below = np.flatnonzero(self.alive <= share + 1e-12)
        return float(self.day[below[0]]) if len(below) else None


def kaplan_meier(record: Record) -> Survival:
    """Estimate survival from the hosts of a record; hosts whose numbers failed are censored when they fail."""
    failed = np.array([host_failed(int(code)) for code in record.status], dtype=np.bool_)
    ended = np.isfinite(record.stopped_at)
    ends = np.where(ended, record.stopped_at, np.where(failed, 0.0, record.time[-1]))
    died = ended & ~failed
    order = np.lexsort((~died, ends))  # a death comes before a leave on the same day
    ends, died = ends[order], died[order]
    days = np.unique(ends[died])
    risk = np.array([np.sum(ends >= day) for day in days], dtype=np.float64)
    deaths = np.array([np.sum(died & (ends == day)) for day in days], dtype=np.float64)
    alive = np.cumprod(1.0 - deaths / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(deaths / (risk * (risk - deaths)))
        width = 1.96 * np.sqrt(greenwood) / np.log(alive)
        low, high = alive ** np.exp(-width), alive ** np.exp(width)
    low, high = (np.where(alive > 0.0, edge, 0.0) for edge in (low, high))
    first = np.ones(1)
    return Survival(
        ends,
        died,
        np.r_[0.0, days],
        np.r_[first, alive],
        np.r_[first, np.minimum(low, high)],
        np.r_[first, np.maximum(low, high)],
    )
