"""The page in a browser, where one is installed: no error, the slider moves everything, nothing leaves the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from immunity.report import ReportInput, bodymap, render

from . import made_up
from .test_render import nasty

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in NAMES if (found := shutil.which(name))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1280,900",
    "--virtual-time-budget=4000", "--dump-dom",
)  # fmt: skip

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")

# A probe that stands before the page's own script, so that it also sees errors in that; the policy of the page is
# replaced because it rightly forbids a foreign script.
WATCH = """<script>window.seen = [];
addEventListener("error", (event) => seen.push(String(event.message)));
addEventListener("securitypolicyviolation", (event) => seen.push(event.violatedDirective));</script>"""


def loaded(page: str) -> str:
    """The page as it stands after its scripts have run."""
    assert BROWSER is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder, "page.html")
        file.write_text(page, encoding="utf-8")
        command = [BROWSER, *FLAGS, f"--user-data-dir={folder}/profile", file.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def in_browser(page: str, probe: str) -> str:
    """What a script sees in the page after it was loaded, and the errors there were, as JSON."""
    page = re.sub(r"<meta http-equiv[^>]*>", lambda _: WATCH, page, count=1)
    ending = f"""<pre id="probe"></pre><script>
const now = () => document.querySelector(".timebar output").textContent;
let said; try {{ said = (() => {{ {probe} }})(); }} catch (error) {{ said = String(error); }}
document.getElementById("probe").textContent = JSON.stringify([said, seen]);</script></body>"""
    found = re.search(r'<pre id="probe">(.*?)</pre>', loaded(page.replace("</body>", ending)), re.DOTALL)
    assert found is not None
    return found[1]


MOVE = """
const slider = document.getElementById("time");
const state = () => [now(), document.querySelector("text.microbes").textContent, slider.getAttribute("aria-valuetext"),
  document.querySelector("[data-curve='0'] .value").textContent];
const move = (i) => { slider.value = i; slider.dispatchEvent(new Event("input")); return state(); };
return [move(0), move(slider.max), document.querySelectorAll(".cursor[visibility=visible]").length,
  document.documentElement.scrollWidth <= innerWidth];
"""


def test_its_own_policy_lets_its_own_script_run_and_no_other() -> None:
    page = render(made_up.healed())
    assert '<div class="timebar" hidden' in page
    foreign = page.replace("</body>", "<script>document.title = 'foreign';</script></body>")
    dom = loaded(foreign)
    assert '<div class="timebar" role' in dom
    assert "<title>foreign" not in dom


def test_the_slider_moves_map_and_cursor() -> None:
    said = in_browser(render(made_up.healed()), MOVE)
    assert said == ('[[["0 h","10⁵ CFU","0 h","10⁵"],["day 10","no CFU","day 10","&lt; 10"],10,true],[]]')


def test_the_dead_are_shown_to_their_end_only() -> None:
    said = in_browser(render(made_up.died()), MOVE)
    assert '"day 4.3"' in said or '"day 4.2"' in said
    assert said.endswith(",[]]")


@pytest.mark.parametrize("report", [made_up.compared(), made_up.cohort(), made_up.healed(places=()), nasty()])
def test_no_errors(report: ReportInput) -> None:
    assert in_browser(render(report), "return 1;") == "[1,[]]"


def test_an_error_would_be_seen() -> None:
    broken = render(made_up.healed()).replace('id="data"', 'id="date"')
    assert in_browser(broken, "return 1;") != "[1,[]]"


def test_the_story_moves_time_and_the_first_frame_agrees_with_the_static_one() -> None:
    probe = """
    const before = now(); const words = document.querySelector("#map-now").textContent;
    const buttons = document.querySelectorAll(".story button"); buttons[buttons.length - 1].click();
    return [before, now(), words];"""
    report = made_up.healed()
    words = bodymap.sentence(report, bodymap.telling_moment(report))
    assert json.loads(in_browser(render(report), probe)) == [["22 h", "day 10", words], []]


def test_the_cursor_lies_on_the_curve() -> None:
    probe = """
    const slider = document.getElementById("time"); slider.value = 0; slider.dispatchEvent(new Event("input"));
    return [...document.querySelectorAll(".chart")].map((svg) => {
      const [x, y] = svg.querySelector("path.line:not(.second)").getAttribute("d").match(/[\\d.]+/g).map(Number);
      const dot = svg.querySelector(".dot");
      return Math.hypot(dot.getAttribute("cx") - x, dot.getAttribute("cy") - y) < 0.25;
    });"""
    found, errors = json.loads(in_browser(render(made_up.compared()), probe))
    assert found == [True] * 11 and errors == []


def test_numbers_read_the_same_with_and_without_the_script() -> None:
    page = render(made_up.healed())
    values = re.findall(r'<output class="value">([^<]*)</output>', page)
    probe = 'return [...document.querySelectorAll("output.value")].map((o) => o.textContent);'
    said = in_browser(page, probe)
    for value in values:
        assert f'"{value}"'.replace("<", "&lt;") in said


AGAIN = """
const figure = document.querySelector("figure[data-curve]");
const line = () => figure.querySelector(".drawn .line:not(.second)").getAttribute("d");
const ticks = () => [...figure.querySelectorAll(".frame .end")].map((t) => t.textContent).join(" ");
const cursor = () => figure.querySelector(".cursor line").getAttribute("x1");
"""


def test_a_log_axis_can_be_taken_and_given_back() -> None:
    probe = """
const first = [line(), ticks()];
const button = figure.querySelector("button.log");
const pressed = button.getAttribute("aria-pressed");
button.click();
const other = [line(), ticks(), button.getAttribute("aria-pressed")];
button.click();
return [pressed, other[2], first[0] !== other[0], first[1] !== other[1], first[1] === ticks(),
  other[0].includes("NaN")];"""
    assert json.loads(in_browser(render(made_up.healed()), AGAIN + probe)) == [
        ["true", "false", True, True, True, False],
        [],
    ]


def test_all_charts_show_the_days_that_are_asked_for() -> None:
    probe = """
const form = document.querySelector(".zoom");
const [from, to] = form.querySelectorAll("input");
const days = () => [...figure.querySelectorAll(".frame .mid")].map((t) => t.textContent);
from.value = 2; to.value = 3; form.requestSubmit();
const inside = days();
from.value = 3; to.value = 2; form.requestSubmit();
const refused = [!to.validity.valid, days().join() === inside.join()];
form.reset();
return [inside[0], inside[inside.length - 1], ...refused, days().length > 2];"""
    assert json.loads(in_browser(render(made_up.healed()), AGAIN + probe)) == [
        ["day 2", "3", True, True, True],
        [],
    ]


def test_marks_stay_where_their_values_are() -> None:
    """A published point lies on the same days and values after a change of axis and back."""
    probe = """
const rounded = (c) => ["cx", "cy"].map((k) => Number(c.getAttribute(k)).toFixed(0)).join();
const points = () => [...document.querySelectorAll(".point circle")].map(rounded);
const before = points();
const buttons = [...document.querySelectorAll("button.log")].filter((b) => !b.hidden);
buttons.forEach((b) => b.click());
const moved = points();
buttons.forEach((b) => b.click());
return [before.length > 0, before.join(" ") !== moved.join(" "), before.join(" ") === points().join(" ")];"""
    assert json.loads(in_browser(render(made_up.healed()), probe)) == [[True, True, True], []]
