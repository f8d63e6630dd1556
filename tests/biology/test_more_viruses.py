"""Viruses of liver and lymphocytes, interferon as a drug, and antibody that has to get to where a virus enters."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.biology.hasty import hasty_run


def curves(
    scenario: str, *names: str, days: float, host: dict | None = None, changes: dict | None = None
) -> list[np.ndarray]:
    run = hasty_run(scenario, days=days, record_pools=False, host=host, changes=changes)
    return [run[name].values for name in names]


def test_measles_takes_what_other_germs_left() -> None:
    taken, antitoxin = curves("measles", "body.memory_taken", "serum.tetanus_antitoxin", days=30)
    (spared,) = curves("measles", "serum.tetanus_antitoxin", days=30, changes={"exposures.0.dose": "0 TCID50"})
    assert 10.0 < taken.max() < 90.0 and taken[-1] < 1e-6
    assert antitoxin[-1] < spared[-1] - 0.01


def test_interferon_alpha_lowers_hepatitis_c_within_two_days_and_hardly_more() -> None:
    start = {"therapies.0.from": "250 d", "therapies.0.until": "265 d"}
    (rna,) = curves("hepatitis_c_on_interferon", "blood.hcv", days=262, changes=start)
    before, soon, later = rna[250 * 12], rna[252 * 12], rna[261 * 12]
    assert before > 6.0
    assert 0.5 < before - soon < 2.5
    assert abs(soon - later) < 0.5


def test_lambda_helps_while_there_are_cells_to_shut() -> None:
    early, late = (
        curves("sars_cov_2_on_interferon_lambda", "nose.virus", days=9, changes={"therapies.0.at": at})[0].max()
        for at in ("2 d", "5 d")
    )
    assert early < 2.0 < late


def test_without_type_i_interferon_influenza_fills_more_of_the_lungs() -> None:
    deaf = {"deficiencies": ["ifnar1_deficiency"]}
    healthy, without = (
        curves("influenza_in_the_naive", "lung.virus", days=9, host=host)[0].max() for host in ({}, deaf)
    )
    assert without > healthy + 0.3


def test_antibody_in_the_blood_does_not_lie_on_the_mucus() -> None:
    once = {"history": [{"before": "60 d", "therapies": [{"therapy": "influenza_vaccine", "dose": "15 ug"}]}]}
    (shed,) = curves("influenza_vaccinated", "nose.virus", days=10, host=once)
    there = {"numbers.nasopharynx.igg_reach": "1"}
    (held,) = curves("influenza_vaccinated", "nose.virus", days=10, host=once, changes=there)
    assert held[24:].max() < shed[24:].max() - 1.0


def test_a_vaccinated_child_has_no_measles_and_one_without_t_cells_has_it_from_the_vaccine() -> None:
    vaccine = {"age": "5 y", "exposures": [{"threat": "measles_vaccine", "site": "memory_home", "dose": "1000 TCID50"}]}
    host = {"age": "5.2 y", "history": [vaccine]}
    fever, there = curves("measles", "body.temperature", "blood.measles", days=14, host=host)
    assert fever.max() < 37.5 and there.max() < 4.5
    (fever,) = curves("measles", "body.temperature", days=14, host={"age": "5.2 y"})
    assert fever.max() > 39.0
    by_vaccine = [
        curves("measles_vaccine_of_an_infant", "blood.measles_vaccine", days=21, host=host)[0][-1]
        for host in ({}, {"deficiencies": ["scid_il2rg"]})
    ]
    assert by_vaccine[0] < 1.0 and by_vaccine[1] > 4.0


def test_a_second_cold_by_another_type_is_milder_where_killers_stayed_and_call_by_interferon_gamma() -> None:
    def infected(**given: Any) -> float:
        return float(curves("second_cold_of_a_child", "nose.infected_cells", days=6, **given)[0].max())

    first, second = infected(host={"history": []}), infected()
    deaf = infected(host={"deficiencies": ["ifngr1_deficiency"]})
    nobody = infected(changes={"numbers.t_killer_clone.supply": "1e-12 1/day"})
    assert second < 0.6 * first
    assert deaf > 1.3 * second
    assert nobody > 0.9 * first
