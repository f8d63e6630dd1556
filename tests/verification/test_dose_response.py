"""Dose decides who clears; the curve's own arithmetic, and a few hosts at both ends."""

from __future__ import annotations

import numpy as np
import pytest

from verification.dose_response import Curve, draw, measure_curves


def curve(*clear: float, condition: str = "Healthy") -> Curve:
    return Curve("somewhere", condition, 10, tuple(float(k) for k in range(len(clear))), clear)


def test_the_dose_at_half_lies_between() -> None:
    assert curve(1.0, 0.75, 0.25, 0.0).half == pytest.approx(1.5)
    assert curve(1.0, 0.75, 0.25, 0.0).half_text == "10^1.5"
    assert curve(0.2, 0.0).half == -np.inf
    assert curve(1.0, 0.9).half == np.inf
    assert curve(1.0, 0.9).half_text == "over 10^1"


def test_dose_decides_only_from_nearly_all_to_hardly_any() -> None:
    assert curve(1.0, 0.5, 0.0).decides
    assert not curve(0.9, 0.5, 0.0).decides
    assert not curve(1.0, 0.5, 0.1).decides


def test_the_picture_has_a_line_for_each_curve() -> None:
    figure = draw([curve(1.0, 0.0), curve(0.5, 0.0, condition="Another")])
    assert [len(axis.lines) for axis in figure.axes] == [2]


@pytest.mark.parametrize("column", ["staph_scrape", "pneumo_lung"])
def test_few_bacteria_are_cleared_and_very_many_are_not(column: str) -> None:
    (healthy,) = measure_curves(hosts=8, columns=[column], rows=[None], doses=(5.0, 11.0), finer=())
    few, very_many = healthy.clear
    assert few == 1.0
    assert very_many <= 0.5
    (lacking,) = measure_curves(
        hosts=8, columns=[column], rows=["severe_congenital_neutropenia"], doses=(8.0,), finer=()
    )
    assert lacking.clear[0] < 1.0
