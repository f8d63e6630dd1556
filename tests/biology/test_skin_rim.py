"""A skin infection spreads where neutrophils do not hold its rim."""

from __future__ import annotations

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run


def scrape(dose: str, *lacks: str, days: float = 8) -> im.Run:
    return hasty_run(
        "cut_finger",
        host={"deficiencies": list(lacks)},
        changes={"exposures.0.dose": dose},
        days=days,
        record_pools=False,
    )


def reddest(run: im.Run) -> float:
    return float(np.nanmax(run["skin.cellulitis"].values))


def test_who_has_neutrophils_holds_the_rim_and_more_germs_redden_more() -> None:
    few, many = scrape("1e5 CFU"), scrape("1e9 CFU")
    assert reddest(few) < 0.5 < 1.0 < reddest(many) < 10.0
    assert many["skin.cellulitis"].values[-1] < reddest(many) / 2  # and it fades
    assert many["body.temperature"].values.max() < 37.5  # a boil is felt by nobody else


def test_phagocytes_that_kill_badly_let_it_spread() -> None:
    ill = scrape("1e9 CFU", "cgd")
    assert reddest(ill) > 3 * reddest(scrape("1e9 CFU"))
    assert ill["blood.crp"].values.max() > 4.0


def test_without_adhesion_it_spreads_until_the_blood_is_full() -> None:
    run = scrape("1e7 CFU", "lad1", days=4)
    assert reddest(run) > 5.0
    assert run["body.temperature"].values[np.isfinite(run["body.temperature"].values)].max() > 38.5
