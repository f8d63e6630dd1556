"""Foci that the blood seeds and that feed it, whatever their numbers become."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.biology.hasty import hasty_run

UNTREATED = {"therapies.0.dose": "1 pg"}


def _values(run: Any, readout: str) -> np.ndarray:
    values = np.asarray(run[readout]).ravel()
    return values[~np.isnan(values)]


def _staphylococci(changes: dict[str, Any], days: float = 14.0, **given: Any) -> Any:
    return hasty_run("staph_bacteraemia_flucloxacillin", changes=changes, days=days, record_pools=False, **given)


def test_few_that_settle_are_killed_and_many_are_not() -> None:
    few = _staphylococci(UNTREATED | {"events.0.add": "1e6 CFU"})
    many = _staphylococci(UNTREATED | {"events.0.add": "1e9 CFU"})
    assert few.outcome == "healthy"
    assert _values(few, "focus.bacteria").max() < 3.0
    assert many.outcome == "dead"
    assert _values(many, "focus.bacteria").max() > 9.0
    assert _values(many, "blood.bacteria")[-1] > 0.0  # fed for days after what was injected is gone


def test_a_drug_clears_the_blood_of_what_a_focus_feeds_within_days_not_hours() -> None:
    run = _staphylococci({"therapies.0.from": "2.5 d", "therapies.0.until": "14 d"})
    blood, focus = _values(run, "blood.bacteria"), _values(run, "focus.bacteria")
    day = 8  # rows of three hours
    assert blood[int(3.0 * day)] > -1.0  # half a day into treatment
    assert blood[8 * day] == -1.0  # the limit of detection
    assert focus[int(3.5 * day)] > 6.0 > focus[10 * day]
    assert np.asarray(run["body.survival"]).ravel()[-1] > 0.5


def test_a_focus_brings_shock_that_hours_of_delay_make_deadlier() -> None:
    alive = []
    for delay in ("1 h", "12 h"):
        run = hasty_run(
            "septic_shock_from_a_focus",
            host={"age": "35 y"},
            changes={"therapies.0.when.delay": delay},
            days=10,
            record_pools=False,
        )
        assert _values(run, "body.arterial_pressure").min() < 65.0
        alive.append(float(_values(run, "body.survival")[-1]) if run.outcome != "dead" else 0.0)
    assert alive[0] > alive[1] + 0.05


def test_a_pneumonia_that_nothing_clears_floods_more_lung_than_one_with_neutrophils() -> None:
    lost = []
    for deficiencies in ([], ["severe_congenital_neutropenia"]):
        run = hasty_run("pneumococcal_pneumonia", host={"deficiencies": deficiencies}, days=4, record_pools=False)
        lost.append(float(_values(run, "lung.lost")[-1]))
    assert lost[1] > 1.15 * lost[0]


def test_illnesses_of_the_old_take_of_what_their_organs_have_to_give() -> None:
    function = []
    for age in ("25 y", "75 y"):
        run = hasty_run("pneumococcal_pneumonia", host={"age": age}, days=3, record_pools=False)
        function.append(float(_values(run, "body.organ_function")[-1]))
    assert function[0] > function[1] + 3.0
