"""How kernels are compiled: Numba's `njit`, kept on disk by content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

from immunity.engine.keep import KernelCache

F = TypeVar("F", bound=Callable[..., Any])
njit: Any = numba.njit
_SETTINGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
# _nrt=False: no reference counts and no allocation in kernels, which more than halves the time to compile them


def kernel(function: F) -> F:
    """Compile a function that only other kernels call."""
    return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_SETTINGS)(function)


def entry(function: F) -> F:
    """Compile a function that Python calls; kept on disk with all that it calls, if a folder can be written."""
    compiled = njit(no_cfunc_wrapper=True, **_SETTINGS)(function)
    compiled._cache = KernelCache(function)
    return compiled


def leaf(function: F) -> F:
    """Compile a short function into its callers: a call would hand over some hundred words."""
    return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True, **_SETTINGS)(function)
