"""What the signals of innate immunity must do, whatever their numbers become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.biology.hasty import hasty_run

PNEUMONIA = "pneumococcal_pneumonia"


def curve(scenario: str, readout: str, *, days: float | None = None, **host: Any) -> np.ndarray:
    values = np.asarray(hasty_run(scenario, host=host, days=days, record_pools=False)[readout]).ravel()
    return values[~np.isnan(values)]


@pytest.mark.parametrize("signal", ["blood.il1b", "blood.il1rn", "blood.gmcsf", "blood.mcsf", "blood.ifn_alpha"])
def test_every_signal_answers_pneumonia_and_goes_back_to_rest(signal: str) -> None:
    values = curve(PNEUMONIA, signal)
    assert values.max() > 1.2 * values[0]
    assert values[-1] == pytest.approx(values[0], rel=0.05)


def test_the_antagonist_of_il1_comes_later_and_outnumbers_it() -> None:
    il1, antagonist = (curve("endotoxin_2ng_per_kg", name, days=1) for name in ("blood.il1b", "blood.il1rn"))
    assert antagonist.argmax() > il1.argmax()
    assert antagonist.max() > 25 * il1.max()


def test_who_cannot_hear_il1_answers_an_infusion_of_it_with_little() -> None:
    deaf = curve("il1_infusion", "blood.cxcl8", deficiencies=["irak4_myd88_deficiency"])
    assert deaf.max() < 0.2 * curve("il1_infusion", "blood.cxcl8").max()


def test_anakinra_stops_il1_from_the_blood() -> None:
    given = {"therapies": [{"therapy": "anakinra", "route": "intravenous", "dose": "100 mg", "at": "0 d"}]}
    treated = np.asarray(hasty_run("il1_infusion", changes=given)["body.temperature"]).ravel()
    assert treated.max() - treated[0] < 0.2 * np.ptp(curve("il1_infusion", "body.temperature"))


def test_fewer_macrophages_mean_more_mcsf_and_that_more_monocytes() -> None:
    few = {"events": [{"at": "0 d", "pool": "macrophage at liver", "scale": "0.2"}]}
    run = hasty_run("healthy_adult", days=20, changes=few)
    mcsf, monocytes = (np.asarray(run[name]).ravel() for name in ("blood.mcsf", "blood.monocytes"))
    assert mcsf.max() > 1.5 * mcsf[0]
    assert monocytes.max() > 1.1 * monocytes[0]


def test_bacteria_call_for_little_type_i_interferon() -> None:
    assert 10 < curve("endotoxin_2ng_per_kg", "blood.ifn_alpha").max() < 5000  # fg/mL; influenza brings many pg/mL


def test_complement_is_used_up_only_where_its_pathway_runs() -> None:
    def left(readout: str, *more: str) -> float:
        grows = {"numbers": {"escherichia_coli.digestion": "0.5"}}  # a strain that macrophages hardly kill
        host = {"deficiencies": ["severe_congenital_neutropenia", *more]}
        values = np.asarray(
            hasty_run("bacteraemia_ecoli", host=host, changes=grows, record_pools=False)[readout]
        ).ravel()
        return float(np.nanmin(values) / values[0])

    assert left("blood.c4") < 0.9
    assert left("blood.c5") < 0.9
    assert left("blood.c5", "c3_deficiency") > 0.95  # hardly any C3b to split it
    assert curve("bacteraemia_ecoli", "blood.c4").min() > 0.24  # a few bacteria that the liver takes


def test_a_child_is_as_heavy_as_children_of_that_age_and_has_the_levels_of_adults() -> None:
    child, adult = (hasty_run("healthy_adult", host=host, days=1) for host in ({"age": "8 y"}, {}))
    mass = [float(np.asarray(run["body.immune_mass"]).ravel()[0]) for run in (child, adult)]
    assert 0.3 < mass[0] / mass[1] < 0.5  # 25.6 kg, and more lymphocytes
    for level in (
        "blood.c3",
        "blood.c4",
        "blood.c5",
        "blood.fibrinogen",
        "blood.cortisol",
        "blood.mcsf",
        "blood.il1rn",
    ):
        values = [float(np.asarray(run[level]).ravel()[0]) for run in (child, adult)]
        assert values[0] == pytest.approx(values[1], rel=0.02), level


def test_the_bodys_own_gcsf_rises_tenfold_and_more_when_the_marrow_is_empty() -> None:
    gcsf = curve("chemotherapy_neutropenia", "blood.gcsf")
    assert 10 < gcsf.max() / gcsf[0] < 100


def test_neutrophils_do_not_shoot_far_beyond_health_after_chemotherapy_on_gcsf() -> None:
    run = hasty_run("chemotherapy_neutropenia", changes={"therapies.1.dose": "5 ug/kg"})
    assert 4 < np.nanmax(np.asarray(run["blood.neutrophils"])) < 25


def test_infection_does_not_lift_the_arrest_of_severe_congenital_neutropenia_but_the_drug_does() -> None:
    arrested = {"deficiencies": ["severe_congenital_neutropenia"]}
    assert curve(PNEUMONIA, "blood.neutrophils", **arrested).max() < 0.4  # below 0.5e9/L is severe
    assert curve("gcsf_in_severe_neutropenia", "blood.neutrophils")[-1] > 1.5


def test_cyclic_neutropenia_swings_by_itself_every_three_weeks() -> None:
    counts = curve("cyclic_neutropenia", "blood.neutrophils")
    crossed = np.flatnonzero((counts[:-1] < 0.4) & (counts[1:] >= 0.4)) / 4  # days
    assert len(crossed) >= 3
    assert np.diff(crossed) == pytest.approx(21, abs=3)
    assert counts.min() < 0.2
    assert 1 < np.mean(counts < 0.2) * np.diff(crossed)[0] < 6  # days of each cycle
    assert counts.max() > 0.9


def test_without_the_death_of_precursors_nothing_swings() -> None:
    spared = {"host.deficiencies": []}
    counts = np.asarray(hasty_run("cyclic_neutropenia", changes=spared)["blood.neutrophils"]).ravel()
    assert np.ptp(counts) < 0.01 * counts.mean()


def test_monocytes_stand_high_where_neutrophils_are_missing() -> None:
    arrested = curve("healthy_adult", "blood.monocytes", days=1, deficiencies=["severe_congenital_neutropenia"])
    assert arrested[0] > 1.5 * curve("healthy_adult", "blood.monocytes", days=1)[0]
    run = hasty_run("cyclic_neutropenia")
    neutrophils, monocytes = (np.asarray(run[name]).ravel() for name in ("blood.neutrophils", "blood.monocytes"))
    assert np.corrcoef(neutrophils, monocytes)[0, 1] < -0.2


def test_who_gets_endotoxin_feels_ill_for_hours_and_is_well_the_next_day() -> None:
    score = hasty_run("endotoxin_2ng_per_kg")["body.symptoms"]
    peak = float(score.time[int(np.argmax(score.data))]) * 24.0
    assert 1.0 < peak < 4.0
    assert 5.0 < float(score.max()) < 15.0
    assert float(score.sel(time=1.0, method="nearest")) < 1.0
