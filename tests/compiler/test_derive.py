"""Derived numbers follow what they are derived from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from immunity.cohorts.draw import draw_theta
from immunity.compiler.derive import follow, followers
from immunity.language.errors import RuleError, RuleErrors
from tests.compiler.books import PLAIN, case_of, compiled, judged, scenario, value

BOOK = (
    PLAIN
    + """
---
kind: rules
id: r
numbers:
  load: "50"
  speed: "100 1/day"
  spent: {derived: "speed / load", where: {speed: r.speed, load: r.load}}
  left: {derived: "1 - exp(-s * t)", where: {s: r.spent, t: "0.1 day"}}
flows: [{verb: produce, to: rod at blood, hazard: "1 cell/day", times: [r.left]}]
---
{kind: cell, id: rod, lives_in: {blood: []}, flows: [{verb: die, hazard: {use: r.spent}}]}
---
{kind: host, id: adult, attributes: {size: "1"}, changes: [{number: r.load, scales_with: size}],
  variation: [{number: r.speed, gsd: "2"}]}
"""
)


def number(case, name: str) -> float:
    return case.theta[case.model.tables.names.parameter.index(name)]


def test_an_override_moves_everything_derived_from_it() -> None:
    book = compiled(BOOK)
    case = case_of(book, {"numbers.r.load": "25"})
    assert number(case, "r.spent") == 4.0
    assert np.isclose(number(case, "r.left"), 1 - np.exp(-0.4), rtol=1e-14)
    assert value(book, "r.spent") == 2.0


def test_an_attribute_moves_it_too_and_a_value_of_its_own_stays() -> None:
    book = compiled(BOOK)
    assert number(case_of(book, {"host.size": "2"}), "r.spent") == 1.0
    assert number(case_of(book, {"host.size": "2", "numbers.r.spent": "7 1/day"}), "r.spent") == 7.0


def test_variation_between_people_moves_it_too() -> None:
    case = case_of(compiled(BOOK))
    theta, drawn = draw_theta(case, seed=3, host=5)
    index = case.model.tables.names.parameter.index("r.spent")
    assert np.isclose(theta[index], 2.0 * drawn["r.speed"], rtol=1e-12)
    assert drawn["r.speed"] != 1.0


def test_nothing_moves_where_nothing_changed() -> None:
    case = case_of(compiled(BOOK))
    theta = case.theta.copy()
    follow(case.model.formulas, case.theta, theta)
    assert np.array_equal(theta, case.theta)


def test_a_pattern_does_not_act_twice_on_what_follows() -> None:
    text = BOOK.replace("number: r.load, scales_with: size", 'number: "r.s*", multiply: 3')
    case = case_of(compiled(text))
    assert number(case, "r.speed") == 300.0
    assert number(case, "r.spent") == 6.0


def test_followers_are_found_through_others() -> None:
    book = compiled(BOOK)
    index = book.numbers.index
    assert followers(book.numbers.formulas, index["r.load"]) == [index["r.spent"], index["r.left"]]
    assert followers(book.numbers.formulas, index["r.left"]) == []


def test_a_number_that_others_follow_cannot_change_during_a_run() -> None:
    book = compiled(BOOK.replace('every: "1 d"', 'every: "1 d", events: [{at: "1 d", number: r.load, set: "5"}]'))
    with pytest.raises(RuleError) as caught:
        case_of(book)
    judged(caught.value, Path(scenario(book).document.file), "E615", line="events")


@pytest.mark.parametrize(("size", "power"), [("0", "1"), ("1e-300", "-2")], ids=["by nothing", "too large"])
def test_what_scales_without_end_is_refused(size: str, power: str) -> None:
    text = BOOK.replace('size: "1"', f'size: "{size if size == "0" else 1}"')
    text = text.replace("scales_with: size", f'scales_with: size, power: "{power}"')
    with pytest.raises((RuleError, RuleErrors), match="E302"):
        case_of(compiled(text), {} if size == "0" else {"host.size": size})
