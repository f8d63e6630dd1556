"""One host in one scenario: attributes, changes, deficiencies, overrides, and what is put on record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from immunity.compiler.build import Compiled
from immunity.language.errors import RuleError
from tests.compiler.books import PLAIN, argument, case_of, compiled, judged, refused, scenario

BOOK = (
    PLAIN
    + """
---
kind: cell
id: rod
lives_in: {blood: []}
initial: {at blood: "10 cell"}
numbers: {speed: "2 1/day", speed_of_old: "5 1/day"}
flows:
  - {verb: die, half_life: "12 h"}
  - {verb: divide, hazard: {use: speed}}
  - {verb: divide, id: again, hazard: {use: speed_of_old}}
readouts: [{id: rods, sum: [at blood], unit: cell}]
---
kind: host
id: adult
attributes: {age: "35 y", weight: "70 kg", sex: male}
changes:
  - {number: blood.volume, scales_with: weight, power: "0.5"}
  - {number: blood.volume, for: {sex: female}, multiply: "0.8"}
  - {number: rod.speed, curve: {signal: age, points: [["20 y", "1"], ["40 y", "0.5"]]}}
---
{kind: deficiency, id: slow, changes: [
  {number: "rod.speed*", multiply: "0.1"}, {number: rod.die.half_life, set: "1 day"}]}
---
{kind: deficiency, id: few, events: [{pool: rod at blood, scale: "0.5"}]}
"""
)


@pytest.fixture(scope="module")
def book() -> Compiled:
    return compiled(BOOK)


def number(book: Compiled, name: str, changes: dict[str, Any] | None = None) -> float:
    return float(case_of(book, changes).theta[book.numbers.index[name]])


def test_the_reference_person_keeps_the_numbers_of_the_book_but_what_depends_on_age(book: Compiled) -> None:
    case = case_of(book)
    changed = np.flatnonzero(case.theta != book.model.tables.theta)
    assert [book.numbers[int(i)].name for i in changed] == ["rod.speed"]
    assert number(book, "rod.speed") == pytest.approx(2 * 0.625)


def test_each_kind_of_change_by_the_host(book: Compiled) -> None:
    assert number(book, "blood.volume", {"host.weight": "35 kg"}) == pytest.approx(5 * 0.5**0.5)
    assert number(book, "blood.volume", {"host.sex": "female"}) == pytest.approx(4.0)
    assert number(book, "rod.speed", {"host.age": "80 y"}) == 1.0  # flat beyond the last point
    assert number(book, "host.age", {"host.age": "80 y"}) == pytest.approx(80 * 365.25, rel=1e-3)


TYPICAL = """\
  - attribute: weight
    for: {sex: male}
    curve: {signal: age, points: [["0 y", "4 kg"], ["20 y", "70 kg"]]}
"""


def test_a_weight_that_is_not_given_follows_age() -> None:
    book = compiled(
        BOOK.replace("changes:\n  - {number: blood", "typical:\n" + TYPICAL + "changes:\n  - {number: blood", 1)
    )
    weight = {years: case_of(book, {"host.age": years}).filled["host"]["weight"] for years in ("10 y", "30 y")}
    assert weight == {"10 y": "37 kg", "30 y": "70 kg"}
    assert number(book, "blood.volume", {"host.age": "10 y"}) == pytest.approx(5 * (37 / 70) ** 0.5)
    given = case_of(book, {"host.age": "10 y", "host.weight": "50 kg"})
    assert given.filled["host"]["weight"] == "50 kg"
    assert case_of(book, {"host.age": "10 y", "host.sex": "female"}).filled["host"]["weight"] == "70 kg"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("attribute: weight", "attribute: sex", "E607"),
        ('"4 kg"', '"4 m"', "E305"),
        ("signal: age", "signal: sex", "E607"),
    ],
)
def test_a_typical_attribute_that_makes_no_sense_is_refused(old: str, new: str, code: str) -> None:
    typical = TYPICAL.replace(old, new)
    text = BOOK.replace("changes:\n  - {number: blood", "typical:\n" + typical + "changes:\n  - {number: blood", 1)
    refused(text, code)


def test_a_deficiency_multiplies_or_sets_and_a_pattern_means_all_that_match(book: Compiled) -> None:
    slow = {"host.deficiencies": ["slow"]}
    assert number(book, "rod.speed_of_old", slow) == pytest.approx(0.5)
    assert number(book, "rod.speed", slow) == pytest.approx(0.125)
    assert number(book, "rod.die.half_life", slow) == 1.0


def test_events_of_a_deficiency_come_at_the_start(book: Compiled) -> None:
    events = case_of(book, {"host.deficiencies": "few"}).events
    assert (events.time.tolist(), events.value.tolist()) == ([0.0], [0.5])


@pytest.mark.parametrize(
    ("name", "text", "base"),
    [
        ("rod.die.half_life", "6 h", 0.25),
        ("rod.speed", "3 1/h", 72.0),
        ("blood.volume", "6000 mL", 6.0),
        ("rod.speed*", "7 1/day", 7.0),
    ],
)
def test_overrides_come_last_and_set_the_value(book: Compiled, name: str, text: str, base: float) -> None:
    changes = {f"numbers.{name}": text, "host.deficiencies": ["slow"]}
    assert number(book, name.replace("speed*", "speed_of_old"), changes) == pytest.approx(base)


@pytest.mark.parametrize(
    ("changes", "code", "near"),
    [
        ({"numbers.rod.sped": "1 1/day"}, "E410", "rod.speed"),
        ({"numbers.1": "2"}, "E410", None),
        ({"numbers.host.age": "20 y"}, "E410", None),
        ({"numbers.rod.initial.at_blood": "20 cell"}, "E410", None),
        ({"numbers.rod.speed": "1 day"}, "E305", None),
        ({"numbers.rod.speed": "-1 1/day"}, "E516", None),
        ({"numbers.rod.die.half_life": "0 h"}, "E516", None),
        ({"host.agee": "20 y"}, "E607", "age"),
        ({"host.age": "20 kg"}, "E305", None),
        ({"host.age": "-20 y"}, "E620", None),
        ({"host.sex": "femal"}, "E607", "female"),
        ({"host.deficiencies": ["slo"]}, "E607", "slow"),
        ({"show": ["rodds"]}, "E610", "rods"),
        ({"days": 0}, "E609", None),
        ({"days": float("nan")}, "E302", None),
        ({"every": "0 h"}, "E609", None),
        ({"every": "1e-9 h"}, "E609", None),
    ],
)
def test_faults_of_a_scenario_are_told_in_its_file(
    book: Compiled, changes: dict[str, Any], code: str, near: str | None
) -> None:
    with pytest.raises(RuleError) as caught:
        case_of(book, changes)
    judged(caught.value, argument(caught.value, changes), code, near=near)


@pytest.mark.parametrize(
    ("changes", "code", "near"),
    [
        ({"exposure.0.dose": "1 CFU"}, "E608", "exposures.0.dose"),
        ({"exposures.0.dose": "1 CFU"}, "E608", None),
        ({"days.x": 1}, "E608", None),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(
    book: Compiled, changes: dict[str, Any], code: str, near: str | None
) -> None:
    with pytest.raises(RuleError) as caught:
        case_of(book, changes)
    judged(caught.value, argument(caught.value, changes), code, near=near)


def test_overrides_of_numbers_may_be_bare_and_leave_the_scenario_untouched(book: Compiled) -> None:
    before = dict(scenario(book).document.data)
    with pytest.raises(RuleError, match="E305"):  # a bare number is a pure one
        case_of(book, {"numbers.rod.speed": 3})
    assert scenario(book).document.data == before


def test_what_was_not_said_is_filled_in_for_the_record(book: Compiled) -> None:
    filled = case_of(book, {"host.sex": "female"}).filled
    assert filled["host"] == {"age": "35 y", "weight": "70 kg", "sex": "female", "deficiencies": []}
    assert filled["exposures"] == filled["therapies"] == []
    assert (filled["days"], filled["every"]) == (10.0, "1 d")


def test_all_readouts_are_shown_unless_some_are_named(book: Compiled) -> None:
    assert case_of(book).show == ("rods",)


@pytest.mark.parametrize(
    ("days", "every", "expected"),
    [(2, "1 d", [0, 1, 2]), (1, "7 h", [0, 7 / 24, 14 / 24, 21 / 24, 1]), (0.3, "0.1 d", [0, 0.1, 0.2, 0.3])],
)
def test_output_times_end_with_the_scenario(book: Compiled, days: float, every: str, expected: list[float]) -> None:
    assert case_of(book, {"days": days, "every": every}).out_times.tolist() == pytest.approx(expected)


def test_an_attribute_that_changes_nothing_is_told() -> None:
    book = compiled(BOOK.replace("sex: male}", "sex: male, mood: calm}"))
    assert case_of(book, {"host.sex": "female", "host.age": "40 y", "host.weight": "60 kg"}).warnings == ()
    (warning,) = case_of(book, {"host.mood": "angry"}).warnings
    assert "mood" in warning


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("number: rod.die.half_life, set", "number: rod.die.halflife, set", "E410", '{number: "rod.s'),
        ('set: "1 day"', 'set: "1 kg"', "E305", '{number: "rod.s'),
        ('"rod.speed*", multiply: "0.1"', '"rod.sped*", multiply: "0.1"', "E410", '{number: "rod.s'),
        ('"rod.speed*", multiply: "0.1"', '"rod.speed*"', "E616", '{number: "rod.s'),
        ('"rod.speed*", multiply: "0.1"', '"rod.speed*", multiply: "1 day"', "E305", '{number: "rod.s'),
        ('"rod.speed*", multiply: "0.1"', '"rod.*.h*", multiply: "0.1"', "E623", '{number: "rod.*'),
        ("pool: rod at blood", "pool: rodd at blood", "E401", "id: few"),
        ("for: {sex: female}", "for: {sexx: female}", "E607", "sexx"),
        ("scales_with: weight", "scales_with: wait", "E607", "wait"),
        ("scales_with: weight", "scales_with: sex", "E607", "scales_with"),
        ("signal: age, points", "signal: aged, points", "E607", "aged"),
        ('["40 y", "0.5"]', '["10 y", "0.5"]', "E509", "curve"),
        ('["40 y", "0.5"]', '["40 kg", "0.5"]', "E305", "curve"),
    ],
)
def test_faults_of_hosts_and_deficiencies_are_told_when_the_book_is_compiled(
    old: str, new: str, code: str, line: str
) -> None:
    assert old in BOOK
    refused(BOOK.replace(old, new, 1), code, line=line)


def test_a_pattern_may_pass_by_numbers_that_have_a_change_of_their_own() -> None:
    lives = '{number: "rod.speed*", multiply: "0.1"}, {number: "rod.*.h*", multiply: "3"}'
    slow = BOOK.replace('{number: "rod.speed*", multiply: "0.1"}, {number: rod.die.half_life, set: "1 day"}', lives)
    book = compiled(slow)
    assert number(book, "rod.die.half_life", {"host.deficiencies": ["slow"]}) == pytest.approx(1.5)
    refused(slow.replace('"rod.speed*"', '"rod.speed"'), "E623", line='number: "rod.speed"')


def test_amounts_before_settling_follow_the_host() -> None:
    density = '{derived: "density * volume", where: {density: "2 cell/L", volume: blood.volume}}'
    book = compiled(BOOK.replace('initial: {at blood: "10 cell"}', f"initial: {{at blood: {density}}}"))
    tables = book.model.tables
    pool = book.space.pools[next(pool for pool in book.space.pools if "rod" in pool.name)]
    small = case_of(book, {"host.weight": "17.5 kg"})
    assert tables.initial[pool] == pytest.approx(10.0)
    assert tables.initial_for(tables.theta)[pool] == pytest.approx(10.0)
    assert tables.initial_for(small.theta)[pool] == pytest.approx(5.0)
