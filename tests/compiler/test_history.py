"""What a host lived through before day 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import immunity as im
from immunity.compiler.build import Compiled
from immunity.language.errors import RuleError
from immunity.results import Run
from tests.compiler.books import case_of, compiled

YEAR = 365.25
# a trace that fades with a half-life of ten years, in a volume that grows with the child
BOOK = """
{kind: threat, id: pox, lives_in: {skin: []}, flows: [{verb: die, hazard: "1 1/day"}]}
---
kind: therapy
id: jab
unit: mg
lives_in: {blood: []}
given: {vein: at blood}
flows: [{verb: clear, of: at blood, half_life: "10 year"}]
readouts:
  - {id: trace, sum: [at blood], unit: mg}
  - {id: level, sum: [at blood], per: volume of blood, unit: mg/L}
---
kind: cell
id: memory
lives_in: {blood: []}
initial: {at blood: "1000 cell"}
flows: [{verb: die, hazard: "0.01 1/day", curve: {signal: time, points: [["-1 day", "1"], ["0 day", "0"]]}}]
readouts: [{id: memory, sum: [at blood], unit: cell}]
---
kind: host
id: adult
attributes: {age: "35 y", weight: "70 kg"}
settle: "10 day"
typical: [{attribute: weight, curve: {signal: age, points: [["0 y", "4 kg"], ["20 y", "70 kg"]]}}]
changes: [{number: blood.volume, scales_with: weight}]
---
{kind: scenario, id: plain, title: Plain, days: 10, every: "1 d"}
---
{kind: scenario, id: campaign, title: Campaign, days: 9, therapies: [{therapy: jab, dose: "5 mg", at: "1 d"}]}
"""


@pytest.fixture(scope="module")
def book() -> Compiled:
    return compiled(BOOK)


def run(book: Compiled, history: list[dict[str, Any]], **changes: Any) -> Run:
    return im.run("plain", book=book, changes={"host.history": history, **changes}, rtol=1e-6)


JAB = {"therapies": [{"therapy": "jab", "dose": "8 mg"}]}


@pytest.mark.parametrize("when", [{"age": "5 y"}, {"before": "30 year"}])
def test_what_was_given_long_ago_has_faded_since(book: Compiled, when: dict[str, str]) -> None:
    made = run(book, [{**when, **JAB}])
    assert made["trace"].values[0] == pytest.approx(1.0, rel=1e-4)
    assert made["level"].values[0] == pytest.approx(0.2, rel=1e-4)
    assert made["trace"].time.values[0] == 0.0 and len(made["trace"]) == 11


def test_items_add_up_in_their_own_time(book: Compiled) -> None:
    made = run(book, [{"before": "10 year", **JAB}, {"before": "20 year", "scenario": "campaign"}])
    assert made["trace"].values[0] == pytest.approx(4.0 + 5.0 * 0.5 ** (2.0 - 0.1 / YEAR), rel=1e-3)


def test_doses_per_kg_are_those_of_the_child(book: Compiled) -> None:
    made = run(book, [{"age": "5 y", "therapies": [{"therapy": "jab", "dose": "1 mg/kg"}]}])
    assert made["trace"].values[0] == pytest.approx((4.0 + 66.0 / 4.0) / 8.0, rel=1e-3)


def test_settling_comes_before_the_history_and_takes_nothing_of_it(book: Compiled) -> None:
    plain = im.run("plain", book=book, rtol=1e-6)["memory"].values[0]
    assert plain == pytest.approx(1000.0 * math.exp(-0.01 * 9.5), rel=1e-2)
    added = {"before": "5 year", "events": [{"pool": "memory at blood", "add": "500 cell"}]}
    assert run(book, [added])["memory"].values[0] == pytest.approx(plain + 500.0, rel=1e-4)


def test_what_was_stopped_or_lives_on_by_rule_reaches_day_0(book: Compiled) -> None:
    drip = {"therapies": [{"therapy": "jab", "rate": "1 mg/day"}]}
    made = run(book, [{"before": "10 d", **drip}])
    k = math.log(2.0) / (10.0 * YEAR)
    assert made["trace"].values[0] == pytest.approx((1.0 - math.exp(-10 * k)) / k, rel=1e-3)
    assert made["trace"].values[5] == pytest.approx(made["trace"].values[0] * math.exp(-5 * k), rel=1e-4)


def test_a_history_at_a_rate_belongs_to_the_host(book: Compiled) -> None:
    met = {"age": "0 y", "exposures": [{"threat": "pox", "site": "skin", "dose": "10 CFU", "rate": "1 1/year"}]}
    made = run(book, [met])
    days = [each["day"] for each in made.summary["happened"]]
    assert 15 < len(days) < 60 and min(days) > -35 * YEAR and max(days) < 0.0
    cohort = im.cohort("plain", hosts=2, book=book, changes={"host.history": [met]})
    assert cohort.outcomes == {"completed": 2}


def test_stochastic_histories_run_and_repeat(book: Compiled) -> None:
    changes = {"host.history": [{"before": "3 year", "events": [{"pool": "memory at blood", "add": "50 cell"}]}]}
    one, two = (im.run("plain", book=book, changes=changes, stochastic=True, seed=3) for _ in range(2))
    assert one.record.readout.tobytes() == two.record.readout.tobytes()


def test_a_history_is_on_record(book: Compiled) -> None:
    made = run(book, [{"age": "5 y", **JAB}])
    assert made.record.filled["host"]["history"][0]["age"] == "5 y"
    assert not any("history" in warning for warning in made.summary["warnings"])
    assert case_of(book).past is None


@pytest.mark.parametrize(
    ("history", "code"),
    [
        ("measles", "E628"),
        ([{"age": "5 y"}], "E628"),
        ([JAB], "E628"),
        ([{"age": "5 y", "before": "3 d", **JAB}], "E628"),
        ([{"age": "50 y", **JAB}], "E628"),
        ([{"before": "300 y", **JAB}], "E628"),  # before it was born
        ([{"age": 5, **JAB}], "E628"),
        ([{"age": "5 y", "jabs": []}], "E628"),
        ([{"before": "0 d", **JAB}], "E628"),
        ([{"age": "5 y", "scenario": "campain"}], "E601"),
        ([{"age": "5 y", "therapies": [{"therapy": "job", "dose": "1 mg"}]}], "E604"),
        ([{"age": "5 kg", **JAB}], "E305"),
    ],
)
def test_faults_of_histories(book: Compiled, history: Any, code: str) -> None:
    with pytest.raises(RuleError) as caught:
        case_of(book, {"host.history": history})
    assert caught.value.code == code


def test_a_bare_name_is_a_scenario_that_ended_on_day_0(book: Compiled) -> None:
    named, spelt = (
        run(book, history)["trace"].values  # type: ignore[arg-type]
        for history in (["campaign"], [{"before": "9 d", "scenario": "campaign"}])
    )
    assert named[0] == pytest.approx(5.0 * 0.5 ** (8.0 / (10.0 * YEAR)), rel=1e-4)
    np.testing.assert_array_equal(named, spelt)
    with pytest.raises(RuleError) as caught:
        run(book, ["compaign"])  # type: ignore[list-item]
    assert caught.value.code == "E601"
    assert "campaign" in str(caught.value)
