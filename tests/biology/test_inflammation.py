"""What inflammation must do beyond the doses it was fitted to, whatever its numbers become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import immunity as im

DOSES = ("0.1 ng/kg", "2 ng/kg", "4 ng/kg", "15 ug/kg")
GRADED = ("blood.tnf", "blood.il6", "blood.il10", "body.temperature", "body.symptoms", "blood.lactate")


def _run(scenario: str, changes: dict[str, Any] | None = None, **given: Any) -> Any:
    return im.run(scenario, changes=changes or {}, record_pools=False, **given)


def _values(run: Any, readout: str) -> np.ndarray:
    values = np.asarray(run[readout]).ravel()
    return values[~np.isnan(values)]


def test_more_endotoxin_is_never_less_ill_and_no_fever_passes_what_people_live_through() -> None:
    runs = [_run("endotoxin_2ng_per_kg", {"therapies.0.dose": dose}, days=1) for dose in DOSES]
    for readout in GRADED:
        highest = [_values(run, readout).max() for run in runs]
        assert highest == sorted(highest), readout
        assert highest[-1] > highest[1] * 1.05, readout
    assert _values(runs[-1], "body.temperature").max() < 42.0
    lowest = [_values(run, "body.arterial_pressure").min() for run in runs]
    assert lowest == sorted(lowest, reverse=True)
    assert lowest[2] > 65.0 > lowest[3]  # volunteers have no shock, the accident of a milligram was one


def test_tolerance_is_partial_and_little_endotoxin_hardly_brings_it() -> None:
    def second_over_first(dose: str) -> float:
        tnf = _values(_run("endotoxin_five_days", {"therapies.0.dose": dose}, days=2), "blood.tnf")
        return float((tnf[96:].max() - tnf[0]) / (tnf[:96].max() - tnf[0]))

    assert second_over_first("0.1 ng/kg") > 0.6
    assert 0.03 < second_over_first("2 ng/kg") < 0.4


def test_bacteria_in_the_blood_are_heard_every_day() -> None:
    daily = [{"at": f"{day} d", "pool": "escherichia_coli at blood", "add": "1e8 CFU"} for day in range(5)]
    run = _run("bacteraemia_ecoli", {"events": daily}, days=5)
    fever = _values(run, "body.temperature")
    assert all(fever[96 * day : 96 * day + 96].max() > 38.5 for day in range(5))
    assert _values(run, "blood.crp").max() > 50.0


def test_a_pneumonia_lasts_days_and_costs_oxygen_and_ends() -> None:
    run = _run("pneumococcal_pneumonia", days=14)
    fever = _values(run, "body.temperature")
    days = np.sum(fever > 38.0) * 14.0 / (len(fever) - 1)
    assert 3.0 < days < 10.0
    assert 75.0 < _values(run, "blood.oxygen").min() < 92.0
    assert _values(run, "alveoli.bacteria")[-1] == pytest.approx(-2.0)  # the limit of detection


def test_who_dies_without_a_spleen_dies_of_shock_with_a_fever() -> None:
    run = _run("bacteraemia_pneumococcus", days=14, host={"deficiencies": ["asplenia"]})
    assert run.outcome == "dead"
    assert run.summary["died_of"] == "septic shock"
    assert _values(run, "body.temperature").max() > 38.5
    assert _values(run, "blood.crp").max() > 50.0


def test_a_sterile_wound_makes_no_abscess() -> None:
    run = _run("cut_finger", {"exposures.1.dose": "100 cm2", "exposures.0.at": "29 d"}, days=28)
    neutrophils = _values(run, "skin.neutrophils")
    assert neutrophils.max() < 300.0  # million in a mL: pus
    assert neutrophils[-1] < 3.0 * neutrophils[0]


def test_what_a_volunteer_gets_is_far_from_what_kills() -> None:
    def alive(dose: str) -> float:
        survival = _values(_run("endotoxin_2ng_per_kg", {"therapies.0.dose": dose}, days=3), "body.survival")
        return float(survival[-1])

    assert alive("20 ng/kg") > 0.98  # ten times as much makes very ill
    assert alive("200 ng/kg") > 0.8
    assert alive("15 ug/kg") < 0.8  # the accident of a milligram, without intensive care
