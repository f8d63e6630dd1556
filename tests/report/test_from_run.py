"""From results to what a report shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lxml import html

import immunity as im
from immunity.compiler.case import ReadoutInfo
from immunity.report.from_run import (
    from_cohort,
    from_pair,
    from_run,
    page_of_cohort,
    page_of_pair,
    page_of_run,
)
from immunity.report.published import points_behind, readable_findings
from immunity.report.story import tell
from immunity.results import Cohort, Record, Run
from immunity.validate import load_findings

TIME = np.linspace(0.0, 4.0, 5)
BUGS = np.array([100.0, 1e5, 1e3, 1.0, 0.0])

INFOS = (
    ReadoutInfo("blood.crp", "CRP", "mg/L", "blood", healthy=(0.0, 5.0)),
    ReadoutInfo("skin.bugs", "Bacteria", "CFU/mL", "microbes", "log10", 10.0),
    ReadoutInfo("plasma.drug", "Drug", "mg/L", "signals"),
)


def record(hosts: int = 1, **changes: object) -> Record:
    crp = np.array([1.0, 10.0, 40.0, 8.0, 2.0])
    readout = np.stack([np.stack([crp * (1 + h), BUGS, 0 * BUGS], axis=1) for h in range(hosts)], axis=1)
    pool = np.stack([np.stack([crp * 100, BUGS * 3, crp * 0 + 1], axis=1)] * hosts, axis=1)
    made = {
        "title": "A scrape", "scenario": "scrape", "mode": "deterministic", "seed": 7, "days": 4.0,
        "rule_book_hash": "abc", "version": "0", "infos": INFOS, "show": ("skin.bugs",), "time": TIME,
        "filled": {"host": {"age": "35 y", "sex": "male", "weight": "70 kg", "deficiencies": []}, "days": "4 d"},
        "host": np.arange(hosts), "readout": readout, "status": np.zeros(hosts, dtype=np.int64),
        "stopped_at": np.full(hosts, np.nan), "stop_outcome": "dead", "draws": {}, "pool": pool,
        "pool_names": ("skin.cell", "skin.bug", "body.person"), "pool_units": ("cell", "CFU", "host"),
        "papers": ({"key": "b2000", "cite": "Bee 2000", "doi": "10.1/b", "numbers": ["x"]},
                   {"key": "a", "numbers": []}),
        "provenance": {"rule_book_hash": "abc", "packages": {"numpy": "2"}, "scenario": {}, "sources": [],
                       "changed_numbers": {"x.y": {"value": 2.0, "reference": 1.0, "unit": "1/day"}}},
        "warnings": ("mind",),
        "places": {
            "skin": {"name": "Skin", "map": (20.0, 50.0), "classes": [], "cells": [0], "microbes": [1]},
            "body": {"name": "Body", "map": (50.0, 50.0), "classes": [], "cells": [2], "microbes": []},
            "lost": {"name": "Lost", "map": None, "classes": [], "cells": [0], "microbes": []},
        },
    }  # fmt: skip
    return Record(**{**made, **changes})  # type: ignore[arg-type]


def test_readouts_keep_their_unit_and_those_asked_for_come_first() -> None:
    report = from_run(Run(record()))
    assert [c.id for c in report.curves] == ["skin.bugs", "blood.crp"]
    np.testing.assert_array_equal(report.curves[0].values, BUGS)
    assert report.curves[0].limit_of_detection == 10.0
    assert report.curves[1].healthy == (0.0, 5.0)
    assert report.provenance["readouts not shown, constant throughout"] == ["plasma.drug"]


def test_places_hold_cells_and_microbes_only() -> None:
    report = from_run(Run(record()))
    assert [p.id for p in report.places] == ["skin"]
    np.testing.assert_array_equal(report.places[0].microbes, BUGS * 3)
    assert report.microbe_unit == "CFU"
    assert from_run(Run(record(pool=None))).places == ()


def test_the_end_of_a_host_and_a_failure() -> None:
    dead = from_run(Run(record(stopped_at=np.array([2.5]))))
    assert (dead.outcome, dead.stopped_at) == ("dead", 2.5)
    failed = from_run(Run(record(status=np.array([-1]))))
    assert failed.outcome == "failed" and len(failed.warnings) == 2
    assert from_run(Run(record())).stopped_at is None


def test_a_seed_is_told_only_where_it_matters() -> None:
    assert from_run(Run(record())).seed is None
    assert from_run(Run(record(mode="stochastic"))).seed == 7
    assert from_run(Run(record(draws={"x": np.ones(1)}))).seed == 7


def test_papers_and_provenance() -> None:
    report = from_run(Run(record()))
    assert [(p.cite, p.doi) for p in report.papers] == [("a", None), ("Bee 2000", "10.1/b")]
    assert report.provenance["numbers changed from the reference"] == {"x.y": "2 1/day (reference 1)"}
    assert report.provenance["scenario, every default filled in"]["days"] == "4 d"
    assert "sources" not in report.provenance


def test_a_second_run_is_laid_on_the_times_of_both() -> None:
    late = record(time=TIME[:3] + 2, readout=record().readout[:3] * 2, pool=None)
    report = from_pair(Run(record()), Run(late))
    assert report.second is not None
    np.testing.assert_array_equal(report.times, TIME)
    crp = next(c for c in report.curves if c.id == "blood.crp")
    assert crp.second is not None
    np.testing.assert_array_equal(crp.second[2:], 2 * record().readout[:3, 0, 0])
    assert np.isnan(crp.second[:2]).all()


def test_a_comparison_says_what_each_is_and_how_each_ended() -> None:
    host = record().filled["host"]
    other = record(
        filled={"host": {**host, "deficiencies": ["low_c3"]}, "days": "4 d"}, stopped_at=np.array([2.5]), days=4.0
    )
    for one, two in ((record(), other), (other, record())):
        page = html.document_fromstring(page_of_pair(Run(one), Run(two)))
        said = page.xpath("//header//p[contains(@class, 'headline')]")
        first = " ".join(" ".join(p.text_content().split()) for p in said)
        assert "low c3: Died on day 2.5" in first and "no deficiency: Recovered" in first
        assert "low c3" in page.xpath("//h1")[0].text and "no deficiency" in page.xpath("//h1")[0].text
        assert len(page.xpath("//*[@class='bodymap']")) == 2
        assert "Died" in page.xpath("//title")[0].text


def test_what_a_second_scenario_shows_is_shown() -> None:
    report = from_pair(Run(record()), Run(record(show=("blood.crp",))))
    assert all(curve.main for curve in report.curves)


def test_a_cohort_is_shown_by_median_and_spread() -> None:
    report = from_cohort(Cohort(record(hosts=3)))
    crp = next(c for c in report.curves if c.id == "blood.crp")
    assert crp.values[2] == 80.0
    assert crp.band is not None and crp.band[0][2] < 80.0 < crp.band[1][2]
    assert sum(report.outcomes.values()) == 3


def test_a_cohort_tells_of_the_dead_and_over_whom_it_speaks() -> None:
    made = record(hosts=4, stopped_at=np.array([np.nan, 1.5, 1.5, 3.5]))
    made.readout[2:, 1:3], made.readout[4:, 3] = np.nan, np.nan
    report = from_cohort(Cohort(made))
    page = html.document_fromstring(page_of_cohort(Cohort(made)))
    first = page.xpath("//header//p[contains(@class, 'headline')]")[0].text_content()
    assert "3 dead" in first and "The first died on day 1.5" in first
    assert "the dead left out; they end on day 3" in page.xpath("//p[@class='whom']")[0].text
    crp = next(c for c in report.curves if c.id == "blood.crp")
    assert np.isfinite(crp.values).tolist() == [True, True, True, True, False]
    risk = page.xpath("//*[contains(@class, 'risk')]/text()")
    assert risk[0] == "4" and risk[-1] == "1"
    assert report.host["hosts"] == "4"
    assert page_of_cohort(Cohort(record(hosts=3))).count('id="survival"') == 0


def test_pages() -> None:
    for page in (
        page_of_run(Run(record())),
        page_of_pair(Run(record()), Run(record(title="Other"))),
        page_of_cohort(Cohort(record(hosts=3))),
    ):
        assert len(html.document_fromstring(page).xpath("//figure[@data-curve]")) == 2


FINDING = """
id: {id}
topic: t
claim: c
cite: Someone 1999
used_for: validation
runs: {{a: {{scenario: {scenario}{more}}}}}
measure: {{run: a, readout: {readout}{at}}}
expect: {expect}
"""


def finding(folder: Path, **words: str) -> None:
    said = {"id": f"f{len(list(folder.iterdir()))}", "scenario": "scrape", "more": "", "readout": "blood.crp", "at": ""}
    (folder / f"{said['id']}.yaml").write_text(FINDING.format(**{**said, **words}), encoding="utf-8")


def test_points_of_the_same_scenario_are_converted_to_the_readouts_unit(tmp_path: Path) -> None:
    series = '{points: [[24, 30, 20, 50]], x: h, y: "mg/L"}'
    finding(tmp_path, expect=series, at=", statistic: value_at")
    finding(
        tmp_path, at=', statistic: value_at, at: "2 d"', expect='{value: "0.04 g/L", lo: "0.03 g/L", hi: "0.05 g/L"}'
    )
    finding(tmp_path, expect=series, scenario="another", at=", statistic: value_at")
    finding(tmp_path, expect=series, more=", host: {deficiencies: [asplenia]}", at=", statistic: value_at")
    finding(tmp_path, at=", statistic: maximum", expect='{value: "9 mg/L", lo: "8 mg/L", hi: "10 mg/L"}')
    found = points_behind(record(), load_findings([tmp_path]))
    assert set(found) == {"blood.crp"}
    assert [(p.x, round(p.y, 9), round(p.lo or 0, 9), round(p.hi or 0, 9), p.cite) for p in found["blood.crp"]] == [
        (1.0, 30.0, 20.0, 50.0, "Someone 1999"),
        (2.0, 40.0, 30.0, 50.0, "Someone 1999"),
    ]


def test_points_on_a_log_scale_become_amounts(tmp_path: Path) -> None:
    finding(
        tmp_path, readout="skin.bugs", at=", statistic: value_at",
        expect='{points: [[1, 5, 4, 6]], x: d, y: "log10 CFU/mL"}',
    )  # fmt: skip
    (point,) = points_behind(record(), load_findings([tmp_path]))["skin.bugs"]
    assert (point.y, point.lo, point.hi) == pytest.approx((1e5, 1e4, 1e6))


def test_a_finding_that_cannot_be_read_does_not_stop_a_report(tmp_path: Path) -> None:
    finding(tmp_path, expect='{points: [[1, 30, 20, 50]], x: d, y: "mg/L"}', at=", statistic: value_at")
    finding(tmp_path, expect="{points: 3}")
    assert [p.id for p in readable_findings(tmp_path)] == ["f0"]
    assert readable_findings(tmp_path / "nowhere") == ()


def test_a_report_reads_only_files_that_name_its_scenario(tmp_path: Path) -> None:
    finding(tmp_path, expect='{points: [[1, 30, 20, 50]], x: d, y: "mg/L"}', at=", statistic: value_at")
    assert [p.id for p in readable_findings(tmp_path, about=["a", record().scenario])] == ["f0"]
    assert readable_findings(tmp_path, about=["another"]) == ()


def test_a_deficient_host_gets_no_points_of_healthy_ones(tmp_path: Path) -> None:
    finding(tmp_path, expect='{points: [[1, 30, 20, 50]], x: d, y: "mg/L"}', at=", statistic: value_at")
    ill = record(filled={"host": {"deficiencies": ["asplenia"]}})
    assert points_behind(ill, load_findings([tmp_path])) == {}


def test_the_story_says_what_moved_it_and_who_killed_what() -> None:
    report = from_run(im.run("cut_finger", days=3.0))
    assert "Neutrophils engulf" in report.reasons["skin.bacteria"]
    assert report.reasons["skin.neutrophils"].startswith("Behind it: CXCL8")
    assert "skin.wound" not in report.reasons  # highest when it was made, and by that
    told = [beat.text for beat in tell(report)]
    assert sum("Taken away by: " in text for text in told) >= 1
    assert sum("Behind it: CXCL8" in text for text in told) == 1


def test_without_pools_the_story_gives_no_reasons() -> None:
    assert from_run(im.run("cut_finger", days=1.0, record_pools=False)).reasons == {}


def test_papers_stand_beside_the_curves_that_rest_on_them() -> None:
    curves = {curve.id: curve for curve in from_run(im.run("cut_finger", days=1.0)).curves}
    assert any("Vigushin" in paper.cite for paper in curves["blood.crp"].papers)
    assert not any("Vigushin" in paper.cite for paper in curves["skin.neutrophils"].papers)


def test_microbes_are_counted_in_the_unit_of_those_that_are_there() -> None:
    virus = from_run(im.run("influenza_in_the_naive", days=1))
    assert virus.microbe_unit == "TCID50"
