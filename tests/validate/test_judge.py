"""Verdicts: the rule, and that it can say no."""

from __future__ import annotations

import math

import pytest

from immunity.language.quantity import parse_unit
from immunity.validate.expectation import Expectation, Point, Unit
from immunity.validate.judge import judge, judge_series, neutral_of, scale_of
from immunity.validate.models import Measure


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (2.0, "reproduced"),
        (1.5, "reproduced"),
        (3.0, "reproduced"),
        (3.0001, "near"),
        (4.4999, "near"),
        (4.5, "missed"),
        (0.0001, "near"),
        (0.0, "missed"),
        (-50.0, "missed"),
        (math.inf, "missed"),
        (math.nan, "missed"),
    ],
)
def test_linear(measured, verdict):
    assert judge(measured, Point(0.0, 2.0, 1.5, 3.0)) == verdict


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (1e3, "reproduced"),
        (1e2, "reproduced"),
        (1e4, "reproduced"),
        (1.1e4, "near"),
        (9e5, "near"),
        (1.1e6, "missed"),
        (1.1, "near"),
        (1.0 / 1.1, "missed"),
        (0.0, "missed"),
        (-1.0, "missed"),
        (math.inf, "missed"),
    ],
)
def test_log10(measured, verdict):
    assert judge(measured, Point(0.0, 1e3, 1e2, 1e4), "log10") == verdict


def test_scale_matters():
    point = Point(0.0, 1e3, 1e2, 1e4)
    assert judge(1.5e4, point, "linear") == "near"
    assert judge(2.1e4, point, "linear") == "missed"
    assert judge(2.1e4, point, "log10") == "near"


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["reproduced"] * 5, "reproduced"),
        (["reproduced"] * 4 + ["near"], "reproduced"),
        (["reproduced"] * 3 + ["near"], "near"),
        (["reproduced"] * 9 + ["missed"], "missed"),
        (["near"], "near"),
        (["missed"], "missed"),
        ([], "missed"),
    ],
)
def test_series(verdicts, verdict):
    assert judge_series(verdicts) == verdict


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [(1.3, "near"), (1.01, "missed"), (1.06, "near"), (1.0, "missed"), (0.99, "missed"), (1.6, "reproduced")],
)
def test_a_contrast_without_direction_is_missed(measured, verdict):
    assert judge(measured, Point(0.0, 2.0, 1.5, 3.0), "log10", neutral=1.0) == verdict


def test_a_fall_that_is_none_is_missed():
    assert judge(0.0, Point(0.0, -2.0, -3.0, -1.0), neutral=0.0) == "missed"
    assert judge(-0.5, Point(0.0, -2.0, -3.0, -1.0), neutral=0.0) == "near"
    assert judge(-0.09, Point(0.0, -2.0, -3.0, -1.0), neutral=0.0) == "missed"  # less than a tenth of the least told


def test_an_effect_of_less_than_a_tenth_of_the_least_is_none() -> None:
    assert judge(0.98, Point(0.0, 0.6, 0.4, 0.78), neutral=1.0) == "missed"
    assert judge(0.95, Point(0.0, 0.6, 0.4, 0.78), neutral=1.0) == "near"
    assert judge(1.05, Point(0.0, 4.0, 2.0, 8.0), "log10", neutral=1.0) == "missed"
    assert judge(1.2, Point(0.0, 4.0, 2.0, 8.0), "log10", neutral=1.0) == "near"
    assert judge(20.0, Point(0.0, 4e3, 1e3, 1e5), "log10", neutral=0.0) == "near"  # an amount, not an effect


def test_an_interval_around_nothing_has_no_direction():
    assert judge(1.9, Point(0.0, 1.0, 0.5, 1.5), "linear", neutral=1.0) == "near"


def leaf(**more):
    return Measure(run="a", readout="x", statistic="maximum", **more)


def test_what_nothing_would_give():
    part = leaf()
    assert neutral_of(Measure(ratio=[part, part]), log=False) == 1.0
    assert neutral_of(Measure(difference=[part, part]), log=True) == 0.0
    assert neutral_of(part, log=False) == 0.0
    assert neutral_of(part, log=True) is None
    assert neutral_of(Measure(run="a", readout="x", statistic="fold_of_baseline"), log=False) == 1.0


@pytest.mark.parametrize(
    ("unit", "ratio", "lo", "scale"),
    [
        ("1", True, 0.5, "log10"),
        ("1", True, 0.0, "linear"),
        ("1/day", False, 0.5, "log10"),
        ("mg/L", False, 0.5, "linear"),
    ],
)
def test_ratios_and_rates_are_judged_in_logarithms(unit, ratio, lo, scale):
    factor, dimension = parse_unit(unit)
    point = Point(0.0, 1.0, lo, 2.0)
    expectation = Expectation((point,), Unit(unit, factor, dimension), "linear")
    measure = Measure(ratio=[leaf(), leaf()]) if ratio else leaf()
    assert scale_of(measure, expectation, point) == scale


def test_parts_that_are_claims_of_their_own_have_all_to_be_right():
    assert judge_series(["reproduced"] * 4 + ["near"], enough=1.0) == "near"
    assert judge_series(["reproduced"] * 4, enough=1.0) == "reproduced"
