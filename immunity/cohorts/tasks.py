"""What processes are given to do, wherever they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from immunity.cohorts.batch import (
    WORKER_LOST,
    HostBatch,
    Options,
    cannot_write,
    failed_hosts,
    run_batch,
    without_curves,
    write_part,
)
from immunity.cohorts.curves import CURVES, write_curves
from immunity.compiler.case import Case

Hosts = tuple[int, ...]
Task = tuple[Case, Options]
Batch = tuple[int, Hosts]  # which task, and which of its hosts
Rows = dict[str, np.ndarray]  # one row per host along the first axis; "host" is always there
Reduce = Callable[[Case, Options, HostBatch], Rows]
# task, what became of some of its hosts (a HostBatch, or what the work's ``reduce`` makes of it), seconds it took
Finished = Callable[[int, Any, float], None]


@dataclass(frozen=True)
class Work:
    """What every process is told once.

    Attributes
    ----------
    tasks : tuple of (case, options)    cases of one rule book share its tables, here and in every process
    parts : path or None                folder for the finished batches of a single task
    shard : int                         hosts in a file of that folder; batches of one shard are never run at once
    people : tuple of int               per task, the same for tasks whose hosts are the same people, who rest alike
    reduce : callable, optional         called where hosts were run, so that only what it makes of them comes back;
                                        other processes import it by its name
    """

    tasks: tuple[Task, ...]
    parts: Path | None = None
    shard: int = 1
    people: tuple[int, ...] = ()
    reduce: Reduce | None = None


def do_batch(work: Work, batch: Batch, *, stopping: Callable[[], bool] = lambda: False) -> tuple[Any, float, bool]:
    """Run a batch and keep it where the work says.

    Returns
    -------
    done : HostBatch or Rows    without curves, if those are kept in files; what the work makes of it
    seconds : float
    complete : bool       whether all were run before somebody asked to stop

    Raises
    ------
    RuleError
        E701 or E702 if a part cannot be written.
    """
    task, hosts = batch
    case, options = work.tasks[task]
    started = time.perf_counter()
    done, complete = run_batch(case, hosts, options, stopping=stopping)
    if work.parts is not None and len(done.host):
        done = keep_batch(work.parts, done, case)
    return _reduced(work, task, done), time.perf_counter() - started, complete


def keep_batch(parts: Path, batch: HostBatch, case: Case) -> HostBatch:
    """Write the curves of a batch into their shard, then all else as a part that says they are there; return that."""
    try:
        write_curves(parts / CURVES, batch, case.out_times)
    except OSError as error:
        raise cannot_write(parts, error) from error
    small = without_curves(batch)
    write_part(parts, small)
    return small


def lost_hosts(work: Work, batch: Batch) -> Any:
    """What there is of hosts whose process ended every time, as :func:`do_batch` would tell it."""
    task, hosts = batch
    case, options = work.tasks[task]
    lost = failed_hosts(case, hosts, options, WORKER_LOST)
    return _reduced(work, task, lost if work.parts is None else without_curves(lost))


def _reduced(work: Work, task: int, batch: HostBatch) -> Any:
    if work.reduce is None:
        return batch
    return work.reduce(*work.tasks[task], batch) if len(batch.host) else {"host": batch.host}


def people_of(work: Work, batch: Batch) -> tuple[int, int] | None:
    """Who is in a batch: a process that has run them in another task knows how they rest."""
    return (work.people[batch[0]], batch[1][0]) if work.people else None


def same_shard(work: Work, one: Batch, other: Batch) -> bool:
    """Whether two batches write to one file."""
    return work.parts is not None and one[0] == other[0] and one[1][0] // work.shard == other[1][0] // work.shard
