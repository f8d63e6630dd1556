"""Numbers that follow a host's age while it runs."""

from __future__ import annotations

import numpy as np
import pytest

import immunity as im
from immunity.compiler.ageing import FINEST, ageing_steps
from immunity.compiler.build import Compiled
from immunity.compiler.tables import EVENT_AGE, EVENT_AGE_SET, EVENT_GROW
from immunity.engine import prepare, run_host
from tests.compiler.books import case_of, compiled
from tests.engine.checks import check_ledger

YEAR = 365.25
BOOK = """
kind: molecule
id: dye
unit: mg
lives_in: {blood: []}
initial: {at blood: "70 mg"}
readouts: [{id: dye, sum: [at blood], per: volume of blood, unit: mg/L}]
---
kind: molecule
id: tissue
unit: g
grows: true
lives_in: {blood: [whole, scarred]}
initial: {"whole at blood": {derived: "volume * density", where: {volume: blood.volume, density: "1 g/mL"}}}
readouts: [{id: tissue, sum: [whole at blood], unit: g}]
---
kind: molecule
id: protein
unit: mg
lives_in: {blood: []}
flows:
  - {verb: produce, to: at blood, hazard: "10 mg/day"}
  - {verb: clear, of: at blood, half_life: "2 day"}
readouts: [{id: protein, sum: [at blood], per: volume of blood, unit: mg/L}]
---
kind: molecule
id: hormone
unit: mg
lives_in: {blood: []}
flows:
  - {verb: produce, to: at blood, hazard: "1 mg/day"}
  - {verb: clear, of: at blood, half_life: "1 day"}
readouts: [{id: hormone, sum: [at blood], unit: mg}]
---
kind: host
id: adult
attributes: {age: "35 y", weight: "70 kg", gestation: "40 week", fed: "0 day"}
settle: "100 day"
typical:
  - {attribute: weight, curve: {signal: age, points: [["0 y", "4 kg"], ["20 y", "70 kg"]]}}
changes:
  - {number: blood.volume, scales_with: weight}
  - {number: protein.produce.hazard, scales_with: weight}
  - number: hormone.produce.hazard
    curve:
      signal: age
      since: {attribute: gestation, at: "40 week"}
      points: [["12 y", "0"], ["14 y", "1"], ["90 y", "1"]]
  - number: milk.produce.hazard
    curve: {signal: age, since: {attribute: fed}, points: [["-10 day", "1"], ["0 day", "0"]]}
---
kind: molecule
id: milk
unit: mg
lives_in: {blood: []}
flows:
  - {verb: produce, to: at blood, hazard: "1 mg/day"}
  - {verb: clear, of: at blood, half_life: "1 day"}
readouts: [{id: milk, sum: [at blood], unit: mg}]
---
{kind: scenario, id: plain, title: Plain, days: 10, every: "1 d"}
"""


@pytest.fixture(scope="module")
def book() -> Compiled:
    return compiled(BOOK)


def grown(book: Compiled, years: float, **changes: object) -> im.Run:
    return im.run("plain", book=book, days=years * YEAR, changes={"every": "30 d", **changes}, rtol=1e-6)


def test_growth_dilutes_what_is_there_and_makes_what_is_made(book: Compiled) -> None:
    run = grown(book, 30.0, **{"host.age": "1 y"})
    weight = np.interp(1.0 + run["dye"].time.values / YEAR, [0.0, 20.0], [4.0, 70.0])
    np.testing.assert_allclose(run["dye"].values, 70.0 / (5.0 * weight / 70.0), rtol=FINEST)
    np.testing.assert_allclose(run["protein"].values[2:], run["protein"].values[-1], rtol=2.0 * FINEST)
    assert run.summary["readouts"]["dye"]["maximum"] == run["dye"].values[0]
    assert run.record.jump_time is not None and not run.record.jump_time.size  # gradual, so nothing jumps


def test_a_child_that_grew_up_is_an_adult(book: Compiled) -> None:
    adult = im.run("plain", book=book, days=1.0, rtol=1e-6)
    grown_up = grown(book, 34.0, **{"host.age": "1 y"})
    for name in ("protein", "hormone"):
        assert grown_up[name].values[-1] == pytest.approx(adult[name].values[0], rel=FINEST)


@pytest.mark.parametrize("weeks", [40, 14])  # 14: far from possible, so that half a year shows
def test_what_begins_with_age_begins_and_counts_from_the_due_date(book: Compiled, weeks: int) -> None:
    hormone = grown(book, 10.0, **{"host.age": "10 y", "host.gestation": f"{weeks} week"})["hormone"]
    years = 10.0 + (hormone.time.values - 7.0 * (40 - weeks)) / YEAR
    assert not hormone.values[years < 11.9].any()
    made = np.interp(years, [12.0, 14.0], [0.0, 1.0]) / np.log(2.0)
    np.testing.assert_allclose(hormone.values, made, atol=0.03)


def test_what_ends_at_an_age_that_an_attribute_says_ends_then(book: Compiled) -> None:
    fed = {"every": "5 d", "host.age": "30 d", "host.fed": "100 d"}
    milk = im.run("plain", book=book, days=120.0, changes=fed, rtol=1e-6)["milk"]
    age = 30.0 + milk.time.values
    made = np.interp(age, [90.0, 100.0], [1.0, 0.0]) / np.log(2.0)
    np.testing.assert_allclose(milk.values[age < 90.0], made[age < 90.0], rtol=0.01)
    assert milk.values[age >= 115.0].max() < 0.001
    assert not im.run("plain", book=book, days=1.0)["milk"].values.any()


def test_curves_of_rules_count_from_nothing_else() -> None:
    rule = """
kind: molecule
id: drop
unit: mg
lives_in: {blood: []}
flows:
  - verb: produce
    to: at blood
    hazard: "1 mg/day"
    curve: {signal: age, since: {attribute: gestation, at: "40 week"}, points: [["1 y", "0"], ["2 y", "1"]]}
---
"""
    with pytest.raises(im.RuleError, match="E509"):
        compiled(rule + BOOK)


def test_tissue_grows_with_the_place_that_it_fills(book: Compiled) -> None:
    run = grown(
        book, 30.0, **{"host.age": "1 y", "events": [{"at": "0 d", "pool": "tissue.whole at blood", "scale": "0.5"}]}
    )
    weight = np.interp(1.0 + run["tissue"].time.values / YEAR, [0.0, 20.0], [4.0, 70.0])
    there = 5000.0 * weight / 70.0
    np.testing.assert_allclose(run["tissue"].values[1:], 0.5 * there[1:], rtol=FINEST)  # half stays lost
    assert run.record.jump_time is not None and not np.any(run.record.jump_time)


def test_what_does_not_grow_stays_as_it_is() -> None:
    run = grown(compiled(BOOK.replace("grows: true", "grows: false")), 20.0, **{"host.age": "1 y"})
    assert np.ptp(run["tissue"].values) == 0.0


def test_a_weight_that_is_given_grows_in_proportion(book: Compiled) -> None:
    case = case_of(book, {"host.age": "10 y", "host.weight": "74 kg", "days": 20 * YEAR, "every": "1 year"})
    volume = book.numbers.index["blood.volume"]
    theta = case.theta.copy()
    assert theta[volume] == pytest.approx(5.0 * 74.0 / 70.0)
    for kind, index, value in zip(case.events.kind, case.events.index, case.events.value, strict=True):
        assert kind in (EVENT_AGE, EVENT_AGE_SET, EVENT_GROW)
        if kind == EVENT_GROW:
            continue
        theta[index] = value if kind == EVENT_AGE_SET else theta[index] * value
    assert theta[volume] == pytest.approx(5.0 * 140.0 / 70.0, rel=FINEST)
    assert theta[book.numbers.index["host.age"]] == case.theta[book.numbers.index["host.age"]]


@pytest.mark.parametrize(("age", "days"), [("35 y", 21), ("35 y", 40 * YEAR), ("5 y", 7), ("19.99 y", 300)])
def test_numbers_that_hardly_move_are_left_alone(book: Compiled, age: str, days: float) -> None:
    assert not len(case_of(book, {"host.age": age, "days": days, "every": "10 d"}).events.time)


def test_steps_are_short_where_growth_is_fast(book: Compiled) -> None:
    case = case_of(book, {"host.age": "1 month", "days": 19 * YEAR, "every": "1 year"})
    times = np.unique(case.events.time)
    assert 200 < len(times) < 400
    assert np.diff(times)[:10].max() < 0.2 * np.diff(times)[-10:].min()


def test_an_overridden_number_does_not_age(book: Compiled) -> None:
    run = grown(book, 5.0, **{"host.age": "1 y", "numbers.blood.volume": "2 L"})
    assert set(run["dye"].values.tolist()) == {35.0}


def test_the_ledger_closes_over_a_childhood(book: Compiled) -> None:
    case = case_of(book, {"host.age": "1 month", "days": 35 * YEAR, "every": "1 year"})
    tables = case.model.tables
    run = run_host(prepare(tables), case.theta, tables.initial, case.events, case.out_times)
    assert run.status == 0
    check_ledger(tables, tables.initial, run)


def test_steps_meet_a_line_and_a_start_from_zero() -> None:
    def theta_at(day: float) -> np.ndarray:
        return np.array([1.0 + day, max(day - 5.0, 0.0), 3.0])

    theta, now = theta_at(0.0), 0.0
    steps = ageing_steps(theta_at, [5.0], 0.0, 10.0, np.ones(3))
    for day, kind, index, value in zip(steps.time, steps.kind, steps.index, steps.value, strict=True):
        assert day >= now
        now = day
        theta[index] = value if kind == EVENT_AGE_SET else theta[index] * value
    assert theta == pytest.approx([11.0, 5.0, 3.0], rel=FINEST)
    assert ageing_steps(lambda day: np.ones(3), [1.0], 0.0, 9.0, np.ones(3)).time.size == 0
