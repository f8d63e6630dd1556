"""Myeloma: the M-protein, what it leaves of a person's own antibody, an engager of BCMA and CAR-T cells against it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

M_PROTEIN, OWN, CELLS = "serum.m_protein", "serum.own_igg", "myeloma.cells"


@cache
def myeloma(treatment: str, days: int, **numbers: str) -> im.Run:
    names = {name.replace("__", "."): value for name, value in numbers.items()}
    changes: dict[str, Any] = {"every": "2 d"} | ({"numbers": names} if names else {})
    return hasty_run(f"myeloma_{treatment}", days=days, changes=changes)


def at(run: im.Run, readout: str, day: float) -> float:
    return float(np.interp(day, run.record.time, np.asarray(run[readout]).ravel()))


def test_its_protein_fills_the_blood_and_their_own_goes() -> None:
    run = myeloma("untreated", 365)
    assert 30.0 < at(run, M_PROTEIN, 120) < 70.0  # g/L
    assert at(run, OWN, 120) < 4.0 < 9.0 < at(run, OWN, 0)
    assert at(run, "serum.igm", 120) < 0.5 * at(run, "serum.igm", 0)
    assert run.outcome == "dead"


def test_fcrn_saves_less_of_each_when_there_is_much() -> None:
    none_pressed = {"myeloma__presses": "0 1/day", "myeloma__niche": "1e16 cell"}
    silent, loud = (
        myeloma("untreated", 122, **none_pressed, multiple_myeloma__makes=made)
        for made in ("0 mg/cell/day", "1e-8 mg/cell/day")
    )
    assert at(silent, OWN, 120) > 8.5  # nothing but the M-protein is left to lower it
    assert at(loud, OWN, 120) < 0.75 * at(silent, OWN, 120)


def test_teclistamab_takes_it_and_what_antibody_was_left() -> None:
    able = {"cd3_engagement__able": "1.2"}
    run = myeloma("teclistamab", 250, **able)
    assert at(run, M_PROTEIN, 170) < 0.5 * at(run, M_PROTEIN, 119)
    assert at(run, CELLS, 248) < at(run, CELLS, 119) - 4.0  # decades
    assert at(run, "serum.all_igg", 248) < 4.0
    assert at(run, "blood.b_cells", 150) < 0.2 * at(run, "blood.b_cells", 119)
    assert at(run, "blood.il6", 122) > 10.0 * at(run, "blood.il6", 119)


def test_t_cells_that_never_rest_tire_of_it() -> None:
    few = myeloma("teclistamab", 180, cd3_engagement__able="0.2")
    assert at(few, M_PROTEIN, 178) > 0.9 * at(few, M_PROTEIN, 119)
    tired = few.record.pool_names.index("body.bcma_engagement.tired")
    assert np.asarray(few.record.pool)[-1, 0, tired] > 0.8


def test_car_t_cells_against_bcma_take_it_plasma_cells_and_no_b_cells() -> None:
    run = myeloma("car_t", 180)
    assert 130.0 <= run["blood.car_t_copies"].idxmax().item() <= 138.0  # the infusion is on day 120
    assert at(run, CELLS, 136) < at(run, CELLS, 119) - 3.0  # decades
    assert at(run, "serum.soluble_bcma", 138) < at(run, "serum.soluble_bcma", 119) - 1.0
    assert at(run, M_PROTEIN, 138) > 0.5 * at(run, M_PROTEIN, 119) > 2.0 * at(run, M_PROTEIN, 178)  # weeks behind
    assert at(run, "serum.all_igg", 178) < 15.0
    assert at(run, "blood.b_cells", 178) > 3.0 * at(run, "blood.b_cells", 119)


def test_a_receptor_that_binds_something_else_leaves_the_myeloma_alone() -> None:
    other = {"therapies.2.therapy": "tisagenlecleucel", "therapies.2.dose": "1e8 cell", "every": "2 d"}
    run = hasty_run("myeloma_car_t", days=145, changes=other)
    assert at(run, CELLS, 144) > at(run, CELLS, 119) - 0.1
    assert at(run, "blood.b_cells", 144) < 0.3 * at(run, "blood.b_cells", 119)


def test_car_t_cells_that_tire_in_a_full_marrow_call_for_less_and_may_lose() -> None:
    tired, never = (myeloma("car_t", 145, marrow_tiredness__tiring=time) for time in ("28 day", "1e5 day"))
    assert np.asarray(tired["blood.il6"]).max() < 0.5 * np.asarray(never["blood.il6"]).max()
    lost = myeloma("car_t", 145, marrow_tiredness__tiring="10 day")
    assert at(lost, CELLS, 144) > at(tired, CELLS, 144) + 2.0  # decades
