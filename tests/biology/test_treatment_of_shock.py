"""Fluid, noradrenaline and drains: what each does, where it stops, and what too much of it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.biology.hasty import hasty_run

TREATED = "septic_shock_from_a_focus_treated"
CLOSED = "septic_shock_from_a_closed_focus"


def _run(scenario: str, changes: dict[str, Any] | None = None, **given: Any) -> Any:
    return hasty_run(scenario, changes=changes or {}, record_pools=False, **given)


def _values(run: Any, readout: str) -> np.ndarray:
    values = np.asarray(run[readout]).ravel()
    return values[~np.isnan(values)]


def _alive(run: Any) -> float:
    return 0.0 if run.outcome == "dead" else float(_values(run, "body.survival")[-1])


def test_noradrenaline_of_a_volunteer_is_at_the_measured_level_and_gone_within_minutes() -> None:
    run = _run("noradrenaline_infusion")
    level, pressure = _values(run, "blood.noradrenaline_given"), _values(run, "body.arterial_pressure")
    assert level[6] == pytest.approx(7.3, rel=0.1)  # rows of five minutes
    assert 8.0 < pressure[6] - pressure[0] < 30.0
    assert abs(pressure[12] - pressure[0]) < 1.0


def test_much_noradrenaline_starves_organs_and_saturates_in_pressure() -> None:
    fair = _run("noradrenaline_infusion", {"therapies.0.rate": "1 ug/kg/min", "therapies.0.lasting": "1 d"}, days=2)
    much = _run("noradrenaline_infusion", {"therapies.0.rate": "20 ug/kg/min", "therapies.0.lasting": "1 d"}, days=2)
    assert _values(fair, "body.arterial_pressure").max() < _values(much, "body.arterial_pressure").max() < 181.0
    assert _values(much, "body.organ_function").min() < _values(fair, "body.organ_function").min() - 5.0


def test_crystalloid_leaves_the_vessels_within_the_hour_and_the_body_within_a_day() -> None:
    run = _run("crystalloid_infusion")
    vessels = _values(run, "blood.crystalloid") / 1750.0
    assert 0.4 < vessels[6] < 0.62
    assert 0.12 < vessels[12] < 0.24
    assert _values(run, "body.water_between_cells")[-1] < 0.05
    assert np.ptp(_values(run, "body.arterial_pressure")) < 0.5  # reflexes hold the pressure of health


def test_too_much_fluid_waters_the_lungs() -> None:
    lost = [
        _values(_run(TREATED, {"therapies.2.dose": dose}, days=2.5), "lung.lost").max()
        for dose in ("30 mL/kg", "600 mL/kg")
    ]
    assert lost[0] < 5.0
    assert lost[1] > lost[0] + 5.0


def test_noradrenaline_holds_the_pressure_and_more_people_alive() -> None:
    late = {"therapies.0.when.delay": "6 h"}
    without, treated = _run(TREATED, late | {"therapies.3.dose": "1 ug"}, days=10), _run(TREATED, late, days=10)
    assert _values(without, "body.arterial_pressure").min() < 58.0
    assert _values(treated, "body.arterial_pressure")[29:].min() > 62.0  # from an hour after it begins
    assert _values(treated, "blood.noradrenaline_given")[-1] < 1.0  # the pump has weaned them
    assert _alive(treated) > _alive(without) + 0.1


def test_hours_before_the_drug_kill_those_who_are_treated_for_shock_too() -> None:
    alive = [_alive(_run(TREATED, {"therapies.0.when.delay": delay}, days=12)) for delay in ("1 h", "6 h")]
    assert alive[0] > alive[1] + 0.03


def test_a_closed_focus_heals_by_a_drain_and_not_by_a_drug() -> None:
    runs = [_run(CLOSED, {"therapies.4.when.delay": delay}, days=5) for delay in ("3 h", "12 h", "4 d")]
    alive = [_alive(run) for run in runs]
    assert alive == sorted(alive, reverse=True)
    assert alive[0] > 0.9
    assert runs[2].outcome == "dead"
    assert _values(runs[2], "focus.bacteria")[-1] > 9.0
    assert _values(runs[0], "focus.bacteria")[-1] < 1.0


def test_pressure_bears_a_loss_of_blood_and_then_does_not() -> None:
    lowest = []
    for lost in ("750 mL", "1500 mL", "2500 mL"):
        lowest.append(_values(_run("blood_loss", {"events.0.add": lost}, days=1), "body.arterial_pressure").min())
    assert lowest[0] > 85.0
    assert 72.0 < lowest[1] < 85.0
    assert lowest[2] < 55.0


def test_machines_give_time_and_dead_cells_of_organs_kill_later() -> None:
    late = {"therapies.0.when.delay": "8 h"}
    bare, held = _run(TREATED, late | {"therapies.4.dose": "1e-6 point"}), _run(TREATED, late)
    alive = np.asarray(held["body.survival"]).ravel()
    early, last = alive[72], alive[24 * 14]  # rows of an hour: on the third day, and after two weeks
    assert _alive(bare) < _alive(held) - 0.1
    assert early > last + 0.03
    quick = _run(TREATED, late | {"numbers.shock.share_that_dies": "0"})
    assert np.asarray(quick["body.survival"]).ravel()[72] - _alive(quick) < early - last  # stunned cells work again
