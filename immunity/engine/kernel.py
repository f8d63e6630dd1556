"""How kernels are compiled: Numba's `njit`, cached on disk under a key made from the engine's own sources.

Numba's cache does not notice an edit in an imported file, so the cache folder carries a hash of all engine sources.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs

F = TypeVar("F", bound=Callable[..., Any])
njit: Any = numba.njit


def _cache_folder() -> str | None:
    """Return a writable folder for compiled kernels, or None."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    folder = Path(platformdirs.user_cache_dir("immunity")) / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder) if os.access(folder, os.W_OK | os.X_OK) else None


_FOLDER = _cache_folder()
_SETTINGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
# _nrt=False: no reference counts and no allocation in kernels, which more than halves the time to compile them


def kernel(function: F) -> F:
    """Compile a function that only other kernels call."""
    return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_SETTINGS)(function)


def entry(function: F) -> F:
    """Compile a function that Python calls; kept on disk with all that it calls, if a folder can be written."""
    if _FOLDER is None:
        return njit(**_SETTINGS)(function)
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = _FOLDER  # type: ignore[attr-defined]
    try:
        return njit(cache=True, no_cfunc_wrapper=True, **_SETTINGS)(function)
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]


def leaf(function: F) -> F:
    """Compile a short function into its callers: a call would hand over some hundred words."""
    return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True, **_SETTINGS)(function)
