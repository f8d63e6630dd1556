"""Varicella goes through the skin, sleeps in nerves, and is held there by the helper cells that remember it."""

from __future__ import annotations

import numpy as np

from tests.biology.hasty import hasty_run


def test_a_rash_of_hundreds_after_two_weeks_and_the_virus_sleeps() -> None:
    run = hasty_run("varicella", record_pools=False)
    vesicles, cells = run["skin.vesicles"].values, run["skin.varicella"].values
    days = np.linspace(0.0, 35.0, len(vesicles))
    assert 10.0 < days[np.argmax(vesicles > 5.0)] < 18.0
    assert 100.0 < vesicles.max() < 1000.0
    assert cells[-1] == 0.0
    assert 20.0 < run["body.sleeping_neurons"].values[-1] < 500.0


def test_it_takes_t_cells_and_no_antibody_to_end_it() -> None:
    without_t, without_b = (
        hasty_run("varicella", days=25, record_pools=False, host={"deficiencies": [name]})["skin.varicella"].values[-1]
        for name in ("scid_il2rg", "xla")
    )
    assert without_t > 7.0
    assert without_b == 0.0


def test_aciclovir_takes_a_part_of_the_rash() -> None:
    treated, spared = (
        hasty_run(name, days=20, record_pools=False)["skin.vesicles"].values.max()
        for name in ("varicella_on_aciclovir", "varicella")
    )
    assert 5.0 < treated < 0.9 * spared


def test_shingles_is_likelier_when_helpers_that_remember_are_gone() -> None:
    run = hasty_run("varicella_then_aids", days=20, record_pools=False, host={"age": "7 y"})
    risk = run["body.zoster_risk"].values
    assert 0.0 < risk[0] < 3.0
    assert risk[-1] > 4.0 * risk[0]
    assert run["skin.vesicles"].values.max() < 1.0, "an expectation of a thousandth of a neuron is no shingles"


def test_nothing_of_it_is_there_where_it_is_not_met() -> None:
    names = hasty_run("influenza_in_the_naive", days=1, record_pools=False).readouts
    assert "skin.vesicles" not in names and "body.zoster_risk" not in names


def test_two_doses_of_zoster_vaccine_make_many_helpers_and_cost_none() -> None:
    host = {"age": "50 y", "history": [{"before": "600 d", "scenario": "varicella"}]}
    run = hasty_run("zoster_vaccine_of_the_old", days=600, record_pools=False, host=host)
    helpers, risk = run["blood.varicella_ge_helpers"].values, run["body.zoster_risk"].values
    before, after_one, after_two, later = (helpers[day // 5] for day in (0, 30, 90, 600))
    assert before * 1.5 < after_one < after_two
    assert before < later < after_two, "a recall costs no memory, and most of what it makes is lost within a year"
    assert risk[90 // 5] < 0.6 * risk[0]
