"""Draw docs/images/explore.png and explore_phone.png, the page as it is after a change, and a picture of each lesson.

python docs/make_explorer_pictures.py [--lessons] [--chromium PATH]     needs Playwright, Pillow and a Chromium
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from immunity import api
from immunity.explore.lessons import LessonModel, load_lessons

IMAGES = Path(__file__).parent / "images"
PATIENCE = 180_000  # ms: kernels may have to be compiled
LARGEST = 60_000  # bytes of a lesson's picture


def settle(page: Page) -> None:
    """Wait until the answer to the last change is drawn exactly."""
    page.wait_for_selector("html[data-run]", timeout=PATIENCE)
    page.wait_for_timeout(400)
    page.wait_for_selector(".happened[aria-busy=false]", timeout=PATIENCE)


def without_a_spleen(page: Page) -> None:
    """Take the spleen away, keep the whole as a ghost, and ask why there is so much in the blood."""
    page.wait_for_timeout(1700)  # a new movement of the hand
    page.locator("summary", has_text="What is missing").click()
    page.get_by_label("Asplenia").check()
    page.wait_for_timeout(300)
    settle(page)


def opened(browser: Any, address: str, width: int, height: int) -> Page:
    """The page, ready."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(address)
    settle(page)
    return page


def draw(browser: Any, address: str) -> None:
    """The page as it is after a change, wide and on a phone."""
    for name, size in (("explore", (1280, 900)), ("explore_phone", (390, 844))):
        page = opened(browser, address, *size)
        without_a_spleen(page)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=str(IMAGES / f"{name}.png"))
        page.context.close()


def telling_step(lesson: LessonModel) -> int:
    """The first step with something beside it, or else the first."""
    return next((k for k, step in enumerate(lesson.steps) if step.beside), 0)


def draw_lesson(browser: Any, address: str, lesson: LessonModel) -> None:
    """Walk to the step that tells most, show its answer, and keep what is seen, as a small file."""
    page = opened(browser, address, 1180, 940)
    page.locator("summary", has_text="Lessons").click()
    page.evaluate("delete document.documentElement.dataset.run")
    page.get_by_role("button", name=lesson.title).click()
    for k in range(telling_step(lesson) + 1):
        page.get_by_role("heading", name=lesson.steps[k].title, exact=True).wait_for(timeout=PATIENCE)
        settle(page)
        if k < telling_step(lesson):
            page.evaluate("delete document.documentElement.dataset.run")
            page.get_by_role("button", name="Next", exact=True).click()
    if lesson.steps[telling_step(lesson)].beside:
        page.wait_for_selector(".was", timeout=PATIENCE)
    page.get_by_role("button", name="Show the answer").click()
    page.evaluate("scrollTo(0, 0)")
    keep(page.screenshot(), IMAGES / "lessons" / f"{lesson.id}.webp")
    page.context.close()


def keep(seen: bytes, file: Path) -> None:
    """Write a picture as well as its size allows."""
    file.parent.mkdir(exist_ok=True)
    picture = Image.open(io.BytesIO(seen)).convert("RGB")
    for quality in range(90, 20, -10):
        picture.save(file, "WEBP", quality=quality, method=6)
        if file.stat().st_size < LARGEST:
            return
    raise SystemExit(f"{file} has more than {LARGEST} bytes")


def main() -> None:
    """Serve the page to a browser, and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lessons", action="store_true", help="those alone")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    said = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "immunity", "explore", "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=said.chromium, args=["--no-sandbox"])
            if not said.lessons:
                draw(browser, address)
            for each in load_lessons(api.load().book):
                draw_lesson(browser, address, each.lesson)
            browser.close()
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
