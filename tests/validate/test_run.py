"""Findings judged on simulations of a hand-made case, from file to table."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from cohorts.cases import cells_and_drug, with_number
from rich.console import Console

from immunity.cohorts import several
from immunity.language.errors import fail
from immunity.validate import headline, load_findings, run_findings, to_json, to_markdown, to_table, unexpected
from immunity.validate.table import short_citation

HEAD = "topic: cells\nclaim: A claim | with a bar.\ncite: Smith 2001\nused_for: validation\n"
REST = "runs: {rest: {scenario: cells}}\n"


def finding(id: str, rest: str) -> str:
    return f"---\nid: {id}\n{HEAD}{rest}\n"


def expect(value, lo, hi, unit, scale="linear"):
    return f'expect: {{value: "{value} {unit}", lo: "{lo} {unit}", hi: "{hi} {unit}", scale: {scale}}}'


MEAN = "measure: {run: rest, readout: cells, statistic: mean}\n"
FINDINGS = {
    "right": REST + MEAN + expect(95, 90, 110, "cell"),
    "close": REST + MEAN + expect(115, 110, 125, "cell"),
    "wrong": REST + MEAN + expect(205, 200, 210, "cell"),
    "wrong_but_known": "known_gap: nobody feeds enough\n" + REST + MEAN + expect(205, 200, 210, "cell"),
    "unknown_readout": REST + MEAN.replace("cells", "cels") + expect(95, 90, 110, "cell"),
    "unknown_scenario": REST.replace("cells", "sells") + MEAN + expect(95, 90, 110, "cell"),
    "wrong_unit": REST + MEAN + expect(95, 90, 110, "day"),
    "half_life_in_hours": 'runs: {rest: {scenario: cells}}\nmeasure: {run: rest, readout: drug, statistic: half_life, '
    'between: ["2.5 d", "9 d"]}\n' + expect(24, 23, 25, "h"),
    "flux": REST + 'measure: {run: rest, flux: "die"}\n' + expect(20, 19.9, 20.1, "cell/day"),
    "residence": REST + "measure: {run: rest, mean_residence: {pool: cell, flux: die}}\n" + expect(5, 4.9, 5.1, "d"),
    "series": REST + "measure: {run: rest, readout: drug}\n"
    "expect: {points: [[3, 4, 3.9, 4.1], [4, 2, 1.9, 2.1], [120, 3, 3, 3.1]], x: d, y: pmol}",
    "hours": REST + "measure: {run: rest, readout: drug}\n"
    "expect: {points: [[72, 4, 3.9, 4.1], [96, 2, 1.9, 2.1]], x: h, y: pmol}",
    "logs": REST + 'measure: {run: rest, readout: log_drug, statistic: value_at, at: "3 d"}\n'
    + expect(0.6, 0.59, 0.61, "log10 pmol"),
    "doses": "runs: {fed: {scenario: cells, days: 200, parameters: {feed: ['10 1/day', '40 1/day']}}}\n"
    "measure: {run: fed, readout: cells, statistic: last}\n"
    "expect: {points: [[40, 200, 190, 210], [10, 50, 45, 55]], x: 1/day, y: cell, over: feed}",
    "doses_by_index": "runs: {fed: {scenario: cells, days: 200, parameters: {feed: ['10 1/day', '40 1/day']}},"
    " rest: {scenario: cells}}\n"
    "measure: {ratio: [{run: fed, readout: cells, statistic: last}, {run: rest, readout: cells, statistic: last}]}\n"
    "expect: {points: [[0, 0.5, 0.45, 0.55], [1, 2, 1.9, 2.1]], x: index, y: '1', over: feed, labels: [low, high]}",
    "no_such_dose": "runs: {fed: {scenario: cells, parameters: {feed: ['10 1/day']}}}\n"
    "measure: {run: fed, readout: cells, statistic: last}\n"
    "expect: {points: [[11, 200, 190, 210]], x: 1/day, y: cell, over: feed}",
    "each_one": REST + "measure: {each: [{run: rest, readout: cells, statistic: baseline},"
    " {run: rest, flux: feed}]}\nexpect: {points: [[0, 100, 99, 101]], x: index, y: cell, labels: [cells]}",
    "many": "runs: {many: {scenario: cells, hosts: 20, stochastic: true, seed: 1}}\n"
    'measure: {run: many, fraction_of_hosts: "cells < 92"}\n' + expect(0.8, 0.5, 1.0, "1"),
}  # fmt: skip

EXPECTED = {
    "right": "reproduced",
    "close": "near",
    "wrong": "missed",
    "wrong_but_known": "missed",
    "unknown_readout": "not measured",
    "unknown_scenario": "not measured",
    "wrong_unit": "not measured",
    "series": "not measured",
    "no_such_dose": "not measured",
}


class Builder:
    """Counts the cases it builds; `feed` sets how many cells come a day."""

    def __init__(self):
        self.built = []

    def __call__(self, scenario, *, host, with_, days):
        self.built.append((scenario, str(with_), days))
        if scenario != "cells":
            raise fail("E601", text=scenario, known=["cells"])
        case = cells_and_drug(days=days or 10.0, spreads=(("die.hazard", 0.1),))
        return with_number(case, "feed.hazard", float(str(with_["feed"]).split()[0])) if "feed" in with_ else case


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    path = tmp_path_factory.mktemp("findings") / "all.yaml"
    path.write_text("".join(finding(id, rest) for id, rest in FINDINGS.items()))
    build = Builder()
    verdicts = run_findings(load_findings([path]), build)
    return {verdict.id: verdict for verdict in verdicts}, build, path.parent


@pytest.mark.parametrize("id", FINDINGS)
def test_verdict(judged, id):
    verdict = judged[0][id]
    assert verdict.verdict == EXPECTED.get(id, "reproduced"), verdict


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("unknown_readout", "did you mean 'cells'"),
        ("unknown_scenario", "'cells'"),
        ("wrong_unit", "E809"),
        ("series", "day 120 lies outside the run"),
        ("no_such_dose", "x = 11"),
    ],
)
def test_what_is_not_measured_says_why(judged, id, words):
    assert words in judged[0][id].reason
    assert not judged[0][id].points


def test_simulated_numbers_are_in_the_unit_of_the_finding(judged):
    assert judged[0]["half_life_in_hours"].points[0].measured == pytest.approx(24.0, rel=0.01)
    assert [p.measured for p in judged[0]["hours"].points] == pytest.approx([4.0, 2.0], rel=0.01)
    assert [p.measured for p in judged[0]["doses"].points] == pytest.approx([200.0, 50.0], rel=0.01)


def test_shared_runs_are_simulated_once(judged):
    build = judged[1]
    alone_and_as_a_cohort = 2
    assert build.built.count(("cells", "{}", None)) == alone_and_as_a_cohort
    assert len(build.built) == len(set(build.built)) + 1


def test_only_what_is_asked_for_is_simulated(tmp_path):
    path = tmp_path / "all.yaml"
    path.write_text("".join(finding(id, rest) for id, rest in FINDINGS.items()))
    build = Builder()
    verdicts = run_findings(load_findings([path]), build, ids=["right"])
    assert [v.id for v in verdicts] == ["right"]
    assert len(build.built) == 1


@pytest.mark.parametrize("workers", [2, 3])
def test_verdicts_do_not_depend_on_the_workers(judged, tmp_path, monkeypatch, workers):
    monkeypatch.setattr(several, "HOSTS_WORTH_A_PROCESS", 1)
    path = tmp_path / "all.yaml"
    path.write_text("".join(finding(id, rest) for id, rest in FINDINGS.items()))
    told = []
    verdicts = run_findings(load_findings([path]), Builder(), workers=workers, progress=lambda *done: told.append(done))
    timeless = [{**v.to_dict(), "seconds": 0, "reason": v.reason.replace(str(tmp_path), "")} for v in verdicts]
    first = list(judged[0].values())
    folder = str(judged[2])
    assert timeless == [{**v.to_dict(), "seconds": 0, "reason": v.reason.replace(folder, "")} for v in first]
    assert told[-1][0] == told[-1][1] > len(FINDINGS)


def test_quick_leaves_cohorts_out_and_says_so(judged, tmp_path):
    path = tmp_path / "all.yaml"
    path.write_text("".join(finding(id, rest) for id, rest in FINDINGS.items()))
    verdicts = {v.id: v for v in run_findings(load_findings([path]), Builder(), quick=True)}
    assert [id for id, v in verdicts.items() if v.verdict == "not judged"] == ["many"]
    assert "many hosts" in verdicts["many"].reason
    for id, verdict in verdicts.items():
        if id != "many":
            assert verdict.verdict == judged[0][id].verdict
    assert "many" not in {v.id for v in unexpected(list(verdicts.values()))}
    assert ", 1 not judged; validation 9 of 17 reproduced" in headline(list(verdicts.values()))
    assert "- not judged (quick" in to_markdown(list(verdicts.values()))


def test_an_interrupt_says_how_far_it_got(tmp_path):
    path = tmp_path / "all.yaml"
    path.write_text("".join(finding(id, rest) for id, rest in FINDINGS.items()))

    def interrupt(done, total):
        if done >= 3:
            raise KeyboardInterrupt

    with pytest.raises(
        KeyboardInterrupt, match=r"^\d+ of 18 findings were judged; nothing is kept without --kept FOLDER$"
    ):
        run_findings(load_findings([path]), Builder(), progress=interrupt)


def test_what_was_fitted_is_counted_apart(tmp_path):
    path = tmp_path / "all.yaml"
    entries = [finding(id, FINDINGS[id]) for id in ("right", "close")]
    fitted = finding("fitted", FINDINGS["flux"]).replace("used_for: validation", "used_for: calibration")
    path.write_text("".join([*entries, fitted]))
    verdicts = run_findings(load_findings([path]), Builder())
    said = "3 findings: 2 reproduced, 1 near; calibration 1 of 1, validation 1 of 2 reproduced"
    assert headline(verdicts) == said
    by_use = json.loads(to_json(verdicts))["by_use"]
    assert by_use["validation"] == {"findings": 2, "judged": 2, "reproduced": 1}
    assert by_use["calibration"] == {"findings": 1, "judged": 1, "reproduced": 1}


def test_strict_names_what_nobody_expected(judged):
    names = {v.id for v in unexpected(list(judged[0].values()))}
    assert names == set(EXPECTED) - {"right", "wrong_but_known"}


def test_tables_show_every_red_with_its_reason(judged):
    verdicts = list(judged[0].values())
    markdown = to_markdown(verdicts)
    screen = StringIO()
    Console(file=screen, width=400).print(to_table(verdicts))
    for text in (markdown, screen.getvalue()):
        for verdict in verdicts:
            assert verdict.id in text
        assert "known gap: nobody feeds enough" in text
        assert "x missed" in text
        assert "+ reproduced" in text
        assert "did you mean 'cells'" in text
    assert "with a bar" not in markdown.split("###")[0]
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {7}
    counted = headline(verdicts)
    assert counted.startswith(f"{len(verdicts)} findings: ")
    assert "2 missed" in counted


@pytest.mark.parametrize(
    ("cite", "short"),
    [
        ("Carrat et al. Am J Epidemiol 2008;167:775", "Carrat 2008"),
        ("Sender R, Milo R. Nat Med 2021;27:45-48", "Sender 2021"),
        ("Smith J. Volume 20011, 1999", "Smith 1999"),
        ("Textbook", "Textbook"),
    ],
)
def test_citations_in_short(cite, short):
    assert short_citation(cite) == short


def test_json_holds_everything(judged):
    contents = json.loads(to_json(list(judged[0].values())))
    assert sum(contents["counts"].values()) == len(FINDINGS)
    wrong = next(f for f in contents["findings"] if f["id"] == "wrong")
    assert wrong["points"][0]["verdict"] == "missed"
    assert wrong["points"][0]["measured"] < 110


def test_points_are_shown_in_the_unit_in_which_they_were_written(judged):
    verdicts = judged[0]
    hours = next(v for v in verdicts.values() if v.x_unit == "h")
    assert [point["x"] for point in hours.to_dict()["points"]] == [72, 96]
    assert "72 h: 3.9 to 4.1" in to_markdown([hours])
    doses = next(v for v in verdicts.values() if v.x_unit == "1/day" and len(v.points) == 2)
    assert [point["x"] for point in doses.to_dict()["points"]] == [40, 10]
