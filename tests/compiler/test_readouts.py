"""Readouts: unit, scale, offset, healthy range, and what they show."""

from __future__ import annotations

import pytest

from tests.compiler.books import compiled, refused, signal_value

BOOK = """
{kind: sources, id: papers, sources: {one2001: {cite: One}}}
---
kind: cell
id: rod
lives_in: {blood: []}
initial: {at blood: "1e10 cell"}
signals: [{id: warmth, constant: "2 degC", unit: degC}]
readouts:
  - READOUT
"""


def row_of(readout: str):
    book = compiled(BOOK.replace("READOUT", readout))
    (row,) = book.readouts
    return row, row.scale * signal_value(book, book.signals[row.signal].name) + row.offset


def test_values_bounds_and_limits_are_in_the_readouts_own_unit() -> None:
    row, shown = row_of(
        '{id: blood.rods, sum: [rod at blood], per: volume of blood, unit: "1e9 cell/L",'
        ' limit_of_detection: "1e7 cell/L",'
        ' healthy: {lo: "1.8e9 cell/L", hi: "7.5e9 cell/L", source: one2001}, xref: {loinc: "1-2"}}'
    )
    assert shown == pytest.approx(2.0)
    assert row.info.limit_of_detection == pytest.approx(0.01)
    assert row.info.healthy == pytest.approx((1.8, 7.5))
    assert (row.info.healthy_source, row.info.loinc, row.info.name) == ("one2001", "1-2", "blood.rods")


def test_a_signal_is_shown_as_it_is_with_an_offset() -> None:
    assert row_of('{id: t, signal: warmth, offset: "37 degC", unit: degC}')[1] == pytest.approx(39.0)


@pytest.mark.parametrize(
    ("readout", "code"),
    [
        ("{id: x, sum: [rod at blood], unit: ng}", "E505"),
        ("{id: x, signal: warmth, unit: cell}", "E505"),
        ("{id: x, signal: warmt, unit: degC}", "E405"),
        ("{id: x, unit: cell}", "E517"),
        ("{id: x, sum: [rod at blood], signal: warmth, unit: cell}", "E517"),
        ("{id: x, sum: [rod at blood], unit: cell, offset: '1 ng'}", "E305"),
        ("{id: x, sum: [rod at blood], unit: cell, healthy: {lo: '1 cell', hi: '2 cell', source: two}}", "E412"),
    ],
)
def test_faults_of_readouts(readout: str, code: str) -> None:
    refused(BOOK.replace("READOUT", readout), code, line="id: x")


def test_two_readouts_of_one_name_are_refused() -> None:
    readout = "{id: x, sum: [rod at blood], unit: cell}"
    refused(BOOK.replace("READOUT", f"{readout}\n  - {readout}"), "E413", line="id: x")
