"""How kernels are compiled: Numba's `njit`, kept on disk by content."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numba
from numba.core import types

from immunity.engine.keep import KernelCache
from immunity.engine.parts import EntryCompiler, PartCompiler
from immunity.engine.recall import recalled_calls

F = TypeVar("F", bound=Callable[..., Any])
njit: Any = numba.njit
_SETTINGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}
# _nrt=False: no reference counts and no allocation in kernels, which more than halves the time to compile them
_PART: dict[str, Any] = {**_SETTINGS, "no_cpython_wrapper": True, "pipeline_class": PartCompiler}


def kernel(function: F) -> F:
    """Compile a function that only other kernels call: once, whatever kinds of whole numbers they call it with."""
    compiled = njit(**_PART)(function)
    resolve = compiled.get_call_template

    def resolve_plainly(args: Any, kws: Any) -> Any:
        return resolve(tuple(map(_plain, args)), {name: _plain(kind) for name, kind in kws.items()})

    compiled.get_call_template = resolve_plainly
    return compiled


def entry(function: F) -> F:
    """Compile a function that Python calls; kept on disk with all that it calls, if a folder can be written."""
    compiled = njit(**_SETTINGS, pipeline_class=EntryCompiler)(function)
    compiled._cache = KernelCache(function)
    usual = compiled.compile

    def compile_once(signature: Any) -> Any:
        with recalled_calls(), what_is_there_left_alone():
            return usual(signature)

    compiled.compile = compile_once
    return compiled


@contextlib.contextmanager
def what_is_there_left_alone() -> Iterator[None]:
    """Let the search for circles of garbage not go through all that was there before, a rule book, again and again."""
    if gc.get_freeze_count():  # somebody has put away what is to stay so
        yield
        return
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)  # compiling makes much that stays for a while
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def leaf(function: F) -> F:
    """Compile a short function into its callers."""
    return njit(forceinline=True, **_PART)(function)


def _plain(kind: Any) -> Any:
    """A type without a value, and a whole number without a size."""
    kind = types.unliteral(kind)
    return types.int64 if kind in (types.int32, types.uint32, types.uint8) else kind
