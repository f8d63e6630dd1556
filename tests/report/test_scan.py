"""The page of a scan: a line over one key, heat maps over two, one for each value of a third, dots over many."""

from __future__ import annotations

import pytest

from immunity.report.from_scan import MOST_MAPS, page_of_scan
from immunity.report.words import number
from tests.scans.test_scan import DOSE, GROWTH, scan


@pytest.mark.parametrize(
    ("said", "charts"),
    [
        ({"over": {DOSE: ["10 CFU", "40 CFU"]}}, 3),
        ({}, 3),
        ({"over": {GROWTH: "1 to 2 1/day in 2", DOSE: "9 to 20 CFU in 2", "days": [1, 2, 3]}}, 9),
        ({"sobol": 4}, 6),
    ],
)
def test_every_read_is_drawn(said, charts: int) -> None:
    page = page_of_scan(scan(**said))
    assert page.count('class="chart still"') == charts <= 3 * MOST_MAPS
    assert "<script" not in page and "dish.germs last" in page


def test_cells_say_their_value_and_missing_ones_stay_empty() -> None:
    made = scan()
    made.found.values[2, 0, 0] = float("nan")
    page = page_of_scan(made)
    assert page.count('class="void"') == 1
    assert f"<title>1 1/day, 40 CFU: {number(made.found.values[5, 0, 0])}<" in page
