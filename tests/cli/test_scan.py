"""The command scan: what it prints, what it leaves, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from immunity.cli.main import run_command
from tests.trials.cases import BOOK

SCAN = ["scan", "growth", "--biology", "book.yaml", "--over", "exposures.0.dose=10 CFU to 40 CFU in 3"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("book.yaml").write_text(BOOK, encoding="utf-8")


def test_a_row_for_each_point_and_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*SCAN, "--read", "dish.count maximum", "outcome is dead", "--hosts", "3", "--out", "out"]) == 0
    text = capsys.readouterr().out
    assert "3 points, 3 hosts" in text and "25 CFU" in text and "median" in text
    table = Path("out/scan.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 4 and table[0].startswith("exposures.0.dose,")
    assert Path("out/report.html").is_file()


def test_json_is_what_the_file_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*SCAN, "--read", "dish.count maximum", "--out", "out", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(Path("out/scan.json").read_text(encoding="utf-8"))
    assert [point["exposures.0.dose"] for point in told["points"]] == ["10 CFU", "25 CFU", "40 CFU"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--read", "dish.counts maximum"], "E852"),
        (["--read", "dish.count maximum", "--sobol", "3"], "E852"),
        (["--read", "dish.count maximum", "--at-most", "2"], "E853"),
        (["--read", "dish.count maximum", "--hosts", "0"], "E612"),
    ],
)
def test_bad_input_is_refused(arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*SCAN, *arguments]) == 2
    assert code in capsys.readouterr().err
