"""Radiotherapy: a fraction kills cancer cells by its dose and the square of it, lymphocytes by the dose."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import immunity as im
from tests.biology.hasty import hasty_run

ALPHA = np.log(330.0) / 83.0  # 1/Gy
RATIO = 2.5  # Gy


@cache
def irradiated(scenario: str, gray: float, doses: int, every: str, days: int, hourly: bool = False) -> im.Run:
    therapy = {"therapy": "radiotherapy", "dose": f"{gray} Gy", "over": "1 min", "every": every, "doses": doses}
    changes: dict[str, Any] = {"every": "12 h" if hourly else "1 d", "therapies": [therapy] if doses else []}
    return hasty_run(scenario, days=days, changes=changes)


def curve(run: im.Run, readout: str) -> np.ndarray:
    return np.asarray(run[readout]).ravel()


def test_who_is_not_irradiated_has_nothing_of_it() -> None:
    pools = hasty_run("melanoma_untreated", days=1).record.pool_names
    assert not any("radiotherapy" in name for name in pools)


@pytest.mark.parametrize("gray", [2.0, 6.0])
def test_cells_die_by_the_dose_and_its_square(gray: float) -> None:
    run = irradiated("her2_breast_cancer", gray, 1, "7 d", 1, hourly=True)
    cells = curve(run, "tumour.breast_cells")  # decades
    assert abs(-(cells[1] - cells[0]) * np.log(10.0) / (ALPHA * gray * (1.0 + gray / RATIO)) - 1.0) < 0.05


def test_few_large_fractions_do_more_than_many_small_ones() -> None:
    large, small, none = (
        curve(irradiated("melanoma_untreated", gray, doses, every, 60), "tumour.diameters")[-1]
        for gray, doses, every in ((6.0, 5, "7 d"), (2.0, 15, "2 d"), (2.0, 0, "7 d"))
    )
    assert large < 0.5 * small < 0.5 * none


def test_killers_of_the_field_die_and_come_back_and_hardly_any_of_the_blood() -> None:
    run = irradiated("melanoma_untreated", 6.0, 1, "7 d", 20)
    untreated = irradiated("melanoma_untreated", 6.0, 0, "7 d", 20)
    killers, blood = curve(run, "tumour.cd8"), curve(run, "blood.lymphocytes")
    assert killers[1] < 0.2 * killers[0] < killers[10]
    assert 0.9 < blood.min() / blood[0] < 0.995
    assert curve(run, "body.melanoma_killers").max() > 1.2 * curve(untreated, "body.melanoma_killers").max()
