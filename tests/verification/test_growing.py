"""Curves with which a life comes to the counts of bodies at rest."""

from __future__ import annotations

import numpy as np
import pytest

from verification.growing import KNOTS, YEAR, _corners, in_life

DAYS = np.maximum(np.array(KNOTS) * YEAR, 1.0)


def body(held: np.ndarray) -> dict[str, np.ndarray]:
    """Cells of which nine in ten divide, at 1 % a day and half of that where they fill their room."""
    ones = np.ones_like(held)
    return {"cell": held, "cell.dividing": 0.9 * held, "cell.room": held, "cell.divide.hazard": 0.01 * ones}


def test_cells_that_stay_as_many_need_no_more_divisions() -> None:
    held = np.full(len(KNOTS), 1e9)
    assert in_life(body(held), "cell", held) == pytest.approx(0.0)


def test_cells_that_grow_by_a_share_a_day_divide_so_much_more() -> None:
    held = 1e9 * np.exp(1e-4 * DAYS)
    assert in_life(body(held), "cell", held) == pytest.approx(1e-4 / (0.01 * 0.5 * 0.9), rel=0.02)


def test_what_a_life_is_off_by_goes_away_as_fast_as_said() -> None:
    off = np.full(len(KNOTS), 1.1)
    assert in_life(body(np.full(len(KNOTS), 1e9)), "cell", off, 0.001) == pytest.approx(0.001 * np.log(1.1) / 0.0045)


def test_points_on_a_straight_line_are_left_out() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0])
    y = np.array([1.0, 2.0, 3.001, 4.0, 1.0, 1.0])
    assert _corners(x, y, 0, 5) == [0, 3, 4, 5]
