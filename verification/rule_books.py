"""Run a scenario of a rule book over many hosts, the way the command line does."""

from __future__ import annotations

from pathlib import Path

import immunity
from immunity.cohorts import run_cohort
from immunity.compiler.tables import Floats


def run_book(
    path: Path, scenario: str, *, hosts: int, seed: int, workers: int = 1, rtol: float = 1e-3
) -> tuple[Floats, dict[str, Floats]]:
    """Run stochastic hosts of a scenario.

    Returns
    -------
    days : float64[time]
    values : dict          readout -> float64[time, host]

    Raises
    ------
    RuntimeError
        If a host does not run to its end.
    """
    case = immunity.case(scenario, book=immunity.load(path))
    outcome = run_cohort(case, hosts=hosts, seed=seed, workers=workers, stochastic=True, vary=False, rtol=rtol)
    failed = int((outcome.batch.status != 0).sum())
    if failed:
        raise RuntimeError(f"{failed} of {hosts} hosts did not run to their end")
    names = case.model.tables.names.readout
    readouts = outcome.batch.readouts  # float64[host, time, readout]
    return case.out_times, {name: readouts[:, :, k].T for k, name in enumerate(names)}
