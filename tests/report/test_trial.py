"""The page of a trial: it says what came out, holds every number as text, and shows nothing that was put in as code."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from immunity.report.from_trial import _effect_words, page_of_trial
from immunity.report.trial_charts import Line, forest
from immunity.trials import run_trial
from immunity.trials.analyse import Effect, Estimate
from immunity.trials.result import Compared, Findings
from tests.report import test_browser
from tests.trials.cases import TRIAL, build, planned


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    text = TRIAL + "people: {some: {share: 1}, others: {share: 1}}\n"
    return run_trial(planned(tmp_path_factory.mktemp("page"), text, title="<b>Germs</b>"), build)


def test_it_says_who_was_in_it_and_what_came_out(findings: Findings) -> None:
    page = page_of_trial(findings)
    assert "&lt;b&gt;Germs&lt;/b&gt;" in page and "<b>Germs" not in page
    placebo = findings.arms["placebo"]
    assert f"died in the trial</span><b>{placebo.flow.died}<" in page
    assert page.count('class="chart still') == 6 + 2 + 4  # endpoints and forest; course and power; every host
    assert page.count('class="death"') == sum(arm.flow.died for arm in findings.arms.values())
    assert page.count('class="bar arm1"') == 3 * 12 + 1  # waterfalls of three endpoints, and one share
    assert "at risk" in page and "Power" in page and "some" in page
    labels = re.findall(r'aria-label="(Death: [^"]*)"', page)
    assert labels and "placebo" in labels[0]


def test_it_asks_for_nothing_outside_and_runs_no_script(findings: Findings) -> None:
    page = page_of_trial(findings)
    assert "default-src &#39;none&#39;" in page and "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#|https://doi\.org/)', page)


def test_a_ratio_of_hazards_that_changes_is_told_and_the_test_is_that_of_times() -> None:
    nothing = Estimate(None)
    effects = [
        Effect("risk ratio", Estimate(1.0), 1.0, "McNemar, exact", 9, 9, True),
        Effect("log-rank test", nothing, 0.02, "log-rank of pairs, exact", 9, 9, True),
        Effect("proportional hazards", nothing, 0.04, "Grambsch-Therneau", 9, 9, True),
    ]
    compared = Compared("cured", "drug", "placebo", "all", tuple(effects))
    said = "risk ratio 1; p 0.02 (log-rank of pairs, exact)"
    assert _effect_words(compared, 0.05) == said + "; the ratio of hazards changes with time (p 0.04): see the curves"
    assert _effect_words(compared, 0.01) == said


def test_an_endpoint_without_values_is_still_a_page(findings: Findings) -> None:
    arms = {}
    for name, arm in findings.arms.items():
        rows = {key: values * float("nan") if key == "value area" else values for key, values in arm.rows.items()}
        arms[name] = replace(arm, rows=rows)
    from immunity.trials.compare import analyse

    page = page_of_trial(analyse(replace(findings, arms=arms)))
    assert "area of dish.count" in page


@pytest.mark.skipif(test_browser.BROWSER is None, reason="no Chromium here")
def test_it_opens_in_a_browser(findings: Findings) -> None:
    dom = test_browser.loaded(page_of_trial(findings))
    assert "Who was in it" in dom


def test_endpoints_are_drawn_for_a_notebook(findings: Findings) -> None:
    pytest.importorskip("matplotlib")
    from immunity.report.plot_trial import plot_trial

    survival, values = plot_trial(findings, "death"), plot_trial(findings, "most")
    assert survival.axes[0].get_ylabel() == "share without it" and len(survival.axes[0].lines) == 2
    assert values.axes[0].get_ylabel() == "geometric mean, CFU"
    assert values._repr_png_()[1:4] == b"PNG"


def test_a_ratio_beyond_the_axis_is_an_arrow() -> None:
    lines = [Line("a", "0", 0.0, None, None), Line("b", "0.5 (0.3 to 0.8)", 0.5, 0.3, 0.8)]
    drawn = forest(lines, said="", favours=("less", "more"))
    assert drawn.count("beyond") == 1 and drawn.count("<rect") == 1
