"""Pages of runs, pairs, cohorts, lives, trials and scans are within the rules of accessibility, wide and narrow.

Skipped without a Chromium. Tables keep their first rows, and rows of curves their first two: the rest is made alike.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from immunity.report import render
from tests.axe import broken_rules
from tests.report import made_up
from verification.monkey import browsing

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
pytest.importorskip("playwright.sync_api")

OPEN = """document.querySelectorAll("details").forEach((d) => (d.open = true));
document.querySelectorAll("tbody").forEach((body) => [...body.rows].slice(2).forEach((row) => row.remove()));
document.querySelectorAll(".multiples").forEach((all) => [...all.children].slice(2).forEach((one) => one.remove()));"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    assert CHROMIUM is not None
    with browsing(CHROMIUM) as opened:
        yield opened


def trial(folder: Path) -> str:
    from immunity.report.from_trial import page_of_trial
    from immunity.trials import run_trial
    from tests.trials.cases import TRIAL, build, planned

    text = TRIAL + "people: {some: {share: 1}, others: {share: 1}}\n"
    return page_of_trial(run_trial(planned(folder, text), build))


def life(folder: Path) -> str:
    from immunity.report.from_life import page_of_life
    from tests.lifetime.test_life import short_life

    return page_of_life(short_life(), short_life())


def scan(folder: Path) -> str:
    from immunity.report.from_scan import page_of_scan
    from tests.scans.test_scan import scan as scanned

    return page_of_scan(scanned())


PAGES: dict[str, Callable[[Path], str]] = {
    "run": lambda _: render(made_up.died()),
    "pair": lambda _: render(made_up.compared()),
    "cohort": lambda _: render(made_up.cohort()),
    "life": life,
    "trial": trial,
    "scan": scan,
}


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    file = folder / "page.html"
    file.write_text(PAGES[request.param](folder), encoding="utf-8")
    return file


def faults(browser: Any, file: Path) -> list[Any]:
    context = browser.new_context(reduced_motion="reduce", bypass_csp=True)
    opened = context.new_page()
    opened.goto(file.as_uri())
    opened.evaluate(OPEN)
    found = broken_rules(opened)
    context.close()
    return found


def test_nothing_is_against_the_rules_of_accessibility(browser: Any, page: Path) -> None:
    assert faults(browser, page) == []


def test_a_fault_would_be_found(browser: Any, tmp_path: Path) -> None:
    planted = '<p>Too <span class="faint">faint</span></p><p class="broad">Too broad</p>'
    text = render(made_up.healed(curves=made_up.curves()[:1])).replace("</main>", f"{planted}</main>")
    style = "<style>.faint { color: #767676; } .broad { width: 500px; } "
    file = tmp_path / "page.html"
    file.write_text(text.replace("<style>", style, 1), encoding="utf-8")
    # the grey is too faint on dark paper as it is on light
    assert {each[:3] for each in faults(browser, file)} >= {
        (1280, "light", "color-contrast"), (390, "dark", "color-contrast"), (390, "", "wider than the window")
    }  # fmt: skip
