"""The folder in which things are kept for the next start, if there is one that only this user can write.

What is kept there only saves time. Whatever is wrong with it, one goes on without, and says so once.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import platformdirs

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_said: set[str] = set()


def cache_folder(*names: str) -> Path | None:
    """A folder of this user's cache, made if it can be; None if there is none that can be trusted.

    One that is there and cannot be written is fine: a container's image may bring a warm one.
    """
    root = Path(platformdirs.user_cache_dir("immunity"))
    if not root.is_absolute():  # nobody knows where home is
        say_once(f"there is no home folder for a cache ({root}); set HOME or XDG_CACHE_HOME")
        return None
    folder = root.joinpath(*names)
    try:
        for place in (root, *(root.joinpath(*names[: n + 1]) for n in range(len(names)))):
            if not place.is_dir():
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if (reason := distrust(place)) is not None:
                say_once(f"the cache {place} is not used: {reason}")
                return None
    except OSError as error:
        say_once(f"the cache {folder} is not used: {error.strerror or error}")
        return None
    return folder


def distrust(folder: Path) -> str | None:
    """Why a folder cannot be trusted, or None: what lies in it is run, so nobody else may have put it there."""
    if not hasattr(os, "geteuid"):
        return None
    found = folder.stat()
    if found.st_uid not in (os.geteuid(), 0):
        return "it belongs to somebody else"
    if found.st_mode & OTHERS_WRITE:
        return f"others can write it (chmod go-w {folder})"
    return None


def read_kept(file: Path) -> bytes | None:
    """The content of a file that :func:`keep` wrote; None if there is none, or it is not whole."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        say_once(f"the cache {file.parent} cannot be read: {error.strerror or error}")
        return None
    digest, content = content[:32], content[32:]
    if hashlib.sha256(content).digest() != digest:
        say_once(f"the cache {file.parent} holds a damaged file; it is made anew")
        return None
    return content


def keep(file: Path, content: bytes) -> bool:
    """Keep a file, whole or not at all; say whether it could be kept."""
    temporary: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".writing-", delete=False) as stream:
            temporary = Path(stream.name)
            stream.write(hashlib.sha256(content).digest())
            stream.write(content)
        temporary.replace(file)
    except OSError as error:
        say_once(f"nothing can be kept in the cache {file.parent}: {error.strerror or error}")
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        return False
    return True


@contextlib.contextmanager
def locked(file: Path | None) -> Iterator[bool]:
    """Be the only one to make a file, meanwhile; say whether one is. Where nothing can be locked everybody may.

    A lock ends with the process that has it, however that ends.
    """
    lock = None if file is None else file.with_suffix(".lock")
    try:
        stream = None if lock is None else lock.open("ab")
    except OSError:
        stream = None
    if stream is None or lock is None:
        yield True
        return
    try:
        mine = _lock(stream)
        yield mine
        if mine:
            with contextlib.suppress(OSError):
                lock.unlink()
    finally:
        stream.close()


def _lock(stream: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)  # another has it; else there are no locks
    return True


def forget_oldest(folder: Path, pattern: str, kept: int) -> None:
    """Delete all but the newest files of a folder."""
    with contextlib.suppress(OSError):
        newest_first = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in newest_first[kept:]:
            old.unlink(missing_ok=True)


def say_once(text: str) -> None:
    """Say on the standard error stream what went wrong with the cache, the first time only."""
    if not _said:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"immunity: {text}. Going on without it; only the start takes longer.\n")
    _said.add(text)


def say_nothing() -> None:
    """Leave it to the process that started this one."""
    _said.add("")
