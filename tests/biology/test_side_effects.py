"""Antibodies against checkpoints let loose what knows the body: a gland is lost, a colon is sore, most are spared."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import immunity as im
from tests.biology.hasty import hasty_run

SHOWS_MUCH = "7"
PREDNISONE = {"therapy": "prednisone", "route": "oral", "dose": "0.5 mg/kg", "every": "12 h", "lasting": "28 d"}


@cache
def treated(drug: str, risk: str, steroid: bool = False, resists: str = "0.25") -> im.Run:
    numbers = {"thyrocyte.risk": risk, "colonocyte.risk": risk, "glucocorticoid_action.resists": resists}
    changes: dict[str, Any] = {"every": "2 d", "numbers": numbers}
    if steroid:
        changes["therapies.1"] = {**PREDNISONE, "when": {"readout": "body.stools", "above": "5 1/day"}}
    return hasty_run(f"adjuvant_{drug}", days=130, changes=changes)


def values(run: im.Run, readout: str) -> npt.NDArray[np.float64]:
    return np.asarray(run[readout]).ravel()


def test_on_anti_pd1_hormone_leaks_out_of_the_gland_before_it_is_missed() -> None:
    run = treated("nivolumab", SHOWS_MUCH)
    thyroxine, tsh = values(run, "blood.thyroxine"), values(run, "blood.tsh")  # decades of mIU/L
    assert thyroxine.max() > 130.0 > 60.0 > thyroxine[-1]
    assert 10 < 2 * int(thyroxine.argmax()) < 2 * int(np.argmax(tsh > 1.0)) < 130
    assert tsh.min() < tsh[0] - 0.3
    assert values(run, "body.stools").max() < 2.0


def test_on_anti_ctla4_the_colon_is_sore_within_weeks_and_the_gland_lasts() -> None:
    run = treated("ipilimumab", SHOWS_MUCH)
    stools = values(run, "body.stools")
    assert 10 < 2 * int(np.argmax(stools > 8.0)) < 100
    assert stools[-1] < 0.5 * stools.max()  # as the antibody goes
    assert values(run, "body.thyroid_tissue")[-1] > 50.0


def test_steroids_calm_it_while_they_are_given_in_those_who_heed_them() -> None:
    bare, calmed = (values(treated("ipilimumab", SHOWS_MUCH, steroid), "body.stools") for steroid in (False, True))
    deaf = values(treated("ipilimumab", SHOWS_MUCH, True, "8"), "body.stools")
    worst = int(bare.argmax())
    assert calmed[worst] < 0.7 * bare[worst]
    assert deaf[worst] > 0.85 * bare[worst]
    assert np.array_equal(bare[: int(np.argmax(bare > 5.0))], calmed[: int(np.argmax(bare > 5.0))])


def test_anti_ctla4_adds_little_for_the_gland_to_anti_pd1() -> None:
    lost = {risk: values(treated("both", risk), "body.thyroid_tissue").min() < 20.0 for risk in ("3", "7")}
    assert lost == {"3": False, "7": True}


@pytest.mark.parametrize("drug", ["nivolumab", "ipilimumab"])
def test_most_are_spared(drug: str) -> None:
    run = treated(drug, "1")
    assert values(run, "body.thyroid_tissue").min() > 99.0
    assert values(run, "body.stools").max() < 1.1
