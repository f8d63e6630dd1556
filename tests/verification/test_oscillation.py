"""What swings goes on swinging: a loop of three that suppress each other, followed for ten years."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import immunity as im

BOOK = Path(__file__).parents[2] / "verification" / "books" / "goodwin.yaml"


def swing(rtol: float) -> tuple[float, float]:
    """Amplitude and number of turns of the last year."""
    last = im.run("s", book=im.load(BOOK), rtol=rtol)["one"].sel(time=slice(3285, None)).values
    above = last > last.mean()
    return float(np.ptp(last)), float(np.count_nonzero(above[1:] & ~above[:-1]))


def test_an_oscillation_lasts_ten_years_with_its_height_and_period() -> None:
    height, turns = swing(1e-3)
    true_height, true_turns = swing(1e-5)
    assert abs(height / true_height - 1.0) < 0.01
    assert abs(turns - true_turns) <= 1
    assert turns > 90
