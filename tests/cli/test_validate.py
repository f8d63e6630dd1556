"""`immunity validate`: what it prints, its exit codes, and Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from immunity.cli.main import run_command
from tests.processes import busy, children_of, gone, runs

ROOT = Path(__file__).parents[2]
FINDING = """\
---
id: {id}
topic: wound
claim: A claim.
cite: Smith 2001
used_for: {use}
runs: {{people: {{scenario: cut_finger, days: {days}, hosts: {hosts}}}}}
measure: {{run: people, readout: skin.wound, statistic: maximum}}
expect: {{value: "1 cm2", lo: "{lo} cm2", hi: "2 cm2"}}
"""


@pytest.fixture
def findings(tmp_path: Path) -> Path:
    path = tmp_path / "findings.yaml"
    path.write_text(
        FINDING.format(id="one", use="calibration", days=1, hosts=1, lo=0.5)
        + FINDING.format(id="two", use="validation", days=2, hosts=1, lo=0.5)
        + FINDING.format(id="many", use="validation", days=1, hosts=3, lo=0.5)
    )
    return path


def said_by(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run_command(["validate", *arguments])
    return code, capsys.readouterr().out


def test_the_last_line_counts_what_was_fitted_apart(findings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said_by(["--findings", str(findings)], capsys)
    assert code == 0
    assert out.rstrip().endswith("3 findings: 3 reproduced; calibration 1 of 1, validation 2 of 2 reproduced")


def test_quick_leaves_cohorts_out_and_judges_the_rest_alike(findings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said_by(["--findings", str(findings), "--quick", "--strict"], capsys)
    assert code == 0
    assert out.rstrip().endswith("2 reproduced, 1 not judged; calibration 1 of 1, validation 1 of 1 reproduced")
    quick = json.loads(said_by(["--findings", str(findings), "--quick", "--json"], capsys)[1])
    whole = json.loads(said_by(["--findings", str(findings), "--json"], capsys)[1])
    assert quick["counts"]["not judged"] == 1
    for one, other in zip(quick["findings"], whole["findings"], strict=True):
        assert one["points"] == ([] if one["id"] == "many" else other["points"])


def test_strict_fails_on_a_verdict_that_has_drifted(findings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--findings", str(findings), "--quick"]
    assert said_by([*asked, "--strict"], capsys)[0] == 0
    findings.write_text(findings.read_text().replace('"1 cm2", lo: "0.5 cm2"', '"1.9 cm2", lo: "1.8 cm2"'))
    assert said_by(asked, capsys)[0] == 0
    assert run_command(["validate", *asked, "--strict"]) == 1
    assert capsys.readouterr().err.rstrip().endswith("no known gap says why: one (missed), two (missed)")


@pytest.mark.parametrize("workers", ["0", "-1"])
def test_no_worker_is_refused(workers: str, findings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["validate", "--findings", str(findings), "--workers", workers]) == 2
    assert "E721" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not list child processes")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("working", [False, True], ids=["while it starts", "while it works"])
def test_however_it_is_stopped_no_process_is_left(number: signal.Signals, working: bool, tmp_path: Path) -> None:
    """Ctrl-C, while the processes are starting and while they work, is clean; a kill leaves nobody behind either."""
    path = tmp_path / "findings.yaml"
    path.write_text(FINDING.format(id="many", use="validation", days=10, hosts=3_000, lo=0.5))
    command = [sys.executable, "-m", "immunity", "validate", "--findings", str(path), "--workers", "2"]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=ROOT, stderr=said, start_new_session=True)
    workers: set[str] = set()
    try:
        while process.poll() is None and not (len(workers) >= 2 and (not working or all(map(busy, workers)))):
            workers = children_of(process.pid)  # those there are: one that compiles kernels beside them ends by itself
            time.sleep(0.05)
        assert process.poll() is None, (tmp_path / "said").read_text()
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does: to the workers too
        else:
            process.send_signal(number)
        assert gone({str(process.pid), *workers})
        process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if number == signal.SIGINT:
        errors = (tmp_path / "said").read_text()
        assert process.returncode == 130
        assert "Interrupted. 0 of 1 findings were judged; nothing is kept" in errors
        assert "Traceback" not in errors


def test_the_look_for_processes_finds_one_that_runs_on() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            assert runs(str(process.pid))
            assert not gone({str(process.pid)}, patience=0.1)
        finally:
            process.kill()
    assert gone({str(process.pid)})
