"""Conserved quantities: weights w with w @ stoichiometry = 0, derived exactly."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from immunity.compiler.tables import Tables

Row = dict[int, Fraction]


def stoichiometry(tables: Tables, theta: np.ndarray | None = None) -> np.ndarray:
    """The matrix float64[pool, flow] of what each firing changes."""
    theta = tables.theta if theta is None else theta
    matrix = np.zeros((tables.n_pool, tables.n_flow))
    flows = tables.flows
    for flow in range(tables.n_flow):
        for k in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1]):
            weight = flows.stoich_weight[k]
            factor = theta[weight] if weight >= 0 else 1.0
            matrix[flows.stoich_pool[k], flow] += flows.stoich_coefficient[k] * factor
    return matrix


def _eliminate(rows: list[tuple[Row, Row]]) -> Iterator[Row]:
    """Gaussian elimination over the rationals; yields the combinations of pools whose row became empty."""
    pivots: dict[int, tuple[Row, Row]] = {}
    for row, combination in rows:
        while row:
            column = min(row)
            if column not in pivots:
                pivots[column] = (row, combination)
                break
            pivot, pivot_combination = pivots[column]
            factor = row[column] / pivot[column]
            row = _minus(row, pivot, factor)
            combination = _minus(combination, pivot_combination, factor)
        else:
            yield combination


def _minus(a: Row, b: Row, factor: Fraction) -> Row:
    result = dict(a)
    for key, value in b.items():
        left = result.get(key, Fraction(0)) - factor * value
        if left:
            result[key] = left
        else:
            result.pop(key, None)
    return result


def invariants(tables: Tables) -> list[dict[str, float]]:
    """A basis of the conserved sums, each as weights of pools by name.

    A pool that no flow touches is conserved on its own. Weighted side effects count at their reference values.
    """
    matrix = stoichiometry(tables)
    rows: list[tuple[Row, Row]] = []
    for pool in range(tables.n_pool):
        nonzero = np.flatnonzero(matrix[pool])
        rows.append(({int(f): Fraction(float(matrix[pool, f])) for f in nonzero}, {pool: Fraction(1)}))
    found = []
    for combination in _eliminate(rows):
        scale = combination[min(combination)]
        found.append({tables.names.pool[pool]: float(weight / scale) for pool, weight in sorted(combination.items())})
    return found
