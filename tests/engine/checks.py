"""What several tests of the engine share: short calls, and judges that raise `AssertionError`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import stats

from immunity.compiler.tables import Events, Floats, Tables
from immunity.engine import HostRun, Net, prepare, run_host
from tests.engine.nets import no_events

LIMIT = 4.5  # standard errors; seeds are fixed, so a test that passes keeps passing


def run(
    tables: Tables, days: float | Sequence[float] | Floats, events: Events | None = None, **options: Any
) -> HostRun:
    """Run a net from its initial amounts, with outputs at the given day or days."""
    out = np.atleast_1d(np.asarray(days, np.float64))
    return run_host(prepare(tables), tables.theta, tables.initial, events or no_events(), out, **options)


def many(net: Net, days: float, hosts: int, events: Events | None = None, seed: int = 1) -> Floats:
    """Return the final states of many stochastic hosts: float64[host, pool]."""
    tables, out = net.tables, np.array([days])
    dated = events or no_events()
    rows = [
        run_host(net, tables.theta, tables.initial, dated, out, stochastic=True, seed=seed, host=host)
        for host in range(hosts)
    ]
    assert all(row.status == 0 for row in rows)
    return np.array([row.state for row in rows])


def stoichiometry(tables: Tables, theta: Floats) -> Floats:
    """Return N float64[pool, flow]."""
    matrix, flows = np.zeros((tables.n_pool, tables.n_flow)), tables.flows
    for flow in range(tables.n_flow):
        for at in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1]):
            weight = theta[flows.stoich_weight[at]] if flows.stoich_weight[at] >= 0 else 1.0
            matrix[flows.stoich_pool[at], flow] += flows.stoich_coefficient[at] * weight
    return matrix


def check_ledger(tables: Tables, start: Floats, run: HostRun, tolerance: float = 1e-9) -> None:
    """Judge that the final state is the start plus all that is booked.

    Rounding piles up with what has passed through a pool, which is allowed a thousandth of the tolerance.
    """
    matrix = stoichiometry(tables, tables.theta)
    booked = start + matrix @ run.fired + run.added + run.clipped
    passed = np.abs(matrix) @ run.fired
    gap = np.abs(run.state - booked) / (np.abs(run.state) + np.abs(start) + tables.floor + 1e-3 * passed)
    assert gap.max() <= tolerance, f"ledger of pool {tables.names.pool[int(gap.argmax())]} is open by {gap.max():.2e}"


def check_moments(sample: Floats, mean: float, variance: float) -> None:
    """Judge mean and variance of a sample against theory, allowing `LIMIT` standard errors."""
    n = len(sample)
    off = (sample.mean() - mean) / np.sqrt(variance / n)
    assert abs(off) < LIMIT, f"mean {sample.mean():.6g}, should be {mean:.6g}: {off:.1f} standard errors off"
    fourth = np.mean((sample - sample.mean()) ** 4)
    spread = np.sqrt(max(fourth - variance**2, variance**2) / n)
    off = (sample.var(ddof=1) - variance) / spread
    assert abs(off) < LIMIT, f"variance {sample.var(ddof=1):.6g}, should be {variance:.6g}: {off:.1f} errors off"


def check_discrete(sample: Floats, cdf: Callable[[Floats], Floats], cells: int = 25) -> None:
    """Judge whole numbers against a distribution by chi-square, over cells of about equal chance."""
    assert np.array_equal(sample, np.floor(sample))
    grid = np.arange(sample.min() - 1, sample.max() + 2)
    edges = np.searchsorted(cdf(grid), np.arange(1, cells) / cells)
    tops = np.unique(grid[np.minimum(edges, len(grid) - 1)])
    chance = np.diff(np.concatenate([[0.0], cdf(tops), [1.0]]))
    seen = np.bincount(np.searchsorted(tops, sample, side="left"), minlength=len(chance))
    assert not seen[chance <= 0.0].any(), "drawn what cannot be"
    rare = chance * len(sample) < 5.0
    if rare.any():  # join them to the rarest of the others
        host = np.flatnonzero(~rare)[np.argmin(chance[~rare])]
        chance[host] += chance[rare].sum()
        seen[host] += seen[rare].sum()
        chance, seen = chance[~rare], seen[~rare]
    p = stats.chisquare(seen, chance * len(sample)).pvalue
    assert p > 1e-5, f"chi-square over {len(chance)} cells: p = {p:.1e}"


def check_continuous(sample: Floats, cdf: Callable[[Floats], Floats]) -> None:
    """Judge numbers against a continuous distribution by Kolmogorov and Smirnov."""
    p = stats.kstest(sample, cdf).pvalue
    assert p > 1e-5, f"Kolmogorov-Smirnov: p = {p:.1e}"
