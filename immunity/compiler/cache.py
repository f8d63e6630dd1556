"""Compiled books, kept by content so that a second start need not read them again."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import pickle
import sys
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pydantic

from immunity._version import __version__
from immunity.compiler.build import Compiled, compile_book
from immunity.compiler.plain import from_bytes, to_bytes
from immunity.compiler.space import map_space
from immunity.language.load import Book, list_files, load_book
from immunity.language.read import read_bytes
from immunity.language.user_cache import cache_folder, forget_oldest, keep, read_kept, say_once

KEPT = 24  # compiled books; older ones are deleted
KEPT_MET = 160  # of the built-in book, as scenarios and findings meet it: 1 MB each, and there are some seventy
QUICKLY = 1  # how hard to compress: a fifth of the size, in less time than writing the rest would take
PACKAGE = Path(__file__).resolve().parents[1]
T = TypeVar("T")


def load_compiled(paths: Sequence[Path], *, cached: bool = True, key: str | None = None) -> Compiled:
    """Read and compile a rule book, or take it from the cache of this user.

    The built-in book is compiled as far as a scenario meets it; what there is without any is seldom asked for, and
    compiled only then. Other books are compiled at once, for what is wrong with them to be told.

    Parameters
    ----------
    paths : sequence of Path
        Folders or files; later ones are laid over earlier ones.
    cached : bool
        Whether to look in, and write to, the cache.
    key : str, optional
        The ``content_key``, if it is known.

    Raises
    ------
    RuleError, RuleErrors
        As reading and compiling do. Books with errors are never cached.
    """

    def made() -> Compiled:
        return compile_book(load_book(paths), met=())  # scenarios say what more they meet

    if not cached:
        return _undisturbed(made)
    if all(Path(path).resolve().is_relative_to(PACKAGE) for path in paths):
        read = _kept(lambda: f"{key or content_key(paths)}.read", lambda: load_book(paths), KEPT, Book)
        return Deferred(read)
    return _kept(lambda: f"{key or content_key(paths)}.book", made, KEPT, Compiled)


class Deferred(Compiled):
    """A book of which nothing is met, compiled when somebody asks for what only compiling tells."""

    def __init__(self, book: Book) -> None:
        self.__dict__.update(book=book, space=map_space(book, ()))  # the dataclass is frozen

    def __getattr__(self, name: str) -> Any:
        """A field that is not there yet."""
        if name not in Compiled.__dataclass_fields__:
            raise AttributeError(name)
        space = self.space
        kept = (*map(tuple, space.sets.values()), tuple(sorted(space.absent)))
        self.__dict__.update(vars(compile_met(self.book, kept, ())))
        return self.__dict__[name]


def compile_met(book: Book, sets: Sequence[Sequence[str]], met: Collection[str] | None) -> Compiled:
    """Compile a book with those members of its open sets that are met; of the built-in book it is kept.

    A book of one's own is edited all the time; what a scenario meets of it would fill the cache.

    Parameters
    ----------
    sets : sequence of sequences of str
        The members that are compiled, set by set, and what is not met, which ``met`` amounts to.
    """

    def made() -> Compiled:
        return compile_book(book, met=met)

    if not book.files or not all(Path(file).is_relative_to(PACKAGE) for file in book.files):
        return _undisturbed(made)
    told = repr((_versions(), book.digest, book.files, sets))
    # the book itself is there already: half of what there is to read, and 8 MB of memory for each scenario
    named: dict[str, Any] = {
        f"{kind} {id}": entry for kind, entries in book.entries.items() for id, entry in entries.items()
    }
    named["book"] = book
    return _kept(lambda: f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.met", made, KEPT_MET, Compiled, named)


def _undisturbed(work: Callable[..., T], *arguments: Any) -> T:
    """Do what makes much that stays: the search for circles of garbage would go through all of it again and again."""
    if not gc.isenabled():
        return work(*arguments)
    gc.disable()
    try:
        return work(*arguments)
    finally:
        if not gc.get_freeze_count():  # else somebody has put away what is to stay so
            gc.freeze()
            gc.unfreeze()  # all that there is counts as old, and is not gone through twice before it does
        gc.enable()


def _kept(
    name: Callable[[], str], made: Callable[[], T], kept: int, kind: type[T], named: Mapping[str, Any] | None = None
) -> T:
    """Take a book, or a compiled one, from the cache, or make it and keep it there, without what has a name already."""
    folder = cache_folder("books")
    if folder is None:
        return _undisturbed(made)
    file = folder / name()
    content = read_kept(file)
    if content is not None:
        with contextlib.suppress(Exception):  # what another version wrote can raise anything
            found = _undisturbed(from_bytes, zlib.decompress(content), named)
            if isinstance(found, kind):
                return found
        say_once(f"a book in the cache {folder} cannot be used")
    compiled = _undisturbed(made)
    with contextlib.suppress(pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError):
        if keep(file, zlib.compress(_undisturbed(to_bytes, compiled, named), QUICKLY)):
            forget_oldest(folder, f"*{file.suffix}", kept)
    return compiled


def content_key(paths: Sequence[Path]) -> str:
    """Digest of everything a compiled book depends on: its files, where they lie, this package and Python."""
    digest = hashlib.sha256(_versions().encode())
    for path in paths:  # the same files in other layers are another book
        digest.update(f"\0{Path(path).resolve()}".encode())
    for path in list_files(paths):
        content = read_bytes(path)
        digest.update(f"\0{path}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _versions() -> str:
    return f"{__version__} {sys.version} {np.__version__} {pydantic.VERSION} {_code_digest()}"


def _code_digest() -> str:
    """Digest of the language and the compiler, so that editing them never meets an old book."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parent
    language = root.parent / "language"
    for file in sorted([*root.glob("*.py"), *language.rglob("*.py"), *language.glob("*.txt")]):
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()
