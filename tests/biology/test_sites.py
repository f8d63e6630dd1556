"""What lung, nose and gut and their barriers must do, whatever their numbers become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import immunity as im
from tests.biology.hasty import hasty_run


def _highest(scenario: str, readout: str, *deficiencies: str, **changes: Any) -> float:
    keys = {key.replace("__", "."): value for key, value in changes.items()}
    run = hasty_run(scenario, host={"deficiencies": list(deficiencies)}, changes=keys, record_pools=False)
    return float(np.nanmax(np.asarray(run[readout])))


def _pneumonia(dose: str, *deficiencies: str) -> float:
    return _highest("pneumococcal_pneumonia", "alveoli.damage", *deficiencies, exposures__0__dose=dose)


def test_dose_decides_in_the_lung() -> None:
    def clear(dose: str) -> float:
        changes = {"exposures.0.dose": dose}
        cohort = im.cohort("pneumococcal_pneumonia", hosts=20, changes=changes, days=3, rtol=1e-2)
        return cohort.fraction_of_hosts("not alveoli.damage >= 0.1 g")

    assert clear("1e5 CFU") > 0.95
    assert clear("1e9 CFU") < 0.05


def test_fewer_pneumococci_suffice_without_cilia_and_cough() -> None:
    assert _pneumonia("1e7 CFU", "intubation") > 2 * _pneumonia("1e7 CFU")


@pytest.mark.parametrize("deficiency", ["severe_congenital_neutropenia", "c3_deficiency"])
def test_neutrophils_and_complement_end_a_pneumonia(deficiency: str) -> None:
    assert 1.2 * _pneumonia("1e8 CFU") < _pneumonia("1e8 CFU", deficiency)


@pytest.mark.parametrize(("deficiency", "fold"), [("dysphagia", 3.0), ("intubation", 10.0)])
def test_a_failing_larynx_lets_more_of_a_carrier_s_germs_down(deficiency: str, fold: float) -> None:
    change = {"numbers": {"streptococcus_pneumoniae.sticking": "1 1/day"}}
    lacking = {"deficiencies": [deficiency]}
    healthy, other = im.compare("pneumococcal_carriage", change, changes=change, second_host=lacking)
    lowered = [float(run.raw("airway.bacteria").max()) for run in (healthy, other)]
    assert lowered[1] > fold * lowered[0] > 0.0


def test_cilia_carry_saccharin_to_the_throat() -> None:
    an_hour = 1 / 24
    assert _highest("saccharin_test", "throat.saccharin", days=an_hour) > 200.0
    assert _highest("saccharin_test", "throat.saccharin", "primary_ciliary_dyskinesia", days=an_hour) < 20.0


def test_acid_kills_what_is_swallowed_unless_it_is_taken_away() -> None:
    alone = _highest("typhoid_in_milk", "gut.bacteria", days=1)
    assert _highest("typhoid_in_milk", "gut.bacteria", "proton_pump_inhibition", days=1) > alone + 1.0
    shielded = {"therapies": [{"therapy": "bicarbonate", "dose": "31 mmol", "at": "0 d"}]}
    assert _highest("typhoid_in_milk", "gut.bacteria", days=1, **shielded) > alone + 2.0


def test_typhoid_fever_comes_after_a_week() -> None:
    run = hasty_run("typhoid_in_bicarbonate", record_pools=False)
    fever = np.asarray(run["body.temperature"]).ravel() >= 38.0
    day = np.asarray(run["body.temperature"].time)
    assert 6.0 < day[fever][0] < 14.0
    assert np.nanmax(np.asarray(run["blood.intracellular_bacteria"])) < 1.5  # some thirty in a mL


def test_interferon_gamma_holds_tubercle_bacilli_which_macrophages_alone_do_not() -> None:
    course = {"therapy": "interferon_gamma", "dose": "100 ug", "every": "8 h", "from": "0 d", "until": "30 d"}
    alone = _highest("tuberculosis_exposure", "body.intracellular_bacteria", days=28)
    assert _highest("tuberculosis_exposure", "body.intracellular_bacteria", days=28, therapies=[course]) < alone - 2.0


def test_what_acts_on_dry_skin_does_not_act_elsewhere() -> None:
    names = im.load().model.tables.names
    skin_only = ("scrape", "occlusive_film", "dry_out", "grow_under_film", "on_wound")
    acting = [name for name in (*names.pool, *names.flow) if any(word in name for word in skin_only)]
    assert acting
    wet = ("alveoli", "airway", "nasal", "nasopharynx", "gut", "intestine")
    assert not [name for name in acting if any(place in name for place in wet)]


def test_a_stitch_shelters_so_few_staphylococci_that_would_else_be_gone() -> None:
    with_stitch = hasty_run("staph_on_suture")["skin.bacteria"]
    without = hasty_run("staph_on_suture", changes={"exposures.0.dose": "1e-9 cm"})["skin.bacteria"]
    assert float(with_stitch.max()) > 6.0 > 5.0 > float(without.max())
    assert float(without[-1]) == pytest.approx(1.0)  # none
