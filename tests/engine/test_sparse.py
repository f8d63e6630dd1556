"""Ordering, factors, solutions."""

from dataclasses import replace

import numpy as np
import pytest

from immunity.engine import prepare
from immunity.engine.kernel import entry
from immunity.engine.ordering import eliminate
from immunity.engine.sparse import factorise, solve
from tests.engine.zoo import everything


@entry
def factor_and_solve(wiring, rows, matrix, line, x):
    good = factorise(wiring, rows, len(rows), matrix, line)
    if good:
        solve(wiring, rows, len(rows), matrix, x)
    return good


def wiring_of(pattern):
    empty = prepare(everything()).wiring
    return replace(
        empty,
        n_pool=len(pattern.order),
        order=pattern.order,
        row_ptr=pattern.ptr,
        row_diagonal=pattern.diagonal,
        row_column=pattern.column,
    )


def fill(pattern, dense):
    rows = np.repeat(np.arange(len(dense)), np.diff(pattern.ptr))
    return dense[rows, pattern.column]


@pytest.mark.parametrize("seed", range(5))
def test_solves_random_sparse_systems(seed):
    draw = np.random.Generator(np.random.Philox(seed))
    n = 40
    dense = np.where(draw.random((n, n)) < 0.08, draw.normal(0, 0.3, (n, n)), 0.0)
    dense[np.diag_indices(n)] = 3.0 + np.abs(dense).sum(axis=0)
    pattern = eliminate(n, zip(*np.nonzero(dense), strict=True))
    x = draw.normal(size=n)
    wanted = np.linalg.solve(dense, x)
    assert factor_and_solve(wiring_of(pattern), pattern.order, fill(pattern, dense), np.zeros(n), x)
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
    wiring = wiring_of(pattern)
    assert not factor_and_solve(wiring, pattern.order, fill(pattern, dense), np.zeros(2), np.ones(2))
    dense[1, 1] = np.nan
    assert not factor_and_solve(wiring, pattern.order, fill(pattern, dense), np.zeros(2), np.ones(2))
