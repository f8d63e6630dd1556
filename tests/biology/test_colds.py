"""A cold is felt for longer than its virus calls."""

from typing import Any

import numpy as np

from tests.biology.hasty import hasty_run


def test_swelling_outlasts_the_alarm() -> None:
    cold = hasty_run("rhinovirus_cold")
    day = np.asarray(cold["nose.swelling"].time)
    swelling = np.asarray(cold["nose.swelling"]).ravel()
    interferon = np.asarray(cold["nose.interferon"]).ravel()
    quiet = day[interferon > 0.1 * interferon.max()][-1]
    swollen = day[swelling > 0.25][-1]
    assert swollen - quiet > 2
    assert swelling[-1] < 0.1  # and it goes


def test_without_swelling_a_cold_is_a_fever_alone() -> None:
    felt = hasty_run("rhinovirus_cold")
    spared = hasty_run("rhinovirus_cold", changes={"numbers.swollen_lining.onset": "0 1/day"})

    def days(run: Any) -> float:
        score = np.asarray(run["body.symptoms"]).ravel()
        time = np.asarray(run["body.symptoms"].time)
        return float(np.sum(np.diff(time)[score[1:] > 1]))

    assert days(felt) > 2 * days(spared)
