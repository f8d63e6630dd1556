"""How kernels are compiled: Numba's `njit`, kept on disk by content."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import types

from immunity.engine.keep import KernelCache
from immunity.engine.parts import EntryCompiler, PartCompiler
from immunity.engine.pieces import Work, add_to_piece, make_ready, pieces_for, size_of
from immunity.engine.recall import recalled_calls
from immunity.engine.shared import Shared, signature_of
from immunity.language.user_cache import locked

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


def shared(function: F) -> F:
    """Compile a function that many kernels call: once, with the others of its module, as its annotations say."""
    made: Any = Shared(kernel(function))
    add_to_piece(made)
    return made


def entry(function: F) -> F:
    """Compile a function that Python calls; kept on disk with the kernels that it calls, if a folder can be written."""
    compiled = njit(**_SETTINGS, pipeline_class=EntryCompiler)(function)
    compiled._cache = KernelCache(function)
    usual = compiled.compile

    def works(signature: Any) -> list[Work]:
        return [*pieces_for(function), Entry(compiled, signature, usual)]

    def compile_once(signature: Any) -> Any:
        with compiling():
            make_ready(works(signature))
        return compiled.get_overload(signature)

    compiled.compile, compiled.works = compile_once, works
    return compiled


def works_for(*entries: Any) -> list[Work]:
    """All that is to be made ready for entries to be called as their annotations say."""
    every = [each.works(signature_of(each.py_func).args) for each in entries]
    return list(dict.fromkeys(work for works in every for work in works))


class Entry:
    """An entry as something to be made ready; without what it calls."""

    def __init__(self, compiled: Any, signature: Any, compile_it: Callable[[Any], Any]) -> None:
        self.name, self.size = compiled.py_func.__qualname__, size_of(compiled.py_func)
        self._compiled, self._signature, self._compile = compiled, signature, compile_it

    @property
    def file(self) -> Path | None:
        """Where Numba keeps it."""
        cache = self._compiled._cache
        kept = isinstance(cache, KernelCache)
        return cache.file(self._signature, self._compiled.targetctx.codegen()) if kept else None

    def take(self, *, whatever: bool = False) -> bool:
        """Have it ready, unless another process is making it."""
        file = self.file
        if file is not None and file.exists():
            self._compile(self._signature)
            return True
        with locked(file) as mine:
            if mine or whatever:
                self._compile(self._signature)
            return mine or whatever


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """For as long as kernels are compiled."""
    with recalled_calls(), what_is_there_left_alone():
        yield


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
