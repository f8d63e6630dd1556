"""A helper is started where it can help, ends with who started it, and is no loss if it dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from immunity import beside

WAITS = "import sys; sys.stdin.buffer.read()"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, two processors, and nothing that has run."""
    monkeypatch.setattr(beside, "_begun", set())
    monkeypatch.setattr(beside, "CODE", WAITS)
    monkeypatch.setattr(beside, "_has_kernels", lambda stochastic: False)
    monkeypatch.setattr(beside, "usable_cores", lambda: 2)
    monkeypatch.setattr(beside, "cache_folder", lambda name: tmp_path)
    monkeypatch.setattr(beside.atexit, "register", lambda *_: None)
    return tmp_path


def mark_of(folder: Path, stochastic: bool = True) -> Path:
    return folder / f"{beside._digest(stochastic)}.made"


def test_one_helper_is_started_and_ends_with_its_parent(folder: Path) -> None:
    (helper,) = beside.begin(stochastic=True)
    assert helper.poll() is None
    assert beside.begin(stochastic=True) == beside.begin(stochastic=False) == []
    assert helper.stdin is not None
    helper.stdin.close()  # as when the parent ends, however it ends
    assert helper.wait(10) == 0


def test_once_all_is_made_none_is_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (helper,) = beside.begin(stochastic=True)
    monkeypatch.setattr(beside, "_has_kernels", lambda stochastic: True)
    beside._end([helper], mark_of(folder), True)
    assert helper.returncode is not None and mark_of(folder).exists()
    monkeypatch.setattr(beside, "_begun", set())
    monkeypatch.setattr(beside, "_has_kernels", lambda stochastic: False)
    assert beside.begin(stochastic=True) == []
    assert not mark_of(folder, stochastic=False).exists()


def test_a_helper_that_died_leaves_it_to_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "CODE", "raise SystemExit(3)")
    (helper,) = beside.begin(stochastic=True)
    helper.wait(10)
    beside._end([helper], mark_of(folder), True)
    assert not mark_of(folder).exists()


def test_more_processors_more_helpers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "usable_cores", lambda: 8)
    helpers = beside.begin(stochastic=True)
    assert len(helpers) == beside.HELPERS
    beside._end(helpers, mark_of(folder), True)
    assert all(helper.returncode is not None for helper in helpers) and not mark_of(folder).exists()


@pytest.mark.parametrize("reason", ["one processor", "has run", "no folder", "cannot be written", "no interpreter"])
def test_none_is_started_where_it_is_of_no_use(folder: Path, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    if reason == "one processor":
        monkeypatch.setattr(beside, "usable_cores", lambda: 1)
    elif reason == "has run":
        monkeypatch.setattr(beside, "_has_kernels", lambda stochastic: True)
    elif reason == "no folder":
        monkeypatch.setattr(beside, "cache_folder", lambda name: None)
    elif reason == "cannot be written":
        monkeypatch.setattr(beside.os, "access", lambda *_: False)
    else:
        monkeypatch.setattr(beside.sys, "executable", None)
    assert beside.begin(stochastic=True) == []


@pytest.mark.parametrize("begun", ["in the middle of something", "done"])
def test_the_helper_itself_ends_with_its_parent_or_when_it_is_done(begun: str) -> None:
    """That is, reads that nobody is there any more; or nothing at all, until all is made."""
    seconds = 0 if begun == "done" else 60
    code = f"import time; from immunity.engine import ahead; ahead.make_ready = lambda works: time.sleep({seconds});"
    helper = subprocess.Popen([sys.executable, "-c", code + "ahead.main(stochastic=True)"], stdin=subprocess.PIPE)
    assert helper.stdin is not None
    if begun != "done":
        helper.stdin.close()
    assert helper.wait(50) == 0
    helper.stdin.close()
