"""Leukaemia of B cells, CAR-T cells and an engager: who kills whom, what is called forth, what is left."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

CELLS, BARE, COPIES, B_CELLS = "leukaemia.cells", "leukaemia.without_cd19", "blood.car_t_copies", "blood.b_cells"


@cache
def leukaemia(treatment: str, days: int = 40, burden: str = "2e11 cell", **numbers: str) -> im.Run:
    names = {name.replace("__", "."): value for name, value in numbers.items()}
    changes: dict[str, Any] = {"exposures.0.dose": burden} | ({"numbers": names} if names else {})
    return hasty_run(f"leukaemia_{treatment}", days=days, changes=changes)


def curve(run: im.Run, readout: str) -> np.ndarray:
    return np.asarray(run[readout]).ravel()


def test_who_has_no_leukaemia_has_none_of_it() -> None:
    pools = hasty_run("healthy_adult", days=1).record.pool_names
    assert not any(word in name for name in pools for word in ("leukaemia", "car_t", "cytokine_release", "cd3_eng"))


def test_untreated_it_fills_the_marrow_and_kills() -> None:
    run = leukaemia("untreated", 120)
    assert run.outcome == "dead"
    assert np.nanmax(curve(run, "leukaemia.marrow")) > 50.0
    assert np.nanmin(curve(run, "blood.neutrophils")) < 0.8 * curve(run, "blood.neutrophils")[0]


def test_car_t_cells_expand_clear_and_stay() -> None:
    run = leukaemia("car_t", 180)
    copies = curve(run, COPIES)
    assert run.outcome == "complete remission"
    assert 10.0 < run[COPIES].idxmax().item() < 22.0  # days; the infusion is on day 5
    assert copies.max() > 4.0 > copies[-1] + 1.0  # decades
    assert curve(run, B_CELLS)[-1] < 0.02 * curve(run, B_CELLS)[0]


def test_their_peak_follows_what_they_find_and_not_their_dose() -> None:
    peaks = [
        curve(hasty_run("leukaemia_car_t", days=30, changes={"therapies.2.dose": dose}), COPIES).max()
        for dose in ("2e7 cell", "2e8 cell")
    ]
    assert abs(peaks[1] - peaks[0]) < 0.3  # tenfold the dose
    assert curve(leukaemia("car_t", 30, "1e9 cell"), COPIES).max() < peaks[0] - 1.0


def test_more_leukaemia_calls_forth_more_il6() -> None:
    little, much = leukaemia("car_t", 30, "1e9 cell"), leukaemia("car_t")
    assert curve(much, "blood.il6").max() > 30.0 * curve(little, "blood.il6").max()
    assert curve(little, "body.temperature").max() < 38.3 < 39.5 < curve(much, "body.temperature").max()


def test_tocilizumab_ends_fever_and_leaves_the_cells() -> None:
    run, without = leukaemia("car_t_tocilizumab"), leukaemia("car_t")
    late = np.asarray(run[COPIES].coords[run[COPIES].dims[-1]]) > 12.0
    assert curve(run, "body.temperature")[late].max() < 38.0
    assert abs(curve(run, COPIES).max() - curve(without, COPIES).max()) < 0.15
    assert curve(run, "blood.il6").max() > curve(without, "blood.il6").max()


def test_cells_without_cd19_are_what_comes_back() -> None:
    run = leukaemia("car_t", 180, acute_lymphoblastic_leukaemia__cd19_loss="1e-6")
    assert curve(run, BARE)[-1] > 10.0  # decades
    assert curve(run, BARE)[-1] > curve(run, CELLS)[-1] - 0.01
    assert run.outcome in ("leukaemia", "dead")


def test_who_sees_the_mouse_in_the_receptor_rejects_them_and_leukaemia_with_cd19_comes_back() -> None:
    seen = leukaemia("car_t", 210, car_t_rejecter__fit="2")
    human = leukaemia("car_t", 210, car_t_rejecter__fit="2", car_t_rejecter__epitopes="0")
    most = [curve(run, "blood.car_t_rejecters").max() for run in (seen, human)]  # decades
    assert most[0] > 8.5 > 4.1 > most[1]
    assert abs(curve(seen, COPIES).max() - curve(human, COPIES).max()) < 0.1  # the peak is over before they are many
    assert curve(seen, B_CELLS)[-1] > 10.0 > 1.0 > curve(human, B_CELLS)[-1]
    assert curve(seen, CELLS)[-1] > 9.0 and curve(seen, BARE)[-1] < 8.0
    assert human.outcome == "complete remission"


def test_an_engager_clears_a_marrow_that_is_not_full() -> None:
    half, full = leukaemia("blinatumomab", 35), leukaemia("blinatumomab", 35, "1.5e12 cell")
    assert curve(half, "leukaemia.marrow")[-1] < 5.0
    assert full.outcome != "complete remission"
    assert curve(half, B_CELLS)[14] < 0.1 * curve(half, B_CELLS)[0]  # a week


def test_without_t_cells_an_engager_does_nothing() -> None:
    bare = hasty_run("leukaemia_blinatumomab", host={"deficiencies": ["digeorge_complete"]}, days=20)
    assert curve(bare, CELLS)[-1] > curve(leukaemia("blinatumomab", 35), CELLS)[40] + 0.1
