"""A cache that cannot be used, or trusted, costs time and a sentence; nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from immunity.language import user_cache
from immunity.language.user_cache import cache_folder, keep, locked, read_kept


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_cache, "_said", set())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / ".cache" / "immunity"


def test_a_new_folder_is_the_users_own(home: Path) -> None:
    assert cache_folder("books") == home / "books"
    assert (home / "books").stat().st_mode & 0o777 == 0o700


def test_what_is_kept_comes_back_and_what_is_damaged_does_not(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = cache_folder("books")
    assert folder is not None
    file = folder / "one"
    assert read_kept(file) is None
    assert keep(file, b"content") and read_kept(file) == b"content"
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole[:20], bytes(len(whole)), whole + b"x"):
        file.write_bytes(damaged)
        assert read_kept(file) is None
    assert capsys.readouterr().err.count("\n") == 1  # said once


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners")
def test_a_folder_that_others_can_write_is_not_used(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "books").mkdir(parents=True, mode=0o700)
    for mode in (0o770, 0o707):
        (home / "books").chmod(mode)
        assert cache_folder("books") is None
    (home / "books").chmod(0o755)
    assert cache_folder("books") is not None
    home.chmod(0o777)
    assert cache_folder("books") is None
    said = capsys.readouterr().err
    assert "others can write it" in said and said.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners")
def test_a_folder_of_somebody_else_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder("books") is not None
    other = os.stat_result((0o40755, 0, 0, 1, os.geteuid() + 4321, 0, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda *_, **__: other)
    assert user_cache.distrust(home) == "it belongs to somebody else"


@pytest.mark.parametrize("home", ["", "relative/home"])
def test_without_a_home_there_is_no_cache(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(user_cache.platformdirs, "user_cache_dir", lambda _: str(Path(home) / ".cache" / "immunity"))
    assert cache_folder("books") is None
    assert list(tmp_path.iterdir()) == []


def test_nobody_knows_the_user(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(user_cache.platformdirs, "user_cache_dir", lambda _: "~/.cache/immunity")
    assert cache_folder("books") is None
    assert "no home folder" in capsys.readouterr().err


def test_a_full_disk_only_costs_time(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cache_folder("books")
    assert folder is not None

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert not keep(folder / "one", b"content")
    assert list(folder.iterdir()) == []
    assert "No space left" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_cache_that_can_only_be_read_is_used(home: Path) -> None:
    folder = cache_folder("books")
    assert folder is not None and keep(folder / "one", b"content")
    folder.chmod(0o500)
    try:
        assert read_kept((cache_folder("books") or folder) / "one") == b"content"
        assert not keep(folder / "two", b"more")
    finally:
        folder.chmod(0o700)


def test_a_file_in_the_place_of_the_folder(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.parent.mkdir(parents=True)
    home.write_text("a file")
    assert cache_folder("books") is None
    assert "not used" in capsys.readouterr().err


def test_one_alone_makes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "one.kernel"
    with locked(file) as first, locked(file) as second, locked(tmp_path / "two.kernel") as other:
        assert first and not second and other
    with locked(file) as again:
        assert again
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_locked_everybody_may(tmp_path: Path) -> None:
    nowhere = tmp_path / "no folder" / "one.kernel"
    with locked(nowhere) as first, locked(nowhere) as second, locked(None) as third:
        assert first and second and third


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    file = tmp_path / "one.kernel"
    holds = f"""
import sys, time
from pathlib import Path
from immunity.language.user_cache import locked
with locked(Path({str(file)!r})) as mine:
    print(mine, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", holds], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "True\n"
        with locked(file) as mine:
            assert not mine
        other.kill()
        other.wait()
    with locked(file) as mine:
        assert mine
