"""immunity why: asked at the command line."""

from __future__ import annotations

import json

import pytest

from immunity.cli.main import run_command

ASKED = ["why", "cut_finger", "skin.neutrophils"]


def test_it_leads_back_to_the_bacteria(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*ASKED, "--days", "1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Neutrophils in the dermis (skin.neutrophils) on day ")
    assert "neutrophil_traffic.extravasate" in said
    assert said.index("CXCL8") < said.index("Staphylococcus aureus")


def test_programs_read_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*ASKED, "--days", "1", "--day", "0.5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["readout"], told["day"]) == ("skin.neutrophils", 0.5)


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--days", "1", "--day", "2"], "E840"), (["--days", "1", "--day", "-1"], "E840")]
)
def test_a_day_that_is_not_there_is_refused(
    arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*ASKED, *arguments]) == 2
    assert capsys.readouterr().err.startswith(code)


def test_a_readout_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["why", "cut_finger", "skin.neutrophil", "--days", "1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("E610")
    assert "skin.neutrophils" in said
