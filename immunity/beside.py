"""Kernels compiled beside: where none are kept yet, other processes make some of them, while this one reads the book.

Processes that share a cache leave to each other what another is making. Whatever becomes of helpers, this process
compiles what is not there.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from immunity.language.user_cache import cache_folder, forget_oldest

ENGINE = Path(__file__).parent / "engine"
HELPERS = 2  # at most: the largest pieces take a tenth of it all
KEPT = 20  # marks, of some versions and modes
CODE = "import sys; sys.path[:] = {path!r}; from immunity.engine.ahead import main; main(stochastic={stochastic})"

_begun: set[bool] = set()


def begin(*, stochastic: bool) -> list[subprocess.Popen[bytes]]:
    """Have the kernels of a run compiled in other processes, if that can be of use; return these.

    It is not where they are there already, cannot be kept, or there is one processor only. Helpers end by themselves,
    or with this process.
    """
    if stochastic in _begun or True in _begun or not sys.executable or getattr(sys, "frozen", False):
        return []
    _begun.add(stochastic)
    if usable_cores() < 2 or _has_kernels(stochastic):
        return []
    folder = cache_folder("kernels")
    if folder is None or not os.access(folder, os.W_OK):
        return []
    mark = folder / f"{_digest(stochastic)}.made"
    if mark.exists():
        return []
    helpers: list[subprocess.Popen[bytes]] = []
    with contextlib.suppress(OSError):
        while len(helpers) < min(HELPERS, usable_cores() - 1):
            helpers.append(_start(stochastic))
    for helper in helpers:
        threading.Thread(target=helper.wait, daemon=True).start()  # when it has ended, nothing is left of it
    atexit.register(_end, helpers, mark, stochastic)
    return helpers


def _start(stochastic: bool) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", CODE.format(path=sys.path, stochastic=stochastic)],
        stdin=subprocess.PIPE,  # when this process ends, it reads so
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _end(helpers: Sequence[subprocess.Popen[bytes]], mark: Path, stochastic: bool) -> None:
    """End helpers with this process, and note if all is made: by one, or because this process has what it needs."""
    with contextlib.suppress(OSError):
        for helper in helpers:
            helper.kill()  # what it has finished is kept
        if 0 in [helper.wait() for helper in helpers] or _has_kernels(stochastic):
            mark.touch()
            forget_oldest(mark.parent, "*.made", KEPT)


def _has_kernels(stochastic: bool) -> bool:
    """Whether this process has run something: then it need not wait for kernels."""
    engine = [sys.modules.get(f"immunity.engine.{name}") for name in ("course", "stochastic")]
    entries = [getattr(engine[0], "record_row", None)]
    entries += [getattr(engine[1], "advance_stochastic", None)] if stochastic else []
    return all(getattr(entry, "overloads", None) for entry in entries)


def usable_cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not every system can say
        return os.cpu_count() or 1


def _digest(stochastic: bool) -> str:
    """What kernels depend on, as far as it is known at once: without them, and without Numba."""
    digest = hashlib.sha256(f"{stochastic} {sys.version}".encode())
    for package in ("numba", "llvmlite", "numpy"):
        with contextlib.suppress(PackageNotFoundError):
            digest.update(f"{package} {version(package)}".encode())
    for source in sorted(ENGINE.glob("*.py")):
        stat = source.stat()
        digest.update(f"{source.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open() as told:
        digest.update(told.read(1000).partition("model name")[2].partition("\n")[0].encode())
    return digest.hexdigest()[:24]
