"""Many hosts of one case."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from immunity.cohorts.batch import HostBatch, Options, join_batches, read_parts
from immunity.cohorts.draw import check_variation
from immunity.cohorts.errors import CohortInterrupted
from immunity.cohorts.manifest import describe_cohort, open_parts
from immunity.cohorts.tasks import Work, do_batch
from immunity.cohorts.workers import run_on_processes
from immunity.compiler.case import Case
from immunity.language.errors import fail

LARGEST_BATCH = 100  # hosts, also the size of a chunk of a written result
BATCHES_PER_WORKER = 8  # so that workers end together and little is lost with one

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CohortOutcome:
    """What became of every host of a cohort.

    Attributes
    ----------
    batch : HostBatch    one row per host, ascending
    parts : Path or None the folder of part files, to be removed once the cohort is kept elsewhere
    """

    case: Case
    options: Options
    batch: HostBatch
    parts: Path | None = None


def run_cohort(
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
    batch_size: int | None = None,
) -> CohortOutcome:
    """Run hosts 0 .. hosts - 1 of a case, each with its own draw of the numbers that vary between people.

    The numbers of a host depend on the case, the seed and the host alone: not on how many hosts there are,
    on how many processes, or in which batches.

    Parameters
    ----------
    hosts : int
    workers : int            local processes; 1 runs in this one
    out : path, optional     folder that keeps each finished batch under ``parts/``
    resume : bool            go on with the unfinished cohort in ``out``
    progress : callable      called with (hosts finished, hosts)
    batch_size : int         hosts per batch, for tuning only

    Raises
    ------
    RuleError
        A folder that cannot be used, another cohort in it, correlations that cannot be, no process that starts.
    CohortInterrupted
        After Ctrl-C. Finished hosts are kept if there is a folder to keep them in.
    """
    if hosts < 1 or workers < 1 or (batch_size is not None and batch_size < 1):
        raise fail("E721")
    options = Options(seed, stochastic, vary, record_pools, rtol)
    if vary:
        check_variation(case)
    parts = None if out is None else open_parts(Path(out), describe_cohort(case, hosts, options), resume=resume)
    kept = [] if parts is None else read_parts(parts)
    done = {int(host) for batch in kept for host in batch.host}

    def finished(batch: HostBatch) -> None:
        kept.append(batch)
        done.update(int(host) for host in batch.host)
        if progress is not None:
            progress(len(done), hosts)

    try:
        _run_missing(case, hosts, done, options, workers, parts, finished, batch_size)
    except KeyboardInterrupt as interrupt:
        raise CohortInterrupted(_how_to_go_on(len(done), hosts, out)) from interrupt
    return CohortOutcome(case, options, join_batches(kept, case, options), parts)


def _run_missing(
    case: Case,
    hosts: int,
    done: set[int],
    options: Options,
    workers: int,
    parts: Path | None,
    finished: Callable[[HostBatch], None],
    batch_size: int | None,
) -> None:
    work = Work(((case, options),), parts)
    missing = [host for host in range(hosts) if host not in done]
    if workers > 1 and len(missing) > 1:
        # compiles the kernels once, before several processes would each do it
        _run_here(work, (missing[0],), finished)
        missing = missing[1:]
    size = batch_size or max(1, min(LARGEST_BATCH, -(-len(missing) // (workers * BATCHES_PER_WORKER))))
    batches = [tuple(missing[first : first + size]) for first in range(0, len(missing), size)]
    if workers > 1 and len(missing) > 1:
        run_on_processes(
            work, [(0, batch) for batch in batches], workers=workers, finished=lambda _, batch, __: finished(batch)
        )
        return
    for batch in batches:
        _run_here(work, batch, finished)


def _run_here(work: Work, hosts: tuple[int, ...], finished: Callable[[HostBatch], None]) -> None:
    batch, _, complete = do_batch(work, (0, hosts))
    if len(batch.host):
        finished(batch)
    if not complete:
        raise KeyboardInterrupt


def remove_parts(outcome: CohortOutcome) -> None:
    """Remove the part files of a cohort that is kept elsewhere, unless some of its hosts could still be run again."""
    if outcome.parts is not None and not (outcome.batch.status < 0).any():
        shutil.rmtree(outcome.parts, ignore_errors=True)


def _how_to_go_on(done: int, hosts: int, out: Path | str | None) -> str:
    if out is None:
        return f"{done} of {hosts} hosts were finished; nothing is kept without an output folder"
    return f"{done} of {hosts} hosts are kept in {out}; run the same command with --resume to go on"
