"""Sparse triangular factors without pivoting, on the pattern that `ordering` laid out, as far as it is live.

Entries of live rows and columns stand one after the other. Which entry each update hits is worked out when the lists of
what is live are: nothing is looked up while a matrix is factorised.
"""

# pyright: reportArgumentType=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

from immunity.compiler.tables import Floats
from immunity.engine.kernel import shared
from immunity.engine.live import N_ENTRIES, N_ROWS, Live
from immunity.engine.net import Wiring

SMALLEST_PIVOT = 0.1


@shared
def lay_out(wiring: Wiring, live: Live) -> None:
    """List the entries of the live rows and columns, and what updates hit; call it once the lists are made.

    Entries of the whole pattern that are not live are led to one behind all others, which nothing reads.
    """
    for at in range(len(wiring.row_column)):
        live.entry[at] = len(wiring.row_column)
    for row in range(len(wiring.order)):
        live.spot[row] = -1
    for place in range(live.size[N_ROWS]):
        live.spot[live.pools[place]] = 0
    count, update = 0, 0
    for place in range(live.size[N_ROWS]):
        row = live.pools[place]
        live.start[row] = count
        for at in range(wiring.row_ptr[row], wiring.row_ptr[row + 1]):
            column = wiring.row_column[at]
            if live.spot[column] >= 0:
                live.entry[at] = count
                live.column[count] = column
                live.spot[column] = count
                if column == row:
                    live.diagonal[row] = count
                count += 1
        live.stop[row] = count
        for at in range(live.start[row], live.diagonal[row]):
            column = live.column[at]
            for other in range(live.diagonal[column] + 1, live.stop[column]):
                live.hit[update] = live.spot[live.column[other]]
                update += 1
    live.size[N_ENTRIES] = count


@shared
def factorise(live: Live, n_rows: int, matrix: Floats) -> bool:
    """Overwrite a matrix by its factors L (unit diagonal) and U (diagonal inverted).

    Parameters
    ----------
    n_rows : int               live rows, in the order of elimination in ``live.pools``
    matrix : float64[entry]    live entries

    Returns
    -------
    bool    False if a pivot came near zero: the step is too long for the matrix
    """
    update = 0
    for place in range(n_rows):
        row = live.pools[place]
        diagonal = live.diagonal[row]
        for at in range(live.start[row], diagonal):
            column = live.column[at]
            first, stop = live.diagonal[column], live.stop[column]
            if matrix[at] != 0.0:
                factor = matrix[at] * matrix[first]
                matrix[at] = factor
                ahead = update - first - 1
                for other in range(first + 1, stop):
                    matrix[live.hit[ahead + other]] -= factor * matrix[other]
            update += stop - first - 1
        if not matrix[diagonal] > SMALLEST_PIVOT:
            return False
        matrix[diagonal] = 1.0 / matrix[diagonal]
    return True


@shared
def solve(live: Live, n_rows: int, matrix: Floats, x: Floats) -> None:
    """Overwrite x by the solution of L U y = x."""
    for place in range(n_rows):
        row = live.pools[place]
        total = x[row]
        for at in range(live.start[row], live.diagonal[row]):
            total -= matrix[at] * x[live.column[at]]
        x[row] = total
    for place in range(n_rows - 1, -1, -1):
        row = live.pools[place]
        diagonal = live.diagonal[row]
        total = x[row]
        for at in range(diagonal + 1, live.stop[row]):
            total -= matrix[at] * x[live.column[at]]
        x[row] = total * matrix[diagonal]
