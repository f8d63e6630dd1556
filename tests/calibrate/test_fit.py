"""A fit finds what a dish was made with, keeps to its prior, goes on where it stopped, and can fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from immunity import api
from immunity.calibrate import cost_of, fit_numbers, score
from immunity.language.errors import RuleError
from immunity.validate import load_findings
from tests.calibrate.toy import book

__all__ = ["book"]

FINDINGS = """{id: level, topic: dish, claim: c, cite: A 2000, used_for: calibration, runs: {a: {scenario: rest}},
 measure: {run: a, readout: dish.sugar, statistic: last}, expect: {value: "6 mg", lo: "5.9 mg", hi: "6.1 mg"}}
---
{id: early, topic: dish, claim: c, cite: A 2000, used_for: validation, runs: {a: {scenario: rest}},
 measure: {run: a, readout: dish.sugar, statistic: value_at, at: "1 d"},
 expect: {value: "3.8 mg", lo: "3.6 mg", hi: "4 mg"}}
"""


@pytest.fixture
def published(tmp_path: Path):
    path = tmp_path / "findings.yaml"
    path.write_text(FINDINGS)
    return {p.id: p for p in load_findings([path])}


@pytest.fixture
def build(book):
    return lambda scenario, *, host, with_, days: api.case(scenario, host=host, changes=with_, days=days, book=book)


def test_a_fit_finds_the_factor(published, build) -> None:
    made = fit_numbers([published["level"]], build, ["sugar.rate"], evaluations=60)
    assert made.factors()["sugar.rate"] == pytest.approx(3.0, rel=0.03)
    (low, high), misfit = made.spread[0], made.trials[0].misfit
    assert low <= made.factors()["sugar.rate"] <= high
    assert misfit > 50 > made.best.misfit
    before, after = (score([published["early"]], build, factors)[0].verdict for factors in ({}, made.factors()))
    assert (before, after) == ("missed", "reproduced")


def test_what_was_measured_stays_where_it_is(published, build) -> None:
    pytest.importorskip("cma")
    made = fit_numbers([published["level"]], build, ["sugar.*"], evaluations=80)
    factors = made.factors()
    assert abs(factors["sugar.loss"] - 1.0) < 0.1 < factors["sugar.rate"] - 1.0
    assert factors["sugar.rate"] / factors["sugar.loss"] == pytest.approx(3.0, rel=0.1)


def test_a_fit_goes_on_where_it_stopped(published, build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cma")
    whole = fit_numbers([published["level"]], build, ["sugar.*"], evaluations=20, out=tmp_path / "whole")
    out = tmp_path / "cut"
    fit_numbers([published["level"]], build, ["sugar.*"], evaluations=10, out=out)
    counted = []
    monkeypatch.setattr(
        "immunity.calibrate.fit.run_findings",
        lambda *args, **more: counted.append(1) or __import__("immunity.validate").validate.run_findings(*args, **more),
    )
    again = fit_numbers([published["level"]], build, ["sugar.*"], evaluations=20, out=out, resume=True)
    assert again.trials == whole.trials
    assert len(counted) < 20


def test_another_fit_in_the_folder_is_refused(published, build, tmp_path: Path) -> None:
    fit_numbers([published["level"]], build, ["sugar.rate"], evaluations=2, out=tmp_path / "a")
    for resume in ({"patterns": ["sugar.loss"]}, {"findings": [published["early"]]}):
        with pytest.raises(RuleError) as caught:
            fit_numbers(
                resume.get("findings", [published["level"]]),
                build,
                resume.get("patterns", ["sugar.rate"]),
                evaluations=2,
                out=tmp_path / "a",
                resume=True,
            )
        assert caught.value.code == "E833"
    (tmp_path / "a" / "history.json").write_text("{")
    with pytest.raises(RuleError, match="cannot be read"):
        fit_numbers([published["level"]], build, ["sugar.rate"], evaluations=2, out=tmp_path / "a", resume=True)


def test_cost_grows_with_distance(published, build) -> None:
    near, far = (cost_of(score([published["level"]], build, {"sugar.rate": factor})) for factor in (3.02, 3.3))
    assert 0 < near < 1 < far


def test_history_is_json(published, build, tmp_path: Path) -> None:
    fit_numbers([published["level"]], build, ["sugar.rate"], evaluations=3, out=tmp_path)
    kept = json.loads((tmp_path / "history.json").read_text())
    assert kept["findings"] == ["level"] and len(kept["trials"]) >= 2
