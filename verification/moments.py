"""Mean and standard deviation of small stochastic nets, from theory.

Birth-death, immigration-death and dimerisation follow the kinds of case of the Discrete Stochastic Model Test Suite
(Evans, Gillespie and Wilkinson, Bioinformatics 24:285, 2008); the formulas are derived from the master equation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from immunity.compiler.tables import Floats


@dataclass(frozen=True)
class Moments:
    """Mean, standard deviation and excess kurtosis at each day (0 where the sd is 0)."""

    mean: Floats
    sd: Floats
    excess: Floats


def from_cumulants(mean: Floats, variance: Floats, fourth: Floats) -> Moments:
    """Turn the first, second and fourth cumulants into moments."""
    certain = variance <= 0
    return Moments(mean, np.sqrt(variance), np.where(certain, 0.0, fourth / np.where(certain, 1.0, variance) ** 2))


def birth_death(days: Floats, *, birth: float, death: float, start: int) -> Moments:
    """Linear birth and death from independent founders.

    The family of one founder is empty with chance 1 - s, and otherwise geometric with p = (l - m) / (l E - m) and
    s = E p, E = exp((l - m) t). Cumulants of the founders add up.
    """
    grown = np.exp((birth - death) * days)
    p = (birth - death) / (birth * grown - death)
    s = grown * p
    m1, m2 = s / p, s * (2 - p) / p**2
    m3, m4 = s * (p**2 - 6 * p + 6) / p**3, s * (2 - p) * (p**2 - 12 * p + 12) / p**4
    fourth = m4 - 4 * m3 * m1 - 3 * m2**2 + 12 * m2 * m1**2 - 6 * m1**4
    return from_cumulants(start * m1, np.maximum(start * (m2 - m1**2), 0.0), start * fourth)


def immigration_death(days: Floats, *, immigration: float, death: float, batch: int = 1) -> Moments:
    """Batches arrive as a Poisson process, members die independently.

    Of a batch that is u days old, Binomial(batch, p = exp(-m u)) live. The r-th cumulant of Poisson-many batches is
    a * integral of E[Binomial^r], with E[Binomial^r] = sum of Stirling numbers times falling factorials times p^j.
    """
    falling = np.cumprod([batch - j for j in range(4)])
    lived = [-np.expm1(-j * death * days) / (j * death) for j in range(1, 5)]  # integral of p^j
    terms = [immigration * count * span for count, span in zip(falling, lived, strict=True)]
    return from_cumulants(terms[0], terms[0] + terms[1], terms[0] + 7 * terms[1] + 6 * terms[2] + terms[3])


def reset_immigration_death(
    days: Floats, *, immigration: float, death: float, reset_day: float, value: float
) -> Moments:
    """Immigration and death, set to ``value`` once: after it, survivors are binomial, newcomers Poisson."""
    before = immigration / death * -np.expm1(-death * days)
    since = np.maximum(days - reset_day, 0.0)
    new = immigration / death * -np.expm1(-death * since)
    alive = np.exp(-death * since)
    spread = value * alive * (1.0 - alive)
    later = days >= reset_day
    return from_cumulants(
        np.where(later, value * alive + new, before),
        np.where(later, spread + new, before),
        np.where(later, spread * (1.0 - 6.0 * alive * (1.0 - alive)) + new, before),
    )


def dimerisation(days: Floats, *, pair: float, release: float, start: int) -> tuple[Moments, Moments]:
    """Return moments of monomers and dimers: 2 P <-> P2 with propensities pair P (P - 1) / 2 and release P2.

    The master equation over the number of dimers, advanced by the matrix exponential of one day; ``days`` are 0, 1, ...
    """
    dimers = np.arange(start // 2 + 1)
    monomers = start - 2 * dimers
    up, down = pair * monomers * (monomers - 1) / 2.0, release * dimers
    generator = np.diag(up[:-1], -1) + np.diag(down[1:], 1) - np.diag(up + down)
    advance = expm(generator)
    chance = np.zeros(len(dimers))
    chance[0] = 1.0
    rows = []
    for _ in days:
        rows.append(chance)
        chance = advance @ chance
    table = np.array(rows)
    mean = table @ dimers
    off = dimers - mean[:, None]
    variance = (table * off**2).sum(axis=1)
    dimer = from_cumulants(mean, variance, (table * off**4).sum(axis=1) - 3.0 * variance**2)
    return Moments(start - 2.0 * mean, 2.0 * dimer.sd, dimer.excess), dimer


def exchange(days: Floats, *, hazard: float, start: int) -> Moments:
    """Members of two equally full places change place independently: a sum of two binomials."""
    gone = 0.5 * -np.expm1(-2.0 * hazard * days)
    variance = 2.0 * start * gone * (1.0 - gone)
    return from_cumulants(np.full(len(days), float(start)), variance, variance * (1.0 - 6.0 * gone * (1.0 - gone)))


def chain(days: Floats, *, hazards: tuple[float, float, float], start: int) -> tuple[Moments, Moments]:
    """Members pass three stages and die: each is binomial, with the chance of one founder to be there."""
    a, b, c = hazards
    rates = np.array([[-a, 0.0, 0.0], [a, -b, 0.0], [0.0, b, -c]])
    chance = np.asarray(np.clip([expm(rates * day)[:, 0] for day in days], 0.0, 1.0), np.float64)
    found = []
    for stage in (1, 2):
        variance = start * chance[:, stage] * (1.0 - chance[:, stage])
        found.append(from_cumulants(start * chance[:, stage], variance, variance * (1.0 - 6.0 * variance / start)))
    return found[0], found[1]


Reference = Callable[[Floats], dict[str, Moments]]
