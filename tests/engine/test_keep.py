"""Kernels are kept by content: another process has them at once, and nothing that is wrong with a file shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from immunity.engine import keep as keep_module

SCRIPT = """
import sys
import numpy as np
from immunity.engine import keep, telling
from immunity.engine.kernel import entry
telling.QUIET = 600.0  # on a busy machine it takes seconds
compiled = []
keep.tell_start = compiled.append
sys.path.insert(0, {folder!r})
import small
print(small.twice(np.arange(3.0)).tolist(), len(compiled))
"""
SMALL = """
from immunity.engine.kernel import entry

@entry
def twice(x):
    x *= 2.0
    return x[0]

def first(x):
    twice(x)
    return x
"""


def start(tmp_path: Path, module: Path, **environment: str) -> tuple[str, str]:
    """What a new process prints: whether it had to compile, and what it says."""
    script = SCRIPT.format(folder=str(module)).replace("small.twice", "small.first")
    here = str(Path(keep_module.__file__).parents[2])
    env = {**os.environ, "PYTHONPATH": here, "XDG_CACHE_HOME": str(tmp_path / "cache"), **environment}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.startswith("[0.0, 2.0, 4.0]"), done.stderr
    return done.stdout.split("]")[1].strip(), done.stderr


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "small.py").write_text(SMALL)
    return tmp_path / "one"


def test_a_second_process_has_the_kernel(tmp_path: Path, module: Path) -> None:
    assert start(tmp_path, module) == ("1", "")
    assert start(tmp_path, module) == ("0", "")


def test_another_environment_has_it_too(tmp_path: Path, module: Path) -> None:
    """Elsewhere, and written at another time."""
    start(tmp_path, module)
    shutil.copytree(module, tmp_path / "two")
    os.utime(tmp_path / "two" / "small.py", (1e9, 1e9))
    assert start(tmp_path, tmp_path / "two") == ("0", "")


@pytest.mark.parametrize("damage", ["empty", "cut", "garbled", "folder", "no home"])
def test_whatever_is_wrong_it_is_compiled_and_said_once(tmp_path: Path, module: Path, damage: str) -> None:
    start(tmp_path, module)
    (file,) = (tmp_path / "cache").rglob("*.kernel")
    content = file.read_bytes()
    if damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        bad = {"empty": b"", "cut": content[:-100], "garbled": content[:500] + bytes(100) + content[600:]}
        file.write_bytes(bad.get(damage, content))
    if damage == "no home":
        shutil.rmtree(tmp_path / "cache")
        (tmp_path / "cache").write_text("a file")
    compiled, said = start(tmp_path, module)
    assert compiled == "1"
    assert said.count("\n") == 1 and "immunity: " in said and "Traceback" not in said
    if damage in ("empty", "cut", "garbled"):
        assert start(tmp_path, module) == ("0", "")  # and it is mended


def test_the_key_depends_on_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keep_module.content_key()
    assert keep_module.content_key() == before
    honest = Path.read_bytes
    for name in ("rng.py", "tables.py"):
        monkeypatch.setattr(Path, "read_bytes", lambda path, name=name: honest(path) + b"#" * (path.name == name))
        assert keep_module.content_key() != before
