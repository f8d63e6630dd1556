"""Run a case, or a cohort of it, and hold the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from immunity.cohorts import Begun, Options, mark_finished, run_case, run_cohort
from immunity.cohorts.cohort import Progress
from immunity.compiler.case import Case
from immunity.results.collect import collect_cohort, collect_run
from immunity.results.runs import Cohort, Run
from immunity.results.write import RESULT, write_beside_curves


def simulate(
    case: Case,
    *,
    stochastic: bool = False,
    seed: int = 0,
    host: int = 0,
    vary: bool = False,
    record_pools: bool = False,
    rtol: float = 1e-3,
    begun: Begun | None = None,
    papers: bool = True,
) -> Run:
    """Run one host; the parameters are those of :func:`immunity.cohorts.run_case`, and whether to list papers."""
    options = Options(seed, stochastic, vary, record_pools, rtol)
    outcome = run_case(
        case, stochastic=stochastic, seed=seed, host=host, vary=vary, record_pools=record_pools, rtol=rtol, begun=begun
    )
    return collect_run(case, outcome, options, papers=papers)


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
    keep: Sequence[str] = (),
    dask: str | None = None,
) -> Cohort:
    """Run a cohort, and keep it in ``out`` if a folder is given; see :func:`immunity.cohorts.run_cohort`.

    The folder holds the result, and under ``parts`` what is needed to add hosts to it, or to go on if it is unfinished.
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
        keep=keep,
        dask=dask,
    )
    cohort = collect_cohort(outcome)
    if out is None or outcome.curves is None or outcome.parts is None or not outcome.ran:
        return cohort
    write_beside_curves(cohort.record, cohort.summary, outcome.curves, Path(out))
    if not (outcome.batch.status < 0).any():  # hosts that could not be run may be tried again
        mark_finished(outcome.parts)
    return collect_cohort(replace(outcome, curves=Path(out) / RESULT))
