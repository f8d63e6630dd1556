"""The theory of the stochastic suite, against the master equation solved by brute force."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import expm

from verification.moments import Moments, birth_death, dimerisation, immigration_death, reset_immigration_death

DAYS = np.array([0.0, 1.0, 2.5, 6.0])
SIZE = 160

Rate = Callable[[int], float]


def generator(moves: list[tuple[int, Rate]]) -> np.ndarray:
    """Generator of the master equation on 0 .. SIZE - 1, for jumps of given sizes and rates."""
    matrix = np.zeros((SIZE, SIZE))
    for jump, rate in moves:
        for n in range(SIZE):
            if 0 <= n + jump < SIZE:
                matrix[n + jump, n] += rate(n)
                matrix[n, n] -= rate(n)
    return matrix


def moments_of(matrix: np.ndarray, start: int, days: np.ndarray) -> Moments:
    """Mean and sd by the matrix exponential."""
    n = np.arange(SIZE)
    chances = [expm(matrix * day)[:, start] for day in days]
    mean = np.array([chance @ n for chance in chances])
    second = np.array([chance @ (n - m) ** 2 for chance, m in zip(chances, mean, strict=True)])
    fourth = np.array([chance @ (n - m) ** 4 for chance, m in zip(chances, mean, strict=True)])
    certain = second < 1e-12
    return Moments(mean, np.sqrt(second), np.where(certain, 0.0, fourth / np.where(certain, 1.0, second) ** 2 - 3.0))


def assert_same(found: Moments, expected: Moments) -> None:
    assert found.mean == pytest.approx(expected.mean, rel=1e-6, abs=1e-6)
    assert found.sd == pytest.approx(expected.sd, rel=1e-5, abs=1e-5)
    assert found.excess == pytest.approx(expected.excess, rel=1e-4, abs=1e-4)


def test_birth_death() -> None:
    brute = moments_of(generator([(1, lambda n: 0.1 * n), (-1, lambda n: 0.2 * n)]), 20, DAYS)
    assert_same(birth_death(DAYS, birth=0.1, death=0.2, start=20), brute)


@pytest.mark.parametrize("batch", [1, 5])
def test_immigration_death(batch: int) -> None:
    brute = moments_of(generator([(batch, lambda n: 1.5), (-1, lambda n: 0.4 * n)]), 0, DAYS)
    assert_same(immigration_death(DAYS, immigration=1.5, death=0.4, batch=batch), brute)


def test_reset() -> None:
    brute = moments_of(generator([(1, lambda n: 1.5), (-1, lambda n: 0.4 * n)]), 30, DAYS)
    found = reset_immigration_death(DAYS + 2.0, immigration=1.5, death=0.4, reset_day=2.0, value=30)
    assert_same(found, brute)


def test_dimerisation() -> None:
    days = np.arange(5.0)
    moves: list[tuple[int, Rate]] = [
        (1, lambda n: max(0.02 * (60 - 2 * n) * (59 - 2 * n) / 2, 0.0)),
        (-1, lambda n: 0.1 * n),
    ]
    brute = moments_of(generator(moves), 0, days)
    monomer, dimer = dimerisation(days, pair=0.02, release=0.1, start=60)
    assert_same(dimer, brute)
    assert_same(monomer, Moments(60 - 2 * brute.mean, 2 * brute.sd, brute.excess))
