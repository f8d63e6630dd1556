"""The page in a browser: every lesson is walked, nothing is against the rules of accessibility, Ctrl-C ends the server.

Skipped without a Chromium. Pages are served by a process of their own, as `immunity explore` does it.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from immunity import api
from immunity.explore.lessons import load_lessons
from tests.axe import broken_rules
from verification.monkey import PATIENCE, Monkey, browsing, settled, watched

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LESSONS = load_lessons(api.load().book)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
pytest.importorskip("playwright.sync_api")


def start() -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "immunity", "explore", "cut_finger", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server, found = start()
    yield found
    server.send_signal(signal.SIGINT)
    server.wait(60)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    assert CHROMIUM is not None
    with browsing(CHROMIUM) as opened:
        yield opened


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", bypass_csp=True)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(address)
    settled(opened)
    yield opened
    context.close()
    assert faults == []


@pytest.mark.parametrize("lesson", LESSONS, ids=[each.lesson.id for each in LESSONS])
def test_a_lesson_is_walked(page: Any, lesson: Any) -> None:
    page.locator("summary", has_text="Lessons").click()
    page.get_by_role("button", name=lesson.lesson.title).click()
    for k, step in enumerate(lesson.lesson.steps):
        page.get_by_role("heading", name=step.title, exact=True).wait_for(timeout=PATIENCE)
        page.locator(f".plot >> nth={len(step.look.readouts) - 1}").wait_for(timeout=PATIENCE)
        page.wait_for_selector(".happened[aria-busy=false]", timeout=PATIENCE)
        assert page.locator(".lesson").get_by_text(step.say.pupil).count() == 1
        if step.beside is not None:
            page.locator("p.was").wait_for(timeout=PATIENCE)
        page.get_by_role("button", name="Show the answer").click()
        assert page.get_by_text(step.answer.pupil).count() == 1
        last = k + 1 == len(lesson.lesson.steps)
        page.get_by_role("button", name="Finish" if last else "Next", exact=True).click()
    assert page.locator(".lesson").count() == 0
    assert page.locator(".faults").count() == 0


def test_a_dose_that_a_lesson_changes_is_that_of_the_slider(page: Any) -> None:
    """And a slider moved after that has the last word."""
    page.locator("summary", has_text="Lessons").click()
    page.get_by_role("button", name="A scraped finger").click()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("heading", name="More bacteria", exact=True).wait_for(timeout=PATIENCE)
    dose = page.locator("fieldset", has_text="What is met").locator(".slider").first
    dose.get_by_text("10⁸ CFU", exact=True).wait_for(timeout=PATIENCE)
    settled(page)
    dose.locator("input").press("ArrowRight")
    page.locator(".happened h2", has_text=re.compile(r"\(3\.\d+\s×\s10⁸\sCFU\)")).wait_for(timeout=PATIENCE)


def link_of(state: dict[str, Any]) -> str:
    return "#s=" + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def test_a_shared_link_restores_what_was_seen(browser: Any, address: str, page: Any) -> None:
    """Turned in one page, opened in another: who, how long, which curve, which day, which place."""
    page.get_by_role("slider", name="Age", exact=True).press("Home")
    page.get_by_role("slider", name="Days", exact=True).press("Home")
    page.locator("summary", has_text="What is missing").click()
    page.get_by_label("Chronic granulomatous disease", exact=True).check()
    page.wait_for_timeout(500)
    settled(page)
    page.locator(".side [role=button]").first.dispatch_event("click")
    page.locator(".plot").first.press("End")
    name = page.locator(".panel h2, .panel h3").first.inner_text()
    page.wait_for_function("() => decodeURIComponent(location.hash).length > 60")
    page.wait_for_timeout(400)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    other = context.new_page()
    other.goto(address + page.evaluate("location.hash"))
    settled(other)
    other.locator(".panel").wait_for(timeout=PATIENCE)
    assert other.locator(".panel h2, .panel h3").first.inner_text() == name
    for what in (".headline", ".when output", ".slider output"):
        assert other.locator(what).all_inner_texts() == page.locator(what).all_inner_texts(), what
    assert "newborn" in other.locator(".slider output").first.inner_text()
    assert other.get_by_label("Chronic granulomatous disease", exact=True).is_checked()
    context.close()


@pytest.mark.parametrize(
    "state",
    [
        {"scenario": "cut_finger", "therapies": "x", "deficiencies": [3], "readouts": {}, "days": "many", "age": [1]},
        {"scenario": "cut_finger", "exposures": [None], "history": [1], "linear": 4, "level": "king", "step": None},
        {"scenario": 3},
        ["cut_finger"],
    ],
)  # fmt: skip
def test_a_spoilt_link_opens_what_is_left_of_it(browser: Any, address: str, state: Any) -> None:
    context = browser.new_context(reduced_motion="reduce")
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(address + link_of(state))
    settled(opened)
    assert faults == [] and opened.locator(".plot").count() > 1
    context.close()


def test_a_monkey_finds_no_fault(browser: Any, address: str) -> None:
    """A short form of ``python -m verification.monkey``."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened = context.new_page()
    faults = watched(opened)
    opened.goto(address)
    settled(opened)
    Monkey(opened, seed=5, scenarios=("cut_finger",)).act(40)
    assert faults == []
    assert opened.locator(".plot").count() > 0
    context.close()


def test_nothing_is_against_the_rules_of_accessibility(browser: Any, address: str) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce", bypass_csp=True
    )
    opened = context.new_page()
    opened.goto(address)
    settled(opened)
    opened.locator("summary", has_text="Lessons").click()
    opened.get_by_role("button", name="A scraped finger").click()
    opened.get_by_role("heading", name="Bacteria get in").wait_for(timeout=PATIENCE)
    settled(opened)
    opened.locator("summary", has_text="What is missing").click()
    opened.locator("summary", has_text="Colours and rings").click()
    opened.locator("summary", has_text="Table").first.click()
    opened.get_by_role("button", name="Why?").first.click()
    opened.locator(".causes").wait_for(timeout=PATIENCE)
    assert broken_rules(opened) == []
    context.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
def test_ctrl_c_ends_it_with_streams_open() -> None:
    """Within what uvicorn allows open streams; the clock is only to say that it does not hang."""
    server, found = start()
    base, _, token = found.partition("/?token=")
    body = b'{"scenario": "cut_finger", "days": 3}'
    asked = urllib.request.Request(
        f"{base}/api/cohort?hosts=200", data=body, headers={"X-Token": token, "Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=PATIENCE / 1000) as stream:
        assert b"hosts" in stream.readline()
        server.send_signal(signal.SIGINT)
        begun = time.monotonic()
        code = server.wait(60)
        print(f"ended {time.monotonic() - begun:.2f} s after Ctrl-C")
    assert code == 0
    assert server.stderr is not None and "Traceback" not in server.stderr.read()
