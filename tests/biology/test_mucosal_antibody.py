"""Antibody of mucus: who makes it, and what it does to what lives there, whatever the numbers become."""

from __future__ import annotations

from functools import cache

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

CARRIAGE, IGA = "nose.bacteria", "nose.anti_capsule_iga"
DAY = 4  # outputs in a day


@cache
def carried(lacks: str = "", *, dose: str = "160000 CFU", days: float = 120) -> im.Run:
    host = {"deficiencies": [lacks]} if lacks else {}
    return hasty_run("pneumococcal_carriage_twice", host=host, changes={"exposures.0.dose": dose}, days=days)


def test_carriage_lasts_for_weeks_and_ends() -> None:
    run = carried()
    assert run[CARRIAGE].values[14 * DAY] > 5.0
    assert run[CARRIAGE].values[-1] < 1.5
    ended = int(np.argmax(run[CARRIAGE].values[14 * DAY :] < 3.0)) / DAY + 14
    assert 18 < ended < 60


def test_it_ends_without_b_cells_too() -> None:
    run = carried("xla")
    living = run[CARRIAGE].values[np.isfinite(run[CARRIAGE].values)]
    assert living[14 * DAY] > 5.0
    assert living[-1] < 1.5 or run.outcome == "dead"  # what is aspirated may kill
    assert np.nanmax(run[IGA].values) == run[IGA].values[0]


def test_antibody_of_a_vaccine_keeps_out_what_comes() -> None:
    host = {"history": ["pneumococcal_conjugate_vaccine"]}
    kept_out = hasty_run("pneumococcal_carriage", host=host, days=14, record_pools=False)
    assert kept_out[CARRIAGE].values[2 * 8 :].max() < carried()[CARRIAGE].values[2 * DAY :].max() - 3.0


def test_more_germs_are_not_carried_for_longer_and_fewer_are_carried_too() -> None:
    for dose in ("1e4 CFU", "1e8 CFU"):
        assert carried(dose=dose)[CARRIAGE].values[-1] < 1.5


def test_who_has_carried_it_is_not_colonised_at_once_again() -> None:
    again = carried(days=345)[CARRIAGE].values
    assert again[344 * DAY] < again[14 * DAY] - 2.0
