"""Draw docs/images/explore.png and explore_phone.png: the page as it is after a change.

python docs/make_explorer_pictures.py [CHROMIUM]        needs Playwright and a Chromium
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
PATIENCE = 180_000  # ms: kernels may have to be compiled


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


def main(chromium: str | None) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "immunity", "explore", "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            draw(browser, address)
            browser.close()
    finally:
        server.terminate()
        server.wait(10)


def draw(browser: Any, address: str) -> None:
    for name, size in (("explore", (1280, 900)), ("explore_phone", (390, 844))):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="light", reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(address)
        settle(page)
        without_a_spleen(page)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=str(IMAGES / f"{name}.png"))
        context.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium"))
