"""Compiled books are kept by content, and a cache that is damaged, old or not writable never shows."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from immunity.compiler import cache, plain
from immunity.language import user_cache
from immunity.language.errors import RuleError, RuleErrors
from tests.compiler.books import compiled, write

BOOK = '{kind: cell, id: rod, lives_in: {blood: []}, flows: [{verb: die, hazard: "1 1/day"}]}'


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, empty."""
    monkeypatch.setattr(user_cache.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))
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


@pytest.mark.parametrize("content", [b"", b"no book", bytes(100), b"\x80\x05\x95\xff"])
def test_a_damaged_file_is_ignored_and_mended(
    kept: Path, tmp_path: Path, compilations: list[int], content: bytes
) -> None:
    path = write(BOOK, tmp_path / "book")
    cache.load_compiled([path])
    (file,) = kept.glob("*.book")
    file.write_bytes(content)
    cache.load_compiled([path])
    assert len(compilations) == 2
    cache.load_compiled([path])
    assert len(compilations) == 2


def test_a_cut_off_file_is_ignored(kept: Path, tmp_path: Path, compilations: list[int]) -> None:
    path = write(BOOK, tmp_path / "book")
    cache.load_compiled([path])
    (file,) = kept.glob("*.book")
    file.write_bytes(file.read_bytes()[:-20])
    assert cache.load_compiled([path]).flows
    assert len(compilations) == 2


def test_a_cache_that_cannot_be_written_only_costs_time(kept: Path, tmp_path: Path, compilations: list[int]) -> None:
    kept.parent.write_text("a file where the folder should be")
    path = write(BOOK, tmp_path / "book")
    assert cache.load_compiled([path]).flows == cache.load_compiled([path]).flows
    assert len(compilations) == 2


def test_a_book_that_cannot_be_written_is_not_kept(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> bytes:
        raise pickle.PicklingError

    monkeypatch.setattr(cache, "to_bytes", fails)
    assert cache.load_compiled([write(BOOK, tmp_path / "book")]).flows
    assert list(kept.iterdir()) == []


class Harm:
    """Does something when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)

    def __init__(self, folder: Path) -> None:
        self.folder = folder


def test_what_somebody_else_wrote_does_nothing(kept: Path, tmp_path: Path, compilations: list[int]) -> None:
    path, harmed = write(BOOK, tmp_path / "book"), tmp_path / "harmed"
    cache.load_compiled([path])
    (file,) = kept.glob("*.book")
    user_cache.keep(file, bytes(8) + pickle.dumps(Harm(harmed)))
    assert cache.load_compiled([path]).flows
    assert len(compilations) == 2 and not harmed.exists()
    pickle.loads(pickle.dumps(Harm(harmed)))  # as it would have been
    assert harmed.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("immunity.compiler.cache", "load_compiled"),
        ("immunity.compiler.cache", "pickle"),
        ("immunity.language.read", "Path"),
        ("immunity.compiler.plain", "importlib.import_module"),
        ("numpy", "ndarray"),
    ],
)
def test_only_plain_data_is_read(module: str, name: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match="no plain data"):
        plain.plain_class(module, name)


def test_data_come_back_as_they_were(kept: Path, tmp_path: Path) -> None:
    book = compiled(BOOK)
    back = plain.from_bytes(plain.to_bytes(book))
    assert back.flows == book.flows and back.model.tables.names == book.model.tables.names
    for part in ("theta", "initial", "countable"):
        one, other = getattr(book.model.tables, part), getattr(back.model.tables, part)
        assert one.dtype == other.dtype and one.tobytes() == other.tobytes()


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
    assert len(list(kept.glob("*.book"))) == 2


def test_the_built_in_book_is_compiled_when_it_is_asked_for_what_that_tells(
    kept: Path, tmp_path: Path, compilations: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(BOOK, tmp_path / "book")
    monkeypatch.setattr(cache, "PACKAGE", tmp_path.resolve())
    book = cache.load_compiled([path])
    assert book.book.entries["cell"] and book.space.places and not compilations
    with pytest.raises(AttributeError):
        book.nothing  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore
    tables = book.model.tables
    assert book.flows and book.model.tables is tables and len(compilations) == 1
    assert repr(book) == repr(compiled(BOOK))
    again = cache.load_compiled([path])
    assert again.model.tables.n_flow == tables.n_flow and len(compilations) == 1  # both are kept
