"""The command trial: what it prints, what it leaves, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from immunity.cli.main import run_command
from tests.trials.cases import BOOK, TRIAL


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    Path("book.yaml").write_text(BOOK, encoding="utf-8")
    Path("small.yaml").write_text(TRIAL, encoding="utf-8")
    return ["small.yaml", "--biology", "book.yaml"]


def test_it_prints_every_endpoint_and_writes_a_folder(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["trial", *files, "--hosts", "6", "--out", "out"]) == 0
    text = capsys.readouterr().out
    assert "Death (primary)" in text and "risk difference" in text and "ratio of geometric means" in text
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "effects.csv", "endpoints.csv", "hosts.csv", "parts", "report.html", "survival.csv", "trial.json"
    ]  # fmt: skip


def test_json_is_what_the_file_holds(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["trial", *files, "--hosts", "4", "--json", "--out", "out"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(Path("out/trial.json").read_text(encoding="utf-8"))
    assert told["arms"]["drug"]["flow"]["enrolled"] == 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["trial", "no_such_trial"], "E851"),
        (["trial", "small.yaml", "--hosts", "0"], "E612"),
        (["trial", "small.yaml", "--hosts", "x"], "E626"),
    ],
)
def test_bad_input_is_refused(
    arguments: list[str], code: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(arguments) == 2
    assert code in capsys.readouterr().err


def test_built_in_trials_are_listed_and_a_new_one_runs(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["list", "trials"]) == 0
    assert "early_antibiotic_in_pneumonia" in capsys.readouterr().out
    assert run_command(["new", "trial", "mine"]) == 0
    assert run_command(["trial", "my_rules/trials/mine.yaml", "--hosts", "2", "--days", "2"]) == 0
    assert "Wound clean (primary)" in capsys.readouterr().out
