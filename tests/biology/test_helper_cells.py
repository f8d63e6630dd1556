"""Helper T cells go where germs live in macrophages, and make these kill them, whatever the numbers become."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import immunity as im
from immunity.results.present import pool_array
from tests.biology.hasty import hasty_run

EXPOSURE = "tuberculosis_exposure"
BACILLI, CELLS = "body.tubercle_bacilli", "body.tubercle_t_cells"


@cache
def infected(*, age: str = "35 y", lacks: str = "", dose: str = "10 CFU", vigour: str = "1", past: str = "") -> im.Run:
    host = {"age": age} | ({"deficiencies": [lacks]} if lacks else {})
    host |= {"history": [{"before": past, "scenario": EXPOSURE}]} if past else {}
    changes = {"exposures.0.dose": dose, "numbers": {"intracellular_bacterium.vigour": vigour}}
    return hasty_run(EXPOSURE, host=host, changes=changes, days=120)


def escapes(run: im.Run) -> bool:
    """Whether a million bacilli are there after four months, or the host has died of more."""
    return run.outcome == "dead" or float(run[BACILLI].values[-1]) > 6.0


HELD = [("35 y", "10 CFU"), ("8 y", "10 CFU"), ("80 y", "10 CFU"), ("35 y", "1e3 CFU")]


@pytest.mark.parametrize(("age", "dose"), HELD)
def test_tubercle_bacilli_are_held_but_not_gone(age: str, dose: str) -> None:
    run = infected(age=age, dose=dose)
    bacilli = run[BACILLI].values
    assert not escapes(run)
    assert 3.5 < bacilli.max() < 6.0
    assert 14 <= int(bacilli.argmax()) <= 45
    assert 2.0 < bacilli[-1] < bacilli.max() - 0.4


@pytest.mark.parametrize("lacks", ["aids", "ifngr1_deficiency", "il12rb1_deficiency"])
def test_they_escape_without_helper_cells_or_their_interferon(lacks: str) -> None:
    assert escapes(infected(lacks=lacks))


def test_they_escape_where_macrophages_kill_half_as_well_and_are_fewer_where_they_kill_better() -> None:
    assert escapes(infected(vigour="0.5"))
    assert infected(vigour="1.4")[BACILLI].values.max() < infected()[BACILLI].values.max()


def test_infliximab_lets_more_of_them_grow() -> None:
    on_drug = hasty_run("tuberculosis_on_infliximab", days=120, record_pools=False)[BACILLI].values
    assert np.nan_to_num(on_drug, nan=9.0)[-1] > infected()[BACILLI].values[-1] + 1.0


def test_effectors_are_where_the_germs_are_and_so_is_their_interferon() -> None:
    run = infected()
    there = pool_array(run.record, "alveoli.t_helper_clone.effector[tubercle_protein]").values.max()
    elsewhere = pool_array(run.record, "skin.t_helper_clone.effector[tubercle_protein]").values.max()
    assert there > 1e4 > 1.0 > elsewhere
    assert pool_array(run.record, "alveoli.local_ifn_gamma[tubercle_protein]").values.max() > 1e-3
    assert run["blood.ifn_gamma"].values.max() < 5.0  # pg/mL: nobody sees it in the blood


def test_they_come_within_weeks_divide_and_leave_few() -> None:
    cells = infected()[CELLS].values
    assert cells[9] < 3.0  # nothing before the node has been shown any
    assert 14 <= int(np.argmax(cells > 5.0)) <= 70
    assert cells[-1] < cells.max() - 0.3


def test_who_holds_some_kills_newcomers_at_once() -> None:
    again, first = infected(past="400 d", dose="1e3 CFU")[BACILLI].values, infected(dose="1e3 CFU")[BACILLI].values
    assert again.max() - again[0] < first.max() - 3.0 - 0.5
    assert again.max() < first.max() - 0.5


def test_typhoid_passes_by_the_same_rules_but_not_without_interferon() -> None:
    def course(*lacks: str) -> im.Run:
        return hasty_run("typhoid_in_bicarbonate", host={"deficiencies": list(lacks)}, days=42, record_pools=False)

    def bacilli(run: im.Run) -> np.ndarray:
        return np.nan_to_num(run["body.intracellular_bacteria"].values, nan=9.0)

    healthy, without = course(), course("ifngr1_deficiency")
    assert bacilli(healthy)[10 * 8] > 7.0 > 6.0 > bacilli(healthy)[-1]  # some sleep on
    fever = healthy["body.temperature"].values
    assert fever[12 * 8] > 38.3 > 37.2 > fever[-1]
    assert fever[16 * 8] > 38.0  # not over in the second week
    assert bacilli(without)[-1] > bacilli(healthy)[-1] + 2.0


def test_who_meets_no_antigen_has_none_of_it() -> None:
    pools = im.case("healthy_adult").model.tables.names.pool
    assert not [name for name in pools if "t_helper_clone" in name or ("ifn_gamma" in name and "plasma" not in name)]


def test_without_any_antigen_nk_cells_make_interferon_gamma_and_it_is_cleared() -> None:
    level = hasty_run("bacteraemia_ecoli", days=6, record_pools=False)["blood.ifn_gamma"].values
    assert level.max() > 1e-3
    drug = hasty_run("interferon_gamma_in_cgd", days=16, record_pools=False)["blood.ifn_gamma"].values
    assert drug[-20:].max() < 1.2 * drug[:20].max()  # of a dose nothing is left at the next
