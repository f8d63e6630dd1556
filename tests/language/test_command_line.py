"""What the loader and the compiler refuse, the command line refuses: exit code 2, a message, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pint  # noqa: F401  # before work is counted: in old releases it brings Dask with it
import pytest

from immunity.cli.main import run_command
from tests.work import calls_of

from .judge import BODY, HERE, expected

SLOW = {"numba", "xarray", "zarr"}
EXAMPLES = sorted((HERE / "invalid").glob("*.yaml"))
MOST_CALLS = 600_000  # of functions, half a second on an idle machine


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
    codes: list[int] = []
    assert calls_of(lambda: codes.append(run_command(arguments(path, out)))) < MOST_CALLS
    said = capsys.readouterr()
    assert codes == [2]
    assert said.out == ""
    assert said.err.startswith(wanted.code)
    assert f"{path}:{wanted.line}" in said.err
    assert "To mend it:" in said.err and "Traceback" not in said.err
    assert wanted.near is None or f"Did you mean '{wanted.near}'?" in said.err
    assert not out.exists()


def test_an_accepted_book_is_not_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["check", "--biology", str(BODY)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", ["key_misspelt", "signals_in_a_circle", "dose_negative"])
def test_refused_by_a_process_of_its_own_before_anything_slow_is_imported(name: str, tmp_path: Path) -> None:
    path = HERE / "invalid" / f"{name}.yaml"
    out = tmp_path / "out"
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    script = "import sys; from immunity.cli.main import run_command; code = run_command(sys.argv[1:]); "
    script += f"sys.exit(code if not {SLOW!r} & sys.modules.keys() else 99)"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments(path, out)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(expected(path).code)
    assert not out.exists()
