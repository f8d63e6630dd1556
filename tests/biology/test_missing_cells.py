"""Who lacks one kind of cell lacks what it does, and keeps the others."""

from __future__ import annotations

import pytest

import immunity
from tests.biology.hasty import hasty_run

LACKS = {
    "cd8_deficiency": ("blood.cd8", ("blood.cd4", "blood.b_cells", "blood.monocytes")),
    "irf8_deficiency": ("blood.monocytes", ("blood.cd4", "blood.cd8", "blood.neutrophils")),
}


def last(run: immunity.Run, readout: str) -> float:
    known = run[readout].dropna(run[readout].dims[0])
    return float(known[-1])


@pytest.mark.parametrize("deficiency", LACKS)
def test_one_kind_is_missing_and_others_are_there(deficiency: str) -> None:
    whole = immunity.run("healthy_adult", days=3, record_pools=False)
    lost = immunity.run("healthy_adult", days=3, record_pools=False, host={"deficiencies": [deficiency]})
    missing, others = LACKS[deficiency]
    assert last(lost, missing) < 0.01 * last(whole, missing)
    for readout in others:
        assert last(lost, readout) == pytest.approx(last(whole, readout), rel=0.05)


@pytest.mark.parametrize("deficiency", ["irf8_deficiency", "mhc_ii_deficiency"])
def test_bcg_stays_in_infants_whose_helpers_are_shown_nothing(deficiency: str) -> None:
    healthy = immunity.run("bcg_vaccine", days=90, record_pools=False, host={"age": "6 months"})
    lost = immunity.run(
        "bcg_vaccine", days=90, record_pools=False, host={"age": "6 months", "deficiencies": [deficiency]}
    )
    assert last(healthy, "body.bcg") == 0.0
    assert last(lost, "body.bcg") > 6.0  # more than was given
    assert last(lost, "body.tubercle_t_cells") < 1.0


def test_influenza_stays_without_dendritic_cells_and_ends_without_killers() -> None:
    ends = {
        deficiency: last(
            immunity.run("influenza_in_the_naive", days=28, record_pools=False, host={"deficiencies": [deficiency]}),
            "nose.virus",
        )
        for deficiency in ("cd8_deficiency", "irf8_deficiency")
    }
    assert ends["cd8_deficiency"] < 1.0 < 4.0 < ends["irf8_deficiency"]


def test_killers_of_a_tumour_need_help_and_those_of_a_virus_do_not() -> None:
    def most(scenario: str, readout: str, days: float, deficiency: str = "") -> float:
        host = {"deficiencies": [deficiency]} if deficiency else {}
        found = hasty_run(scenario, host=host, days=days)[readout]
        return float(found.max())

    melanoma, killers = "melanoma_untreated", "body.melanoma_killers"
    for lacks in ("mhc_ii_deficiency", "hyper_igm"):
        assert most(melanoma, killers, 10, lacks) < 0.2 * most(melanoma, killers, 10)
    infected, at_most = "measles", "blood.measles_killers"
    assert most(infected, at_most, 9, "mhc_ii_deficiency") == pytest.approx(most(infected, at_most, 9), rel=0.2)


def test_who_lacks_myd88_gets_over_influenza_as_others_do() -> None:
    healthy, lost = (
        hasty_run("influenza_in_the_naive", host=host, days=28)
        for host in ({}, {"deficiencies": ["irak4_myd88_deficiency"]})
    )
    assert float(lost["nose.virus"].max()) == pytest.approx(float(healthy["nose.virus"].max()), abs=0.3)
    assert float(lost["nose.virus"][-1]) < 1.0


def test_killers_that_nobody_helps_end_what_is_short_and_not_what_stays() -> None:
    lacks = {"deficiencies": ["mhc_ii_deficiency"]}
    assert float(hasty_run("influenza_in_the_naive", host=lacks, days=28)["nose.virus"][-1]) < 1.0
    helped, alone = (hasty_run("hepatitis_b_in_adult", host=host, days=330)["blood.hbv"] for host in ({}, lacks))
    assert float(helped[-1]) < 1.5
    assert float(alone[-1]) > 6.0


def test_norovirus_is_gone_within_two_months_and_stays_without_antibody() -> None:
    healthy, lost = (
        hasty_run("norovirus_challenge", host=host, days=60)["stool.norovirus"]
        for host in ({}, {"deficiencies": ["cvid"]})
    )
    assert float(healthy[-1]) < 4.0 < 6.0 < float(lost[-1])
