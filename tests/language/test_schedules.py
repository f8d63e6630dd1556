"""Doses, schedules and conditions in words."""

from __future__ import annotations

from typing import Any

import pytest

from immunity.language.schedules import amount_words, condition_words, rate_words


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"dose": "1 g"}, "1 g"),
        ({"dose": "1 g", "over": "30 min"}, "1 g over 30 min"),
        ({"rate": "5 mg/h", "over": "6 h", "loading": "40 mg"}, "5 mg/h for 6 h after 40 mg"),
        ({"dose": "9 CFU", "rate": {"value": "1 1/year"}}, "9 CFU"),
    ],
)
def test_amounts(entry: dict[str, Any], said: str) -> None:
    assert amount_words(entry) == said


def test_rates() -> None:
    assert rate_words({"dose": "1 CFU"}) is None
    assert rate_words({"rate": {"value": "2 1/year", "by_age": [["0 y", "1"]]}}) == "by chance, 2 1/year by age"


def test_conditions() -> None:
    hot = {"readout": "body.temperature", "above": "39 degC"}
    low = {"readout": "blood.neutrophils", "below": "1e9 cell/L"}
    entry = {"when": {**hot, "at_most": 3}, "only_if": {**low, "wait": "1 d"}, "stop_when": low}
    assert condition_words(entry) == [
        "when body.temperature is above 39 degC, up to 3 times",
        "each only if blood.neutrophils is below 1e9 cell/L, else 1 d later",
        "stopped when blood.neutrophils is below 1e9 cell/L",
    ]
    assert condition_words({}) == []
