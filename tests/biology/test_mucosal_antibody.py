"""Antibody of mucus: who makes it, and what it does to what lives there, whatever the numbers become."""

from __future__ import annotations

from functools import cache

import numpy as np

import immunity as im

CARRIAGE, IGA = "nose.bacteria", "nose.anti_capsule_iga"
DAY = 4  # outputs in a day


@cache
def carried(lacks: str = "", *, dose: str = "160000 CFU", days: float = 120) -> im.Run:
    host = {"deficiencies": [lacks]} if lacks else {}
    return im.run("pneumococcal_carriage_twice", host=host, changes={"exposures.0.dose": dose}, days=days)


def test_carriage_lasts_for_weeks_and_ends_with_antibody_in_the_mucus() -> None:
    run = carried()
    assert run[CARRIAGE].values[14 * DAY] > 5.0
    assert run[CARRIAGE].values[-1] < 1.5
    ended = int(np.argmax(run[CARRIAGE].values[14 * DAY :] < 3.0)) / DAY + 14
    assert 18 < ended < 60
    assert run[IGA].values[: 10 * DAY].max() == run[IGA].values[0] < run[IGA].values[45 * DAY]


def test_it_does_not_end_by_itself_without_b_cells() -> None:
    run = carried("xla")
    living = run[CARRIAGE].values[np.isfinite(run[CARRIAGE].values)]
    assert living[-1] > 5.0
    assert len(living) == len(run[CARRIAGE].values) or run.outcome == "dead"  # what is aspirated may kill
    assert np.nanmax(run[IGA].values) == run[IGA].values[0]


def test_without_iga_other_antibody_ends_it_later() -> None:
    lacking = carried("selective_iga_deficiency")
    assert lacking[IGA].values.max() < carried()[IGA].values.max() - 1.0
    assert lacking[CARRIAGE].values[-1] < 3.0
    assert lacking[CARRIAGE].values.sum() >= carried()[CARRIAGE].values.sum()


def test_more_germs_are_not_carried_for_longer_and_fewer_are_carried_too() -> None:
    for dose in ("1e4 CFU", "1e8 CFU"):
        assert carried(dose=dose)[CARRIAGE].values[-1] < 1.5


def test_who_has_carried_it_is_not_colonised_at_once_again() -> None:
    again = carried(days=345)[CARRIAGE].values
    assert again[344 * DAY] < again[14 * DAY] - 2.0
