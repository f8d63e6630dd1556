"""Cytomegalovirus grows for weeks, sleeps in the marrow, wakes every day, and keeps T cells that hold it."""

from __future__ import annotations

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run


def test_it_grows_for_weeks_unnoticed_and_stays_asleep() -> None:
    run = hasty_run("cytomegalovirus", days=120, record_pools=False)
    cells, dna = run["body.cmv_awake"].values, run["blood.cmv"].values
    days = np.linspace(0.0, 120.0, len(cells))
    assert 20.0 < days[np.argmax(cells)] < 60.0
    assert 2.0 < dna.max() < 5.0
    assert dna[-1] < dna.max() - 1.0
    assert 4.5 < run["body.cmv_asleep"].values[-1] < 8.0
    assert run["body.temperature"].values.max() < 37.5


def test_its_killers_become_more_over_years() -> None:
    run = hasty_run("cytomegalovirus", days=3000, changes={"every": "50 d"}, record_pools=False)
    share = run["blood.cmv_share"].values
    assert share[-1] > 1.5 * share[10] > 0.0
    assert 3.0 < share[-1] < 30.0


def test_t_cells_hold_it_and_antibody_does_not() -> None:
    without_t, without_b, whole = (
        hasty_run("cytomegalovirus", days=60, record_pools=False, host={"age": "16 y", "deficiencies": lacks})[
            "body.cmv_awake"
        ].values.max()
        for lacks in (["scid_il2rg"], ["xla"], [])
    )
    assert without_t > whole + 2.0
    assert abs(without_b - whole) < 0.1


def test_it_wakes_when_t_cells_are_taken_and_ganciclovir_holds_it() -> None:
    run = hasty_run("cytomegalovirus_after_transplantation", days=25, record_pools=False)
    left = im.run(
        "cytomegalovirus_after_transplantation",
        changes={"therapies.2.dose": "1e-6 mg/kg"},
        days=25,
        rtol=1e-2,
        record_pools=False,
    )
    treated, untreated = run["blood.cmv"].values, left["blood.cmv"].values
    assert untreated[0] < 2.0
    assert untreated[-1] > 3.0
    assert treated[-1] < untreated[-1] - 1.0


def test_nothing_of_it_is_there_where_it_is_not_met() -> None:
    names = hasty_run("influenza_in_the_naive", days=1, record_pools=False).readouts
    assert "blood.cmv" not in names
    assert "body.cmv_asleep" not in names
