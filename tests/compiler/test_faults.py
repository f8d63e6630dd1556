"""A book's faults are told together, each once, as far as they do not follow from each other."""

from __future__ import annotations

import pytest

from immunity.compiler.build import compile_book
from immunity.compiler.faults import Faults
from immunity.language.errors import RuleError, RuleErrors, fail
from immunity.language.load import load_book
from tests.compiler.books import write


def told(text: str) -> list[tuple[str, int]]:
    with pytest.raises((RuleError, RuleErrors)) as caught:
        compile_book(load_book([write(text, body=False)]))
    errors = caught.value.errors if isinstance(caught.value, RuleErrors) else (caught.value,)
    return [(error.code, error.location.line if error.location else 0) for error in errors]


def test_every_number_that_a_class_requires_is_asked_for_at_once() -> None:
    text = """{kind: class, id: germ, requires: [speed, size, taste]}
---
{kind: threat, id: rod, is: [germ], numbers: {size: "1"}}
---
{kind: threat, id: dot, is: [germ, gern]}
"""
    assert told(text) == [("E414", 3), ("E414", 3), ("E414", 5), ("E414", 5), ("E414", 5), ("E407", 5)]


def test_faults_of_several_rules_are_told_together() -> None:
    text = """{kind: place, id: dish, volume: "1 mL"}
---
kind: cell
id: alga
lives_in: {dish: []}
flows:
  - {verb: divide, hazard: "1 day"}
  - {verb: die, of: at dishh, hazard: "1 1/day"}
  - {verb: die, id: fine, hazard: "1 1/day"}
  - {verb: die, id: third, hazard: "1 1/day", with: [unheard at dish]}
"""
    assert told(text) == [("E506", 7), ("E402", 8), ("E405", 10)]


def test_a_circle_is_told_once_though_it_is_met_from_each_member() -> None:
    text = """{kind: place, id: dish, volume: "1 mL"}
---
kind: cell
id: alga
lives_in: {dish: []}
flows:
  - {verb: divide, hazard: "1 1/day", with: [one]}
  - {verb: die, hazard: "1 1/day", with: [two]}
signals:
  - {id: one, sum: [two], unit: "1"}
  - {id: two, sum: [one], unit: "1"}
"""
    assert [code for code, _ in told(text)] == ["E503"]


def test_unknown_papers_are_told_together() -> None:
    text = """{kind: place, id: dish, volume: {value: "1 mL", status: measured, source: nobody2001}}
---
{kind: place, id: cup, volume: {value: "1 mL", status: measured, source: nobody2002}}
"""
    assert told(text) == [("E412", 1), ("E412", 3)]


def test_one_fault_stays_one_and_none_is_none() -> None:
    faults = Faults()
    faults.settle()
    for _ in range(2):
        with faults:
            raise fail("E401", text="x")
    with pytest.raises(RuleError):
        faults.settle()
    with faults:
        raise fail("E401", text="y")
    with pytest.raises(RuleErrors) as caught:
        faults.settle()
    assert len(caught.value.errors) == 2


def test_other_errors_go_through() -> None:
    with pytest.raises(ZeroDivisionError), Faults():
        raise ZeroDivisionError
