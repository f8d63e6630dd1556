"""Kernels compiled beside: where none are kept yet, another process makes half of them, while this one reads the book.

Two processes that share a cache leave to each other what the other is making. Whatever becomes of the helper, this
process compiles what is not there.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import subprocess
import sys
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from immunity.language.user_cache import cache_folder, forget_oldest

ENGINE = Path(__file__).parent / "engine"
KEPT = 20  # marks, of some versions and modes
CODE = "import sys; sys.path[:] = {path!r}; from immunity.engine.ahead import main; main(stochastic={stochastic})"

_begun: set[bool] = set()


def begin(*, stochastic: bool) -> subprocess.Popen[bytes] | None:
    """Have the kernels of a run compiled in another process, if that can be of use.

    It is not where they are there already, cannot be kept, or there is one processor only. The helper ends by itself,
    or with this process.
    """
    if stochastic in _begun or True in _begun or not sys.executable or getattr(sys, "frozen", False):
        return None
    _begun.add(stochastic)
    if usable_cores() < 2 or _has_kernels(stochastic):
        return None
    folder = cache_folder("kernels")
    if folder is None or not os.access(folder, os.W_OK):
        return None
    mark = folder / f"{_digest(stochastic)}.made"
    if mark.exists():
        return None
    try:
        helper = subprocess.Popen(
            [sys.executable, "-c", CODE.format(path=sys.path, stochastic=stochastic)],
            stdin=subprocess.PIPE,  # when this process ends, it reads so
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError:
        return None
    threading.Thread(target=helper.wait, daemon=True).start()  # when it has ended, nothing is left of it
    atexit.register(_end, helper, mark, stochastic)
    return helper


def _end(helper: subprocess.Popen[bytes], mark: Path, stochastic: bool) -> None:
    """End the helper with this process, and note if all is made: by it, or because this process has what it needs."""
    with contextlib.suppress(OSError):
        helper.kill()  # what it has finished is kept
        if helper.wait() == 0 or _has_kernels(stochastic):
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
