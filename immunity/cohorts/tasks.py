"""What processes are given to do, wherever they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from immunity.cohorts.batch import HostBatch, Options, run_batch, write_part
from immunity.compiler.case import Case

Hosts = tuple[int, ...]
Task = tuple[Case, Options]
Batch = tuple[int, Hosts]  # which task, and which of its hosts
Finished = Callable[[int, HostBatch, float], None]  # task, what became of some of its hosts, seconds it took


@dataclass(frozen=True)
class Work:
    """What every process is told once.

    Attributes
    ----------
    tasks : tuple of (case, options)    cases of one rule book share its tables, here and in every process
    parts : path or None                folder for the finished batches of a single task
    """

    tasks: tuple[Task, ...]
    parts: Path | None = None


def do_batch(
    work: Work, batch: Batch, *, stopping: Callable[[], bool] = lambda: False
) -> tuple[HostBatch, float, bool]:
    """Run a batch and keep it where the work says.

    Returns
    -------
    what became of the hosts, seconds it took, whether all were run before somebody asked to stop

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
        write_part(work.parts, done)
    return done, time.perf_counter() - started, complete
