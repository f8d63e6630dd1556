"""What complement, bacteria in the blood and defects of innate immunity must do, whatever their numbers become."""

from __future__ import annotations

import numpy as np
import pytest

from tests.biology.hasty import hasty_run


def _curve(
    scenario: str, readout: str, *deficiencies: str, days: float | None = None, numbers: dict[str, str] | None = None
) -> np.ndarray:
    changes = {"numbers": numbers} if numbers else {}
    run = hasty_run(scenario, host={"deficiencies": list(deficiencies)}, changes=changes, days=days, record_pools=False)
    values = np.asarray(run[readout]).ravel()
    return values[~np.isnan(values)]


BLOODBORNE = ("bacteraemia_ecoli", "bacteraemia_meningococcus", "bacteraemia_pneumococcus")


@pytest.mark.parametrize("scenario", BLOODBORNE)
def test_a_healthy_adult_clears_a_few_bacteria_from_the_blood(scenario: str) -> None:
    assert _curve(scenario, "liver.bacteria")[-1] == pytest.approx(0.0)  # the limit of detection
    assert _curve(scenario, "body.survival")[-1] > 0.99


@pytest.mark.parametrize(
    ("scenario", "deficiency", "spared"),
    [
        ("bacteraemia_meningococcus", "c6_to_c9_deficiency", "asplenia"),
        ("bacteraemia_meningococcus", "c5_deficiency", "mbl_deficiency"),
        ("bacteraemia_pneumococcus", "c3_deficiency", "cgd"),
        ("bacteraemia", "cgd", "c6_to_c9_deficiency"),
    ],
)
def test_each_defect_opens_the_door_to_its_germ(scenario: str, deficiency: str, spared: str) -> None:
    assert _curve(scenario, "liver.bacteria", deficiency)[-1] > 2.0
    assert _curve(scenario, "liver.bacteria", spared)[-1] == pytest.approx(0.0)


def test_kupffer_cells_alone_hold_few_and_the_usual_strain() -> None:
    for deficiency in ("lad1", "severe_congenital_neutropenia"):
        held = _curve("bacteraemia_ecoli", "liver.bacteria", deficiency)
        assert held.max() > held[-1] + 1.5  # fading over days
        assert held[-1] > 0.5  # where neutrophils end it within one
    stands_them = {"escherichia_coli.digestion": "0.5"}
    assert _curve("bacteraemia_ecoli", "liver.bacteria", "lad1", numbers=stands_them)[-1] > 8.0
    assert _curve("bacteraemia_ecoli", "liver.bacteria", "asplenia", numbers=stands_them)[-1] == pytest.approx(0.0)
    many, host = {"events.0.add": "1e10 CFU"}, {"deficiencies": ["lad1"]}
    assert hasty_run("bacteraemia_ecoli", host=host, changes=many, record_pools=False).outcome == "dead"


def test_a_spleen_is_needed_for_what_the_liver_cannot_hold() -> None:
    slips = {"streptococcus_pneumoniae.hold_in_flow": "0.025"}
    cleared = pytest.approx(0.0)  # the limit of detection
    assert _curve("bacteraemia_pneumococcus", "liver.bacteria", "asplenia")[-1] == cleared
    assert _curve("bacteraemia_pneumococcus", "liver.bacteria", numbers=slips)[-1] == cleared
    assert _curve("bacteraemia_pneumococcus", "liver.bacteria", "asplenia", numbers=slips)[-1] > 6.0


def test_the_spleen_slows_what_complement_does_not_coat() -> None:
    alone = _curve("bacteraemia_pneumococcus", "liver.bacteria", "c3_deficiency", days=2)
    neither = _curve("bacteraemia_pneumococcus", "liver.bacteria", "c3_deficiency", "asplenia", days=2)
    assert neither[-1] > alone[-1] + 3.0


def test_without_the_brakes_c3_burns_away() -> None:
    assert _curve("healthy_adult", "blood.c3", "factor_i_deficiency", days=1)[0] == pytest.approx(0.36, rel=0.05)


def test_endotoxin_of_live_bacteria_alarms_as_injected_endotoxin_does() -> None:
    grows = {"escherichia_coli.digestion": "0.5"}  # a strain that macrophages hardly kill
    few = _curve("bacteraemia_ecoli", "blood.tnf", "severe_congenital_neutropenia", numbers=grows)
    pneumococci = _curve("bacteraemia_pneumococcus", "blood.tnf", "severe_congenital_neutropenia")
    assert few.max() > 20 * pneumococci.max()


def test_what_holds_tnf_or_quietens_cells_lowers_tnf_after_endotoxin() -> None:
    endotoxin = {"therapy": "endotoxin", "dose": "2 ng/kg", "at": "1 d"}
    plain = hasty_run("endotoxin_2ng_per_kg", days=2, changes={"therapies": [endotoxin]})
    for drug, dose in (("infliximab", "5 mg/kg"), ("hydrocortisone", "200 mg")):
        given = {"therapy": drug, "dose": dose, "at": "0.95 d"}
        treated = hasty_run("endotoxin_2ng_per_kg", days=2, changes={"therapies": [given, endotoxin]})
        assert np.nanmax(np.asarray(treated["blood.tnf"])) < 0.3 * np.nanmax(np.asarray(plain["blood.tnf"])), drug


def test_interferon_gamma_clears_what_cgd_lets_stay() -> None:
    treated = _curve("interferon_gamma_in_cgd", "skin.bacteria", "cgd")
    untreated = _curve("cut_finger", "skin.bacteria", "cgd", days=14)
    assert treated[-1] == pytest.approx(1.0)
    assert untreated[-1] > 3.0


def test_gcsf_spares_the_neutropenia_of_chemotherapy() -> None:
    alone, treated = (
        np.asarray(hasty_run("chemotherapy_neutropenia", changes=said)["blood.neutrophils"])
        for said in ({}, {"therapies.1.dose": "5 ug/kg"})
    )
    assert np.nanmin(alone) < 0.5 < np.nanmin(treated)
    assert np.mean(treated < 1.0) < 0.5 * np.mean(alone < 1.0)  # days
