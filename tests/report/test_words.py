"""Numbers, units and times in words."""

from __future__ import annotations

import math

import pytest

from immunity.report.words import clock, is_plural, number, temperature, unit_text, whole, with_unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1"), (-2.5, "−2.5"), (0.1234, "0.123"), (9.996, "10"), (999.6, "1\u202f000"),
        (12345, "12\u202f300"), (99999, "10⁵"), (1e5, "10⁵"), (2.345e7, "2.34 × 10⁷"), (4e-5, "4 × 10⁻⁵"),
        (0.001, "0.001"), (math.nan, "–"), (math.inf, "∞"), (-math.inf, "−∞"),
    ],
)  # fmt: skip
def test_numbers_are_rounded_to_three_digits(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("1e9 cell/L", "10⁹ cells/L"), ("degC", "°C"), ("ug/L", "µg/L"), ("1", ""), ("cell", "cells"),
        ("CFU", "CFU"), ("umol/L", "µmol/L"), ("1/mm**2", "1/mm²"), ("gut/L", "gut/L"), ("cm2", "cm²"),
        ("cell/mm3", "cells/mm³"),
    ],
)  # fmt: skip
def test_units_are_printed_as_read(unit: str, text: str) -> None:
    assert unit_text(unit) == text


def test_a_number_with_a_power_in_its_unit_is_a_product() -> None:
    assert with_unit(4.1, "1e9 cell/L") == "4.1 × 10⁹ cells/L"
    assert with_unit(3, "1") == "3"
    assert temperature(38, "degC") == "38.0 °C"


@pytest.mark.parametrize(
    ("days", "day", "stamp", "when"),
    [
        (2, 1.5, "36 h", "after 36 h"),
        (10, 0.25, "6 h", "after 6 h"),
        (10, 0.01, "14 min", "after 14 min"),
        (10, 0, "0 h", "after 0 h"),
        (10, 2.14, "day 2.1", "on day 2.1"),
        (10, 4, "day 4", "on day 4"),
        (4000, 730.5, "year 2", "in year 2"),
    ],
)
def test_time_is_counted_in_what_suits_the_run(days: float, day: float, stamp: str, when: str) -> None:
    assert clock(days).stamp(day) == stamp
    assert clock(days).when(day) == when


@pytest.mark.parametrize(
    ("name", "plural"),
    [
        ("Neutrophils in blood", True), ("Staphylococcus aureus in skin", False), ("C-reactive protein", False),
        ("Bacteria", True), ("Cellulitis", False), ("Virus titre (nose)", False), ("", False),
    ],
)  # fmt: skip
def test_plural_names_take_plural_verbs(name: str, plural: bool) -> None:
    assert is_plural(name) is plural


def test_the_head_of_a_name_decides_its_verb() -> None:
    assert is_plural("Microbes beneath skin and mucosa") and is_plural("Bacteria inside macrophages")
    assert not is_plural("Saccharin that has reached the lymph nodes")


def test_numbers_are_not_torn_apart() -> None:
    assert whole("at 1.92 × 10¹¹ CFU, 26 % of 1 cm2") == "at 1.92\u00a0×\u00a010¹¹\u00a0CFU, 26\u00a0% of 1 cm²"
    assert whole("(1 points), 11 points, 1.6e4 CFU") == "(1\u00a0point), 11\u00a0points, 1.6\u00a0×\u00a010⁴\u00a0CFU"
    assert whole("one (1e8 CFU); 40.2 °C on day 3") == "one (10⁸\u00a0CFU); 40.2\u00a0°C on day 3"
    assert whole("IL 2 × CD3 in m2") == "IL 2 × CD3 in m2"
