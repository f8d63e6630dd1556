"""Centres last on what their B cells show, and end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from tests.biology.hasty import hasty_run

TETANUS = "tetanus_primary_and_boosters"
ONE_DOSE = {f"therapies.{dose}.dose": "0 ug" for dose in (1, 2, 3)}
DIVISION = "numbers.t_helper_clone.divide_in_centre.presented.half"


@cache
def one_dose(**changes: str) -> Mapping[str, np.ndarray]:
    """Pools of the node, and the mean class of affinity of IgG, day by day after a single dose of toxoid."""
    run = hasty_run(TETANUS, days=300, changes=ONE_DOSE | changes)
    pools = run.record.pool[:, 0].T

    def of(start: str) -> np.ndarray:
        chosen = [pool for name, pool in zip(run.record.pool_names, pools, strict=True) if name.startswith(start)]
        return np.sum(chosen, axis=0)

    node = "axillary_node."
    return {
        "centre": of(f"{node}b_clone.centre[tetanus"),
        "helpers": of(f"{node}t_helper_clone.helper[tetanus"),
        "shown": of(f"{node}displayed_antigen.shown[tetanus"),
        "held": of(f"{node}held_antigen[tetanus"),
        "class": np.average(
            np.broadcast_to(np.arange(1.0, 5.0)[:, None], (4, len(pools[0]))),
            weights=[of(f"plasma.antibody.igg[tetanus,{affinity}]") + 1e-9 for affinity in (1, 2, 3, 4)],
            axis=0,
        ),
    }


def test_centres_outlive_the_dendritic_cells_that_began_them_by_weeks() -> None:
    body = one_dose()
    assert body["shown"][35] < 1e-4 * body["shown"].max()
    assert body["centre"][60] > 3e3
    assert body["helpers"][60] > 3e3


def test_they_end_when_little_antigen_is_left() -> None:
    assert one_dose()["centre"][299] < 100.0


def test_helpers_that_b_cells_show_nothing_are_gone_within_weeks_and_so_is_the_centre() -> None:
    blind = one_dose(**{DIVISION: "1e9"})
    assert blind["centre"][60] < 0.01 * one_dose()["centre"][60]
    assert blind["helpers"][60] < 0.1 * one_dose()["helpers"][60]


def test_centres_use_up_what_they_are_shown() -> None:
    left = one_dose(**{"numbers.held_antigen.eaten.hazard": "1e-9 1/day"})["held"][90]
    assert one_dose()["held"][90] < 0.5 * left


def test_helpers_crowd_one_another() -> None:
    roomy = one_dose(**{"numbers.t_helper_clone.follicles": "1e5 cell"})
    assert 1.5 < roomy["helpers"][45] / one_dose()["helpers"][45] < 10.0


def test_igg_of_one_dose_ripens_while_its_centre_lasts() -> None:
    mean_class = one_dose()["class"]
    assert mean_class[28] > mean_class[14] + 0.05
    assert mean_class[56] > mean_class[28] + 0.1  # what centres send out comes late, and binds well


def test_half_a_year_after_influenza_vaccine_more_than_a_fifth_of_the_titre_is_left() -> None:
    titre = hasty_run("influenza_vaccine", days=170, record_pools=False)["serum.influenza_hi"].values
    assert titre[28] > 1.6  # forty
    assert titre[28] - 0.7 < titre[168] < titre[28]
