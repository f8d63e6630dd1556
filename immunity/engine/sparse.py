"""Sparse triangular factors without pivoting, on the pattern that `ordering` laid out."""

from __future__ import annotations

from immunity.compiler.tables import Floats
from immunity.engine.kernel import kernel
from immunity.engine.net import Places, Wiring

SMALLEST_PIVOT = 0.1


@kernel
def factorise(wiring: Wiring, rows: Places, n_rows: int, matrix: Floats, line: Floats) -> bool:
    """Overwrite a matrix by its factors L (unit diagonal) and U (diagonal inverted).

    Parameters
    ----------
    rows : uint32[n_rows]      the live rows, in the order of elimination
    matrix : float64[entry]   entries; rows that are not live are never read
    line : float64[row]       workspace

    Returns
    -------
    bool    False if a pivot came near zero: the step is too long for the matrix
    """
    for place in range(n_rows):
        row = rows[place]
        start, diagonal, stop = wiring.row_ptr[row], wiring.row_diagonal[row], wiring.row_ptr[row + 1]
        for at in range(start, stop):
            line[wiring.row_column[at]] = matrix[at]
        for at in range(start, diagonal):
            column = wiring.row_column[at]
            if line[column] != 0.0:
                factor = line[column] * matrix[wiring.row_diagonal[column]]
                line[column] = factor
                for other in range(wiring.row_diagonal[column] + 1, wiring.row_ptr[column + 1]):
                    line[wiring.row_column[other]] -= factor * matrix[other]
        for at in range(start, stop):
            matrix[at] = line[wiring.row_column[at]]
        if not matrix[diagonal] > SMALLEST_PIVOT:
            return False
        matrix[diagonal] = 1.0 / matrix[diagonal]
    return True


@kernel
def solve(wiring: Wiring, rows: Places, n_rows: int, matrix: Floats, x: Floats) -> None:
    """Overwrite x by the solution of L U y = x."""
    for place in range(n_rows):
        row = rows[place]
        total = x[row]
        for at in range(wiring.row_ptr[row], wiring.row_diagonal[row]):
            total -= matrix[at] * x[wiring.row_column[at]]
        x[row] = total
    for place in range(n_rows - 1, -1, -1):
        row = rows[place]
        diagonal = wiring.row_diagonal[row]
        total = x[row]
        for at in range(diagonal + 1, wiring.row_ptr[row + 1]):
            total -= matrix[at] * x[wiring.row_column[at]]
        x[row] = total * matrix[diagonal]
