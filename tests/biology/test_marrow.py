"""What the marrow must do on any dose of G-CSF, for any time, and when it is stopped."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from tests.biology.hasty import hasty_run

DOSES = ("3 ug", "30 ug", "300 ug", "30000 ug")


@functools.cache
def _curves(dose: str, days: int = 28, until: str = "13.5 d") -> dict[str, np.ndarray]:
    run = hasty_run("gcsf_300ug_daily", days=days, changes={"therapies.0.dose": dose, "therapies.0.until": until})
    names = ("blood.neutrophils", "marrow.mitotic", "marrow.postmitotic")
    return {name: np.asarray(run[name]).ravel() for name in names} | {"time": np.asarray(run["blood.neutrophils"].time)}


def test_more_gcsf_never_means_fewer_neutrophils_and_much_more_means_little_more() -> None:
    highest = [_curves(dose)["blood.neutrophils"].max() for dose in DOSES]
    assert highest == sorted(highest)
    assert 1.0 < highest[0] / _curves(DOSES[0])["blood.neutrophils"][0] < 2.0
    assert highest[3] < 1.5 * highest[2] < 90.0


@pytest.mark.parametrize("dose", ["300 ug", "30000 ug"])
def test_the_marrow_has_room_for_some_three_times_its_cells(dose: str) -> None:
    curves = _curves(dose)
    fill = curves["marrow.mitotic"] + curves["marrow.postmitotic"]
    assert 2.0 < fill.max() / fill[0] < 3.3


def test_a_month_of_gcsf_is_no_more_than_two_weeks_of_it() -> None:
    fortnight, month = _curves("300 ug"), _curves("300 ug", days=45, until="30 d")
    assert month["blood.neutrophils"].max() < 1.1 * fortnight["blood.neutrophils"].max()


def test_a_week_after_the_last_dose_the_count_is_that_of_health() -> None:
    curves = _curves("300 ug")
    counts, time = curves["blood.neutrophils"], curves["time"]
    week_later = counts[int(np.argmin(np.abs(time - 20.0)))]
    assert 0.5 < week_later / counts[0] < 1.35
