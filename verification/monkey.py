"""Somebody who touches everything: random use of the explorer in a headless Chromium, and what it leaves behind.

python -m verification.monkey [--actions 500] [--seed 1] [--chromium PATH]
python -m verification.monkey --latency 20 [SCENARIO ...]

The first prints errors of the console, what page and server hold after warming up and at the end, and how long the
server takes to end on Ctrl-C with a stream open. The second moves the slider of the age, and says how long a sketch and
an exact answer take until they are on the screen, and how much processor time of the server. Needs the extra ``test``
and a Chromium.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCENARIOS = ("cut_finger", "pneumococcal_pneumonia", "endotoxin_2ng_per_kg")
LATENCIES = ("pneumococcal_pneumonia", "influenza_in_adult")
PATIENCE = 240_000  # ms: kernels may have to be compiled, and the machine may be busy
COMPILING = 1200  # s: what draws may have to be compiled, on a busy machine
WARM = 100  # actions before memory is looked at first: every scenario has been compiled by then
STEP = 50  # actions between looks
MIB = 1024.0**2
FORGET = "for (const key of ['sketch', 'ms']) delete document.documentElement.dataset[key]"


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of its own and its address."""
    command = [sys.executable, "-m", "immunity", "explore", *arguments, "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server, server.stdout.readline().strip()
    finally:
        if server.poll() is None:
            server.kill()
        server.wait()


@contextmanager
def browsing(chromium: str) -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def settled(page: Any) -> None:
    """Wait until the answer to the last change is drawn exactly, or its faults."""
    page.wait_for_selector("html[data-run]", timeout=PATIENCE)
    page.wait_for_selector(".happened[aria-busy=false]", timeout=PATIENCE)


def watched(page: Any) -> list[str]:
    """Errors of the page from now on. That a question was refused or became stale is no fault of the page."""
    faults: list[str] = []
    expected = "Failed to load resource"
    page.on(
        "console", lambda m: faults.append(m.text) if m.type == "error" and not m.text.startswith(expected) else None
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


class Monkey:
    """Touches what can be touched; the same seed touches in the same order."""

    def __init__(self, page: Any, seed: int, scenarios: tuple[str, ...] = SCENARIOS) -> None:
        self.page, self.draw, self.scenarios = page, random.Random(seed), scenarios
        self.done: dict[str, int] = {}
        self._ways: list[tuple[Callable[[], bool], int]] = [
            (self.slide, 10), (self.switch, 6), (self.press, 8), (self.key, 6), (self.point, 4), (self.fold, 4),
            (self.select, 3), (self.place, 3), (self.resize, 1), (self.scenario, 1), (self.link, 1), (self.write, 1),
        ]  # fmt: skip

    def act(self, actions: int) -> None:
        """So many random actions, faster than answers come."""
        ways, weights = zip(*self._ways, strict=True)
        while actions:
            way = self.draw.choices(ways, weights)[0]
            if way():
                self.done[way.__name__] = self.done.get(way.__name__, 0) + 1
                actions -= 1
                self.page.wait_for_timeout(self.draw.choice((0, 0, 30, 120, 400)))

    def _one(self, selector: str) -> Any | None:
        """One of the visible elements."""
        found = [each for each in self.page.query_selector_all(selector) if each.is_visible()]
        return self.draw.choice(found) if found else None

    def _run(self, selector: str, script: str, value: Any = None) -> bool:
        found = self._one(selector)
        if found is None:
            return False
        found.evaluate(script, value)
        return True

    def slide(self) -> bool:
        script = """(node, share) => { const [lo, hi] = [Number(node.min), Number(node.max)];
            node.value = lo + share * (hi - lo); node.dispatchEvent(new Event("input", {bubbles: true})); }"""
        return self._run("input[type=range]", script, self.draw.random())

    def switch(self) -> bool:
        return self._run("input[type=checkbox], input[type=radio]", "node => node.click()")

    def press(self) -> bool:
        # what is taken away goes to the disk, and "Start over" comes from elsewhere often enough
        return self._run("button:not(:disabled):not(.drop button)", "node => node.click()")

    def fold(self) -> bool:
        return self._run("summary", "node => node.click()")

    def place(self) -> bool:
        script = "node => node.dispatchEvent(new MouseEvent('click', {bubbles: true}))"
        return self._run(".side [role=button]", script)

    def select(self) -> bool:
        script = """(node, draw) => { const all = [...node.options].slice(1); if (!all.length) return;
            node.value = all[Math.floor(draw * all.length)].value;
            node.dispatchEvent(new Event("change", {bubbles: true})); }"""
        return self._run(".controls select, .seen select, .lesson select", script, self.draw.random())

    def key(self) -> bool:
        if self._one(".plot") is None:
            return False
        self._run(".plot, .side [role=button], input[type=range]", "node => node.focus()")
        self.page.keyboard.press(
            self.draw.choice(("ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Enter", "Tab", "Escape", "Home", "End"))
        )
        return True

    def point(self) -> bool:
        box = (found := self._one(".plot")) and found.bounding_box()
        if not box:
            return False
        mouse, ends = self.page.mouse, [self.draw.random() for _ in range(4)]
        mouse.move(box["x"] + ends[0] * box["width"], box["y"] + ends[1] * box["height"])
        mouse.down()
        mouse.move(box["x"] + ends[2] * box["width"], box["y"] + ends[3] * box["height"])
        mouse.up()
        if self.draw.random() < 0.3:
            mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return True

    def resize(self) -> bool:
        self.page.set_viewport_size({"width": self.draw.choice((390, 800, 1280)), "height": 900})
        return True

    def scenario(self) -> bool:
        script = """(node, to) => { node.value = to; node.dispatchEvent(new Event("change", {bubbles: true})); }"""
        return self._run(".scenario select", script, self.draw.choice(self.scenarios))

    def link(self) -> bool:
        """Follow the link of a moment ago, or one that somebody has spoilt."""
        spoilt = self.draw.choice(("", "", "A", "ey"))
        self.page.evaluate("bad => { location.hash = location.hash.slice(0, bad ? -7 : undefined) + bad; }", spoilt)
        return True

    def write(self) -> bool:
        """Text that is no scenario."""
        area = self._one("textarea")
        if area is None:
            return False
        area.fill(self.draw.choice(("", "days: many", "{", "id: x\ntitle: y\ndays: 3\n")))
        return True


def page_bytes(page: Any) -> float:
    """What the page's script holds once garbage is collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    held = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return held


def server_bytes(server: subprocess.Popen[str]) -> float:
    """What the server holds of the machine's memory (Linux)."""
    fields = Path(f"/proc/{server.pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4096.0


def ends_in(server: subprocess.Popen[str], address: str) -> float:
    """Seconds from Ctrl-C to the end of a server that is streaming a cohort."""
    base, _, token = address.partition("/?token=")
    asked = urllib.request.Request(
        f"{base}/api/cohort?hosts=200",
        data=json.dumps({"scenario": "cut_finger", "days": 3}).encode(),
        headers={"X-Token": token, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=COMPILING) as stream:
        stream.readline()
        begun = time.monotonic()
        server.send_signal(signal.SIGINT)
        server.wait(60)
        return time.monotonic() - begun


def monkey(actions: int, seed: int, chromium: str) -> int:
    """Use the page at random; the exit code is 1 if it logged an error or leaked."""
    with serving("cut_finger") as (server, address):
        with browsing(chromium) as browser:
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            faults = watched(page)
            page.goto(address)
            page.wait_for_selector(".controls, .wait", timeout=PATIENCE)
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
            settled(page)
            for scenario in SCENARIOS:
                page.locator(".scenario select").select_option(scenario)
                page.wait_for_timeout(500)
                settled(page)
            one = Monkey(page, seed)
            one.act(min(WARM, actions))
            held: list[tuple[int, float, float]] = []
            for part in range(0, max(actions - WARM, 0) + 1, STEP):
                if part:
                    one.act(STEP)
                page.wait_for_timeout(1500)
                held.append((WARM + part, page_bytes(page) / MIB, server_bytes(server) / MIB))
                print(
                    f"after {held[-1][0]} actions: page {held[-1][1]:.1f} MiB, server {held[-1][2]:.0f} MiB", flush=True
                )
        print(f"first paint {paint:.0f} ms; actions {one.done}\nerrors of the console: {faults or 'none'}", flush=True)
        gone = ends_in(server, address)
        complaint = server.stderr.read() if server.stderr else ""
    print(f"errors of the server: {complaint.strip() or 'none'}")
    print(f"ended {gone:.2f} s after Ctrl-C with a stream open, exit code {server.returncode}")
    leak = [risen([look[k] for look in held]) for k in (1, 2)]
    print(f"the lowest of the last looks above that of the first: page {leak[0]:+.1f} MiB, server {leak[1]:+.0f} MiB")
    return int(bool(faults) or "Traceback" in complaint or max(leak) > 50.0)


def risen(held: list[float]) -> float:
    """How far the lowest of the last third of some looks is above that of the first; what is at hand comes and goes."""
    third = max(len(held) // 3, 1)
    return min(held[-third:]) - min(held[:third])


def server_seconds(server: subprocess.Popen[str]) -> float:
    """Processor time that the server has used (Linux): what an answer costs, however busy the machine is."""
    fields = Path(f"/proc/{server.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def latency(moves: int, scenarios: tuple[str, ...], chromium: str) -> int:
    """Move the slider of the age to and fro, and say how long answers take until they are drawn."""
    with serving(scenarios[0]) as (server, address), browsing(chromium) as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(address)
        settled(page)
        for scenario in scenarios:
            page.locator(".scenario select").select_option(scenario)
            page.wait_for_timeout(500)
            settled(page)
            slider = page.get_by_role("slider", name="Age", exact=True)
            rows: list[list[float]] = []
            for k in range(moves + 2):
                page.evaluate(FORGET)
                row, begun = [], server_seconds(server)
                slider.evaluate(
                    "(node, to) => { node.value = to; node.dispatchEvent(new Event('input', {bubbles: true})); }",
                    24 + (k * 7) % 8,
                )
                for what in ("sketch", "ms"):
                    page.wait_for_selector(f"html[data-{what}]", timeout=PATIENCE)
                    row += [float(page.evaluate(f"document.documentElement.dataset.{what}")), server_seconds(server)]
                if k > 1:  # the first ones compile
                    rows.append([row[0], row[2], 1000 * (row[1] - begun), 1000 * (row[3] - begun)])
            names = ("sketch drawn after", "exact answer drawn after", "processor time, sketch", "processor time, both")
            print(scenario)
            for name, values in zip(names, zip(*rows, strict=True), strict=True):
                slow = sorted(values)[math.ceil(0.95 * len(values)) - 1]
                print(f"  {name}: median {statistics.median(values):.0f} ms, 95 % {slow:.0f} ms", flush=True)
    return 0


def main() -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scenarios", nargs="*", help=f"with --latency; {', '.join(LATENCIES)} if none is given")
    parser.add_argument("--actions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", type=int, metavar="MOVES")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "chromium")
    said = parser.parse_args()
    if said.latency:
        return latency(said.latency, tuple(said.scenarios) or LATENCIES, said.chromium)
    return monkey(said.actions, said.seed, said.chromium)


if __name__ == "__main__":
    sys.exit(main())
