"""`immunity new`: files with blanks that are valid as they stand, and do something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import immunity
from immunity import api
from immunity.cli import templates
from immunity.cli.main import run_command
from immunity.scenario import parse_assignments
from immunity.validate import load_findings, run_findings

DOSING = '[{therapy: mine, dose: "100 mg", route: oral, every: "12 h", from: "0 d", until: "2 d"}]'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_files_are_valid_as_they_stand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in templates.TEMPLATES:
        assert run_command(["new", kind, f"my_{kind}"]) == 0
        assert "Wrote my_rules/" in capsys.readouterr().out
    findings = folder / "my_rules" / "findings"
    (verdict,) = run_findings(load_findings([findings]), build_case)
    assert verdict.points  # measured, whatever the verdict
    assert run_command(["check", "my_rules"]) == 0  # once for all, since every scenario is built for it


def build_case(scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Any:
    return api.case(scenario, host=host, changes=with_, days=days)


@pytest.mark.parametrize(
    ("kind", "with_it"),
    [
        ("molecule", {}),
        ("rules", {}),
        ("threat", {"changes": {"exposures.0.threat": "mine"}}),
        ("therapy", {"changes": {"therapies": DOSING}}),
        ("deficiency", {"host": {"deficiencies": ["mine"]}}),
    ],
)
def test_each_new_entry_changes_a_simulation(kind: str, with_it: dict[str, Any], folder: Path) -> None:
    run_command(["new", kind, "mine"])
    book = immunity.load(overlays=[folder / "my_rules"])
    if "therapies" in with_it.get("changes", {}):
        with_it = {"changes": parse_assignments([f"therapies={DOSING}"])}
    plain = immunity.run("cut_finger", days=1)["skin.neutrophils"].max().item()
    changed = immunity.run("cut_finger", days=1, book=book, **with_it)["skin.neutrophils"].max().item()
    assert abs(changed / plain - 1) > 0.05


def test_a_scenario_and_a_cell_run(folder: Path) -> None:
    run_command(["new", "scenario", "my_story"])
    run_command(["new", "cell", "my_cell"])
    assert run_command(["run", "my_story", "--overlay", "my_rules", "--days", "1"]) == 0


def test_what_somebody_wrote_is_never_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["new", "molecule", "mine"])
    file = folder / "my_rules" / "molecules" / "mine.yaml"
    file.write_text("my own words", encoding="utf-8")
    assert run_command(["new", "molecule", "mine"]) == 2
    assert "E706" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "my own words"


@pytest.mark.parametrize(("arguments", "code"), [(["cytokine", "il33"], "E613"), (["molecule", "IL-33"], "E208")])
def test_unknown_kinds_and_bad_ids_are_refused(
    arguments: list[str], code: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["new", *arguments]) == 2
    assert code in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_the_check_of_an_overlay_notes_only_what_is_new(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["new", "cell", "mine"])
    file = folder / "my_rules" / "cells" / "mine.yaml"
    file.write_text(file.read_text(encoding="utf-8") + 'numbers: {forgotten: "1 h"}\n', encoding="utf-8")
    capsys.readouterr()
    run_command(["check", "my_rules"])
    said = capsys.readouterr().out
    assert said.startswith("note: number mine.forgotten is not used by any rule\nNew numbers: 3 assumed; 3 have no")


def test_schemas_of_every_kind_are_written(folder: Path) -> None:
    assert run_command(["schema", "--into", "schema"]) == 0
    written = {file.name for file in (folder / "schema").iterdir()}
    assert {"molecule.schema.json", "finding.schema.json", "rule_book.schema.json"} <= written


def test_export_without_its_library_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("immunity.interop.case.find_spec", lambda name: None)
    assert run_command(["export", "cut_finger"]) == 2
    assert "E704" in capsys.readouterr().err
