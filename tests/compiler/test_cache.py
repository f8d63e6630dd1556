"""Compiled books are kept by content, and a cache that is damaged, old or not writable never shows."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from immunity.compiler import cache
from immunity.language.errors import RuleError, RuleErrors
from tests.compiler.books import compiled, write

BOOK = '{kind: cell, id: rod, lives_in: {blood: []}, flows: [{verb: die, hazard: "1 1/day"}]}'


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, empty."""
    monkeypatch.setattr(cache.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))
    return tmp_path / "cache" / "books"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often a book is compiled."""
    count: list[int] = []
    real = cache.compile_book
    monkeypatch.setattr(cache, "compile_book", lambda book, **met: (count.append(1), real(book, **met))[1])
    return count


def test_a_second_start_takes_the_book_from_the_cache(kept: Path, tmp_path: Path, compilations: list[int]) -> None:
    path = write(BOOK, tmp_path / "book")
    first, second = cache.load_compiled([path]), cache.load_compiled([path])
    assert len(compilations) == 1
    assert first is not second
    assert first.model.digest == second.model.digest
    assert first.model.tables.names == second.model.tables.names
    assert first.flows == second.flows
    assert first.space.pools == second.space.pools


def test_without_the_cache_nothing_is_written(kept: Path, tmp_path: Path) -> None:
    cache.load_compiled([write(BOOK, tmp_path / "book")], cached=False)
    assert not kept.exists()


def test_an_edited_file_misses_even_with_the_same_size_and_time(
    kept: Path, tmp_path: Path, compilations: list[int]
) -> None:
    path = write(BOOK, tmp_path / "book")
    stat = path.stat()
    cache.load_compiled([path])
    write(BOOK.replace("1 1/day", "2 1/day"), tmp_path / "book")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    book = cache.load_compiled([path])
    assert len(compilations) == 2
    assert book.numbers[book.numbers.index["rod.die.hazard"]].value == 2.0


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps("another thing"), b"\x80\x05\x95\xff"])
def test_a_damaged_file_is_ignored_and_mended(
    kept: Path, tmp_path: Path, compilations: list[int], content: bytes
) -> None:
    path = write(BOOK, tmp_path / "book")
    cache.load_compiled([path])
    (file,) = kept.glob("*.pickle")
    file.write_bytes(content)
    cache.load_compiled([path])
    assert len(compilations) == 2
    cache.load_compiled([path])
    assert len(compilations) == 2


def test_a_cut_off_file_is_ignored(kept: Path, tmp_path: Path, compilations: list[int]) -> None:
    path = write(BOOK, tmp_path / "book")
    cache.load_compiled([path])
    (file,) = kept.glob("*.pickle")
    file.write_bytes(file.read_bytes()[:-20])
    assert cache.load_compiled([path]).flows
    assert len(compilations) == 2


def test_a_cache_that_cannot_be_written_only_costs_time(kept: Path, tmp_path: Path, compilations: list[int]) -> None:
    kept.parent.write_text("a file where the folder should be")
    path = write(BOOK, tmp_path / "book")
    assert cache.load_compiled([path]).flows == cache.load_compiled([path]).flows
    assert len(compilations) == 2


def test_a_book_that_cannot_be_pickled_is_not_kept(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise pickle.PicklingError

    monkeypatch.setattr(cache.pickle, "dump", fails)
    assert cache.load_compiled([write(BOOK, tmp_path / "book")]).flows
    assert list(kept.iterdir()) == []


def test_the_same_files_in_other_layers_are_another_book(kept: Path, tmp_path: Path) -> None:
    write(BOOK, tmp_path / "both" / "a")
    write(BOOK.replace("lives_in", "replace: true, lives_in"), tmp_path / "both" / "b", body=False)
    cache.load_compiled([tmp_path / "both" / "a", tmp_path / "both" / "b"])
    with pytest.raises(RuleErrors):  # two rods in one layer
        cache.load_compiled([tmp_path / "both"])


def test_books_with_errors_are_never_kept(kept: Path, tmp_path: Path) -> None:
    path = write(BOOK.replace("verb: die", "verb: dye"), tmp_path / "book")
    for _ in range(2):
        with pytest.raises(RuleError):
            cache.load_compiled([path])
    assert not list(kept.glob("*"))


def test_old_books_are_deleted(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT", 2)
    for k in range(4):
        cache.load_compiled([write(BOOK, tmp_path / f"book{k}")])
    assert len(list(kept.glob("*.pickle"))) == 2


def test_compiled_books_are_plain_data() -> None:
    book = compiled(BOOK)
    assert pickle.loads(pickle.dumps(book)).flows == book.flows
