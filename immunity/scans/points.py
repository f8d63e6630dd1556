"""Points of a scan: every combination of the values, or points spread evenly over the ranges."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from immunity.language.errors import fail
from immunity.scans.axes import Axis

Point = tuple[Any, ...]


def grid(axes: Sequence[Axis]) -> list[Point]:
    """Every combination, the last axis fastest."""
    return list(itertools.product(*(axis.values for axis in axes)))


def sobol(axes: Sequence[Axis], count: int) -> list[Point]:
    """Points of Sobol's sequence, as it stands: nothing is drawn.

    Raises
    ------
    RuleError
        E852 unless the number is a power of two, without which they are not even.
    """
    from scipy.stats.qmc import Sobol

    if count < 2 or count & (count - 1):
        raise fail("E852", reason=f"{count} Sobol points are not even; take a power of two")
    shares = Sobol(len(axes), scramble=False).random_base2(count.bit_length() - 1) + 0.5 / count
    return [tuple(axis.at(float(share)) for axis, share in zip(axes, row, strict=True)) for row in shares]
