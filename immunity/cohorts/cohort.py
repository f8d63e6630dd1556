"""Many hosts of one case."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from immunity.cohorts.batch import HostBatch, Options, join_batches, kept_columns
from immunity.cohorts.curves import CURVES
from immunity.cohorts.dask import run_on_dask
from immunity.cohorts.draw import check_variation
from immunity.cohorts.errors import CohortInterrupted
from immunity.cohorts.host import warm_up
from immunity.cohorts.place import Place, open_place
from immunity.cohorts.tasks import Batch, Work, do_batch
from immunity.cohorts.workers import run_on_processes
from immunity.compiler.case import Case
from immunity.language.errors import fail

LARGEST_BATCH = 100  # hosts
BATCHES_PER_WORKER = 8  # so that workers end together and little is lost with one

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CohortOutcome:
    """What became of every host of a cohort.

    Attributes
    ----------
    batch : HostBatch        one row per host, ascending; without curves if those are in a folder
    parts : Path or None     the folder of part files, if there is one
    curves : Path or None    the Zarr group with ``readout`` and perhaps ``pool``, float64[time, host, column]
    ran : bool               whether anything had to be run
    """

    case: Case
    options: Options
    batch: HostBatch
    parts: Path | None = None
    curves: Path | None = None
    ran: bool = True


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
    keep: Sequence[str] = (),
    dask: str | None = None,
    batch_size: int | None = None,
) -> CohortOutcome:
    """Run hosts 0 .. hosts - 1 of a case, each with its own draw of the numbers that vary between people.

    The numbers of a host depend on the case, the seed and the host alone: not on how many hosts there are,
    on how many processes, where they are, or in which batches.

    Parameters
    ----------
    hosts : int
    workers : int            local processes; 1 runs in this one
    out : path, optional     folder in which workers keep what is finished; then this process holds no curves
    resume : bool            go on with the cohort in ``out``, which may be finished and get more hosts
    progress : callable      called with (hosts finished, hosts)
    keep : sequence of str   readouts to keep, all if none is named
    dask : str, optional     address of a Dask scheduler, whose workers run the hosts instead of local processes
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
    options = Options(seed, stochastic, vary, record_pools, rtol, tuple(keep))
    kept_columns(case, options)
    if vary:
        check_variation(case)
    place: Place | None = None
    kept: list[HostBatch] = []
    done: set[int] = set()

    def finished(batch: HostBatch) -> None:
        kept.append(batch)
        done.update(int(host) for host in batch.host)
        if progress is not None:
            progress(len(done), hosts)

    try:
        if out is not None:
            place = open_place(Path(out), case, hosts, options, batch_size, resume=resume)
            kept += place.kept
            done.update(int(host) for batch in kept for host in batch.host)
        missing = [host for host in range(hosts) if host not in done]
        if missing:
            if place is not None:
                place.make_room()
            work = Work(((case, options),)) if place is None else Work(((case, options),), place.parts, place.shard)
            size = batch_size or max(1, min(LARGEST_BATCH, -(-len(missing) // (workers * BATCHES_PER_WORKER))))
            _run_missing(work, _batches(missing, size, work), workers, dask, finished)
        batch = join_batches(kept, case, options)
    except KeyboardInterrupt as interrupt:
        known = len(done) if out is None or place is not None else None
        raise CohortInterrupted(_how_to_go_on(known, hosts, out)) from interrupt
    if place is None:
        return CohortOutcome(case, options, batch)
    curves = place.parts / CURVES if missing else place.curves
    return CohortOutcome(case, options, batch, place.parts, curves, bool(missing) or not place.finished)


def _batches(missing: list[int], size: int, work: Work) -> list[Batch]:
    """Cut the hosts into batches; those that go to files, file by file."""
    if work.parts is not None:
        groups = itertools.groupby(missing, key=lambda host: host // work.shard)
        return [(0, tuple(hosts)) for _, hosts in groups]
    return [(0, tuple(missing[first : first + size])) for first in range(0, len(missing), size)]


def _run_missing(
    work: Work, batches: list[Batch], workers: int, dask: str | None, finished: Callable[[HostBatch], None]
) -> None:
    def take(_: int, batch: HostBatch, __: float) -> None:
        finished(batch)

    if dask is not None:
        run_on_dask(work, batches, address=dask, finished=take)
        return
    if workers > 1 and sum(len(hosts) for _, hosts in batches) > 1:
        # compiles the kernels once, before several processes would each do it
        (case, options), *_ = work.tasks
        warm_up(case, stochastic=options.stochastic)
        run_on_processes(work, batches, workers=workers, finished=take)
        return
    for batch in batches:
        done, _, complete = do_batch(work, batch)
        if len(done.host):
            finished(done)
        if not complete:
            raise KeyboardInterrupt


def _how_to_go_on(done: int | None, hosts: int, out: Path | str | None) -> str:
    if done is None:
        return f"no host was begun, and what was in {out} is as it was; run the same command with --resume to go on"
    if out is None:
        return f"{done} of {hosts} hosts were finished; nothing is kept without an output folder"
    return f"{done} of {hosts} hosts are kept in {out}; run the same command with --resume to go on"
