"""A melanoma: fed by vessels, seen by T cells, hidden without MHC I, held by nobody else's rules."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

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


def test_lesions_of_one_person_differ_by_what_their_vessels_let_in() -> None:
    run = melanoma("nivolumab", soft_tissue_metastases__lets_in="2", third_metastasis__lets_in="0.5")
    first, second, third = (np.asarray(run[f"lesion_{k}.diameter"]).ravel() for k in (1, 2, 3))
    np.testing.assert_allclose(np.asarray(run[DIAMETERS]).ravel(), first + second + third, atol=0.01)
    assert max(end(run, "lesion_1.change"), end(run, "lesion_2.change")) < end(run, "lesion_3.change") - 10.0
    assert np.asarray(run["lesion_1.cd8"]).ravel()[0] > 2.0 * np.asarray(run["lesion_3.cd8"]).ravel()[0]
    change = first[-1] + second[-1] + third[-1]
    assert end(run, CHANGE) == pytest.approx(100.0 * (change / (first[0] + second[0] + third[0]) - 1.0), abs=1.0)


def test_where_nothing_was_seeded_there_is_nothing() -> None:
    exposures = [{"threat": "melanoma", "site": "soft_tissue_metastases", "dose": "3.3e4 cell"}]
    history = [{"before": "800 d", "exposures": exposures}]
    run = hasty_run("melanoma_both", host={"history": history}, days=60, changes={"every": "5 d"})
    assert np.asarray(run["lesion_1.diameter"]).min() > 1.0
    for lesion in ("lesion_2", "lesion_3"):
        for readout in ("diameter", "change"):
            np.testing.assert_allclose(np.asarray(run[f"{lesion}.{readout}"]), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.asarray(run[DIAMETERS]), np.asarray(run["lesion_1.diameter"]), atol=0.01)


def test_what_has_lost_hla_of_one_parent_is_what_killers_leave() -> None:
    left, treated = (
        np.asarray(melanoma(given)["tumour.one_haplotype_share"]).ravel() for given in ("untreated", "nivolumab")
    )
    assert 5.0 < left[0] < 60.0
    assert left[0] < left[-1] < treated[-1] - 10.0
    unseen = melanoma("untreated", "digeorge_complete")
    assert np.asarray(unseen["tumour.one_haplotype_share"]).ravel()[0] < 0.3 * left[0]
    never = melanoma("nivolumab", melanoma__missorts="1e-9")
    assert end(never, CHANGE) < end(melanoma("nivolumab"), CHANGE) - 10.0


def test_the_more_peptides_t_cells_go_for_the_better_they_kill_what_has_lost_some() -> None:
    few, many = (melanoma("nivolumab", melanoma__mutations=number) for number in ("2", "60"))
    assert end(many, CHANGE) < end(few, CHANGE) - 20.0


@pytest.mark.parametrize("treatment", ["ipilimumab", "nivolumab", "both"])
def test_an_antibody_works_without_nk_cells(treatment: str) -> None:
    whole, without = (end(melanoma(treatment, lacks), "tumour.volume") for lacks in ("", "nk_deficiency"))
    assert without == pytest.approx(whole, abs=0.3)


def test_killers_go_when_the_tumour_is_gone() -> None:
    run = melanoma("both", days=365)
    killers = np.asarray(run["body.melanoma_killers"]).ravel()
    assert end(run, DIAMETERS) < 5.0
    assert killers[-1] < 0.01 * killers.max()
