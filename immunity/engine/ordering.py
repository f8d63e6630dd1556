"""Which row to eliminate next, and where the triangular factors fill in: done once per rule book."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import Ints


class Pattern(NamedTuple):
    """Rows of L and U in one array: left of the diagonal L, right of it U, in the order of elimination."""

    order: NDArray[np.uint32]
    ptr: Ints
    diagonal: Ints
    column: NDArray[np.uint32]

    @property
    def updates(self) -> int:
        """How often an entry is changed by a row above it."""
        behind = self.ptr[1:] - self.diagonal - 1
        left = np.arange(len(self.column)) < np.repeat(self.diagonal, np.diff(self.ptr))
        return int(behind[self.column[left]].sum(dtype=np.int64))


def eliminate(n: int, entries: Iterable[tuple[int, int]], *, last: int = 0) -> Pattern:
    """Order a matrix with a safe diagonal so that few new entries appear, and list all entries of its factors.

    The next pivot is the diagonal with the smallest product of entries left in its row and column.

    Parameters
    ----------
    n : int                         rows
    entries : (row, column) pairs   nonzero entries; the diagonal is always taken in
    last : int                      that many rows at the end are eliminated after all others

    References
    ----------
    Markowitz (1957), Management Science 3:255.
    """
    right: list[set[int]] = [set() for _ in range(n)]
    below: list[set[int]] = [set() for _ in range(n)]
    for row, column in entries:
        if row != column:
            right[row].add(column)
            below[column].add(row)
    left: list[set[int]] = [set() for _ in range(n)]

    def price_of(k: int) -> int:
        return len(right[k]) * len(below[k]) + (n * n if k >= n - last else 0)

    cost = [price_of(k) for k in range(n)]
    heap = [(cost[k], k) for k in range(n)]
    heapq.heapify(heap)
    order: list[int] = []
    done = [False] * n
    while heap:
        price, pivot = heapq.heappop(heap)
        if done[pivot] or price != cost[pivot]:
            continue
        done[pivot] = True
        order.append(pivot)
        for row in below[pivot]:
            left[row].add(pivot)
            new = right[pivot] - right[row] - {row}
            right[row] |= new
            right[row].discard(pivot)
            for column in new:
                below[column].add(row)
        for column in right[pivot]:
            below[column].discard(pivot)
        for k in right[pivot] | below[pivot]:
            cost[k] = price_of(k)
            heapq.heappush(heap, (cost[k], k))
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    ptr, diagonal, column = [0], [], []
    for row in range(n):
        column += sorted(left[row], key=rank.__getitem__)
        diagonal.append(len(column))
        column.append(row)
        column += sorted(right[row], key=rank.__getitem__)
        ptr.append(len(column))
    return Pattern(
        np.array(order, np.uint32), np.array(ptr, np.int32), np.array(diagonal, np.int32), np.array(column, np.uint32)
    )
