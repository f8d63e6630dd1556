"""Kernels are parts of the entries that call them: compiled once, and by themselves no machine code."""

from __future__ import annotations

import numpy as np
from numba.core.caching import NullCache

from immunity.compiler.tables import Floats
from immunity.engine.kernel import entry, kernel, leaf
from immunity.engine.parts import Part


@leaf
def _doubled(x: float) -> float:
    return 2.0 * x


@kernel
def _doubled_at(x: Floats, at: int, twice: bool) -> float:
    return _doubled(_doubled(x[at])) if twice else _doubled(x[at])


@kernel
def _both(x: Floats, at: int) -> float:
    return _doubled_at(x, at, True) + _doubled_at(x, np.uint32(1), False)  # pyright: ignore[reportArgumentType]


@entry
def total(x: Floats) -> float:
    return _both(x, 0) + _doubled_at(x, -1, False)


total._cache = NullCache()  # type: ignore[attr-defined]  # pyright: ignore  # what is taken from disk compiles nothing


def test_what_calls_what_deep_down_gives_its_result() -> None:
    assert total(np.array([1.0, 10.0, 100.0])) == 4.0 + 20.0 + 200.0


def test_a_kernel_is_compiled_once_for_whatever_whole_numbers() -> None:
    total(np.ones(3))
    assert len(_doubled_at.overloads) == 1  # type: ignore[attr-defined]  # pyright: ignore


def test_a_kernel_alone_is_no_machine_code() -> None:
    total(np.ones(3))
    (made,) = _doubled_at.overloads.values()  # type: ignore[attr-defined]  # pyright: ignore
    assert isinstance(made.library, Part)
    assert made.library.get_pointer_to_function(made.fndesc.llvm_func_name) == 0
    (whole,) = total.overloads.values()  # type: ignore[attr-defined]  # pyright: ignore
    assert whole.library.get_pointer_to_function(whole.fndesc.llvm_cpython_wrapper_name) != 0
