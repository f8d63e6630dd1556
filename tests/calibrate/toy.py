"""A dish with growth and decay whose sensitivities are known."""

from __future__ import annotations

from pathlib import Path

import pytest

import immunity as im
from immunity import api

BOOK = """{kind: place, id: dish, volume: "1 mL"}
---
kind: molecule
id: sugar
unit: mg
lives_in: {dish: []}
numbers:
  rate: {value: "2 mg/day", status: assumed}
  loss: {value: "1 1/day", status: measured, source: a}
  twice: {derived: "2 * rate", where: {rate: sugar.rate}}
initial: {"at dish": "0 mg"}
flows:
  - {verb: produce, to: at dish, hazard: {use: sugar.rate}}
  - {verb: decay, hazard: {use: sugar.loss}}
readouts:
  - {id: dish.sugar, sum: [at dish], unit: mg}
---
{kind: sources, id: papers, sources: {a: {cite: "A. B. 2000"}}}
---
{kind: scenario, id: rest, title: At rest, days: 40, every: "1 d"}
"""


@pytest.fixture
def book(tmp_path: Path):
    path = tmp_path / "book.yaml"
    path.write_text(BOOK)
    return im.load(path)


@pytest.fixture
def case(book):
    return api.case("rest", book=book)
