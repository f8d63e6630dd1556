"""The commands sensitivity and fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from immunity.cli.main import run_command
from tests.calibrate.test_fit import FINDINGS
from tests.calibrate.toy import BOOK


@pytest.fixture
def given(tmp_path: Path) -> list[str]:
    (tmp_path / "book.yaml").write_text(BOOK)
    (tmp_path / "f.yaml").write_text(FINDINGS)
    return ["--biology", str(tmp_path / "book.yaml")]


def test_sensitivity_prints_a_table_and_json(given, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sensitivity", "rest", "--readout", "dish.sugar", "--statistic", "last", "--workers", "1", *given]
    assert run_command(words) == 0
    said = capsys.readouterr().out
    assert "sugar.rate" in said and "measured" in said and "elasticity" in said
    assert run_command([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["number"] for row in told["numbers"]} >= {"sugar.rate", "sugar.loss"}


def test_sensitivity_without_a_readout_looks_at_all_that_is_shown(given, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sensitivity", "rest", "--workers", "1", *given]
    assert run_command(words) == 0
    said = capsys.readouterr().out
    assert "sugar.rate" in said and "of dish.sugar" in said
    assert run_command([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scenario"] == "rest"
    assert {row["number"] for row in told["numbers"]} == {"sugar.rate", "sugar.loss", "dish.volume"}
    assert run_command([*words, "--method", "morris"]) == 2
    assert "--readout" in capsys.readouterr().err


@pytest.mark.parametrize("more", [["--readout", "dish.suger"], ["--readout", "dish.sugar", "--numbers", "sugar.x"]])
def test_sensitivity_refuses(given, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["sensitivity", "rest", *more, *given]) == 2
    assert capsys.readouterr().err.startswith("E83")


def test_fit_reports_what_was_held_out(given, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "fit",
        "sugar.rate",
        "--to",
        "level",
        "--hold-out",
        "early",
        "--findings",
        str(tmp_path / "f.yaml"),
        *given,
    ]
    assert run_command([*words, "--evaluations", "30"]) == 0
    said = capsys.readouterr().out
    assert "held out, after:  1 findings: 1 reproduced" in said
    assert run_command([*words[:3], "level", "--hold-out", "level", *words[6:]]) == 2
    assert "fitted to and held out" in capsys.readouterr().err
