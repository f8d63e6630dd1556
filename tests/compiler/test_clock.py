"""Times that are one instant are one number."""

from __future__ import annotations

import math

import pytest

from immunity.compiler.clock import at_tick, grid


@pytest.mark.parametrize("minutes", [1, 7, 30, 59])
def test_a_grid_meets_times_written_otherwise(minutes: int) -> None:
    times = grid(minutes / 1440.0, 50_000)
    for k in (1, 3, 47, 4_999, 50_000):
        assert times[k] == at_tick(k * minutes * 60.0 / 86400.0) == at_tick(k * (minutes / 60.0) / 24.0)


def test_ticks_are_far_finer_than_anything_dated_and_never_end() -> None:
    assert abs(at_tick(36525.123456789) - 36525.123456789) < 1e-9
    assert at_tick(math.inf) == math.inf and at_tick(0.0) == 0.0
    assert at_tick(1.0) != at_tick(1.0 + 1e-9)
