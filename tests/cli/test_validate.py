"""`immunity validate`: what it prints, its exit codes, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from immunity.cli.main import run_command

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
    assert said_by([*asked, "--strict"], capsys)[0] == 1


@pytest.mark.parametrize("workers", ["0", "-1"])
def test_no_worker_is_refused(workers: str, findings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["validate", "--findings", str(findings), "--workers", workers]) == 2
    assert "E721" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not list child processes")
@pytest.mark.parametrize(
    ("number", "seconds"), [(signal.SIGINT, 0.0), (signal.SIGINT, 4.0), (signal.SIGTERM, 4.0), (signal.SIGKILL, 4.0)]
)
def test_however_it_is_stopped_no_process_is_left(number: signal.Signals, seconds: float, tmp_path: Path) -> None:
    """Ctrl-C, while the processes are starting and while they work, is clean; a kill leaves nobody behind either."""
    path = tmp_path / "findings.yaml"
    path.write_text(FINDING.format(id="many", use="validation", days=10, hosts=2000, lo=0.5))
    command = [sys.executable, "-m", "immunity", "validate", "--findings", str(path), "--workers", "2"]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=ROOT, stderr=said, start_new_session=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        until = time.monotonic() + 120
        while len(children.read_text().split()) < 2 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        workers = children.read_text().split()
        assert len(workers) >= 2
        time.sleep(seconds)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does: to the workers too
        else:
            process.send_signal(number)
        process.wait(timeout=60)
    finally:
        process.kill()
    until = time.monotonic() + 20
    while any(map(runs, workers)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(runs, workers))
    if number == signal.SIGINT:
        errors = (tmp_path / "said").read_text()
        assert process.returncode == 130
        assert "Interrupted. 0 of 1 findings were judged; nothing is kept" in errors
        assert "Traceback" not in errors


def runs(process: str) -> bool:
    """Whether a process is there and not a mere entry that nobody has collected yet."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
