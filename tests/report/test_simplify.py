"""A long run is shown by what the eye can see: small, and with every peak where it is."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
from lxml import html

from immunity.report import render
from immunity.report.simplify import TOLERANCE, thinned, visible

from . import made_up

HOURS = np.arange(0.0, 4000.0, 1 / 24)


def test_a_line_keeps_its_shape_and_a_lone_peak() -> None:
    x = np.linspace(46.0, 368.0, 96_000)
    y = 100 + 40 * np.sin(x / 10)
    y[50_001] = 5.0
    px, py = visible(x, y, 322)
    assert len(px) < 1500 and py.min() == 5.0
    smooth = np.delete(np.arange(len(x)), slice(49_700, 50_300))
    drawn = np.interp(x[smooth], px, py)
    assert np.abs(drawn - y[smooth]).max() < 2.0  # within a column, steepest slope 4 a column


def test_a_short_line_is_off_by_less_than_can_be_seen_and_gaps_stay() -> None:
    x = np.linspace(0.0, 300.0, 241)
    y = 50 + 30 * np.exp(-(((x - 100) / 20) ** 2))
    px, py = visible(x, y, 300)
    assert len(px) < 80 and np.abs(np.interp(x, px, py) - y).max() < 3 * TOLERANCE
    y[100:120] = np.nan
    px, py = visible(x, y, 300)
    assert np.isnan(py).sum() == 1
    assert np.isnan(visible(x, np.full(241, np.nan), 300)[1]).all()


def long_run(curves: int = 100) -> object:
    rng = np.random.default_rng(3)
    base = made_up.curves()[5]
    noisy = tuple(
        dataclasses.replace(
            base, id=f"c{k}", points=(), main=k < 9, values=6.0 + np.cumsum(rng.normal(0, 0.01, len(HOURS)))
        )
        for k in range(curves)
    )
    places = tuple(
        dataclasses.replace(p, cells=np.full(len(HOURS), 1e9), microbes=HOURS * 0.0) for p in made_up.places()
    )
    return made_up.healed(times=HOURS, days=4000.0, curves=noisy, places=places)


def test_an_hourly_report_of_4000_days_is_small_and_keeps_its_peaks() -> None:
    report = long_run()
    page = render(report)  # type: ignore[arg-type]
    assert len(page.encode()) < 1_500_000
    data = json.loads(html.document_fromstring(page).xpath("//script[@id='data']/text()")[0])
    assert len(data["times"]) < 500
    for curve, kept in zip(report.curves[:9], data["curves"], strict=False):  # type: ignore[attr-defined]
        assert max(kept["y"]) == float(f"{curve.values.max():.4e}")


def test_a_short_run_is_whole() -> None:
    report = made_up.healed()
    assert thinned(report) is report
