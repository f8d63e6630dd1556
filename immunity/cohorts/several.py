"""The hosts of several cases, all through one pool of processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from immunity.cohorts.batch import HostBatch, Options, join_batches
from immunity.cohorts.cohort import LARGEST_BATCH
from immunity.cohorts.content import tables_digest
from immunity.cohorts.host import warm_up
from immunity.cohorts.tasks import Batch, Work, do_batch
from immunity.cohorts.workers import run_on_processes
from immunity.compiler.case import Case
from immunity.language.errors import fail

BATCHES_PER_WORKER = 4  # of one case; there are others to even out what the workers have to do
HOSTS_WORTH_A_PROCESS = 20  # a process takes a second or two to start


@dataclass(frozen=True)
class Wanted:
    """Hosts 0 .. hosts - 1 of a case."""

    case: Case
    options: Options
    hosts: int


def run_several(
    wanted: Sequence[Wanted],
    *,
    workers: int = 1,
    finished: Callable[[int, HostBatch, float], None],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Run all hosts of several cases, and hand over each case as soon as it is complete.

    The numbers of a host depend on its case, the seed and the host alone: not on the other cases, the number of
    processes, or the order in which they finish.

    Parameters
    ----------
    workers : int            local processes at most; 1 runs in this one, as does a little work
    finished : callable      called with (position in ``wanted``, all its hosts in ascending order, seconds they took)
    progress : callable      called with (hosts finished, hosts)

    Raises
    ------
    RuleError
        E721 if nothing could be run so, E725 if no process starts.
    KeyboardInterrupt
        After Ctrl-C, once the hosts under way are finished.
    """
    if workers < 1 or any(each.hosts < 1 for each in wanted):
        raise fail("E721")
    total = sum(each.hosts for each in wanted)
    workers = min(workers, max(1, total // HOSTS_WORTH_A_PROCESS))
    kept: dict[int, list[HostBatch]] = {task: [] for task in range(len(wanted))}
    left = [set(range(each.hosts)) for each in wanted]
    seconds = [0.0] * len(wanted)

    def take(task: int, batch: HostBatch, took: float) -> None:
        if task not in kept:  # handed over already: a batch may come twice when a process ends
            return
        kept[task].append(batch)
        left[task].difference_update(int(host) for host in batch.host)
        seconds[task] += took
        if progress is not None:
            progress(total - sum(map(len, left)), total)
        if not left[task]:
            each = wanted[task]
            finished(task, join_batches(kept.pop(task), each.case, each.options), seconds[task])

    people = _people(wanted)
    most = Counter[int]()
    for each, group in zip(wanted, people, strict=True):
        most[group] = max(most[group], each.hosts)
    batches = [
        (task, tuple(range(first, min(first + size, wanted[task].hosts))))
        for task in sorted(range(len(wanted)), key=people.__getitem__)
        for size in [max(1, min(LARGEST_BATCH, -(-most[people[task]] // (workers * BATCHES_PER_WORKER))))]
        for first in range(0, wanted[task].hosts, size)
    ]
    work = Work(tuple((each.case, each.options) for each in wanted), people=tuple(people))
    if workers > 1:
        for each in wanted:  # compiles the kernels once, before several processes would each do it
            warm_up(each.case, stochastic=each.options.stochastic)
        run_on_processes(work, batches, workers=workers, finished=take)
        return
    for batch in batches:
        _run_here(work, batch, take)


def _people(wanted: Sequence[Wanted]) -> list[int]:
    """Number the tasks, the same for those whose hosts are the same people: bodies, numbers and draws are the same."""
    numbers: dict[tuple[object, ...], int] = {}
    digests: dict[int, str] = {}
    found = []
    for each in wanted:
        tables, options = each.case.model.tables, each.options
        if id(tables) not in digests:
            digests[id(tables)] = tables_digest(tables)
        theta = each.case.theta if each.case.past is None else each.case.past.theta
        key = (digests[id(tables)], theta.tobytes(), options.seed, options.vary, options.rtol)
        found.append(numbers.setdefault(key, len(numbers)))
    return found


def _run_here(work: Work, batch: Batch, take: Callable[[int, HostBatch, float], None]) -> None:
    done, seconds, complete = do_batch(work, batch)
    take(batch[0], done, seconds)
    if not complete:
        raise KeyboardInterrupt
