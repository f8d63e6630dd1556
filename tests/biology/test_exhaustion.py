"""Killers that wear out: many, weak, and fed by progenitors that PD-1 holds back; and who never gets so far."""

from __future__ import annotations

from functools import cache

import numpy as np

import immunity as im
from immunity.results.present import pool_array
from tests.biology.hasty import hasty_run

BLOCKED = (("numbers.exhaustion.checkpoint", "0.1"),)


@cache
def hiv(changes: tuple[tuple[str, str], ...] = ()) -> im.Run:
    return hasty_run("hiv_untreated", days=240, changes=dict(changes))


def killers(run: im.Run, state: str, day: int) -> float:
    names = [name for name in run.record.pool_names if f"t_killer_clone.{state}[" in name and "[hiv" in name]
    return float(sum(pool_array(run.record, name).values[day, 0] for name in names))


def test_the_virus_is_held_below_its_peak_and_never_goes() -> None:
    curve = hiv()["blood.hiv"].values
    assert 1.0 < curve.max() - curve[200] < 3.0
    assert curve[30:].min() > 2.5  # it would be found by any test


def test_exhausted_killers_are_many_where_effectors_are_none_and_progenitors_stay() -> None:
    run = hiv()
    assert killers(run, "exhausted", 200) > 1e8 > 1e4 * killers(run, "effector", 200)
    assert 0.5 < killers(run, "progenitor", 200) / killers(run, "progenitor", 150) < 2.0


def test_lifting_pd_1_rouses_what_progenitors_there_are() -> None:
    run, held = hiv(BLOCKED), hiv()
    assert killers(run, "exhausted", 200) > 1.5 * killers(held, "exhausted", 200)
    assert run["blood.hiv"].values[200] < held["blood.hiv"].values[200] - 0.3


def test_killers_hardly_come_where_helpers_of_b_cells_are() -> None:
    record = hiv().record
    pools = {at: pool_array(record, f"{at}.hiv_1.shedding").values[:, 0] for at in ("cd4_home", "follicles")}
    share = {day: pools["follicles"][day] / pools["cd4_home"][day] for day in (10, 200)}
    assert share[200] > 1.5 * share[10]


def test_hepatitis_b_stays_with_newborns_and_adults_clear_it() -> None:
    at_birth = hasty_run("hepatitis_b_at_birth", days=366, record_pools=False)["blood.hbv"].values
    adult = hasty_run("hepatitis_b_in_adult", days=200, record_pools=False)["blood.hbv"].values
    assert at_birth[365] > 8.0
    assert np.max(adult) > 8.0 and adult[-1] == adult.min()
