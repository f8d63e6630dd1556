"""Counts, seeds and numbers of every command are held to the same rules, before any work is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from immunity.cli.main import run_command

SENSITIVITY = ("sensitivity", "cut_finger", "--readout", "blood.crp")
FIT = ("fit", "neutrophil_egress.hazard", "--to", "wound")
TRIAL = ("trial", "dose_of_tetanus_toxoid", "--out", "out")
RANGE = "exposures.0.dose=1 CFU to 9 CFU in 2"
SCAN = ("scan", "cut_finger", "--over", RANGE, "--read", "blood.crp maximum", "--out", "out")
COHORT = ("cohort", "cut_finger", "--hosts", "2")
COUNTS = [
    (("probe", "cut_finger"), ("--workers", "--pairs")),
    (SENSITIVITY, ("--workers", "--samples", "--top")),
    (FIT, ("--workers", "--evaluations")),
    (TRIAL, ("--workers", "--hosts")),
    (SCAN, ("--workers", "--hosts", "--at-most")),
    (COHORT, ("--workers",)),
    (("cohort", "cut_finger"), ("--hosts",)),
]
ALL = [(command, option) for command, options in COUNTS for option in options]


def said(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], folder: Path) -> str:
    assert run_command(list(arguments)) == 2
    assert list(folder.iterdir()) == []
    return capsys.readouterr().err


@pytest.mark.parametrize(("command", "option"), ALL, ids=lambda given: given if isinstance(given, str) else given[0])
def test_no_count_is_below_one_or_no_number(
    command: tuple[str, ...],
    option: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for text, code in (("0", "E612"), ("-3", "E612"), ("2.5", "E626"), ("-inf", "E626"), ("\u0663", "E626")):
        heard = said((*command, option, text), capsys, tmp_path)
        assert code in heard and option in heard


@pytest.mark.parametrize("command", [("probe", "cut_finger"), SENSITIVITY, FIT], ids=lambda given: given[0])
def test_a_seed_is_one(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "E625" in said((*command, "--seed", "-1"), capsys, tmp_path)
    assert "E625" in said((*command, "--seed", str(2**64)), capsys, tmp_path)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (SENSITIVITY, "--step"),
        (TRIAL, "--days"),
        (("run", "cut_finger"), "--rtol"),
        (COHORT, "--rtol"),
    ],
    ids=lambda given: given if isinstance(given, str) else given[0],
)
def test_a_number_is_finite_and_in_plain_digits(
    command: tuple[str, ...],
    option: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ("nan", "-inf", "\u0661", "1e999"):
        assert "E626" in said((*command, option, text), capsys, tmp_path)


@pytest.mark.parametrize(
    "reach",
    ["1 CFU to 1e999 CFU", "1.2.3 CFU to 4 CFU", "-1.7e308 to 1.7e308", "1e-300 CFU to 1e300 CFU in 3 log", ". to 1"],
)
def test_a_range_that_is_none_is_refused(
    reach: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = [*SCAN]
    command[3] = f"exposures.0.dose={reach}"
    assert "E852" in said(tuple(command), capsys, tmp_path)
