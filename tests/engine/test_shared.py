"""Shared kernels are compiled by themselves, as their annotations say, and are what they are in Python."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numba.core.caching import NullCache
from numpy.typing import NDArray

from immunity.compiler.tables import Floats
from immunity.engine import pieces
from immunity.engine.course import new_course
from immunity.engine.dice import new_dice
from immunity.engine.kernel import compiling, entry, kernel, shared, works_for
from immunity.engine.live import new_live
from immunity.engine.net import prepare, resolve
from immunity.engine.packed import Grid
from immunity.engine.pieces import Piece, make_ready, piece_of, pieces_for
from immunity.engine.rng import FLOWS, new_streams
from immunity.engine.rosenbrock import new_work
from immunity.engine.shared import kind_of
from immunity.language.user_cache import locked
from tests.engine.zoo import everything


@kernel
def _plus(x: float, y: float) -> float:
    return x + y


@shared
def add_row(grid: Grid, row: int, least: float) -> tuple[float, bool]:
    """Add up a row."""
    found = 0.0
    for column in range(grid.shape[1]):
        found = _plus(found, grid[row, column])
    return found, found > least


@shared
def add_rows(grid: Grid, out: Floats) -> None:
    """Add up all rows; one shared kernel calls another."""
    for row in range(len(out)):
        out[row], _ = add_row(grid, np.uint32(row), 0)  # pyright: ignore


@entry
def fill(grid: Grid, out: Floats) -> bool:
    add_rows(grid, out)
    return add_row(grid, 0, 2.5)[1]


@entry
def misuse(out: Floats) -> float:
    return add_row(out, 0, 0.0)[0]  # pyright: ignore


fill._cache = NullCache()  # type: ignore[attr-defined]  # pyright: ignore


def test_shared_kernels_give_what_they_return() -> None:
    out = np.zeros(2)
    assert fill(np.arange(6.0).reshape(2, 3), out)
    assert not fill(np.zeros((2, 3)), np.zeros(2))
    assert out.tolist() == [3.0, 12.0]


def test_a_piece_is_found_and_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    (piece,) = pieces_for(fill.py_func)  # type: ignore[attr-defined]  # pyright: ignore
    assert piece is piece_of(add_row) and {each.py_func.__name__ for each in piece.kernels} == {"add_row", "add_rows"}  # type: ignore[arg-type]  # pyright: ignore
    fill(np.zeros((2, 3)), np.zeros(2))
    monkeypatch.setattr(Piece, "_make", None)
    assert piece.take()


def test_what_does_not_fit_the_annotations_is_refused() -> None:
    with pytest.raises(TypeError, match="add_row"):
        misuse(np.zeros(3))


def test_a_wrong_annotation_is_found() -> None:
    def says_whole(x: float) -> int:
        return x  # type: ignore[return-value]  # pyright: ignore

    piece = Piece("nowhere")
    piece.kernels.append(shared(says_whole))  # type: ignore[arg-type]  # pyright: ignore
    with compiling(), pytest.raises(TypeError, match="float64, not int64"):
        piece._make(pieces._codegen())
    piece_of(says_whole_kernel := piece.kernels[0]).kernels.remove(says_whole_kernel)


def test_groups_are_what_their_annotations_say() -> None:
    """Else what is compiled before there is a group would not be what is called with it."""
    net = prepare(everything())
    wiring = net.wiring
    course = new_course(wiring, np.zeros(wiring.n_pool), 0.0, np.ones(2), True, 10)
    numbers = resolve(net, net.tables.theta)
    groups = (wiring, numbers, new_live(wiring), new_work(wiring), new_dice(wiring), course)
    for group in (*groups, new_streams(1, 2, net.flow_key, FLOWS)):
        assert kind_of(type(group)) == group._numba_type_


def test_what_another_makes_is_left_to_it_and_then_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codegen = pieces._codegen()
    with compiling():
        (made,) = pieces_for(fill.py_func)  # type: ignore[attr-defined]  # pyright: ignore
        content = pickle.dumps(made._make(codegen))
    file = tmp_path / "piece.kernel"
    monkeypatch.setattr(pieces, "kernel_file", lambda *_: file)
    other = Piece("other")
    other.kernels = made.kernels
    monkeypatch.setattr(Piece, "_make", None)
    with locked(file) as mine:
        assert mine
        assert not other.take()
        slept = []

        def sleep(_: float) -> None:  # meanwhile, the other one ends
            slept.append(pieces.keep_kernel(file, content))

        clock = SimpleNamespace(sleep=sleep, monotonic=time.monotonic)  # threads of other tests sleep, too
        monkeypatch.setattr(pieces, "time", clock)
        make_ready([other])
    assert slept == [None] and other.take()


def test_it_is_made_where_the_other_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PATIENCE", 0.05)
    file = tmp_path / "piece.kernel"
    monkeypatch.setattr(pieces, "kernel_file", lambda *_: file)
    piece = Piece("other")
    piece.kernels = pieces_for(fill.py_func)[0].kernels  # type: ignore[attr-defined]  # pyright: ignore
    with locked(file), compiling():
        make_ready([piece])
    assert file.exists() and piece.take()


def test_what_a_mode_needs_is_known_before_it_runs() -> None:
    from immunity.engine.ahead import ENTRIES

    names = {stochastic: {work.name for work in works_for(*ENTRIES[stochastic])} for stochastic in (False, True)}
    assert {"rosenbrock", "hazard", "advance_smooth"} <= names[False] < names[True]
    assert {"leap", "exact", "advance_stochastic"} <= names[True] - names[False]
    assert kind_of(NDArray[np.uint32]) != kind_of(NDArray[np.int32])
