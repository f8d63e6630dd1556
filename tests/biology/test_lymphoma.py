"""Lymphoma of B cells: who comes into a lump, who tires there, what an antibody marks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

VOLUME, CELLS, BARE, COPIES, B_CELLS = (
    "lymphoma.volume",
    "lymphoma.cells",
    "lymphoma.without_cd19",
    "blood.car_t",
    "blood.b_cells",
)


@cache
def lymphoma(treatment: str, days: int = 60, nodes: str = "0.03", mass: str = "0.4", **numbers: str) -> im.Run:
    held = {"lymphoma_nodes.holds_off": nodes, "lymphoma_mass.holds_off": mass}
    named = {name.replace("__", "."): value for name, value in numbers.items()}
    return hasty_run(f"lymphoma_{treatment}", days=days, changes={"numbers": held | named})


@cache
def follicular(doses: int, days: int = 120) -> im.Run:
    changes: dict[str, Any] = {"therapies.0.doses": doses}
    return hasty_run("follicular_lymphoma_rituximab", days=days, changes=changes)


def curve(run: im.Run, readout: str) -> np.ndarray:
    return np.asarray(run[readout]).ravel()


def test_who_has_no_lymphoma_has_none_of_it() -> None:
    pools = hasty_run("leukaemia_car_t", days=1).record.pool_names
    assert not any(word in name for name in pools for word in ("lymphoma", "car_t_tiredness"))


def test_untreated_it_doubles_in_four_weeks_and_kills() -> None:
    cells = curve(lymphoma("untreated", 200), CELLS)
    assert 0.25 < cells[29] - cells[1] < 0.4  # decades
    assert lymphoma("untreated", 200).outcome == "dead"


def test_whether_it_is_gone_is_a_race_with_what_holds_car_t_cells_back() -> None:
    least = [curve(lymphoma("car_t", 60, *held), VOLUME)[20:].min() for held in (("0", "0"), ("0.03", "2"), ("2", "2"))]
    assert least[0] < -1.0  # all gone: less than 0.1 mL
    assert 1.0 < least[1] < least[2]  # nodes gone and the mass not: what medicine calls a partial response
    assert least[2] > 1.9  # nothing gone


def test_car_t_cells_that_do_not_tire_always_win() -> None:
    tireless = lymphoma("car_t", 60, "2", "2", cd3_engagement__tiring="1e5 day")
    assert curve(tireless, VOLUME)[-1] < curve(lymphoma("car_t", 60, "2", "2"), VOLUME)[-1] - 1.0


def test_fever_and_b_cells_go_as_in_a_leukaemia() -> None:
    run = lymphoma("car_t", 60)
    assert 12.0 < run[COPIES].idxmax().item() < 25.0  # the infusion is on day 5
    assert curve(run, "body.temperature").max() > 38.5
    assert curve(run, B_CELLS)[-1] < 0.05 * curve(run, B_CELLS)[0]


def test_cells_without_cd19_are_left() -> None:
    many = lymphoma("car_t", 60, "0", "0", diffuse_large_b_cell_lymphoma__cd19_loss="1e-6")
    assert curve(many, BARE)[-1] > 4.0 > 1.0 > curve(lymphoma("car_t", 60, "0", "0"), BARE)[-1]  # decades


def test_rituximab_shrinks_a_follicular_lymphoma_by_nk_cells() -> None:
    four, eight = curve(follicular(4), VOLUME), curve(follicular(8), VOLUME)
    bare = hasty_run("follicular_lymphoma_rituximab", days=120, changes={"numbers": {"follicular_lymphoma.adcc": "0"}})
    assert eight[-1] < four[-1] < curve(bare, VOLUME)[-1] - 0.2
    assert curve(bare, B_CELLS)[-1] < 0.2 * curve(bare, B_CELLS)[0]


@cache
def engaged(kind: str = "follicular_lymphoma", **numbers: str) -> im.Run:
    named = {name.replace("__", "."): value for name, value in numbers.items()}
    return hasty_run(f"{kind}_mosunetuzumab", days=90, changes={"numbers": named} if named else {})


def test_an_engager_clears_a_lump_if_enough_t_cells_are_able_and_enough_of_it_gets_in() -> None:
    assert curve(engaged(), VOLUME)[-1] < curve(engaged(), VOLUME)[0] - 1.0
    few = curve(engaged(cd3_engagement__able="0.4"), VOLUME)
    assert few.min() > 1.0
    open_lump = curve(engaged(cd3_engagement__able="0.4", cd20_engagement__lumps="3"), VOLUME)
    assert open_lump[-1] < few[-1] - 0.5


def test_small_doses_of_an_engager_bring_the_fever_and_take_b_cells_but_no_lump() -> None:
    run = engaged()
    assert curve(run, B_CELLS)[13] < 0.05 * curve(run, B_CELLS)[0]
    assert curve(run, VOLUME)[13] > curve(run, VOLUME)[0] - 0.1
    fever = curve(run, "body.temperature")
    assert fever[:7].max() > fever[13:].max() + 0.5  # sixty times as much does not bring it back


def test_who_has_no_engager_has_no_t_cells_counted_in_lumps() -> None:
    pools = lymphoma("untreated", 200).record.pool_names
    assert not any(word in name for name in pools for word in ("lump_t_cell", "cd20_engagement"))
