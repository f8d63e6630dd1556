"""What matters most of all that a scenario shows."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from immunity.calibrate import numbers_of, rank, strongest_influences
from immunity.calibrate.strongest import effect_of
from immunity.language.errors import RuleError
from tests.calibrate.toy import book, case

__all__ = ["book", "case"]


def test_every_number_is_shown_where_it_does_most(case) -> None:
    found = {one.number.name: one for one in strongest_influences(case, rtol=1e-6)}
    making = found["sugar.rate"]
    assert making.readout == "dish.sugar" and making.statistic in ("maximum", "area")
    assert making.effect == pytest.approx(1.0, abs=1e-2)
    assert found["sugar.loss"].effect == pytest.approx(-1.0, abs=2e-2)


def test_entries_that_move_nothing_are_screened_out(case) -> None:
    whole = strongest_influences(case, rtol=1e-6)
    screened = strongest_influences(case, rtol=1e-6, screen=True)
    assert {one.number.name for one in whole} == {"dish.volume", "sugar.rate", "sugar.loss"}
    assert {one.number.name for one in screened} == {"sugar.rate", "sugar.loss"}
    assert [one.effect for one in screened] == [one.effect for one in whole if one.number.name != "dish.volume"]


def test_a_formula_with_a_number_of_its_own_counts(case) -> None:
    assert "sugar.twice" not in {number.name for number in numbers_of(case)}
    assert "sugar.twice" not in {number.name for number in numbers_of(case, literals=True)}  # "2 *" stands in the text
    formula = case.model.formulas[0]
    with_literal = replace(formula, where={**formula.where, "two": next(iter(formula.where.values()))})
    model = replace(case.model, formulas=(with_literal,))
    assert "sugar.twice" in {number.name for number in numbers_of(replace(case, model=model), literals=True)}


def test_effects_are_in_proportion_in_decades_or_in_degrees(case) -> None:
    info = case.model.readouts[0]
    step = math.log(1.1)
    assert effect_of(info, "maximum", 2.0, 2.2, 0.1, 5.0) == pytest.approx(1.0)
    log, decades = replace(info, scale="log10"), math.log10(1.1)
    assert effect_of(log, "maximum", 3.0, 3.0 + decades, 0.1, 5.0) == pytest.approx(1.0)
    assert effect_of(log, "area", 15.0, 15.0 + 5 * decades, 0.1, 5.0) == pytest.approx(1.0)
    assert effect_of(replace(info, unit="degC"), "maximum", 37.0, 37.0 + step, 0.1, 5.0) == pytest.approx(1.0)
    assert effect_of(info, "maximum", math.nan, 2.0, 0.1, 5.0) == 0.0
    assert effect_of(info, "maximum", 0.0, 2.0, 0.1, 5.0) == 0.0


def test_ranks_take_the_strongest_of_each_number() -> None:
    measured = {"a": {"x": [0.5, "r", "maximum"], "y": [-2, "r", "area"]}, "b": {"x": [-3.0, "s", "minimum"]}}
    assert rank(measured) == [("x", "b", (-3.0, "s", "minimum")), ("y", "a", (-2.0, "r", "area"))]


def test_a_step_has_bounds(case) -> None:
    with pytest.raises(RuleError) as caught:
        strongest_influences(case, step=1.0)
    assert caught.value.code == "E832"
