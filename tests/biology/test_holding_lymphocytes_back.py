"""Drugs that hold lymphocytes back, and bodies that lack them, whatever the numbers become."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.biology.hasty import hasty_run

IGG = "serum.tetanus_igg"
DRUGS = ("rituximab", "abatacept", "ciclosporin", "mycophenolate", "basiliximab", "antithymocyte_globulin")


@cache
def igg(drug: str = "", *, lacks: str = "", dose: str = "") -> np.ndarray:
    """Decades of IgG against tetanus toxoid, day by day for six weeks after one dose of it."""
    host = {"age": "5 y" if lacks else "35 y"} | ({"deficiencies": [lacks]} if lacks else {})
    if not drug:
        changes = {"therapies.1.dose": "0 ug"}
        return hasty_run("tetanus_primary_and_boosters", host=host, days=43, changes=changes)[IGG].values
    scenario = f"toxoid_on_{drug}"
    changes = {"therapies.1.dose": dose} if dose else {}
    return hasty_run(scenario, host=host, days=43, changes=changes)[IGG].values


@pytest.mark.parametrize("drug", DRUGS)
def test_each_of_them_makes_the_answer_smaller(drug: str) -> None:
    assert igg(drug)[42] < igg()[42] - 0.03


def test_none_of_a_drug_does_nothing_and_less_does_less() -> None:
    assert igg("abatacept", dose="0 mg")[42] == pytest.approx(igg()[42], abs=0.02)
    assert igg("abatacept")[42] < igg("abatacept", dose="30 mg")[42]


@pytest.mark.parametrize("lacks", ["scid_il2rg", "scid_ada", "digeorge_complete", "aid_deficiency"])
def test_without_t_cells_or_without_a_switch_there_is_no_igg(lacks: str) -> None:
    assert igg(lacks=lacks).max() < igg()[42] - 1.5


def test_bcg_dies_out_in_health_and_kills_who_has_no_t_cells() -> None:
    well = hasty_run("bcg_vaccine", days=120, record_pools=False)
    lacking = hasty_run("bcg_vaccine", days=250, host={"age": "6 month", "deficiencies": ["scid_il2rg"]})
    assert well["body.bcg"].values[-1] <= 0.0
    assert well["body.tubercle_t_cells"].values.max() > 5.0
    assert lacking.outcome == "dead" or lacking["body.bcg"].values[-1] > 7.0


def test_a_thymus_brings_t_cells_after_months() -> None:
    run = hasty_run("thymus_transplantation", days=400, record_pools=False)
    t_cells = run["blood.t_cells"].values
    assert t_cells[0] < 1.0
    assert t_cells[6] < 100.0 < t_cells[-1]
