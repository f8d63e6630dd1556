"""How one person's numbers differ from the next person's."""

from __future__ import annotations

import hashlib
import math

import numpy as np

from immunity.compiler.case import Case
from immunity.compiler.derive import follow
from immunity.compiler.tables import Floats
from immunity.engine.rng import philox_block
from immunity.language.errors import fail

SMALLEST_PIVOT = 1e-10  # below this the matrix is singular to rounding
PARAMETERS = 1 << 30  # in the second counter word: blocks that no stream of a flow or pool gets to
WORD = 0xFFFFFFFF


def draw_theta(case: Case, seed: int, host: int) -> tuple[Floats, dict[str, float]]:
    """Draw one host's parameters around the case's own.

    theta_i -> theta_i * exp(sigma_i * y_i),  y = L z,  L L' = correlation,  z_i ~ Normal(0, 1)

    Each z_i belongs to (seed, host, name of the parameter), so that a further spread in the rule book
    changes no number that it is not correlated with. Numbers that are derived from others follow them.

    Parameters
    ----------
    case : Case
    seed, host : int

    Returns
    -------
    theta : float64[parameter]   base units; a fresh array
    draws : dict                 parameter name -> the multiplier drawn, median 1
    """
    theta = np.array(case.theta, dtype=np.float64)
    draws: dict[str, float] = {}
    spreads = case.model.spreads
    if not spreads:
        return theta, draws
    names = case.model.tables.names.parameter
    factor = correlation_factor(case.model.correlation, tuple(names[s.parameter] for s in spreads))
    z = [standard_normal(seed, host, stream_key(names[spread.parameter])) for spread in spreads]
    for spread, row in zip(spreads, factor, strict=True):
        # fsum rounds once, so zero entries of further spreads cannot move the last bit
        multiplier = math.exp(spread.sigma * math.fsum(a * b for a, b in zip(row, z, strict=True)))
        theta[spread.parameter] *= multiplier
        draws[names[spread.parameter]] = multiplier
    follow(case.model.formulas, case.theta, theta)
    return theta, draws


def check_variation(case: Case) -> None:
    """Check, before any host is drawn, that the correlations of a case can be.

    Raises
    ------
    RuleError
        E722 if they contradict each other.
    """
    if case.model.spreads:
        names = case.model.tables.names.parameter
        correlation_factor(case.model.correlation, tuple(names[s.parameter] for s in case.model.spreads))


def standard_normal(seed: int, host: int, key: int) -> float:
    """The one standard normal number of (seed, host, key), by Box and Muller from a block of Philox4x32-10."""
    counter = np.array([0, PARAMETERS, key, (seed >> 32) & WORD], np.uint64)
    a, b, c, d = (int(word) for word in philox_block(counter, np.array([seed & WORD, host & WORD], np.uint64)))
    u, v = ((((high << 32) | low) >> 11) + 0.5 for high, low in ((a, b), (c, d)))
    return math.sqrt(-2.0 * math.log(u * 2.0**-53)) * math.cos(2.0 * math.pi * v * 2.0**-53)


def stream_key(name: str) -> int:
    """The 32-bit key of the random stream that belongs to a parameter's variation between people."""
    return int.from_bytes(hashlib.sha256(f"variation:{name}".encode()).digest()[:4], "little")


def correlation_factor(correlation: Floats, names: tuple[str, ...]) -> Floats:
    """Lower Cholesky factor of a correlation matrix, checked.

    Raises
    ------
    RuleError
        E722 if the matrix has the wrong shape, is not symmetric with a unit diagonal, or not positive definite.
    """
    n = len(names)
    if correlation.shape != (n, n):
        raise fail("E722", reason=f"{n} numbers vary between people but the matrix is {correlation.shape}")
    if not np.allclose(correlation, correlation.T, atol=1e-12) or not np.allclose(np.diag(correlation), 1.0):
        raise fail("E722", reason="the matrix is not symmetric with ones on its diagonal")
    factor = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rest = correlation[i, j] - math.fsum(factor[i, k] * factor[j, k] for k in range(j))
            if i != j:
                factor[i, j] = rest / factor[j, j]
            elif rest > SMALLEST_PIVOT:
                factor[i, i] = math.sqrt(rest)
            else:
                partners = [names[k] for k in range(n) if k != i and correlation[i, k] != 0.0]
                raise fail("E722", reason=f"those of {names[i]} with {', '.join(partners)} contradict each other")
    return factor
