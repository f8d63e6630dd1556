"""Text out: letters that a terminal lacks, and a device that is full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from immunity.cli.text_out import nearest_letters

BOOK = """
{kind: place, id: dish, name: "Boîte à pétri – µL", volume: {value: "1 L", status: assumed}}
---
{kind: scenario, id: empty, title: "Guérison – 中", days: 1}
"""


def listed(
    folder: Path, *arguments: str, encoding: str, stdout: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    (folder / "book.yaml").write_text(BOOK, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "immunity", *arguments, "--biology", str(folder / "book.yaml")]
    where = {"stdout": subprocess.PIPE if stdout is None else stdout, "stderr": subprocess.PIPE}
    return subprocess.run(command, env=environment, check=False, **where)  # type: ignore[call-overload]


@pytest.mark.parametrize(("encoding", "expected"), [("ascii", b"Guerison - ?"), ("cp1252", b"Gu\xe9rison \x96 ?")])
def test_letters_that_the_terminal_lacks(tmp_path: Path, encoding: str, expected: bytes) -> None:
    done = listed(tmp_path, "list", "scenarios", encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout and b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_device(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = listed(tmp_path, "list", "scenarios", encoding="utf-8", stdout=full.fileno())
    assert done.returncode == 2
    assert b"E702" in done.stderr and b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr


def test_a_letter_keeps_what_it_can() -> None:
    assert nearest_letters(UnicodeEncodeError("ascii", "aéb", 1, 2, "x")) == ("e", 2)
    with pytest.raises(UnicodeDecodeError):
        nearest_letters(UnicodeDecodeError("ascii", b"\xff", 0, 1, "x"))
