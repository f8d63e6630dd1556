"""Who is in a trial: which group a host belongs to, which arm it is allocated to, when it leaves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from immunity.cohorts import uniforms_of_host
from immunity.compiler.tables import Floats

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0  # a step round the circle whose points never bunch
WHOLE = "everybody"


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
