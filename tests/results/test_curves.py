"""Curves with their jumps: a drug of which everything can be worked out on paper."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import immunity as im
from immunity.compiler.build import Compiled
from immunity.results import Cohort, Run
from immunity.results.condition import parse_condition
from immunity.results.curves import area, list_rows, value_at, value_before, with_jumps
from immunity.validate.models import Measure
from immunity.validate.take import take_measure

BOOK = """
{kind: class, id: site}
---
{kind: place, id: body, volume: "10 L"}
---
kind: therapy
id: drug
unit: mg
lives_in: {body: []}
given: {intravenous: "at body"}
flows:
  - {verb: clear, of: at body, half_life: "1 h"}
readouts:
  - {id: body.drug, sum: [at body], per: volume of body, unit: mg/L}
---
{kind: scenario, id: bolus, title: Bolus, days: 1, every: "30 min",
 therapies: [{therapy: drug, dose: "100 mg", at: "0 d"}]}
"""
AREA = 10.0 / math.log(2.0) / 24.0  # mg/L * day


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path = tmp_path_factory.mktemp("book") / "pk.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return im.load(path)


def bolus(book: Compiled, **changes: Any) -> Run:
    return im.run(
        "bolus", book=book, changes={"therapies.0." + key: value for key, value in changes.items()}, rtol=1e-6
    )


def measured(run: Run, statistic: str, **keys: Any) -> float:
    measure = Measure.model_validate({"run": "r", "readout": "body.drug", "statistic": statistic, **keys})
    return take_measure(measure, lambda _: run.record).value


@pytest.mark.parametrize("every", ["30 min", "3 h", "10 s"])
def test_a_bolus_shows_whole_whatever_the_output_step(book: Compiled, every: str) -> None:
    run = im.run("bolus", book=book, changes={"every": every}, rtol=1e-6)
    entry = run.summary["readouts"]["body.drug"]
    assert (entry["baseline"], entry["maximum"], entry["maximum_day"]) == (0.0, 10.0, 0.0)
    assert entry["area"] == pytest.approx(AREA, rel=1e-4)
    assert run["body.drug"].values[0] == 10.0


@pytest.mark.parametrize("at", [f"{30 * k} min" for k in range(48)] + [f"{k / 2} h" for k in range(48)])
def test_a_row_at_a_dose_shows_what_comes_after_it(book: Compiled, at: str) -> None:
    run = bolus(book, at=at)
    row = round(float(at.split()[0]) * (1.0 if at.endswith("h") else 1.0 / 60.0) * 2.0)
    assert run["body.drug"].values[row] == 10.0
    assert not run["body.drug"].values[:row].any()


def test_findings_see_the_jump(book: Compiled) -> None:
    run = bolus(book, at="6.25 h")
    unit = 1e6  # ng in a mg, per L
    assert measured(run, "maximum") == pytest.approx(10.0 * unit)
    assert measured(run, "time_of_maximum") == 6.25 / 24.0
    assert measured(run, "value_at", at="6.25 h") == pytest.approx(10.0 * unit)
    assert measured(run, "area") == pytest.approx(AREA * unit, rel=1e-4)
    assert measured(run, "half_life", between=["6.25 h", "20 h"]) == pytest.approx(1.0 / 24.0, rel=1e-4)
    assert measured(run, "baseline") == 0.0
    assert measured(run, "time_to_cross", level="5 mg/L") == 6.25 / 24.0
    assert measured(run, "duration_above", level="5 mg/L") == pytest.approx(1.0 / 24.0, rel=0.05)


def test_a_window_begins_after_its_first_event_and_ends_before_its_last(book: Compiled) -> None:
    run = bolus(book, every="6 h", until="1 d")
    trough = 10.0 * (2.0**-6 + 2.0**-12)
    assert measured(run, "maximum", between=["1 h", "6 h"]) == pytest.approx(5e6, rel=1e-3)
    assert measured(run, "minimum", between=["6 h", "12 h"]) == pytest.approx(trough * 1e6, rel=1e-3)
    cohort = Cohort(run.record)
    assert cohort.fraction_of_hosts("body.drug > 8 mg/L from 1 h to 6 h") == 0.0
    assert cohort.fraction_of_hosts("body.drug > 8 mg/L from 1 h to 6.1 h") == 1.0
    assert cohort.fraction_of_hosts("body.drug < 1 mg/L from 6 h to 7 h") == 0.0
    assert cohort.fraction_of_hosts("body.drug > 8 mg/L at 6 h") == 1.0
    assert parse_condition("body.drug > 8 mg/L at 6 h") == parse_condition("body.drug > 8 mg/L at 360 min")


def test_a_dose_at_the_end_is_said_never_to_happen(book: Compiled) -> None:
    run = bolus(book, at="1 d")
    assert not run["body.drug"].values.any()
    assert any("never happen" in warning for warning in run.summary["warnings"])
    assert not any("never happen" in warning for warning in bolus(book, at="23.9 h").summary["warnings"])


def test_both_sides_stand_in_the_curve_and_survive_the_disk(book: Compiled, tmp_path: Path) -> None:
    run = bolus(book, at="6.25 h")
    run.save(tmp_path / "out")
    kept = im.open_result(tmp_path / "out")
    assert isinstance(kept, Run)
    for each in (run, kept):
        curve = each.curve("body.drug")
        twice = np.flatnonzero(np.diff(curve.time.values) == 0.0)
        assert curve.values[twice].tolist() == [0.0] and curve.values[twice + 1].tolist() == [10.0]
        assert each.summary["readouts"]["body.drug"]["maximum"] == 10.0
        assert with_jumps(each.record).pool is None or len(with_jumps(each.record).pool) == len(curve)  # type: ignore


def test_hosts_with_unlike_jumps_stand_side_by_side(book: Compiled) -> None:
    cohort = im.cohort("bolus", hosts=3, book=book, stochastic=False, days=0.5)
    alone = cohort.host(1)
    assert alone.summary["readouts"]["body.drug"]["maximum"] == 10.0
    assert cohort.summary["readouts"]["body.drug"]["maximum"]["median"] == 10.0
    record = cohort.record
    assert record.jump_time is not None and record.jump_time.shape == (3, 1)
    gap = record.jump_time.copy()
    gap[1] = np.nan
    fewer = Cohort(type(record)(**{**record.__dict__, "jump_time": gap}))
    assert np.isnan(list_rows(fewer.record).time[-2:, 1]).all()
    assert fewer.statistic("body.drug", "baseline") == pytest.approx(
        {"median": 0.0, "q05": 0.0, "q25": 0.0, "q75": 5.0, "q95": 9.0}
    )


def test_area_is_exact_for_decays_and_straight_lines() -> None:
    time = np.linspace(0.0, 10.0, 4)
    assert area(time, 8.0 * np.exp(-time)) == pytest.approx(8.0 * (1.0 - np.exp(-10.0)))
    assert area(time, 2.0 * time) == pytest.approx(100.0)
    assert area(time, np.array([3.0, 3.0, 3.0, 3.0])) == pytest.approx(30.0)
    assert area(time, np.array([3.0, 2.0, 1.0, 0.0]), logarithm=True) == pytest.approx(15.0)
    assert area(time, np.array([3.0, np.nan, np.nan, 0.0])) == 0.0


def test_values_on_both_sides_of_a_jump() -> None:
    time, values = np.array([0.0, 1.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0, 3.0])
    assert (value_before(time, values, 1.0), value_at(time, values, 1.0)) == (1.0, 5.0)
    assert (value_before(time, values, 0.5), value_before(time, values, 1.5), value_at(time, values, 2.0)) == (
        0.5,
        4.0,
        3.0,
    )
