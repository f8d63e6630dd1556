"""Findings files: what is accepted, and that each mistake is refused for its own reason, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from immunity.language.errors import RuleErrors
from immunity.validate import load_findings, pick_findings

GOOD = """\
id: cells_at_rest
topic: homeostasis
claim: A hundred cells are there at rest.
cite: Smith 2001
doi: 10.1/1
used_for: validation
runs:
  rest: {scenario: cells_and_drug, days: 10}
measure: {run: rest, readout: cells, statistic: mean}
expect: {value: "100 cell", lo: "90 cell", hi: "110 cell", scale: linear}
"""

SERIES = """\
id: drug_over_time
topic: drugs
claim: The drug halves every day.
cite: Jones 2002
used_for: calibration
runs:
  dosed: {scenario: cells_and_drug}
measure: {run: dosed, readout: drug}
expect: {points: [[3, 4, 3.5, 4.5], [5, 1, 0.8, 1.2]], x: d, y: pmol}
"""

DOSES = """\
id: drug_by_dose
topic: drugs
claim: Twice the dose, twice the drug.
cite: Jones 2002
used_for: validation
runs:
  dosed: {scenario: cells_and_drug, parameters: {events.0.add: ["4 pmol", "8 pmol"]}}
measure: {run: dosed, readout: drug, statistic: maximum}
expect: {points: [[8, 8, 7, 9], [4, 4, 3, 5]], x: pmol, y: pmol, over: events.0.add}
"""


def load(tmp_path: Path, *texts: str):
    for number, text in enumerate(texts):
        (tmp_path / f"finding{number}.yaml").write_text(text)
    return load_findings([tmp_path])


def test_findings_are_read_and_sorted(tmp_path):
    found = load(tmp_path, GOOD, SERIES + "---\n" + DOSES)
    assert [p.id for p in found] == ["drug_by_dose", "drug_over_time", "cells_at_rest"]
    assert found[2].expectation.points[0].hi == 110.0
    assert [p.x for p in found[1].expectation.points] == [3.0, 5.0]


def test_units_of_an_interval_may_differ_from_that_of_the_value(tmp_path):
    text = GOOD.replace('"100 cell", lo: "90 cell"', '"1 day", lo: "18 h"').replace('"110 cell"', '"2 d"')
    point = load(tmp_path, text)[0].expectation.points[0]
    assert (point.value, point.lo, point.hi) == (1.0, 0.75, 2.0)


MEASURE = "{run: rest, readout: cells, statistic: mean}"
INTERVAL = 'value: "100 cell", lo: "90 cell", hi: "110 cell", scale: linear'

# what to replace by what; the code of the refusal; the line
MISTAKES = {
    "unknown key": (GOOD, "topic:", "topics:", "E201", 2),
    "key missing": (GOOD, "cite: Smith 2001\n", "", "E202", 1),
    "unknown use": (GOOD, "validation", "validating", "E204", 6),
    "id with capitals": (GOOD, "cells_at_rest", "CellsAtRest", "E209", 1),
    "no mapping": (GOOD, GOOD, "- a\n- b\n", "E205", 1),
    "statistic misspelt": (GOOD, "statistic: mean", "statistic: meen", "E204", 9),
    "unknown key of a run": (GOOD, "days: 10", "day: 10", "E201", 8),
    "negative days": (GOOD, "days: 10", "days: -1", "E209", 8),
    "no hosts": (GOOD, "days: 10", "hosts: 0", "E209", 8),
    "bare number": (GOOD, '"100 cell"', "100", "E301", 10),
    "value missing": (GOOD, 'value: "100 cell", ', "", "E805", 10),
    "unknown unit": (GOOD, '"100 cell"', '"100 cel"', "E304", 10),
    "no number": (GOOD, '"100 cell"', '"cell"', "E303", 10),
    "units that differ": (GOOD, '"90 cell"', '"90 day"', "E805", 10),
    "lo above hi": (GOOD, '"90 cell"', '"120 cell"', "E805", 10),
    "value outside its interval": (GOOD, '"100 cell"', '"200 cell"', "E805", 10),
    "empty interval": (GOOD, '"90 cell", hi: "110 cell"', '"100 cell", hi: "100 cell"', "E805", 10),
    "zero on a log scale": (GOOD, INTERVAL, 'value: "1 cell", lo: "0 cell", hi: "2 cell", scale: log10', "E805", 10),
    "log of a logarithm": (
        GOOD, INTERVAL, 'value: "2 log10 cell", lo: "1 log10 cell", hi: "3 log10 cell", scale: log10', "E805", 10
    ),
    "value and points": (SERIES, "expect: {", 'expect: {value: "1 d", lo: "1 d", hi: "2 d", ', "E805", 9),
    "axis without unit": (SERIES, "x: d, ", "", "E805", 9),
    "axis that is no time": (SERIES, "x: d,", "x: mL,", "E805", 9),
    "row of three": (SERIES, "[5, 1, 0.8, 1.2]", "[5, 1, 0.8]", "E209", 9),
    "same x twice": (SERIES, "[5, 1, 0.8, 1.2]", "[3, 1, 0.8, 1.2]", "E805", 9),
    "not a number": (SERIES, "[5, 1, 0.8, 1.2]", "[5, .nan, 0.8, 1.2]", "E805", 9),
    "over something unknown": (DOSES, "over: events.0.add", "over: events.0.ad", "E804", 7),
    "labels that do not match": (SERIES, "y: pmol", "y: pmol, labels: [one]", "E805", 9),
    "run misspelt": (GOOD, "run: rest", "run: resting", "E803", 9),
    "run never measured": (GOOD, "measure:", "  more: {scenario: x}\nmeasure:", "E804", 9),
    "parameter never looked at": (DOSES, "x: pmol, y: pmol, over: events.0.add", "x: d, y: pmol", "E804", 7),
    "two parameters": (DOSES, '["4 pmol", "8 pmol"]', '["4 pmol"], b: ["1"]', "E209", 7),
    "parameter without values": (DOSES, '["4 pmol", "8 pmol"]', "[]", "E804", 7),
    "two forms": (GOOD, "readout: cells", "readout: cells, flux: die", "E804", 9),
    "no form": (GOOD, "readout: cells, statistic: mean", "statistic: mean", "E804", 9),
    "no statistic": (GOOD, ", statistic: mean", "", "E804", 9),
    "no run": (GOOD, "run: rest, ", "", "E804", 9),
    "time missing": (GOOD, "statistic: mean", "statistic: value_at", "E804", 9),
    "level missing": (GOOD, "statistic: mean", "statistic: time_to_cross", "E804", 9),
    "level not wanted": (GOOD, "statistic: mean", 'statistic: mean, level: "1 cell"', "E804", 9),
    "time not wanted": (GOOD, "statistic: mean", 'statistic: mean, at: "1 d"', "E804", 9),
    "times not wanted": (GOOD, "statistic: mean", 'statistic: baseline, between: ["1 d", "2 d"]', "E804", 9),
    "half-life of no time": (GOOD, "statistic: mean", "statistic: half_life", "E804", 9),
    "times backwards": (GOOD, "statistic: mean", 'statistic: mean, between: ["2 d", "1 d"]', "E804", 9),
    "time that is none": (GOOD, "statistic: mean", 'statistic: mean, between: ["2 d", "3 mL"]', "E305", 9),
    "unknown way across hosts": (GOOD, "statistic: mean", "statistic: mean, across_hosts: mode", "E804", 9),
    "quantile above one": (GOOD, "statistic: mean", "statistic: mean, across_hosts: quantile 1.5", "E804", 9),
    "statistic of a flux": (GOOD, "readout: cells", "flux: die", "E804", 9),
    "condition unreadable": (GOOD, "readout: cells, statistic: mean", "fraction_of_hosts: cells = 3", "E806", 9),
    "a number of the model": (GOOD, "readout: cells, statistic: mean", "parameter: die.hazard", "E201", 9),
    "measured on a constant": (GOOD, MEASURE, '{constant: "3 cell"}', "E807", 9),
    "each inside": (GOOD, MEASURE, f"{{sum: [{{each: [{MEASURE}]}}]}}", "E804", 9),
    "ratio of one": (GOOD, MEASURE, f"{{ratio: [{MEASURE}]}}", "E209", 9),
    "broken YAML": (GOOD, "runs:", "runs: [", "E106", 9),
    "alias": (GOOD, "claim: A", "claim: &a A", "E109", 3),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_refused(tmp_path, mistake):
    text, old, new, code, line = MISTAKES[mistake]
    assert old in text
    with pytest.raises(RuleErrors) as caught:
        load(tmp_path, text.replace(old, new, 1))
    errors = caught.value.errors
    assert code in [error.code for error in errors], str(caught.value)
    found = next(error for error in errors if error.code == code)
    assert found.location.line == line
    assert found.location.file.endswith("finding0.yaml")
    assert found.mend


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(RuleErrors) as caught:
        load(tmp_path, GOOD.replace("topic:", "topics:"), SERIES.replace("x: d", "x: mL"))
    assert {error.code for error in caught.value.errors} >= {"E201", "E805"}


def test_ids_are_unique(tmp_path):
    with pytest.raises(RuleErrors) as caught:
        load(tmp_path, GOOD, GOOD.replace("A hundred", "Hundred"))
    assert [error.code for error in caught.value.errors] == ["E802"]


def test_nothing_is_both_fitted_to_and_tested_on(tmp_path):
    other = GOOD.replace("cells_at_rest", "cells_again").replace("validation", "calibration")
    with pytest.raises(RuleErrors) as caught:
        load(tmp_path, GOOD, other)
    assert [error.code for error in caught.value.errors] == ["E808"]


@pytest.mark.parametrize(("path", "code"), [("nowhere", "E101"), ("empty", "E117")])
def test_folders_without_findings(tmp_path, path, code):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleErrors) as caught:
        load_findings([tmp_path / path])
    assert [error.code for error in caught.value.errors] == [code]


def test_picking(tmp_path):
    found = load(tmp_path, GOOD, SERIES, DOSES)
    assert [p.id for p in pick_findings(found, ["drugs"])] == ["drug_by_dose", "drug_over_time"]
    assert [p.id for p in pick_findings(found, ["cells_at_rest"])] == ["cells_at_rest"]
    assert len(pick_findings(found, None)) == 3
    with pytest.raises(Exception, match="cells_at_rest") as caught:
        pick_findings(found, ["cells_at_res"])
    assert caught.value.code == "E801"
