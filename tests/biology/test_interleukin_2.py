"""Interleukin-2 as a drug: regulatory T cells hear a little of it, everybody hears much, and vessels leak."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

LEVEL, LYMPHOCYTES, TREGS, NK = "blood.il2", "blood.lymphocytes", "blood.regulatory_t_cells", "blood.nk_cells"
LEAK, PRESSURE, TNF, CD8 = "blood.albumin_escape", "body.arterial_pressure", "blood.tnf", "blood.cd8"


@cache
def il2(scenario: str, lacks: str = "", days: int = 10, **given: Any) -> im.Run:
    """A run; what is given replaces keys of the first therapy."""
    host = {"deficiencies": [lacks]} if lacks else {}
    return hasty_run(
        scenario, host=host, days=days, changes={f"therapies.0.{key}": each for key, each in given.items()}
    )


def curve(run: im.Run, readout: str) -> np.ndarray:
    return np.asarray(run[readout]).ravel()


def test_who_is_given_none_has_nothing_of_it() -> None:
    pools = hasty_run("healthy_adult", days=1).record.pool_names
    assert not any(word in name for name in pools for word in ("aldesleukin", "il2_hearing"))


def test_what_is_in_the_blood_falls_in_two_phases() -> None:
    """Half-lives of 13 and 85 minutes, after a dose that takes a minute."""
    changes = {"every": "15 min", "therapies.0.doses": 1, "therapies.0.over": "1 min"}
    level = curve(hasty_run("high_dose_il2", days=1, changes=changes), LEVEL)
    peak = level.argmax()
    assert 0.3 < level[peak + 1] / level[peak] < 0.5  # in the first quarter of an hour
    assert abs(np.log(2) * 60.0 / np.log(level[peak + 16] / level[peak + 20]) - 85.0) < 6.0


def test_lymphocytes_leave_the_blood_and_are_more_than_before_when_it_ends() -> None:
    run = il2("high_dose_il2")
    relative = curve(run, LYMPHOCYTES) / curve(run, LYMPHOCYTES)[0]
    assert relative[6:26].max() < 0.3
    assert relative[40:].max() > 1.4
    assert curve(run, PRESSURE).min() < curve(run, PRESSURE)[0] - 8.0
    assert curve(run, "body.survival")[-1] > 0.9


def test_regulatory_cells_hear_a_little_of_it_and_others_hardly() -> None:
    run = il2("low_dose_il2", days=40)
    assert curve(run, TREGS)[-1] > 3.0 * curve(run, TREGS)[0]
    assert curve(run, NK)[-1] > 1.5 * curve(run, NK)[0]
    assert abs(curve(run, CD8)[-1] / curve(run, CD8)[0] - 1.0) < 0.1
    assert curve(run, TNF).max() < 5.0


def test_a_thousandth_of_a_small_dose_does_nothing() -> None:
    run = il2("low_dose_il2", days=20, dose="0.001 MIU/m2")
    for readout in (TREGS, NK, LEAK):
        assert abs(curve(run, readout)[-1] / curve(run, readout)[0] - 1.0) < 0.1


def test_nk_cells_make_it_leak_and_empty_the_blood() -> None:
    """Mice without NK cells do not leak."""
    run, without = il2("high_dose_il2", days=5), il2("high_dose_il2", "nk_deficiency", days=5)
    assert curve(run, LEAK).max() > 1.8 * curve(run, LEAK)[0]
    assert curve(without, LEAK).max() < 1.25 * curve(without, LEAK)[0]
    assert curve(without, TNF).max() < 0.3 * curve(run, TNF).max()


def test_killers_of_a_tumour_divide_and_so_do_those_that_hold_them_back() -> None:
    course = {"therapy": "aldesleukin", "dose": "0.72 MIU/kg", "every": "8 h", "over": "15 min", "doses": 14}
    run = hasty_run("melanoma_untreated", days=30, changes={"every": "1 d", "therapies": [course]})
    untreated = hasty_run("melanoma_untreated", days=30, changes={"every": "1 d"})
    assert curve(run, "tumour.cd8").max() > 1.3 * curve(untreated, "tumour.cd8").max()
    assert curve(run, "tumour.regulatory_cells").max() > 1.5 * curve(untreated, "tumour.regulatory_cells").max()
    assert curve(run, "tumour.diameters")[-1] < curve(untreated, "tumour.diameters")[-1]
