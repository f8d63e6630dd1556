"""Elements, ranges and branches mean in kernels what they mean in Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numba.core.caching import NullCache

from immunity.engine.kernel import entry, kernel
from immunity.engine.packed import Packed


@dataclass(frozen=True)
class Things(Packed):
    numbers: np.ndarray
    grid: np.ndarray
    flags: np.ndarray
    bounds: np.ndarray
    places: np.ndarray
    share: float


@kernel
def _from_the_end(things: Things, at: int) -> float:
    return things.numbers[at] + 10.0 * things.grid[at, -1] + 100.0 * things.grid[-1, at]


@kernel
def _ranges(things: Things, start: int, stop: int) -> float:
    total = 0.0
    for i in range(start, stop):
        for k in range(things.bounds[0], things.bounds[1]):
            if k == 2:
                continue
            total += things.numbers[k] * (i + 1)
        if i > 3:
            break
    for i in range(stop, start, -2):
        total += 1000.0 * i
    for place in range(things.places[1]):
        total += 7.0 * place
    last = -1
    for last in range(3):
        total += last
    return total + 0.5 * last


@kernel
def _sets(things: Things, at: int) -> None:
    things.numbers[0] = 1
    things.numbers[-1] = things.share
    things.grid[at, 0] = things.numbers[things.places[at]]
    things.bounds[at] = 3.9 * at
    things.flags[at] = things.numbers[at] > 0.5
    things.places[2] += 1
    at = at - 1
    if things.flags[at + 1] and not things.numbers[at] < 0.0:
        things.numbers[at] -= 0.25


@entry
def does_it_all(things: Things, start: int, stop: int) -> float:
    total = _from_the_end(things, start) + _from_the_end(things, -1) + _ranges(things, start, stop)
    _sets(things, 1)
    return total


does_it_all._cache = NullCache()  # type: ignore[attr-defined]  # pyright: ignore


def _things() -> Things:
    return Things(
        np.array([0.5, 2.0, -3.0, 4.0]),
        np.arange(12.0).reshape(4, 3)[:3].copy(),
        np.zeros(4, np.bool_),
        np.array([1, 4, 0], np.int32),
        np.array([3, 2, 1], np.uint32),
        0.125,
    )


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (2, 9), (1, 1), (2, -4)])
def test_kernels_do_what_python_does(start: int, stop: int) -> None:
    compiled, plain = _things(), _things()
    assert does_it_all(compiled, start, stop) == _as_python(plain, start, stop)
    for name in ("numbers", "grid", "flags", "bounds", "places"):
        assert np.array_equal(getattr(compiled, name), getattr(plain, name)), name


def _as_python(things: Things, start: int, stop: int) -> float:
    plain: Any = {each.__name__: each.py_func for each in (_from_the_end, _ranges, _sets)}  # type: ignore[attr-defined]  # pyright: ignore
    total = plain["_from_the_end"](things, start) + plain["_from_the_end"](things, -1)
    total += plain["_ranges"](things, start, stop)
    plain["_sets"](things, 1)
    return total


def test_a_loop_and_an_element_are_a_few_instructions() -> None:
    does_it_all(_things(), 0, 1)
    (made,) = _ranges.overloads.values()  # type: ignore[attr-defined]  # pyright: ignore
    body = str(made.library._final_module.get_function(made.fndesc.llvm_func_name))
    assert body.count("sdiv") == 2  # of the range by twos, and of the one without a sign
    assert body.count("invariant.load") == 2 * 3  # numbers, bounds, places: each where it lies and how long it is, once
