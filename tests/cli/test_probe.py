"""The command probe, on a book of one dish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from immunity.cli.main import run_command

BOOK = """{kind: place, id: dish, volume: "1 mL"}
---
kind: threat
id: germ
unit: CFU
lives_in: {dish: []}
enters: {dish: at dish}
flows:
  - {verb: die, hazard: {value: "5 1/day", status: assumed}}
readouts:
  - {id: dish.germs, sum: [at dish], unit: CFU, scale: log10, limit_of_detection: "1 CFU"}
---
{kind: scenario, id: spill, title: Spilt, days: 1, exposures: [{threat: germ, site: dish, dose: "1e3 CFU", at: "1 d"}]}
"""
PHYSIOLOGY = """kind: physiology
id: toy
design: {factors: [0.01, 1, 100], hosts: {adult: {}}, adult: adult, rest: "5 d", microbes: dish.germs, clean: 0.0}
bounds: [{readout: dish.germs, hi: "LIMIT log10 CFU", why: "a dish is small", status: assumed}]
orders:
  - {id: more, claim: c, along: dose, of: [germ], readout: dish.germs, statistic: maximum, never: falls, why: w}
endings: [{readout: dish.germs, within: 1.1, slack: 0.1, why: w}]
"""


@pytest.fixture
def words(tmp_path: Path):
    (tmp_path / "book.yaml").write_text(BOOK)

    def made(limit: str, *more: str) -> list[str]:
        path = tmp_path / "physiology.yaml"
        path.write_text(PHYSIOLOGY.replace("LIMIT", limit))
        return ["probe", "--biology", str(tmp_path / "book.yaml"), "--physiology", str(path), "--workers", "1", *more]

    return made


def test_a_dish_that_holds(words, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(words("9", "--strict", "--json")) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["violations"] == [] and said["runs"] > 5
    assert said["checks"]["order"] >= 2


def test_a_bound_that_is_passed_is_shown_with_its_command(words, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(words("4", "--strict")) == 1
    said = capsys.readouterr().out
    assert "dish.germs reaches" in said and "no body passes 4 log10 CFU" in said
    assert "immunity run spill" in said and "exposures.0.dose=100000 CFU" in said


def test_markdown(words, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(words("4", "--markdown")) == 0
    assert "| dish.germs |" in capsys.readouterr().out
