"""A breast cancer with much HER2: what trastuzumab marks NK cells kill, and what it does not hold is left."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

CHANGE, RISE, BARE = "tumour.change", "tumour.rise", "tumour.without_her2"
TREATED = "her2_breast_cancer_on_trastuzumab"
ADCC, LOSS, HER2 = "her2_breast_cancer.adcc", "her2_breast_cancer.her2_loss", "her2_breast_cancer.her2"
MARKED = {ADCC: "5", LOSS: "1e-3"}  # somebody who answers


@cache
def breast(lacks: str = "", days: int = 180, scenario: str = TREATED, times: float = 1.0, **numbers: str) -> im.Run:
    changes: dict[str, Any] = {"every": "2 d", "numbers": numbers} if numbers else {"every": "2 d"}
    if times != 1.0:
        changes |= {"therapies.0.dose": f"{8 * times} mg/kg", "therapies.1.dose": f"{6 * times} mg/kg"}
    host = {"deficiencies": [lacks]} if lacks else {}
    return hasty_run(scenario, host=host, days=days, changes=changes)


def curve(run: im.Run, readout: str) -> np.ndarray:
    return np.asarray(run[readout]).ravel()


def test_who_meets_no_breast_cancer_has_nothing_of_it() -> None:
    pools = hasty_run("melanoma_untreated", days=1).record.pool_names
    assert not any(word in name for name in pools for word in ("her2", "breast", "trastuzumab"))


def test_it_shrinks_and_what_antibody_does_not_hold_comes_back() -> None:
    run = breast(days=300, **MARKED)
    change, bare = curve(run, CHANGE), curve(run, BARE)
    assert curve(run, "tumour.her2_occupancy")[10:].min() > 90.0
    assert change.min() < -30.0
    assert 0 < change.argmin() < 75
    assert np.nanmax(curve(run, RISE)) > 20.0
    assert bare[0] < 10.0 < 90.0 < bare[100]


def test_where_every_cell_is_held_it_does_not_come_back() -> None:
    run = breast(days=300, **{**MARKED, LOSS: "0"})
    assert curve(run, CHANGE)[-1] < -50.0
    assert np.nanmax(curve(run, RISE)) < 20.0
    assert curve(run, BARE).max() < 1e-3


def test_cells_with_little_her2_and_cells_that_are_not_held_grow_as_untreated_ones() -> None:
    untreated = curve(breast(days=120, scenario="her2_breast_cancer"), CHANGE)[-1]
    assert untreated > 20.0
    for numbers in ({HER2: "10 1/cell"}, {LOSS: "0.5"}):
        assert abs(curve(breast(days=120, **{**MARKED, **numbers}), CHANGE)[-1] - untreated) < 0.1 * untreated


def test_nk_cells_do_it() -> None:
    without = curve(breast("nk_deficiency", days=120, **MARKED), CHANGE)[-1]
    untreated = curve(breast("nk_deficiency", days=120, scenario="her2_breast_cancer"), CHANGE)[-1]
    assert curve(breast(days=120, **MARKED), CHANGE)[-1] < without - 30.0
    assert 0.0 < untreated - without < 0.3 * untreated  # blocked signals alone slow it


def test_t_cells_see_both_kinds() -> None:
    """Killers that find the peptides take cells with HER2 and without it alike."""
    seen = {"her2_breast_cancer.access": "20", "her2_breast_cancer.alarm": "1", "her2_breast_cancer.mutations": "60"}
    run = breast(days=60, scenario="her2_breast_cancer", **seen)
    assert curve(run, "tumour.cd8")[0] > 3 * curve(breast(days=120, scenario="her2_breast_cancer"), "tumour.cd8")[0]
    assert curve(run, BARE)[0] < 1.3 * curve(breast(days=120, scenario="her2_breast_cancer"), BARE)[0]


def test_a_tenth_of_the_dose_does_less_and_goes_faster() -> None:
    usual, tenth, twice = (breast(days=120, times=times, **{**MARKED, ADCC: "1"}) for times in (1.0, 0.1, 2.0))
    assert curve(tenth, CHANGE)[-1] > curve(usual, CHANGE)[-1] + 5.0
    assert abs(curve(twice, CHANGE)[-1] - curve(usual, CHANGE)[-1]) < 3.0
    level, small = curve(usual, "blood.trastuzumab"), curve(tenth, "blood.trastuzumab")
    assert level[5] / level[1] > 1.2 * small[5] / small[1]
