"""Books that grow by antigens compile by linear work into linear tables: counted in lines and entries, not seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest

from bench.adaptive import book_of
from bench.scaling import arrays_of, exponent
from immunity.compiler.build import compile_book
from immunity.engine import prepare

STEEPEST = 1.3
COUNTS = (3, 6, 12)


def lines_run(work: Callable[[], Any]) -> tuple[int, Any]:
    """How many lines of Python run, turns of comprehensions included, and what comes out."""
    count = 0

    def watch(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        result = work()
    finally:
        sys.settrace(before)
    return count, result


def test_work_and_entries_of_the_compiler_grow_in_proportion() -> None:
    flows: list[int] = []
    lines: list[float] = []
    entries: dict[str, list[float]] = {}
    for antigens in COUNTS:
        book = book_of(antigens)
        count, compiled = lines_run(lambda: compile_book(book))  # noqa: B023
        tables = compiled.model.tables
        flows.append(tables.n_flow)
        lines.append(count)
        for name, array in arrays_of(tables):
            entries.setdefault(name, []).append(array.size)
    assert flows[2] == 4 * flows[0]
    assert exponent(flows, lines) < STEEPEST
    steep = {name: sizes for name, sizes in entries.items() if sizes[0] and exponent(flows, sizes) >= STEEPEST}
    assert steep == {}


def test_entries_of_a_net_made_ready_grow_in_proportion() -> None:
    flows: list[int] = []
    entries: dict[str, list[float]] = {}
    for antigens in COUNTS:
        net = prepare(compile_book(book_of(antigens)).model.tables)
        flows.append(net.wiring.n_flow)
        for name, array in arrays_of(net.wiring):
            entries.setdefault(name, []).append(array.size)
    assert len(entries) > 30
    steep = {name for name, sizes in entries.items() if sizes[0] and exponent(flows, sizes) >= STEEPEST}
    assert steep == set()


@pytest.mark.parametrize(("power", "passes"), [(1.0, True), (1.2, True), (1.5, False), (2.0, False)])
def test_the_gate_sees_work_that_grows_faster(power: float, passes: bool) -> None:
    def work(size: int) -> int:
        total = 0
        for k in range(round(size**power)):
            total += k
        return total

    sizes = [100, 200, 400]
    costs = [float(lines_run(lambda: work(size))[0]) for size in sizes]  # noqa: B023
    assert (exponent(sizes, costs) < STEEPEST) is passes


def test_the_gate_sees_a_search_through_all_members() -> None:
    members = [str(k) for k in range(400)]

    def search(size: int) -> list[str]:
        return [found for name in members[:size] for found in [m for m in members[:size] if m == name]]

    sizes = [100, 200, 400]
    costs = [float(lines_run(lambda: search(size))[0]) for size in sizes]  # noqa: B023
    assert exponent(sizes, costs) > STEEPEST


def test_every_array_is_counted() -> None:
    names = [name for name, _ in arrays_of(compile_book(book_of(1)).model.tables)]
    assert {"theta", "flows.stoich_pool", "signals.term_source", "flows.laws.parameter"} <= set(names)
    assert all(isinstance(array, np.ndarray) for _, array in arrays_of(compile_book(book_of(1)).model.tables))
