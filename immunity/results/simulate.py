"""Run a case, or a cohort of it, and hold the result."""

from __future__ import annotations

from pathlib import Path

from immunity.cohorts import Options, remove_parts, run_case, run_cohort
from immunity.cohorts.cohort import Progress
from immunity.compiler.case import Case
from immunity.results.collect import collect_cohort, collect_run
from immunity.results.runs import Cohort, Run


def simulate(
    case: Case,
    *,
    stochastic: bool = False,
    seed: int = 0,
    host: int = 0,
    vary: bool = False,
    record_pools: bool = False,
    rtol: float = 1e-3,
) -> Run:
    """Run one host; the parameters are those of :func:`immunity.cohorts.run_case`."""
    options = Options(seed, stochastic, vary, record_pools, rtol)
    outcome = run_case(
        case, stochastic=stochastic, seed=seed, host=host, vary=vary, record_pools=record_pools, rtol=rtol
    )
    return collect_run(case, outcome, options)


def simulate_cohort(
    case: Case,
    *,
    hosts: int,
    seed: int = 0,
    workers: int = 1,
    stochastic: bool = False,
    out: Path | str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    vary: bool = True,
    record_pools: bool = False,
    rtol: float = 1e-3,
) -> Cohort:
    """Run a cohort, and keep it in ``out`` if a folder is given; see :func:`immunity.cohorts.run_cohort`.

    The folder holds finished parts until the whole result is written, then the result alone.
    """
    outcome = run_cohort(
        case,
        hosts=hosts,
        seed=seed,
        workers=workers,
        stochastic=stochastic,
        out=out,
        resume=resume,
        progress=progress,
        vary=vary,
        record_pools=record_pools,
        rtol=rtol,
    )
    cohort = collect_cohort(outcome)
    if out is not None:
        cohort.save(out)
        remove_parts(outcome)
    return cohort
