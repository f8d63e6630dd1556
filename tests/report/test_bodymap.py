"""The body map."""

from __future__ import annotations

import dataclasses
import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np

from immunity.report import bodymap, figure
from immunity.report.model import PlaceSeries

from . import made_up


def place(x: float, y: float, name: str = "Place", *, microbes: float = 0.0) -> PlaceSeries:
    return PlaceSeries(name, name, x, y, np.array([10.0, 100.0]), np.array([0.0, microbes]))


def test_the_outline_is_closed_and_symmetric() -> None:
    path = figure.outline()
    assert path.startswith("M75 0") and path.endswith("Z")
    numbers = [float(v) for v in re.findall(r"-?\d+(?:\.\d+)?", path)]
    xs, ys = np.array(numbers[0::2]), np.array(numbers[1::2])
    assert xs.min() >= -0.5 and xs.max() <= figure.WIDTH + 0.5 and ys.max() <= figure.HEIGHT
    assert abs((xs.min() + xs.max()) / 2 - figure.WIDTH / 2) < 0.2


def test_classes_of_colour_and_ring() -> None:
    assert [bodymap.level(v) for v in (0.0, 0.29, 0.5, 1.0, 2.0, 5.0, 20.0, 50.0, 1e6)] == [0, 0, 1, 2, 3, 4, 5, 6, 7]
    assert [bodymap.ring(v) for v in (0.0, 0.5, 1.0, 999.0, 1e3, 1e6)] == [0, 0, 1, 1, 2, 3]
    assert len(bodymap.LEVEL_LABELS) == len(bodymap.LEVELS) + 1
    assert len(bodymap.RING_LABELS) == len(bodymap.RINGS) + 1
    assert bodymap.ring_radius(1e9) > bodymap.ring_radius(1e3) > bodymap.ring_radius(1.0)


def test_labels_do_not_overlap_and_stay_inside() -> None:
    crowd = tuple(place(20 + 3 * (i % 3), 40 + 0.1 * i, f"Place number {i}", microbes=1e3) for i in range(6))
    labels = bodymap.labels(crowd)
    assert {label.side for label in labels} == {-1, 1}  # one margin is too short for six
    for side in (-1, 1):
        column = sorted((label for label in labels if label.side == side), key=lambda label: label.y)
        for upper, lower in pairwise(column):
            assert lower.y >= upper.y + upper.rows * 16.0
        assert column[0].y >= 0 and column[-1].y + column[-1].rows * 16.0 <= bodymap.HEIGHT


def test_a_crowd_of_places_makes_the_drawing_higher_and_none_is_cut_off() -> None:
    crowd = tuple(place(20 + 60 * (i % 2), 3 * i, f"Place number {i}", microbes=1e3) for i in range(30))
    shown = bodymap.labels(crowd)
    assert min(label.y for label in shown) >= 0
    assert max(label.y + label.rows * 16.0 for label in shown) <= bodymap.height(shown)
    assert bodymap.height(shown) > bodymap.HEIGHT
    report = made_up.healed(times=np.array([0.0, 1.0]), curves=(), places=crowd)
    assert f'viewBox="0 0 {bodymap.WIDTH} {bodymap.height(shown):.0f}"' in bodymap.draw(report, 1)


def test_a_place_that_stays_at_rest_is_named_without_a_number() -> None:
    quiet = dataclasses.replace(place(20, 45, "Quiet"), cells=np.array([100.0, 110.0]))
    loud = dataclasses.replace(place(20, 45, "Loud"), cells=np.array([100.0, 130.0]))
    report = made_up.healed(times=np.array([0.0, 1.0]), curves=(), places=(quiet, loud))
    assert bodymap.sentence(report, 1) == "Quiet: as at rest; Loud: immune cells ×1.3."
    drawing = bodymap.draw(report, 1)
    assert "Quiet</title>" in drawing and "Quiet</text>" not in drawing and "×1.3</text>" in drawing
    assert bodymap.quiet_words((report,)) == "At rest throughout (small dots): Quiet."
    assert bodymap.quiet_words((report, made_up.healed(places=()))) == ""


def crossings(places: tuple[PlaceSeries, ...]) -> int:
    """Pairs of leaders that cross, by the signs of the areas of their ends."""
    found = 0
    shown = bodymap.labels(places)
    lines = [(s.side, *bodymap.leader(bodymap.position(p), s.side, s.y)) for s, p in zip(shown, places, strict=True)]

    def turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    for (_, a, b), (_, c, d) in combinations(lines, 2):
        found += turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
    return found


def test_no_two_leaders_cross() -> None:
    rng = np.random.default_rng(2)
    for _ in range(40):
        crowd = tuple(
            place(float(x), float(y), f"P{k}", microbes=1e3 * (k % 2))
            for k, (x, y) in enumerate(rng.uniform([15, 10], [85, 70], (12, 2)))
        )
        assert crossings(crowd) == 0


def test_places_on_the_midline_are_shared_between_the_margins() -> None:
    sides = [label.side for label in bodymap.labels((place(50, 20), place(50, 30), place(49, 40), place(52, 50)))]
    assert sorted(sides) == [-1, -1, 1, 1]


def test_the_drawing_is_well_formed_and_says_numbers() -> None:
    report = made_up.healed()
    index = bodymap.telling_moment(report)
    drawing = str(bodymap.draw(report, index))
    ElementTree.fromstring(drawing)
    for shown in report.places:
        assert bodymap.steady(shown) or bodymap.cells_text(shown, index) in drawing
    assert "2.9 × 10⁷ CFU" in drawing


def test_a_place_empty_at_rest_is_counted_and_not_divided_by_zero() -> None:
    empty = dataclasses.replace(place(1, 1), cells=np.array([0.0, 2e4]))
    assert bodymap.cells_text(empty, 1) == "20\u202f000 cells"
    assert np.isfinite(bodymap.relative(empty)).all()


def test_after_the_end_nothing_is_claimed() -> None:
    gone = dataclasses.replace(place(1, 1), cells=np.array([10.0, np.nan]))
    assert bodymap.cells_text(gone, 1) == "–"


def test_it_opens_where_most_microbes_are() -> None:
    report = made_up.healed()
    assert abs(report.times[bodymap.telling_moment(report)] - 0.9) < 0.1
    assert bodymap.telling_moment(made_up.healed(places=())) == 0


def test_a_place_for_microbes_only_makes_no_claim_about_cells() -> None:
    surface = dataclasses.replace(place(20, 45, "Surface", microbes=1e4), cells=np.zeros(2))
    report = made_up.healed(times=np.array([0.0, 1.0]), curves=(), places=(surface,))
    assert bodymap.sentence(report, 1) == "Surface: 10\u202f000 CFU."
    assert "no-cells" in bodymap.draw(report, 1) and "cells</text>" not in bodymap.draw(report, 1)
