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
    """Mean and standard deviation at each day."""

    mean: Floats
    sd: Floats


def birth_death(days: Floats, *, birth: float, death: float, start: float) -> Moments:
    """Linear birth and death: dE/dt = (l - m) E, dV/dt = 2 (l - m) V + (l + m) E."""
    grown = np.exp((birth - death) * days)
    variance = start * (birth + death) / (birth - death) * grown * (grown - 1.0)
    return Moments(start * grown, np.sqrt(variance))


def immigration_death(days: Floats, *, immigration: float, death: float, batch: int = 1) -> Moments:
    """Batches arrive as a Poisson process, members die independently.

    Of a batch that is s days old, Binomial(batch, p = exp(-m s)) live; cumulants of Poisson-many batches add up:
    V = E + a B (B - 1) * integral of p^2.
    """
    mean = immigration * batch / death * -np.expm1(-death * days)
    pairs = immigration * batch * (batch - 1) * -np.expm1(-2.0 * death * days) / (2.0 * death)
    return Moments(mean, np.sqrt(mean + pairs))


def reset_immigration_death(
    days: Floats, *, immigration: float, death: float, reset_day: float, value: float
) -> Moments:
    """Immigration and death, set to ``value`` once: after it, survivors are binomial, newcomers Poisson."""
    before = immigration_death(days, immigration=immigration, death=death)
    since = np.maximum(days - reset_day, 0.0)
    new = immigration_death(since, immigration=immigration, death=death)
    alive = np.exp(-death * since)
    later = days >= reset_day
    mean = np.where(later, value * alive + new.mean, before.mean)
    variance = np.where(later, value * alive * (1.0 - alive) + new.mean, before.mean)
    return Moments(mean, np.sqrt(variance))


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
    sd = np.sqrt(np.maximum(table @ dimers**2 - mean**2, 0.0))
    return Moments(start - 2.0 * mean, 2.0 * sd), Moments(mean, sd)


Reference = Callable[[Floats], dict[str, Moments]]
