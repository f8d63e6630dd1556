"""Kernels are parts of the entries that call them: compiled once, and by themselves no machine code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core.caching import NullCache
from numba.core.types.functions import BaseFunction

from immunity.compiler.tables import Floats
from immunity.engine import recall
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


@entry
def thrice(x: Floats) -> float:
    return 3.0 * (x[0] * x[1])


@entry
def four_times(x: Floats) -> float:
    return 4.0 * (x[0] * x[1])


for each in (total, thrice, four_times):
    each._cache = NullCache()  # type: ignore[attr-defined]  # pyright: ignore  # what is taken from disk compiles nothing


def test_what_calls_what_deep_down_gives_its_result() -> None:
    assert total(np.array([1.0, 10.0, 100.0])) == 4.0 + 20.0 + 200.0


def test_a_kernel_is_compiled_once_for_whatever_whole_numbers() -> None:
    total(np.ones(3))
    assert len(_doubled_at.overloads) == 1  # type: ignore[attr-defined]  # pyright: ignore


def test_what_was_found_out_of_a_call_is_not_asked_again(monkeypatch) -> None:
    asked: list[Any] = []
    usual = BaseFunction.get_call_type

    def get_call_type(function: Any, context: Any, args: Any, kws: Any) -> Any:
        asked.append((function, args))
        return usual(function, context, args, kws)

    monkeypatch.setattr(BaseFunction, "get_call_type", get_call_type)
    monkeypatch.setattr(recall, "_met", {})  # what was compiled in this process before is forgotten
    for made in (thrice, four_times):
        assert made(np.array([2.0, 3.0])) == (18.0 if made is thrice else 24.0)
    assert len(asked) == len(set(map(str, asked))) > 0
    assert BaseFunction.get_call_type is get_call_type  # for others all is as it was


def test_a_kernel_alone_is_no_machine_code() -> None:
    total(np.ones(3))
    (made,) = _doubled_at.overloads.values()  # type: ignore[attr-defined]  # pyright: ignore
    assert isinstance(made.library, Part)
    assert made.library.get_pointer_to_function(made.fndesc.llvm_func_name) == 0
    (whole,) = total.overloads.values()  # type: ignore[attr-defined]  # pyright: ignore
    assert whole.library.get_pointer_to_function(whole.fndesc.llvm_cpython_wrapper_name) != 0
