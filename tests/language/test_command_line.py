"""What the loader and the compiler refuse, the command line refuses: exit code 2, a message, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from immunity.cli.main import run_command

from .judge import BODY, HERE, expected

EXAMPLES = sorted((HERE / "invalid").glob("*.yaml"))
QUICK = 2.0


def arguments(path: Path, out: Path) -> list[str]:
    books = {
        "load": ["nothing", "--biology", str(path)],
        "compile": ["graze", "--biology", str(BODY), "--overlay", str(path)],
        "case": ["trial", "--biology", str(BODY), "--overlay", str(path)],
    }
    return ["run", *books[expected(path).stage], "--out", str(out)]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_refused_on_the_command_line(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = expected(path)
    out = tmp_path / "out"
    start = time.process_time()  # of this process, however busy the machine is
    code = run_command(arguments(path, out))
    assert time.process_time() - start < QUICK
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.startswith(wanted.code)
    assert f"{path}:{wanted.line}" in said.err
    assert "To mend it:" in said.err and "Traceback" not in said.err
    assert wanted.near is None or f"Did you mean '{wanted.near}'?" in said.err
    assert not out.exists()


def test_an_accepted_book_is_not_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["check", "--biology", str(BODY)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", ["key_misspelt", "signals_in_a_circle", "dose_negative"])
def test_refused_in_time_by_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    path = HERE / "invalid" / f"{name}.yaml"
    out = tmp_path / "out"
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "immunity", *arguments(path, out)], env=environment, capture_output=True, text=True
    )
    took = time.perf_counter() - start
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(expected(path).code)
    assert took < QUICK * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert not out.exists()
