"""Rotavirus: villi are lost and come back, who ends it, and what is left of it the next time."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.biology.hasty import hasty_run

LOOSE = 20.0  # mL/kg/day: twice what a healthy infant has at most
SHED, WATER, VILLI = "stool.rotavirus", "gut.watery_stool", "gut.absorbing"


@cache
def infant(
    lacks: str = "", *, dose: str = "100 TCID50", age: str = "9 months", days: float = 28, fed: str = "0 d"
) -> dict[str, Any]:
    host = {"age": age, "breast_fed": fed, **({"deficiencies": [lacks]} if lacks else {})}
    run = hasty_run(
        "rotavirus_in_an_infant", host=host, changes={"exposures.0.dose": dose}, days=days, record_pools=False
    )
    return {name: run[name].values for name in (SHED, WATER, VILLI)}


def days_of(values: np.ndarray, days: float = 28) -> float:
    return float((values > LOOSE).mean() * days)


def test_villi_are_lost_for_some_days_and_come_back() -> None:
    first = infant()
    assert first[WATER][0] < 10.0 < 40.0 < first[WATER].max()
    assert first[VILLI].min() < 70.0 < first[VILLI][-1]
    assert 3.0 < days_of(first[WATER]) < 9.0


@pytest.mark.parametrize("dose", ["1 TCID50", "1e4 TCID50"])
def test_few_or_many_bring_the_same_illness_sooner_or_later(dose: str) -> None:
    usual, other = infant(), infant(dose=dose)
    assert other[WATER].max() == pytest.approx(usual[WATER].max(), rel=0.1)
    sooner = np.argmax(usual[WATER] > LOOSE) - np.argmax(other[WATER] > LOOSE)
    assert (sooner > 0) == (dose == "1e4 TCID50")


def test_who_has_no_t_cells_is_not_rid_of_it_and_who_makes_no_antibody_is_as_mice_are() -> None:
    assert infant()[SHED][-1] < 4.5
    assert infant("xla")[SHED][-1] < 4.5
    assert infant("scid_il2rg")[SHED][-72:].max() > 7.0


def test_a_newborn_with_its_mothers_antibody_sheds_it_and_is_hardly_ill() -> None:
    newborn = infant(age="7 d")
    assert newborn[SHED].max() > 8.0
    assert newborn[WATER].max() - newborn[WATER][0] < 0.3 * (infant()[WATER].max() - infant()[WATER][0])


@pytest.mark.parametrize("scenario", ["second_rotavirus", "rotavirus_after_vaccine"])
def test_whoever_met_it_sheds_it_without_diarrhoea(scenario: str) -> None:
    run = hasty_run(scenario, days=21, record_pools=False)
    assert run[SHED].values.max() > 6.0
    assert run[WATER].values.max() < LOOSE


def test_what_protects_is_what_the_first_left() -> None:
    naive = hasty_run("second_rotavirus", days=10, host={"history": []}, record_pools=False)
    assert naive[WATER].values.max() > 40.0


def test_the_vaccine_strain_grows_teaches_and_makes_nobody_ill() -> None:
    run = hasty_run("rotavirus_vaccine_of_an_infant", days=75, record_pools=False)
    shed, iga = run[SHED].values, run["gut.rotavirus_iga"].values
    assert shed[2:20].max() > shed[0] + 1.0 and shed[2 * 40] < 4.5
    assert run[WATER].values.max() < LOOSE and run["body.temperature"].values.max() < 38.0
    assert shed[2 * 61 + 4 :].max() < shed[:20].max() - 2.0
    assert iga[2 * 40] > iga[0]


def test_milk_spares_villi_while_it_is_drunk_and_not_after() -> None:
    never, fed, weaned = (infant(age="5 months", days=14, fed=until) for until in ("0 d", "9 months", "4 months"))
    assert fed[WATER].max() < 0.6 * never[WATER].max()
    assert fed[SHED].max() > 8.0  # it grows all the same
    assert weaned[WATER].max() == pytest.approx(never[WATER].max(), rel=0.05)
