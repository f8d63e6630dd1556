"""The partial likelihood of proportional hazards (Cox), with Efron's way with ties.

References
----------
Efron 1977, J Am Stat Assoc 72:557. Lin and Wei 1989, J Am Stat Assoc 84:1074 (what each host adds to the slope).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immunity.trials.analyse import Floats, Truths

Places = NDArray[np.intp]


@dataclass(frozen=True)
class AtEvents:
    """What is so at each event, in the order of the likelihood: by stratum, the latest first.

    Attributes
    ----------
    sum : float64[event]              of the hazards of who is at risk
    mean : float64[event, covariate]  of their covariates, weighted by hazard
    spread : float64[event, covariate, covariate]    of these
    """

    sum: Floats
    mean: Floats
    spread: Floats


class Partial:
    """The partial likelihood of some hosts, each at risk beside those of its stratum.

    Parameters
    ----------
    time, event : float64[host], bool[host]
    stratum : int64[host]
    covariates : float64[host, covariate]
    """

    def __init__(self, time: Floats, event: Truths, stratum: NDArray[np.int64], covariates: Floats) -> None:
        self._order = np.lexsort((-time, stratum))
        time, stratum, event = time[self._order], stratum[self._order], event[self._order]
        self._z = covariates[self._order]
        new_stratum = np.r_[True, np.diff(stratum) != 0]
        new_time = new_stratum | np.r_[True, np.diff(time) != 0]
        self._moment = np.cumsum(new_time) - 1  # hosts of one stratum that end at one time
        firsts, bounds = np.flatnonzero(new_stratum), np.r_[np.flatnonzero(new_time), len(time)]
        begin = firsts[np.cumsum(new_stratum) - 1]
        # the first moment after those of a stratum, which bounds what its hosts live through
        self._after = np.r_[self._moment[firsts[1:]], self._moment[-1] + 1][np.cumsum(new_stratum) - 1]
        self._event = event
        self.events: Places = np.flatnonzero(event)
        its = self._moment[self.events]
        self._begin, self._end = begin[self.events], bounds[its + 1]
        self._came = np.bincount(its, minlength=len(bounds) - 1)
        self._gone = (np.arange(len(its)) - np.searchsorted(its, its)) / self._came[its]  # Efron's share of the tied
        self.time = time[self.events]
        self.covariates = self._z.shape[1]

    def mixed(self) -> bool:
        """Whether at any event hosts with different first covariates were at risk."""
        total = np.r_[0.0, np.cumsum(self._z[:, 0])]
        mean = (total[self._end] - total[self._begin]) / (self._end - self._begin)
        return bool(((mean > 0.0) & (mean < 1.0)).any())

    def at(self, beta: Floats) -> AtEvents:
        """What is so at each event for some log ratios."""
        z, risk = self._z, np.exp(self._z @ beta)
        n, p = z.shape
        parts = np.concatenate([np.ones((n, 1)), z, (z[:, :, None] * z[:, None, :]).reshape(n, -1)], 1) * risk[:, None]
        total = np.vstack([np.zeros(parts.shape[1]), np.cumsum(parts, 0)])
        tied = np.zeros((len(self._came), parts.shape[1]))
        np.add.at(tied, self._moment[self.events], parts[self.events])
        sums = total[self._end] - total[self._begin] - self._gone[:, None] * tied[self._moment[self.events]]
        mean = sums[:, 1 : p + 1] / sums[:, :1]
        spread = (sums[:, p + 1 :] / sums[:, :1]).reshape(-1, p, p) - mean[:, :, None] * mean[:, None, :]
        return AtEvents(sums[:, 0], mean, spread)

    def likelihood(self, beta: Floats) -> tuple[float, Floats, Floats]:
        """Logarithm of the likelihood, its slope, and minus its curvature."""
        here, mine = self.at(beta), self._z[self.events]
        value = float(np.sum(mine @ beta - np.log(here.sum)))
        return value, (mine - here.mean).sum(0), here.spread.sum(0)

    def slopes(self, beta: Floats, weight: Floats) -> Floats:
        """What each event adds to the slope, weighted: float64[covariate]."""
        return weight @ (self._z[self.events] - self.at(beta).mean)

    def residuals(self, beta: Floats, weight: Floats) -> Floats:
        """What each host adds to the weighted slope, in the order in which hosts were given.

        Parameters
        ----------
        weight : float64[event]    the same for events at one time
        """
        here, its, moments = self.at(beta), self._moment, len(self._came)
        z, risk = self._z, np.exp(self._z @ beta)[:, None]
        each = (weight / here.sum)[:, None] * np.concatenate([np.ones((len(weight), 1)), here.mean], 1)
        whole, of_tied = np.zeros((moments, each.shape[1])), np.zeros((moments, each.shape[1]))
        np.add.at(whole, its[self.events], each)
        np.add.at(of_tied, its[self.events], self._gone[:, None] * each)
        later = np.vstack([np.cumsum(whole[::-1], 0)[::-1], np.zeros(each.shape[1])])
        lived = later[its] - later[self._after]  # every moment up to a host's own
        found = -risk * (z * lived[:, :1] - lived[:, 1:])
        own = np.zeros((moments, z.shape[1] + 1))
        np.add.at(own, its[self.events], weight[:, None] * np.concatenate([np.ones((len(weight), 1)), here.mean], 1))
        mine = its[self.events]
        share = own[mine] / self._came[mine][:, None]
        found[self.events] += z[self.events] * share[:, :1] - share[:, 1:]
        found[self.events] += risk[self.events] * (z[self.events] * of_tied[mine][:, :1] - of_tied[mine][:, 1:])
        back = np.empty_like(found)
        back[self._order] = found
        return back
