"""The blood count: who stands in it, and what is marked as out of range."""

from __future__ import annotations

import dataclasses

import numpy as np

from immunity.report import counts, render
from immunity.report.words import clock

from . import made_up


def table(**changes: object) -> tuple[list[str], list[list[str]]]:
    report = made_up.healed(**changes)
    found = counts.count_table(report, clock(report.days))
    assert found is not None
    return found


def test_cells_of_the_blood_with_a_reference_range_stand_in_it() -> None:
    header, rows = table()
    assert header == ["Cells", "Before", "Lowest", "Highest", "Last", "Reference, adults"]
    assert [row[0] for row in rows] == ["Neutrophils in blood", "Monocytes in blood"]  # the most numerous first
    assert [row[-1] for row in rows] == ["1.8 to 7.5", "0.2 to 0.8"]


def test_what_is_out_of_range_is_marked_on_its_side() -> None:
    cell = made_up.curves()[5]
    times = np.array([0.0, 1.0, 2.0, 3.0])
    values = np.array([4.0, 1.7, 7.6, np.nan])
    _, ((_, before, lowest, highest, last, _),) = table(
        times=times, days=3.0, places=(), curves=(dataclasses.replace(cell, values=values),)
    )
    assert (before, last) == ("4", "7.6 ↑")
    assert lowest.startswith("1.7 ↓ (") and highest.startswith("7.6 ↑ (")
    inside = dataclasses.replace(cell, values=np.array([1.8, 7.5, 7.5, 7.5]))
    _, (row,) = table(times=times, days=3.0, places=(), curves=(inside,))
    assert "↑" not in "".join(row) and "↓" not in "".join(row)


def test_a_second_run_stands_beside_the_first() -> None:
    cell = dataclasses.replace(made_up.curves()[5], second=np.linspace(4.0, 0.5, len(made_up.TIMES)))
    header, (row,) = table(curves=(cell,), second=made_up.healed(label="without marrow"))
    assert header[-2:] == ["Lowest, without marrow", "Highest, without marrow"]
    assert row[-2].startswith("0.5 ↓ (") and row[-1].startswith("4 (")


def test_a_run_without_a_count_shows_no_table() -> None:
    report = made_up.healed(curves=made_up.curves()[:2])
    assert counts.count_table(report, clock(report.days)) is None
    assert "Blood count" not in render(report)
    assert "Blood count" in render(made_up.healed())
