"""A fit to a table finds what a dish was made with, says how far it is known, and can fail."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from immunity.calibrate import fit_to_data
from immunity.language.errors import RuleError
from immunity.results.observed import ObservedData, read_observed
from tests.calibrate.toy import book, case

__all__ = ["book", "case"]

DAYS = np.array([0.5, 1.0, 1.5, 2.0, 4.0, 8.0])
RATE, LOSS = 3.0, 0.6  # of the table; 2 and 1 in the book


def table(folder: Path, text: str, case) -> ObservedData:
    file = folder / "data.csv"
    file.write_text(text)
    return read_observed(file, case.model.readouts)


def rows(error: float = 0.0, sd: str = "") -> str:
    """What is seen in a dish, off by a known error that changes its sign."""
    value = RATE / LOSS * (1.0 - np.exp(-LOSS * DAYS)) + error * np.array([1, -1, 1, -1, 1, -1])
    lines = [f"{day},dish.sugar,{v!r},mg,{sd}" for day, v in zip(DAYS.tolist(), value.tolist(), strict=True)]
    return "\n".join(["time,readout,value,unit,sd", *lines]) + "\n"


def test_a_fit_finds_both_numbers_and_their_intervals(case, tmp_path: Path) -> None:
    """Intervals against those of the linear theory, with slopes of the formula."""
    made = fit_to_data({"rest": case}, table(tmp_path, rows(sd="0.1"), case), ["sugar.*"])
    found = dict(zip([n.name for n in made.numbers], made.factors, strict=True))
    assert found == pytest.approx({"sugar.rate": RATE / 2.0, "sugar.loss": LOSS}, rel=1e-3)
    grown = np.exp(-LOSS * DAYS)
    by_rate = RATE / LOSS * (1.0 - grown)
    by_loss = -by_rate + RATE * DAYS * grown
    slopes = np.column_stack([by_rate, by_loss]) / 0.1
    deviation = dict(zip(["sugar.rate", "sugar.loss"], np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes))), strict=True))
    for number, factor, interval in zip(made.numbers, made.factors, made.intervals, strict=True):
        for end, sign in ((interval.least, -1.0), (interval.most, 1.0)):
            assert math.log(end / factor) == pytest.approx(sign * 1.96 * deviation[number.name], rel=0.1)
    assert made.within({"sugar.rate": RATE / 2.0, "sugar.loss": LOSS})
    assert not made.within({"sugar.rate": RATE / 2.0, "sugar.loss": 0.8 * LOSS})


def test_curvature_and_profile_agree_where_things_are_linear(case, tmp_path: Path) -> None:
    data = table(tmp_path, rows(0.01), case)
    profile, curvature = (fit_to_data({"rest": case}, data, ["sugar.*"], profile=p) for p in (True, False))
    for one, two in zip(profile.intervals, curvature.intervals, strict=True):
        assert (one.least, one.most) == pytest.approx((two.least, two.most), rel=0.02)
    assert profile.problem.runs > curvature.problem.runs


def test_the_size_of_errors_is_found(case, tmp_path: Path) -> None:
    made = fit_to_data({"rest": case}, table(tmp_path, rows(0.2), case), ["sugar.*"], profile=False)
    left = made.problem.distances(np.log(made.factors))
    assert made.sizes["dish.sugar"] == pytest.approx(
        math.sqrt(float((np.concatenate(left) ** 2).sum()) / 4.0), rel=1e-2
    )
    assert 0.1 < made.sizes["dish.sugar"] < 0.4
    assert made.quantile == pytest.approx(2.776, abs=1e-3)  # Student's t, 6 values less 2 numbers


def test_what_the_values_do_not_tell_is_open(case, tmp_path: Path) -> None:
    """At rest the dish tells a ratio alone."""
    text = (
        "time,readout,value,unit,sd\n39,dish.sugar,5,mg,0.1\n39.5,dish.sugar,5.05,mg,0.1\n40,dish.sugar,4.95,mg,0.1\n"
    )
    made = fit_to_data({"rest": case}, table(tmp_path, text, case), ["sugar.*"], bounds={"sugar.loss": (0.5, 20.0)})
    ends = {n.name: i for n, i in zip(made.numbers, made.intervals, strict=True)}
    assert math.isinf(ends["sugar.loss"].most)
    assert made.misfit < 1.0


def test_a_value_below_detection_counts_where_its_curve_is_above(case, tmp_path: Path) -> None:
    text = "time,readout,value,unit,sd\n1,dish.sugar,<0.5,mg,0.1\n2,dish.sugar,<0.5,mg,0.1\n"
    problem = fit_to_data({"rest": case}, table(tmp_path, text, case), ["sugar.rate"], profile=False).problem
    low, high = (np.concatenate(problem.distances(np.log([x]))) for x in (0.1, 1.0))
    assert (low == 0.0).all() and (high < 0.0).all()


def test_logarithms_of_values(case, tmp_path: Path) -> None:
    text = "time,readout,value,unit\n" + "".join(f"{d},dish.sugar,{v},mg\n" for d, v in ((10, 50), (20, 2), (30, 10)))
    made = fit_to_data({"rest": case}, table(tmp_path, text, case), ["sugar.rate"], errors="log")
    assert made.factors[0] == pytest.approx(5.0, rel=1e-3)  # the geometric mean, 10 mg
    again = fit_to_data({"rest": case}, table(tmp_path, text, case), ["sugar.rate"], errors="log", starts=3)
    assert again.factors == pytest.approx(made.factors, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("time,readout,value\n1,dish.sugar,1\n", {}, "1 values can't tell 2 numbers"),
        (rows(), {"errors": "odd"}, "none of auto"),
        (rows(), {"bounds": {"sugar.rate": (2.0, 1.0)}}, "bound"),
        ("time,readout,value\n1,dish.sugar,0\n2,dish.sugar,1\n3,dish.sugar,1\n", {"errors": "log"}, "no logarithm"),
        ("time,readout,value\n-1,dish.sugar,1\n2,dish.sugar,1\n3,dish.sugar,1\n", {}, "before day 0"),
    ],
)
def test_what_cannot_be_fitted_is_refused(case, tmp_path: Path, text: str, more: dict, said: str) -> None:
    with pytest.raises(RuleError, match=said) as caught:
        fit_to_data({"rest": case}, table(tmp_path, text, case), ["sugar.*"], **more)
    assert caught.value.code == "E833"
