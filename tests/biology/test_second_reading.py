"""The second reading of numbers still is about the numbers of the rule book."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from immunity import api
from immunity.language.quantity import parse_quantity

ROOT = Path(__file__).parents[2]
READINGS: list[dict[str, Any]] = yaml.safe_load((ROOT / "qc" / "second_reading.yaml").read_text(encoding="utf-8"))[
    "readings"
]
VERDICTS = ("agrees", "differs", "not found")
KEYS = {"quantity", "number", "file", "model", "read", "read_in", "verdict"}


def faults(reading: dict[str, Any]) -> list[str]:
    """What is wrong with a reading: its keys, or a number that the rule book no longer holds."""
    found = [f"no {key}" for key in sorted(KEYS - reading.keys())]
    found += [f"what is {key}?" for key in sorted(reading.keys() - KEYS - {"where", "note"})]
    if found:
        return found
    if reading["verdict"] not in VERDICTS:
        found.append(f"{reading['verdict']} is no verdict")
    if reading["verdict"] != "agrees" and not reading.get("note"):
        found.append("what differs needs a note")
    tables = api.load().model.tables
    names = tables.names.parameter
    if reading["number"] not in names:
        return [*found, f"no number {reading['number']}"]
    if "where" in reading:
        text = (ROOT / reading["file"]).read_text(encoding="utf-8")
        if not re.search(rf'\b{reading["where"]}: "{re.escape(reading["model"])}"', text):
            found.append(f"{reading['where']} is no longer {reading['model']}")
    elif tables.theta[names.index(reading["number"])] != pytest.approx(parse_quantity(reading["model"]).value):
        found.append(f"{reading['number']} is no longer {reading['model']}")
    return found


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading["quantity"])
def test_a_reading_is_about_the_number_that_the_model_has(reading: dict[str, Any]) -> None:
    assert faults(reading) == []


def test_no_number_is_read_twice_and_a_hundred_are_read() -> None:
    read = [(reading["number"], reading.get("where")) for reading in READINGS]
    assert len(set(read)) == len(read) >= 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "20 h"}, "is no longer 20 h"),
        ({"number": "crp.clear.half_live"}, "no number"),
        ({"verdict": "fine"}, "no verdict"),
        ({"verdict": "differs"}, "needs a note"),
        ({"where": "all"}, "all is no longer 19 h"),
        ({"page": 3}, "what is page"),
    ],
)
def test_a_reading_that_is_wrong_is_noticed(change: dict[str, Any], said: str) -> None:
    right = next(reading for reading in READINGS if reading["number"] == "crp.clear.half_life")
    assert any(said in fault for fault in faults({**right, **change}))
