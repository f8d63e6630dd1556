"""What antibody does, and how much of it there is at rest, whatever its numbers become."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import immunity as im
from tests.biology.hasty import hasty_run

PNEUMONIA = "pneumococcal_pneumonia"
VACCINE = "pneumococcal_conjugate_vaccine"


@cache
def pneumonia(*, age: str = "35 y", lacks: str = "", past: str = "", dose: str = "1e8 CFU") -> im.Run:
    host = {"age": age} | ({"deficiencies": [lacks]} if lacks else {}) | ({"history": [past]} if past else {})
    return hasty_run(PNEUMONIA, host=host, changes={"exposures.0.dose": dose}, days=10, record_pools=False)


def burden(run: im.Run) -> float:
    """Decades of bacteria above the limit of detection, summed over days; a host that dies keeps what it had."""
    curve = np.nan_to_num(run["alveoli.bacteria"].values, nan=8.0)
    return float((curve + 2.0).sum() / 24.0)


@pytest.mark.parametrize(("age", "lacks"), [("35 y", ""), ("80 y", ""), ("35 y", "asplenia")])
def test_a_conjugate_a_year_ago_keeps_pneumonia_away(age: str, lacks: str) -> None:
    naive, vaccinated = pneumonia(age=age, lacks=lacks), pneumonia(age=age, lacks=lacks, past=VACCINE)
    assert vaccinated["serum.anti_capsule"].values[0] > -0.8  # 0.16 ug/mL
    assert burden(vaccinated) < 0.25 * burden(naive)
    assert vaccinated["blood.crp"].values.max() < 0.2 * np.nanmax(naive["blood.crp"].values)


@pytest.mark.parametrize(("age", "dose"), [("35 y", "1e10 CFU"), ("8 y", "1e9 CFU")])
def test_however_many_fill_a_lobe_the_vaccinated_do_no_worse(age: str, dose: str) -> None:
    naive, vaccinated = pneumonia(age=age, dose=dose), pneumonia(age=age, dose=dose, past=VACCINE)
    assert vaccinated["body.survival"].values[-1] >= naive["body.survival"].values[-1] - 0.02  # NaN of the dead fails
    assert np.nanmax(vaccinated["alveoli.bacteria"].values) < np.nanmax(naive["alveoli.bacteria"].values)


def test_a_vaccine_is_outnumbered() -> None:
    doses = [burden(pneumonia(past=VACCINE, dose=dose)) for dose in ("1e6 CFU", "1e8 CFU", "1e11 CFU")]
    assert doses == sorted(doses)
    assert doses[2] > 1.5 * doses[1]


def test_an_infection_leaves_antibody_from_the_first_week_on() -> None:
    run = pneumonia()
    level = 10.0 ** run["serum.anti_capsule"].values
    assert level[3 * 24] < 0.02 < level[8 * 24]


def test_who_has_no_b_cells_does_not_get_over_it() -> None:
    assert burden(pneumonia(lacks="xla")) > 1.2 * burden(pneumonia())
    assert burden(pneumonia(lacks="xla", past=VACCINE)) > 0.9 * burden(pneumonia(lacks="xla"))


def test_another_antigen_is_of_no_use() -> None:
    other = pneumonia(past="hepatitis_b_vaccine")
    assert burden(other) == pytest.approx(burden(pneumonia()), rel=0.1)


def test_igg_of_a_newborn_is_its_mothers_and_its_own_comes_in_the_first_year() -> None:
    run = hasty_run("healthy_adult", host={"age": "1 d"}, changes={"every": "1 d"}, days=365, record_pools=False)
    igg, mothers = run["serum.igg"].values, run["serum.maternal_igg"].values
    assert mothers[0] > 0.9 * igg[0] > 7.0
    assert igg.min() < 4.0 < igg[-1]
    assert 60 < int(igg.argmin()) < 200
    assert mothers[-1] < 0.05 * igg[-1]


def test_igg_lasts_longer_where_there_is_less_of_it() -> None:
    def half_life(lacks: list[str]) -> float:
        changes = {"therapies.0.dose": "50 mg/kg", "host.deficiencies": lacks, "therapies.0.doses": "1"}
        run = hasty_run("immunoglobulin_in_xla", days=60, changes=changes, record_pools=False)
        given = run["serum.given_igg"].values
        return float(40.0 * np.log(2.0) / np.log(given[20] / given[60]))

    alone, beside = half_life(["xla"]), half_life([])
    assert 18.0 < beside < 26.0
    assert 1.3 < alone / beside < 2.2


def test_without_b_cells_there_is_no_igg() -> None:
    run = hasty_run("healthy_adult", host={"deficiencies": ["xla"]}, days=1, record_pools=False)
    assert run["serum.igg"].values[0] < 0.1


@cache
def wound(*, jabs: int = 0) -> im.Run:
    doses = [{"therapy": "tetanus_toxoid", "dose": "10 ug", "at": f"{28 * k} d"} for k in range(jabs)]
    host = {"history": [{"before": "3650 d", "therapies": doses}]} if jabs else {}
    return hasty_run("wound_with_tetanus", host=host, record_pools=False)


def test_two_jabs_keep_tetanus_away_and_tetanus_does_not_teach() -> None:
    naive, vaccinated = wound(), wound(jabs=2)
    assert naive.outcome == "tetanus"
    assert vaccinated.outcome != "tetanus"
    assert vaccinated["body.tetanus"].values.max() < 0.01 * naive["body.tetanus"].values.max()
    assert naive["serum.tetanus_antitoxin"].values.max() < -2.5  # who lives through it is not immune


def test_tetanus_takes_days_to_reach_the_cord() -> None:
    toxin = wound()["body.tetanus"].values
    assert 3 * 4 < int(np.argmax(toxin > 100.0)) < 21 * 4
