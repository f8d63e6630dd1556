"""A melanoma: fed by vessels, seen by T cells, hidden without MHC I, held by nobody else's rules."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

CHANGE, DIAMETERS, CD8 = "tumour.change", "tumour.diameters", "tumour.cd8"


@cache
def melanoma(treatment: str, lacks: str = "", days: int = 180, **numbers: str) -> im.Run:
    host = {"deficiencies": [lacks]} if lacks else {}
    names = {name.replace("__", "."): value for name, value in numbers.items()}
    changes: dict[str, Any] = {"every": "2 d", "numbers": names} if names else {"every": "2 d"}
    return hasty_run(f"melanoma_{treatment}", host=host, days=days, changes=changes)


def end(run: im.Run, readout: str) -> float:
    return float(np.asarray(run[readout]).ravel()[-1])


def test_who_meets_no_tumour_has_none_of_it() -> None:
    pools = hasty_run("healthy_adult", days=1).record.pool_names
    assert not any(word in name for name in pools for word in ("tumour", "melanoma", "ldh", "pd1", "ctla4_receptor"))


def test_it_grows_and_does_so_faster_where_no_t_cells_are() -> None:
    untreated = melanoma("untreated")
    assert end(untreated, CHANGE) > 20.0
    assert untreated.outcome == "progressive disease"
    bare = melanoma("untreated", "digeorge_complete")
    assert np.asarray(bare[CD8]).max() < 0.1 * np.asarray(untreated[CD8]).max()
    assert np.asarray(bare[DIAMETERS]).ravel()[0] > np.asarray(untreated[DIAMETERS]).ravel()[0]


def test_most_cd8_cells_of_a_melanoma_know_something_else_until_killers_are_let_loose() -> None:
    before, after = (np.asarray(melanoma(given)["tumour.bystanders"]).ravel() for given in ("untreated", "nivolumab"))
    assert 20.0 < before[0] < 90.0  # as told of lung and colon
    assert after[20] < before[20] - 15.0
    called = melanoma("nivolumab", tumour_killer__called="1")
    assert end(called, DIAMETERS) > end(melanoma("nivolumab"), DIAMETERS)


def test_growth_ends_with_what_the_body_can_feed() -> None:
    long = melanoma("untreated", "digeorge_complete", 1500, tumour__lethal="0 1/day")
    volume = np.asarray(long["tumour.volume"]).ravel()  # decades of mL
    early, late = volume[50] - volume[0], volume[-1] - volume[-51]
    assert late < 0.3 * early
    assert volume[-1] < 4.0


def test_antibody_holds_pd1_and_both_shrink_it_more_than_one() -> None:
    one, both = melanoma("nivolumab"), melanoma("both")
    assert end(one, "blood.pd1_occupancy") > 90.0
    assert np.asarray(both[CHANGE]).min() < -30.0
    assert end(both, DIAMETERS) <= end(one, DIAMETERS) < end(melanoma("untreated"), DIAMETERS)


def test_cells_without_mhc_are_left_by_killers() -> None:
    hidden = melanoma("both", melanoma__mhc_loss="0.1")
    assert np.asarray(hidden[CHANGE]).min() > -30.0


def test_killers_go_when_the_tumour_is_gone() -> None:
    run = melanoma("both", days=365)
    killers = np.asarray(run["body.melanoma_killers"]).ravel()
    assert end(run, DIAMETERS) < 5.0
    assert killers[-1] < 0.01 * killers.max()
