"""Sensitivities of a dish whose level is rate / loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from immunity.calibrate import global_influences, local_influences, numbers_of, with_factors
from immunity.cohorts.host import run_case
from immunity.compiler.case import Past
from immunity.compiler.tables import Events
from immunity.language.errors import RuleError
from tests.calibrate.toy import book, case

__all__ = ["book", "case"]


def test_a_level_rises_with_its_making_and_falls_with_its_loss(case) -> None:
    base, found = local_influences(case, "dish.sugar", "last", rtol=1e-6)
    effects = {one.number.name: one.effect for one in found}
    assert base == pytest.approx(2.0, rel=1e-4)
    assert effects["sugar.rate"] == pytest.approx(1.0, abs=1e-3)
    assert effects["sugar.loss"] == pytest.approx(-1.0, abs=1e-3)
    assert "sugar.twice" not in effects  # it follows


def test_patterns_choose(case) -> None:
    assert [n.name for n in numbers_of(case, ["sugar.r*"])] == ["sugar.rate"]
    (number,) = numbers_of(case, ["sugar.loss"])
    assert (number.status, number.width) == ("measured", 0.1)
    with pytest.raises(RuleError) as caught:
        numbers_of(case, ["sugar.rat"])
    assert caught.value.code == "E831"
    with pytest.raises(RuleError, match="follows"):
        numbers_of(case, ["sugar.twice"])


def test_a_name_with_brackets_is_itself_and_no_pattern(case) -> None:
    model = case.model
    names = tuple(name.replace("sugar.loss", "sugar.loss[1]") for name in model.tables.names.parameter)
    tables = replace(model.tables, names=replace(model.tables.names, parameter=names))
    sources = {**model.parameter_sources, "sugar.loss[1]": model.parameter_sources["sugar.loss"]}
    numbered = replace(case, model=replace(model, tables=tables, parameter_sources=sources))
    assert [number.name for number in numbers_of(numbered, ["sugar.loss[1]"])] == ["sugar.loss[1]"]


def test_derived_numbers_follow(case) -> None:
    names = case.model.tables.names.parameter
    varied = with_factors(case, {names.index("sugar.rate"): 3.0})
    assert varied.theta[names.index("sugar.twice")] == pytest.approx(3.0 * case.theta[names.index("sugar.twice")])
    assert case.theta[names.index("sugar.rate")] == 2.0 or varied.theta is not case.theta


def test_what_was_lived_before_day_0_is_varied_too(case) -> None:
    """Day 0 is where a past ends: a factor on the present alone would be lost."""
    empty = Events(np.empty(0), np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0))
    lived = replace(case, past=Past(100.0, case.theta, empty, (), ()))
    rate = case.model.tables.names.parameter.index("sugar.rate")
    varied = with_factors(lived, {rate: 3.0})
    assert varied.past is not None
    assert np.array_equal(varied.past.theta, varied.theta)
    levels = [run_case(each, rtol=1e-6).run.readouts[-1, 0] for each in (lived, varied)]
    assert levels[1] == pytest.approx(3.0 * levels[0], rel=1e-3)


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_what_is_less_known_matters_more(case, method: str) -> None:
    pytest.importorskip("SALib")
    _, found = global_influences(
        case, "dish.sugar", "last", patterns=["sugar.rate", "sugar.loss"], method=method, samples=8, seed=1
    )
    assert [one.number.name for one in found] == ["sugar.rate", "sugar.loss"]
    assert found[0].effect > 3 * found[1].effect > 0


@pytest.mark.parametrize(("statistic", "step"), [("mode", 0.1), ("last", 1.5), ("last", 0.0)])
def test_what_cannot_be_taken_is_refused(case, statistic: str, step: float) -> None:
    with pytest.raises(RuleError) as caught:
        local_influences(case, "dish.sugar", statistic, step=step)
    assert caught.value.code == "E832"


def test_one_number_is_no_global_method(case) -> None:
    with pytest.raises(RuleError) as caught:
        global_influences(case, "dish.sugar", "last", patterns=["sugar.rate"], method="morris")
    assert caught.value.code == "E832"
