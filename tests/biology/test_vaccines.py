"""What vaccines leave behind, whatever their numbers become."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.biology.hasty import hasty_run

TETANUS, PLAIN, CONJUGATE = (
    "tetanus_primary_and_boosters",
    "pneumococcal_polysaccharide_twice",
    "pneumococcal_conjugate_twice",
)
READOUT = {
    TETANUS: "serum.tetanus_antitoxin",
    PLAIN: "serum.anti_capsule",
    CONJUGATE: "serum.anti_capsule",
    "hepatitis_b_vaccine": "serum.anti_hbs",
}


@cache
def level(scenario: str, *, days: float, age: str = "35 y", lacks: str = "") -> np.ndarray:
    """Decadic logarithm of antibody, day by day."""
    host = {"age": age} | ({"deficiencies": [lacks]} if lacks else {})
    return hasty_run(scenario, host=host, days=days, record_pools=False)[READOUT[scenario]].values


def test_an_antigen_that_is_not_met_adds_nothing() -> None:
    pools = hasty_run("healthy_adult", days=1).record.pool_names
    assert not any("clone" in name for name in pools)


def test_each_dose_lifts_antitoxin_and_the_second_answer_is_faster() -> None:
    curve = level(TETANUS, days=260)
    assert curve[7] == curve[0]  # nothing in the first week
    assert curve[27] < curve[55] < curve[240]
    assert curve[27] > -1.6  # 0.025 IU/mL, of what the first wave and a young centre make
    assert curve[28 + 14] - curve[28] > 0.5


def test_a_quarter_of_a_dose_brings_less_and_not_nothing() -> None:
    """Salt and antigen are not multiplied: two doses of 5 ug reach 10 mIU/mL, and less than two of 20 do."""
    quarter = {f"therapies.{dose}.dose": "5 ug" for dose in (0, 1)}
    small, usual = (
        hasty_run("hepatitis_b_vaccine", changes=changes, days=60, record_pools=False)["serum.anti_hbs"].values[-1]
        for changes in (quarter, {})
    )
    assert 1.0 < small < usual


def test_antitoxin_lasts_for_years_and_a_booster_lifts_it_tenfold() -> None:
    curve = level(TETANUS, days=2070)
    years = 3.0
    half_life = years * np.log10(2.0) / (curve[900] - curve[900 + int(365 * years)])
    assert 5.0 < half_life < 20.0
    assert 0.8 < curve[2064] - curve[2033] < 2.0
    assert curve[450] > curve[236] - 0.72  # a fifth is left eight months after the third dose
    assert curve[2033 + 3] - curve[2033] < 0.2 < curve[2033 + 10] - curve[2033]


def test_a_booster_peaks_after_a_fortnight_and_a_first_answer_after_a_month() -> None:
    booster, first = level(TETANUS, days=2070)[2034:], level(TETANUS, days=260)[:28]
    assert 7 <= np.argmax(booster) <= 20  # dendritic cells that showed it for three weeks made it 31
    assert np.argmax(first) >= 21


def test_what_is_shown_fades_within_a_fortnight_and_no_more_is_held_than_was_given() -> None:
    run = hasty_run(TETANUS, days=27)
    of = dict(zip(run.record.pool_names, run.record.pool[:, 0].T, strict=True))
    shown, held = of["axillary_node.displayed_antigen.shown[tetanus]"], of["axillary_node.held_antigen[tetanus]"]
    assert 3 <= np.argmax(shown) <= 8
    assert shown[21] < 0.05 * shown.max()
    given = 10.0 / 0.15  # pmol in 10 ug of 150 kDa
    assert 0.05 * given < held.max() < 0.2 * given


def test_a_third_dose_brings_more_after_six_months_than_after_three() -> None:
    def month_after(day: int) -> float:
        doses = {f"therapies.{nth}.dose": "10 ug" for nth in range(3)} | {"therapies.2.at": f"{day} d"}
        run = hasty_run("hepatitis_b_vaccine", days=day + 31, changes=doses, record_pools=False)
        return float(run["serum.anti_hbs"].values[day + 30])

    assert month_after(180) > month_after(90) + 0.17


@pytest.mark.parametrize("lacks", ["xla", "hyper_igm"])
def test_without_b_cells_or_without_help_there_is_no_antibody(lacks: str) -> None:
    assert level(TETANUS, days=60, lacks=lacks).max() < level(TETANUS, days=260)[:61].max() - 2.0


def test_a_plain_capsule_is_not_remembered_and_a_conjugate_is() -> None:
    plain, conjugate = level(PLAIN, days=420), level(CONJUGATE, days=420)
    assert plain[364] < plain[:200].max() - 0.3
    assert plain[365:].max() < plain[:200].max() + 0.3
    assert conjugate[364 + 14] > conjugate[14] + 0.4
    brought = [10.0 ** curve[364 + 14] - 10.0 ** curve[364] for curve in (plain, conjugate)]
    assert brought[0] < 1.2 * 10.0 ** plain[14]
    assert brought[1] > 2.0 * 10.0 ** conjugate[14]


def test_infants_answer_the_conjugate_alone() -> None:
    assert level(PLAIN, days=60, age="1 y").max() < level(PLAIN, days=420)[:60].max() - 1.5
    assert level(CONJUGATE, days=60, age="1 y").max() > level(CONJUGATE, days=420)[:60].max() - 1.0


def test_the_old_answer_less() -> None:
    young, old = (level("hepatitis_b_vaccine", days=240, age=age)[-1] for age in ("35 y", "80 y"))
    assert 0.1 < young - old < 2.0


def of_dose(dose: str) -> tuple[float, float]:
    """Antitoxin eight weeks after the first of two doses, and the mean class of affinity of its IgG."""
    run = hasty_run(TETANUS, days=56, changes={"therapies.0.dose": dose, "therapies.1.dose": dose})
    last = dict(zip(run.record.pool_names, run.record.pool[-1, 0], strict=True))
    by_class = [last[f"plasma.antibody.igg[tetanus,{affinity}]"] for affinity in (1, 2, 3, 4)]
    return run[READOUT[TETANUS]].values[-1], float(np.average((1, 2, 3, 4), weights=by_class))


def test_dose_decides_how_much_and_how_good() -> None:
    little, usual, plenty = (of_dose(dose) for dose in ("0.3 ug", "10 ug", "1 mg"))
    assert usual[0] > little[0] + 0.5  # a thirtieth is too little
    assert usual[1] > plenty[1] + 0.5  # where antigen is plenty nobody has to bind it well
