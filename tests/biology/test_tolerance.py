"""The body spares itself: what the thymus deletes, what regulatory cells hold back, whatever the numbers become."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import immunity as im
from immunity.results.present import pool_array
from tests.biology.hasty import hasty_run

THYROID, TSH, SUGAR = "body.thyroid_tissue", "blood.tsh", "blood.fasting_glucose"


@cache
def years(lacks: str = "", risk: str = "1") -> im.Run:
    changes = {"every": "10 d", "meets": ["thyrocyte", "beta_cell"]}
    changes |= {"numbers": {"thyrocyte.risk": risk, "beta_cell.risk": risk}}
    if lacks in ("ipex", "ctla4_haploinsufficiency"):
        changes["numbers"] |= {"colonocyte.risk": risk}
    host = {"deficiencies": [lacks]} if lacks else {}
    return hasty_run("healthy_adult", host=host, days=1500, changes=changes)


def test_organs_that_nobody_asks_for_add_nothing() -> None:
    run = hasty_run("healthy_adult", days=1)
    assert run.outcome == "healthy"
    pools = run.record.pool_names
    assert not any(word in name for name in pools for word in ("thyro", "beta_cell", "tsh", "clone", "exhaustion"))


@pytest.mark.parametrize("risk", ["0.1", "1", "3"])
def test_in_health_organs_last(risk: str) -> None:
    run = years(risk=risk)
    assert run[THYROID].values.min() > 95.0
    assert 0.0 < run[TSH].values[-1] < 0.7  # decades of mIU/L
    assert 4.0 < run[SUGAR].values[-1] < 6.0


def test_at_rest_hormones_do_not_drift() -> None:
    thyroxine = years()["blood.thyroxine"].values
    assert abs(thyroxine[-1] / thyroxine[0] - 1.0) < 0.03


@pytest.mark.parametrize("lacks", ["apeced", "ipex", "ctla4_haploinsufficiency", "alps"])
def test_who_shows_more_of_an_organ_loses_it_where_tolerance_is_poor(lacks: str) -> None:
    run = years(lacks, "6")
    assert run[THYROID].values[-1] < 50.0 < years(risk="3")[THYROID].values[-1]
    assert run[TSH].values[-1] > run[TSH].values[0] + 0.4
    assert run["serum.anti_thyroid"].values.max() > run["serum.anti_thyroid"].values[0] + 1.0


@pytest.mark.parametrize("lacks", ["ipex", "ctla4_haploinsufficiency"])
def test_their_colon_is_there_without_being_asked_for_and_is_sore(lacks: str) -> None:
    assert years(lacks, "6")["body.stools"].values.max() > 4.0


def test_without_aire_some_are_ill_and_some_are_not() -> None:
    assert years("apeced", "0.3")[THYROID].values[-1] > 95.0 > years("apeced", "6")[THYROID].values[-1]


def test_it_takes_time_and_no_regulatory_cells_are_worst() -> None:
    half = {lacks: int(np.argmax(years(lacks, "6")[THYROID].values < 50.0)) for lacks in ("apeced", "ipex")}
    assert 6 < half["ipex"] <= half["apeced"]
    assert years("ipex", "2")[THYROID].values[-1] < years("ctla4_haploinsufficiency", "2")[THYROID].values[-1]


def test_sugar_rises_when_most_beta_cells_are_gone() -> None:
    run = years("ipex", "6")
    cells, sugar = run["body.beta_cells"].values, run[SUGAR].values
    assert sugar[cells < 15.0].min() > 10.0 > 7.0 > sugar[cells > 60.0].max()


def test_regulatory_cells_come_after_the_helpers_and_exhaustion_needs_weeks() -> None:
    run = hasty_run("influenza_in_the_naive", days=40)
    crowd = pool_array(run.record, "cervical_node.t_helper_clone.dividing[influenza_core]").values[:, 0]
    brake = pool_array(run.record, "cervical_node.t_regulatory_clone.active[influenza_core]").values[:, 0]
    worn = pool_array(run.record, "body.exhaustion[influenza_core]").values[:, 0]
    assert int(crowd.argmax()) < int(brake.argmax())
    assert brake[-1] < brake.max()
    assert worn.max() < 0.3  # HIV and hepatitis B wear nearly all of them out


def test_helpers_wait_for_antigen_and_for_days_and_ten_times_less_rouses_far_fewer() -> None:
    def effectors(dose: str) -> tuple[np.ndarray, np.ndarray]:
        run = hasty_run("tetanus_primary_and_boosters", days=25, changes={"therapies.0.dose": dose})
        cells = pool_array(run.record, "body.t_helper_clone.effector[tetanus]")
        return cells.values[:, 0], cells.time.values

    full, times = effectors("10 ug")
    assert full[times < 4.0].max() < 1e-3 * full.max()
    fallen = full.max() / effectors("0.1 ug")[0].max()
    assert fallen > 100.0
