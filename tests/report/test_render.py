"""The page: complete without a script, closed to the outside, safe against any text."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from lxml import html

from immunity.report import Curve, Paper, Point, ReportInput, render, write
from immunity.report.render import doi_link

from . import made_up

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u2028{{ 7*7 }}"
MADE = {name: getattr(made_up, name)() for name in ("healed", "died", "compared", "cohort")}


@pytest.fixture(scope="module", params=MADE)
def page(request: pytest.FixtureRequest) -> tuple[ReportInput, str, html.HtmlElement]:
    report = MADE[request.param]
    text = render(report)
    return report, text, html.document_fromstring(text)


def outside(root: html.HtmlElement) -> list[str]:
    """Addresses that a browser would fetch, or that lead out other than to a DOI."""
    found = [value for value in root.xpath("//@src | //@srcset | //@data-src | //@poster | //@action")]
    found += [v for v in root.xpath("//@href") if not v.startswith(("#", "https://doi.org/10."))]
    found += root.xpath("//link | //iframe | //object | //embed | //base")
    styles = " ".join(root.xpath("//style/text() | //@style"))
    return found + [u for u in re.findall(r"url\(([^)]*)\)|@import", styles) if not u.startswith("#")]


def test_nothing_is_fetched(page: tuple[ReportInput, str, html.HtmlElement]) -> None:
    assert outside(page[2]) == []


def test_the_check_for_fetching_can_fail() -> None:
    planted = '<img src="x.png"><a href="https://a.b">c</a><style>a{background:url(//x)}</style><link href="#">'
    assert len(outside(html.document_fromstring(planted))) >= 4


def test_the_policy_allows_only_what_is_in_the_page(page: tuple[ReportInput, str, html.HtmlElement]) -> None:
    policy = page[2].xpath("//meta[@http-equiv]/@content")[0]
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script[not(@type)]"):
        (text,) = page[2].xpath(f"//{tag}/text()")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not page[2].xpath("//@style") and not re.search(r"\son[a-z]+=", page[1].split("<script")[0])


def test_every_curve_has_a_drawing_and_a_table(page: tuple[ReportInput, str, html.HtmlElement]) -> None:
    report, _, root = page
    figures = root.xpath("//figure[@data-curve]")
    assert len(figures) == len(report.curves)
    for drawn in figures:
        curve = report.curves[int(drawn.get("data-curve"))]
        assert drawn.xpath(".//h4")[0].text == curve.name
        assert drawn.xpath(".//*[local-name()='svg'][@role='img']/@aria-label")[0].startswith(curve.name)
        table = drawn.xpath("./details//table")[0]
        assert 10 <= len(table.xpath(".//tbody/tr")) <= 25
        width = len(table.xpath(".//thead//th[@scope='col']"))
        assert all(len(row.xpath("./td | ./th")) == width for row in table.xpath(".//tbody/tr"))


def test_healthy_range_points_and_limits_are_drawn() -> None:
    root = html.document_fromstring(render(made_up.healed()))
    drawn = {f.xpath(".//h4")[0].text: f for f in root.xpath("//figure[@data-curve]")}
    blood = drawn["Neutrophils in blood"]
    assert blood.xpath("./*[@class='chart']/*[@class='drawn']/*[local-name()='rect'][@class='healthy']")
    assert "Writer & Scribe 1987" in blood.xpath(".//*[local-name()='title']/text()")
    assert "9.5 to 15" in blood.text_content()
    assert drawn["Staphylococcus aureus in skin"].xpath(
        "./*[@class='chart']/*[@class='drawn']/*[local-name()='line'][@class='limit']"
    )
    assert not drawn["Damaged tissue"].xpath(".//*[@class='limit' or @class='healthy']")


def test_ids_are_unique_and_named_things_exist(page: tuple[ReportInput, str, html.HtmlElement]) -> None:
    ids = page[2].xpath("//@id")
    assert len(ids) == len(set(ids))
    wanted = " ".join(page[2].xpath("//@aria-labelledby | //@for")).split()
    wanted += [h[1:] for h in page[2].xpath("//@href") if h.startswith("#")]
    assert set(wanted) <= set(ids)


def test_headings_do_not_skip_levels(page: tuple[ReportInput, str, html.HtmlElement]) -> None:
    levels = [int(h.tag[1]) for h in page[2].xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_every_control_has_a_name(page: tuple[ReportInput, str, html.HtmlElement]) -> None:
    for control in page[2].xpath("//button | //input | //summary | //a"):
        named = page[2].xpath(f"//label[@for='{control.get('id')}']") if control.get("id") else []
        assert control.get("aria-label") or control.text_content().strip() or named


def test_it_says_who_how_and_that_it_is_no_advice() -> None:
    root = html.document_fromstring(render(made_up.died()))
    head = root.xpath("//header")[0].text_content()
    for word in ("35 years", "male", "severe congenital neutropenia", "cut_finger", "seed 3", "Died on day 4.3"):
        assert word in head
    assert "Not medical advice" in head
    assert "12 numbers of this run have no source." in head


def test_papers_are_linked_by_doi_and_only_by_doi() -> None:
    assert doi_link(Paper("x", "10.1/a b<c>")) == "https://doi.org/10.1/a%20b%3Cc%3E"
    assert doi_link(Paper("x", "https://doi.org/10.1093/aje/kwm375")) == "https://doi.org/10.1093/aje/kwm375"
    assert doi_link(Paper("x", "javascript:alert(1)")) is None
    assert doi_link(Paper("x")) is None


def test_provenance_is_complete() -> None:
    text = html.document_fromstring(render(made_up.healed())).xpath("//section[@id='provenance']")[0].text_content()
    for word in ("rule_book_hash", "9f2c9f2c", "exposures.0.dose", "1e5 CFU", "reference 0.2 1/day"):
        assert word in text


def test_the_data_are_the_series() -> None:
    report = made_up.died()
    root = html.document_fromstring(render(report))
    data = json.loads(root.xpath("//script[@id='data']/text()")[0])
    assert len(data["times"]) == len(report.times)
    for curve, kept in zip(report.curves, data["curves"], strict=True):
        values = np.array([np.nan if v is None else v for v in kept["y"]], dtype=float)
        np.testing.assert_allclose(values, curve.values, rtol=1e-3, atol=1e-12)
    assert int(root.get_element_by_id("time").get("max")) < len(report.times) - 1


def nasty() -> ReportInput:
    base = made_up.compared()
    curves = tuple(
        dataclasses.replace(c, id=NASTY, name=NASTY, unit=NASTY, panel=NASTY, points=(Point(1, 1e6, 1e5, 1e7, NASTY),))
        if i == 0
        else c
        for i, c in enumerate(base.curves)
    )
    places = tuple(dataclasses.replace(p, id=NASTY, name=NASTY) for p in base.places)
    return dataclasses.replace(
        base, title=NASTY, scenario=NASTY, host={NASTY: NASTY}, mode=NASTY, outcome=NASTY, curves=curves, places=places,
        papers=(Paper(NASTY, NASTY),), provenance={NASTY: NASTY, "x": {NASTY: [NASTY]}}, warnings=(NASTY,),
        disclaimer=NASTY, label=NASTY, done={NASTY: [NASTY]}, again=(NASTY,),
        second=dataclasses.replace(base, label=NASTY, title=NASTY, places=places), microbe_unit=NASTY, band_label=NASTY,
    )  # fmt: skip


def test_text_stays_text() -> None:
    text = render(nasty())
    root = html.document_fromstring(text)
    assert len(root.xpath("//script")) == 2 and not root.xpath("//img")
    assert not root.xpath("//@onerror") and "<img" not in text  # parsers differ on what is raw text, so look at both
    assert "49" not in root.xpath("//h1")[0].text_content()
    data = json.loads(root.xpath("//script[@id='data']/text()")[0])
    assert data["title"] == NASTY
    assert "\u2028" not in text.split('id="data"')[1]


def test_a_large_run_stays_small() -> None:
    rng = np.random.default_rng(0)
    curves = tuple(
        Curve(f"p.c{i}", f"Readout {i}", "mg/L", f"panel{i % 5}", "linear", rng.lognormal(size=240)) for i in range(30)
    )
    big = made_up.healed(times=np.linspace(0, 10, 240), curves=curves, places=())
    assert len(render(big).encode()) < 500_000


@pytest.mark.parametrize(
    "changes",
    [
        {"places": ()},
        {"papers": ()},
        {"provenance": {}},
        {"curves": (), "places": ()},
        {"host": {}},
    ],
)
def test_it_is_drawn_with_parts_missing(changes: dict[str, object]) -> None:
    html.document_fromstring(render(made_up.healed(**changes)))


def test_a_single_moment_can_be_drawn() -> None:
    curves = tuple(dataclasses.replace(c, values=c.values[:1], points=()) for c in made_up.curves())
    places = tuple(dataclasses.replace(p, cells=p.cells[:1], microbes=p.microbes[:1]) for p in made_up.places())
    root = html.document_fromstring(render(made_up.healed(times=np.zeros(1), curves=curves, places=places)))
    drawn = root.xpath("//*[local-name()='path']/@d | //*[local-name()='circle']/@cx")
    assert drawn and not any("nan" in part.lower() or "inf" in part.lower() for part in drawn)


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    assert write(made_up.healed(), target) == target
    before = target.read_bytes()

    def full_disk(self: Path, other: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        write(made_up.died(), target)
    assert target.read_bytes() == before and list(tmp_path.iterdir()) == [target]


def luminance(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def palettes() -> list[dict[str, str]]:
    (css,) = html.document_fromstring(render(made_up.healed())).xpath("//style/text()")
    blocks = re.findall(r":root \{([^}]*)\}", css)
    return [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block.replace("#fff;", "#ffffff;"))) for block in blocks]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast(scheme: int) -> None:
    colours = palettes()[scheme]
    for words in ("ink", "soft", "accent", "second", "microbe"):
        for ground in ("paper", "surface"):
            assert contrast(colours[words], colours[ground]) >= 4.5, (words, ground)
    for line in ("accent", "second", "soft", "healthy-edge"):
        assert contrast(colours[line], colours["healthy" if line != "healthy-edge" else "paper"]) >= 2.5, line


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_the_scale_of_cells_is_one_ramp_that_greyscale_keeps(scheme: int) -> None:
    steps = [luminance(palettes()[scheme][f"c{i}"]) for i in range(8)]
    ordered = steps if scheme else steps[::-1]
    assert ordered == sorted(ordered)
    assert all(b / a > 1.1 or b - a > 0.04 for a, b in pairwise(ordered))


def test_the_contrast_formula_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
