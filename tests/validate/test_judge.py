"""Verdicts: the rule, and that it can say no."""

from __future__ import annotations

import math

import pytest

from immunity.validate.expectation import Point
from immunity.validate.judge import judge, judge_series


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
