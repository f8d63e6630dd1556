"""A baby that lives for 35 years in one run, against a person of 35."""

from __future__ import annotations

import numpy as np
import pytest

import immunity as im
from immunity.api import case as case_of
from immunity.cohorts import HostOutcome, run_case, start_host
from immunity.compiler.case import Case
from tests.engine.checks import check_ledger


@pytest.fixture(scope="module")
def life() -> tuple[Case, HostOutcome]:
    days = 35.0 * 365.25 - 30.4375
    case = case_of("healthy_adult", host={"age": "1 month"}, days=days, changes={"every": "365.25 d"})
    return case, run_case(case)


def off_by(case: Case, grown: np.ndarray, age: str) -> dict[str, float]:
    """How far readouts that say something are from those of a person of this age who came to rest."""
    rest = run_case(case_of("healthy_adult", host={"age": age}, days=1.0)).run.readouts[0]
    return {
        info.id: abs(a - b) / abs(b)
        for info, a, b in zip(case.model.readouts, grown, rest, strict=True)
        if abs(a - b) > 1e-12 and max(a, b) > (info.limit_of_detection or 0.0)
    }


def test_a_baby_becomes_an_adult(life: tuple[Case, HostOutcome]) -> None:
    case, outcome = life
    assert outcome.run.status == 0
    assert max(off_by(case, outcome.run.readouts[-1], "35 y").values()) < 0.02


@pytest.mark.parametrize("years", [4, 8, 16, 25])
def test_a_child_that_lives_is_as_one_that_is_met(life: tuple[Case, HostOutcome], years: int) -> None:
    case, outcome = life
    age = f"{years + 1 / 12:g} y"  # outputs are a year apart, since the first month
    assert max(off_by(case, outcome.run.readouts[years], age).values()) < 0.1


def test_growth_is_booked(life: tuple[Case, HostOutcome]) -> None:
    case, outcome = life
    _, start, _, _ = start_host(case, case.theta)
    check_ledger(case.model.tables, start, outcome.run)


def test_three_weeks_of_an_adult_are_not_touched_by_age() -> None:
    case = case_of("cut_finger", days=21.0)
    assert set(case.events.kind.tolist()) <= set(range(6))


def test_a_year_of_a_baby_follows_its_weight() -> None:
    case = case_of("healthy_adult", host={"age": "1 month"}, days=365.0, changes={"every": "30 d"})
    assert len(np.unique(case.events.time)) > 50


@pytest.mark.parametrize("age", ["10 d", "2 month", "9 month", "18 month", "3 y", "8 y", "14 y", "35 y", "80 y"])
def test_the_healthy_of_every_age_are_within_the_ranges_of_their_age(age: str) -> None:
    run = im.run("healthy_adult", host={"age": age}, days=0.5)
    assert run.outcome == "healthy"
    assert run.summary["outside_healthy_range"] == []
    known = {info.id for info in run.record.infos if info.healthy is not None}
    assert {"blood.leukocytes", "blood.neutrophils", "blood.lymphocytes", "blood.cd4"} <= known
    assert ("blood.cd8" in known) == (age in ("35 y", "80 y"))
