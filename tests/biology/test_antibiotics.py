"""What antibiotics, flasks and tubes must do, whatever their numbers become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import immunity as im
from tests.biology.hasty import hasty_run


def _course(scenario: str, **changes: Any) -> im.Run:
    keys = {key.replace("__", "."): value for key, value in changes.items()}
    return hasty_run(scenario, changes=keys, record_pools=False)


def _at(scenario: str, readout: str, *days: float, **changes: Any) -> list[float]:
    array = _course(scenario, **changes)[readout]
    return [float(np.interp(day, np.asarray(array.time), np.asarray(array).ravel())) for day in days]


def _net_growth(dose: str, pool: str = "escherichia_coli at broth") -> float:
    """In log10 per hour, after the drug has been in the flask for five minutes."""
    early, late = _at(
        "kill_curve_ciprofloxacin", "broth.bacteria", 5 / 1440, 35 / 1440, therapies__0__dose=dose, events__0__pool=pool
    )
    return (late - early) / 0.5


def test_growth_stops_at_the_mic_and_turns_beyond_it() -> None:
    assert _net_growth("0.17 ug") == pytest.approx(0.0, abs=0.05)
    assert _net_growth("0.085 ug") > 0.2
    assert _net_growth("1.7 ug") < -2.0


def test_a_germ_that_says_nothing_is_resistant() -> None:
    vibrio = "vibrio_cholerae at broth"
    assert _net_growth("10 ug", vibrio) == pytest.approx(_net_growth("1 pg", vibrio), abs=0.01)


def test_what_grows_slowly_dies_slowly() -> None:
    assert _net_growth("10 ug") < 3 * _net_growth("10 ug", "mycobacterium_tuberculosis.free at broth") < 0.0


def test_ceftriaxone_clears_the_blood_of_an_asplenic_host() -> None:
    assert _at("pneumonia_ceftriaxone", "blood.bacteria", 10.0)[0] == pytest.approx(-1.0)
    assert _at("pneumonia_ceftriaxone", "blood.bacteria", 2.5, therapies__0__dose="1 pg")[0] > 0.5  # while he lives


def test_fever_outlasts_the_bacteria_of_the_blood() -> None:
    before, after_a_day, after_a_week = _at("typhoid_ciprofloxacin", "body.temperature", 17.0, 18.0, 24.0)
    assert before > after_a_day > 37.9 > 37.5 > after_a_week  # the blood is clean long before the fever ends
    assert _at("typhoid_ciprofloxacin", "blood.intracellular_bacteria", 18.0)[0] == pytest.approx(-1.0)


def test_few_campylobacter_suffice_and_acid_decides_how_few() -> None:
    def in_gut(*deficiencies: str) -> float:
        host = {"deficiencies": list(deficiencies)}
        return float(np.nanmax(np.asarray(hasty_run("campylobacter_in_milk", host=host, days=0.2)["gut.bacteria"])))

    assert in_gut("proton_pump_inhibition") > in_gut() + 0.5


def test_lymphocytes_and_monocytes_leave_the_blood_after_endotoxin() -> None:
    for cells, hours in (("blood.lymphocytes", 6), ("blood.monocytes", 3)):
        before, low, after = _at("endotoxin_2ng_per_kg", cells, 0.0, hours / 24, 1.0)
        assert low < 0.7 * before < after


def test_cefepime_at_the_first_fever_saves_who_has_no_neutrophils() -> None:
    def course(scenario: str) -> im.Run:
        return hasty_run(
            scenario,
            host={"deficiencies": ["severe_congenital_neutropenia"]},
            changes={"numbers.sore_gut.leak": "5e-3 1/day"},  # one of the few who let many germs through
            days=12,
            record_pools=False,
        )

    without, treated = course("febrile_neutropenia"), course("febrile_neutropenia_cefepime")
    assert without.outcome == "dead"
    assert treated["body.survival"].values[-1] > 0.9
    assert treated["blood.cefepime"].values.max() > 30.0  # mg/L
    assert treated["body.temperature"].values.max() >= 38.0  # it waits for the fever


def test_germs_fill_the_sores_of_a_gut_that_no_neutrophils_guard() -> None:
    def course(**changes: str) -> im.Run:
        named = {"dose": "therapies.0.dose", "gcsf": "therapies.1.dose", "flora": "exposures.0.dose"}
        return hasty_run("febrile_neutropenia", changes={named[k]: v for k, v in changes.items()}, record_pools=False)

    usual, few, whole, gcsf = course(), course(flora="1e9 CFU"), course(dose="0 mg"), course(gcsf="300 ug")
    fever, few_fever, whole_fever, gcsf_fever = (float(r["body.temperature"].max()) for r in (usual, few, whole, gcsf))
    assert fever > 38.0 > few_fever > whole_fever  # of few germs, and through a gut that is whole
    assert whole_fever < 37.1
    assert gcsf_fever < fever
    assert (gcsf["body.temperature"].values > 37.8).sum() < (usual["body.temperature"].values > 37.8).sum()
    low, low_on_gcsf = (int((r["blood.neutrophils"].values < 0.5).sum()) for r in (usual, gcsf))
    assert low_on_gcsf < 0.7 * low
    assert float(usual["gut.sore_bacteria"].max()) > 9.0
    assert float(usual["gut.sore_bacteria"][-1]) < 3.0  # next to none once neutrophils are back


def test_a_sore_gut_makes_fever_without_germs_in_the_blood() -> None:
    def course(**changes: str) -> im.Run:
        return hasty_run("febrile_neutropenia", changes=changes, record_pools=False)

    usual, tight, leaky = (
        course(),
        course(**{"numbers.sore_gut.leak": "0 1/day"}),
        course(**{"numbers.sore_gut.leak": "1e-3 1/day"}),
    )
    germs = [float(r["blood.bacteria"].max()) for r in (tight, usual, leaky)]
    assert germs[0] <= germs[1] < germs[2]
    assert germs[2] > -0.5  # a germ in three mL where wall and nodes hold them badly
    assert float(tight["body.temperature"].max()) > float(usual["body.temperature"].max()) - 0.2


def test_half_a_dose_spares_the_gut_and_a_whole_one_opens_half_of_it() -> None:
    open_at = [
        float(hasty_run("febrile_neutropenia", changes={"therapies.0.dose": d}, record_pools=False)["gut.open"].max())
        for d in ("600 mg", "1200 mg")
    ]
    assert open_at[0] < 0.15
    assert 0.4 < open_at[1] < 0.6
