"""Compiled books, kept by content so that a second start need not read them again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import platformdirs
import pydantic

from immunity._version import __version__
from immunity.compiler.build import Compiled, compile_book
from immunity.language.load import list_files, load_book
from immunity.language.read import read_bytes

KEPT = 24  # compiled books; older ones are deleted


def load_compiled(paths: Sequence[Path], *, cached: bool = True) -> Compiled:
    """Read and compile a rule book, or take it from the cache of this user.

    Parameters
    ----------
    paths : sequence of Path
        Folders or files; later ones are laid over earlier ones.
    cached : bool
        Whether to look in, and write to, the cache.

    Raises
    ------
    RuleError, RuleErrors
        As reading and compiling do. Books with errors are never cached.
    """
    folder = Path(platformdirs.user_cache_dir("immunity")) / "books"
    file = folder / f"{content_key(paths)}.pickle"
    if cached:
        with contextlib.suppress(Exception), file.open("rb") as stream:  # a damaged file can raise anything
            found = pickle.load(stream)
            if isinstance(found, Compiled):
                return found
    compiled = compile_book(load_book(paths), met=())  # scenarios say what more they meet
    if cached:
        with contextlib.suppress(OSError, pickle.PicklingError, RecursionError):  # without a cache it only takes longer
            _keep(folder, file, compiled)
    return compiled


def content_key(paths: Sequence[Path]) -> str:
    """Digest of everything a compiled book depends on: its files, where they lie, this package and Python."""
    digest = hashlib.sha256(
        f"{__version__} {sys.version} {np.__version__} {pydantic.VERSION} {_code_digest()}".encode()
    )
    for path in paths:  # the same files in other layers are another book
        digest.update(f"\0{Path(path).resolve()}".encode())
    for path in list_files(paths):
        content = read_bytes(path)
        digest.update(f"\0{path.resolve()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _code_digest() -> str:
    """Digest of the language and the compiler, so that editing them never meets an old book."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parent
    language = root.parent / "language"
    for file in sorted([*root.glob("*.py"), *language.rglob("*.py"), *language.glob("*.txt")]):
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def _keep(folder: Path, file: Path, compiled: Compiled) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            pickle.dump(compiled, stream, protocol=pickle.HIGHEST_PROTOCOL)
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)
    kept = sorted(folder.glob("*.pickle"), key=lambda f: f.stat().st_mtime, reverse=True)
    for old in kept[KEPT:]:
        old.unlink(missing_ok=True)
