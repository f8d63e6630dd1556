"""Who is in a trial: which group a host belongs to, which arm it is allocated to, when it leaves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from immunity.cohorts import uniforms_of_host
from immunity.compiler.tables import Floats
from immunity.language.quantity import parse_quantity
from immunity.trials.models import Ages, Group

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0  # a step round the circle whose points never bunch
WHOLE = "everybody"
YEAR = 365.25


@dataclass(frozen=True)
class Stratum:
    """Hosts of one group and one age, who are one case."""

    group: str
    people: Group
    age: float  # years, NaN where the group says none


def strata_of(people: Mapping[str, Group]) -> dict[str, Stratum]:
    """Every group as it is, or as classes of age of equal share."""
    found: dict[str, Stratum] = {}
    for name, group in (people or {WHOLE: Group()}).items():
        if group.ages is None:
            found[name] = Stratum(name, group, math.nan)
            continue
        ages = middle_ages(group.ages)
        for k, age in enumerate(ages):
            host = {**group.host, "age": f"{age:.4g} y"}
            changed = {"share": group.share / len(ages), "host": host, "ages": None}
            found[f"{name}_{k + 1}"] = Stratum(name, group.model_copy(update=changed), age)
    return found


def middle_ages(ages: Ages) -> list[float]:
    """The middle age of each class, in years: the median of its part of the distribution."""
    first, last = (parse_quantity(text).value / YEAR for text in (ages.from_, ages.to))
    middles = (np.arange(ages.classes) + 0.5) / ages.classes
    if ages.mean is None or ages.sd is None:
        return [float(first + (last - first) * share) for share in middles]
    mean, sd = (parse_quantity(text).value / YEAR for text in (ages.mean, ages.sd))
    normal = NormalDist(mean, sd)
    below, upto = normal.cdf(first), normal.cdf(last)
    return [normal.inv_cdf(below + (upto - below) * float(share)) for share in middles]


def group_of(host: int, shares: Mapping[str, float]) -> str:
    """The group of a host: among any number of hosts the shares are right to one host or two."""
    names, sums = list(shares), np.cumsum(list(shares.values()))
    place = ((host + 0.5) * GOLDEN) % 1.0 * sums[-1]
    return names[min(int(np.searchsorted(sums, place, side="right")), len(names) - 1)]


def allocated(arms: Sequence[str], seed: int) -> Iterator[tuple[int, str]]:
    """Hosts and their arms in order of host: blocks with every arm once, in an order that is drawn for each block."""
    block = 0
    while True:
        uniforms = uniforms_of_host("allocation", seed, block)
        order = sorted(range(len(arms)), key=[next(uniforms) for _ in arms].__getitem__)
        for place, arm in enumerate(order):
            yield block * len(arms) + place, arms[arm]
        block += 1


def dropout_days(hosts: np.ndarray, seed: int, hazard: float, start: float) -> Floats:
    """The day on which each host leaves, infinite without a hazard; the same luck for a host in every arm."""
    if hazard <= 0.0:
        return np.full(len(hosts), np.inf)
    draws = [next(uniforms_of_host("dropout", seed, int(host))) for host in hosts]
    return start - np.log(np.array(draws, np.float64)) / hazard
