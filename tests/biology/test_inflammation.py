"""What inflammation must do beyond the doses it was fitted to, whatever its numbers become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.biology.hasty import hasty_run

DOSES = ("0.1 ng/kg", "2 ng/kg", "4 ng/kg", "15 ug/kg")
GRADED = ("blood.tnf", "blood.il6", "blood.il10", "body.temperature", "body.symptoms", "blood.lactate")


def _run(scenario: str, changes: dict[str, Any] | None = None, **given: Any) -> Any:
    return hasty_run(scenario, changes=changes or {}, record_pools=False, **given)


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
    daily = [{"at": f"{day} d", "pool": "escherichia_coli at blood", "add": "3e7 CFU"} for day in range(5)]
    run = _run("bacteraemia_ecoli", {"events": daily}, days=5)
    fever = _values(run, "body.temperature")
    assert all(fever[96 * day : 96 * day + 96].max() > 38.2 for day in range(5))
    assert _values(run, "blood.crp").max() > 50.0


def test_a_pneumonia_lasts_days_and_costs_oxygen_and_ends() -> None:
    run = _run("pneumococcal_pneumonia", days=14)
    fever = _values(run, "body.temperature")
    days = np.sum(fever > 38.0) * 14.0 / (len(fever) - 1)
    assert 3.0 < days < 10.0
    assert 75.0 < _values(run, "blood.oxygen").min() < 92.0
    assert _values(run, "alveoli.bacteria")[-1] == pytest.approx(-2.0)  # the limit of detection


def test_fever_shortens_a_pneumonia_and_a_liver_deaf_to_il6_leaves_the_adrenals_to_tnf() -> None:
    fever = _run("pneumococcal_pneumonia", days=14)
    cooled = _run("pneumococcal_pneumonia", {"numbers.fever.felt": "0.02"}, days=14)
    tocilizumab = {"therapies": [{"therapy": "tocilizumab", "dose": "8 mg/kg", "at": "0 d"}]}
    deaf = _run("pneumococcal_pneumonia", tocilizumab, days=14)
    clean = [int((_values(run, "alveoli.bacteria") > 0).sum()) for run in (fever, cooled, deaf)]
    assert clean[0] < clean[1] - 6
    assert clean[0] < clean[2]
    assert _values(deaf, "blood.crp").max() < 2.0
    assert _values(deaf, "blood.cortisol").max() > 200.0
    assert _values(deaf, "body.survival")[-1] > 0.7


def test_who_dies_without_a_spleen_dies_of_shock_with_a_fever() -> None:
    slips = {"numbers": {"streptococcus_pneumoniae.hold_in_flow": "0.025"}}  # a type that the liver holds badly
    run = _run("bacteraemia_pneumococcus", slips, days=14, host={"deficiencies": ["asplenia"]})
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
    assert alive("50 ng/kg") > 0.6
    assert alive("15 ug/kg") < 0.8  # the accident of a milligram, without intensive care


def test_vessels_are_stripped_by_days_of_infection_and_heal() -> None:
    leaks = {}
    for scenario in ("endotoxin_2ng_per_kg", "pneumococcal_pneumonia"):
        leaks[scenario] = _values(_run(scenario, days=21), "blood.albumin_escape")
    bolus, lasting = leaks.values()
    assert bolus.max() < 1.4 * bolus[0]
    assert lasting.max() > 1.5 * lasting[0]
    assert lasting[-1] == pytest.approx(lasting[0], rel=0.15)
    most = _values(_run("bacteraemia_ecoli", {"events.0.add": "1e12 CFU"}, days=5), "blood.albumin_escape")
    assert most.max() <= 30.0  # where no vessel is whole


def test_harm_adds_up_with_the_hours_of_shock_before_the_drug() -> None:
    function = []
    for delay in ("1 h", "4 h", "8 h"):
        run = _run("septic_shock_ceftriaxone", {"therapies.0.when.delay": delay}, days=8)
        function.append(_values(run, "body.organ_function").min())
    assert function == sorted(function, reverse=True)
    assert function[0] > 90.0 > 70.0 > function[2]


def test_rest_harms_nobody() -> None:
    for host in ({"age": "35 y"}, {"age": "85 y"}, {"age": "0 y"}):
        survival = _values(_run("healthy_adult", days=10, host=host), "body.survival")
        assert 1.0 - survival[-1] < 1e-4  # in the more than a year of rest that it looks back on
