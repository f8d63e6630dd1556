"""Readouts: unit, scale, offset, healthy range, and what they show."""

from __future__ import annotations

import pytest

import immunity
from immunity.ask import explain
from tests.compiler.books import case_of, compiled, refused, signal_value

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


BY_AGE = (
    'healthy: {lo: "4 cell", hi: "8 cell", from: "18 y", source: one2001, ages: ['
    '{until: "1 y", lo: "1 cell", hi: "3 cell", source: one2001}, {until: "2 y", lo: "2 cell", hi: "5 cell"}]}'
)

BY_AGE_SAID = f"{{id: x, sum: [rod at blood], unit: cell, {BY_AGE}}}"


@pytest.mark.parametrize(
    ("age", "days", "expected"),
    [
        ("0.5 y", 10.0, (1.0, 3.0)),
        ("1 y", 10.0, (2.0, 5.0)),
        ("17 y", 10.0, None),  # nobody has told one
        ("18 y", 10.0, (4.0, 8.0)),
        ("1.99 y", 10.0, None),  # grows out of it
    ],
)
def test_a_host_has_the_range_of_its_age(age: str, days: float, expected: tuple[float, float] | None) -> None:
    book = BOOK.replace("READOUT", f"{{id: x, sum: [rod at blood], unit: cell, {BY_AGE}}}")
    case = case_of(compiled(book + AGED.format(age=age, days=days)), name="aged")
    (info,) = case.model.readouts
    assert info.healthy == expected
    assert (info.healthy_source == "one2001") == (expected in ((1.0, 3.0), (4.0, 8.0)))


AGED = """
---
{{kind: host, id: person, attributes: {{age: "30 y"}}}}
---
{{kind: scenario, id: aged, title: Aged, days: {days}, host: {{age: "{age}"}}}}
"""


def test_ranges_by_age_are_told() -> None:
    book = compiled(BOOK.replace("READOUT", f"{{id: x, sum: [rod at blood], unit: cell, {BY_AGE}}}"))
    said = str(explain("x", book=book))
    assert "in health 4 cell to 8 cell [one2001] from the age of 18 y" in said
    assert "before the age of 1 y 1 cell to 3 cell [one2001]" in said


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
        ("{id: x, sum: [rod at blood], unit: cell, healthy: {lo: '3 cell', hi: '2 cell'}}", "E520"),
        (BY_AGE_SAID.replace("2 y", "1 y"), "E520"),
        (BY_AGE_SAID.replace("18 y", "1.5 y"), "E520"),
        (BY_AGE_SAID.replace("18 y", "18 kg"), "E305"),
    ],
)
def test_faults_of_readouts(readout: str, code: str) -> None:
    refused(BOOK.replace("READOUT", readout), code, line="id: x")


def test_two_readouts_of_one_name_are_refused() -> None:
    readout = "{id: x, sum: [rod at blood], unit: cell}"
    refused(BOOK.replace("READOUT", f"{readout}\n  - {readout}"), "E413", line="id: x")


def test_words_of_what_is_not_met_end_nothing() -> None:
    assert immunity.run("healthy_adult", days=0.1).outcome == "healthy"
