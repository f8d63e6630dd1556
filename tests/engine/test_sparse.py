"""Ordering, factors, solutions."""

from dataclasses import replace

import numpy as np
import pytest

from immunity.engine import prepare
from immunity.engine.kernel import entry
from immunity.engine.live import N_ROWS, new_live
from immunity.engine.ordering import eliminate
from immunity.engine.sparse import factorise, lay_out, solve
from tests.engine.zoo import everything


@entry
def work_out(wiring, live, entries, matrix, x):
    lay_out(wiring, live)
    for at in range(len(entries)):
        matrix[live.entry[at]] = entries[at]
    good = factorise(live, live.size[N_ROWS], matrix)
    if good:
        solve(live, live.size[N_ROWS], matrix, x)
    return good


def factor_and_solve(pattern, dense, x, rows=None):
    wiring = wiring_of(pattern)
    live = new_live(wiring)
    rows = pattern.order if rows is None else rows
    live.size[N_ROWS] = len(rows)
    live.pools[: len(rows)] = rows
    return work_out(wiring, live, fill(pattern, dense), np.zeros(len(pattern.column) + 1), x)


def wiring_of(pattern):
    empty = prepare(everything()).wiring
    return replace(
        empty,
        n_pool=len(pattern.order),
        order=pattern.order,
        row_ptr=pattern.ptr,
        row_diagonal=pattern.diagonal,
        row_column=pattern.column,
        n_update=pattern.updates,
    )


def fill(pattern, dense):
    rows = np.repeat(np.arange(len(dense)), np.diff(pattern.ptr))
    return dense[rows, pattern.column]


def random_system(seed):
    """A stream of the test's own, apart from the engine's, with a sparse matrix and its pattern."""
    draw, n = np.random.Generator(np.random.Philox(seed)), 40
    dense = np.where(draw.random((n, n)) < 0.08, draw.normal(0, 0.3, (n, n)), 0.0)
    dense[np.diag_indices(n)] = 3.0 + np.abs(dense).sum(axis=0)
    return draw, dense, eliminate(n, zip(*np.nonzero(dense), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_solves_random_sparse_systems(seed):
    draw, dense, pattern = random_system(seed)
    x = draw.normal(size=len(dense))
    wanted = np.linalg.solve(dense, x)
    assert factor_and_solve(pattern, dense, x)
    np.testing.assert_allclose(x, wanted, rtol=1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_rows_that_are_not_live_are_left_out(seed):
    draw, dense, pattern = random_system(seed)
    on = draw.random(len(dense)) < 0.6
    x = draw.normal(size=len(dense))
    wanted = np.where(on, 0.0, x)
    wanted[on] = np.linalg.solve(dense[np.ix_(on, on)], x[on])
    assert factor_and_solve(pattern, dense, x, pattern.order[on[pattern.order]])
    np.testing.assert_allclose(x, wanted, rtol=1e-11)


def test_a_hub_causes_no_fill():
    n = 30
    spokes = [(0, k) for k in range(1, n)] + [(k, 0) for k in range(1, n)]
    assert len(eliminate(n, spokes).column) == n + len(spokes)


def test_a_one_way_chain_causes_no_fill():
    links = [(k + 1, k) for k in range(20)] + [(k, j) for k in range(15, 20) for j in range(5)]
    assert len(eliminate(21, links).column) == 21 + len(set(links))


def test_a_vanishing_pivot_is_reported():
    dense = np.array([[1.0, 1.0], [1.0, 1.0]])
    pattern = eliminate(2, [(0, 1), (1, 0)])
    assert not factor_and_solve(pattern, dense, np.ones(2))
    dense[1, 1] = np.nan
    assert not factor_and_solve(pattern, dense, np.ones(2))
