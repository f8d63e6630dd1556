"""Batches of one case or several on local processes. A process that ends is replaced, its hosts are run again."""

from __future__ import annotations

import contextlib
import pickle
import queue
import sys
import time
from collections import Counter
from collections.abc import Sequence

from immunity.cohorts.process import Process, Said
from immunity.cohorts.tasks import Batch, Finished, Work, lost_hosts, people_of, same_shard
from immunity.language.errors import fail

TRIES = 3  # of a host whose process ended, the last of them alone
LISTEN = 0.1  # seconds; some systems hear Ctrl-C only between waits
PATIENCE = 5.0  # seconds for processes that were asked to stop

Met = dict[Process, set[tuple[int, int] | None]]  # whose resting states each process has


def run_on_processes(work: Work, batches: Sequence[Batch], *, workers: int, finished: Finished) -> None:
    """Run batches on ``workers`` processes, in order, and hand each to ``finished`` with its task as it comes.

    A process that ends in the middle is replaced. Its batch is run again host by host, so that only a host that ends
    every process it is given is lost; its status says so.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, which is heard at once; hosts that were finished are kept.
    RuleError
        E725 if no process can start, E701 or E702 if a part cannot be written.
    """
    if not sys.executable:
        raise fail("E725", reason="this program does not know its Python")
    left = list(batches)[::-1]
    tries: Counter[Batch] = Counter()
    inbox: queue.SimpleQueue[Said] = queue.SimpleQueue()
    payload = pickle.dumps(work, protocol=pickle.HIGHEST_PROTOCOL)
    processes: list[Process] = []
    busy: dict[Process, Batch] = {}
    idle: list[Process] = []
    met: Met = {}
    try:
        for _ in range(min(workers, len(left))):
            processes.append(Process(payload, inbox))
            processes[-1].start()
        while left or busy:
            said = _listen(inbox)
            batch = busy.pop(said.process, None)
            if said.kind == "failed":
                raise said.answer
            if said.kind == "done":
                finished(said.batch[0], *said.answer)  # type: ignore[index, misc]
            if said.kind == "lost":
                processes.remove(said.process)
                met.pop(said.process, None)
                idle = [process for process in idle if process is not said.process]
                if not said.process.was_ready and not any(process.was_ready for process in processes):
                    raise fail("E725", reason=f"it ended with {said.answer}")
                if batch is not None:
                    left += _once_more(work, batch, tries, finished)
                if said.process.was_ready and len(processes) < min(workers, len(left) + len(busy)):
                    processes.append(Process(payload, inbox))
                    processes[-1].start()
            else:
                idle.append(said.process)
            while idle and (batch := _next(work, left, busy, met, idle[-1])) is not None:
                process = idle.pop()
                busy[process] = batch
                met.setdefault(process, set()).add(people_of(work, batch))
                process.give(batch)
    except KeyboardInterrupt:
        _stop(busy, inbox, finished)
        raise
    finally:
        for process in processes:
            process.end()
        for process in processes:
            process.wait()


def _next(work: Work, left: list[Batch], busy: dict[Process, Batch], met: Met, process: Process) -> Batch | None:
    """Take the next batch that writes to no file which a process has in hand.

    First of people whom the process has met, then of those whom nobody has.
    """
    free = [at for at, batch in enumerate(left) if not any(same_shard(work, batch, other) for other in busy.values())]
    if not free:
        return None
    if work.people:
        others = set().union(*(people for one, people in met.items() if one is not process))
        own = [at for at in free if people_of(work, left[at]) in met.get(process, ())]
        new = [at for at in free if people_of(work, left[at]) not in others]
        return left.pop((own or new or free)[-1])
    return left.pop(free[-1])


def _listen(inbox: queue.SimpleQueue[Said]) -> Said:
    while True:
        with contextlib.suppress(queue.Empty):
            return inbox.get(timeout=LISTEN)


def _once_more(work: Work, batch: Batch, tries: Counter[Batch], finished: Finished) -> list[Batch]:
    """The batches to run again after a process ended with this one in hand."""
    task, hosts = batch
    again: list[Batch] = []
    for host in hosts[::-1]:
        alone = (task, (host,))
        tries[alone] += 1
        if tries[alone] < TRIES:
            again.append(alone)
        else:
            finished(task, lost_hosts(work, alone), 0.0)
    return again


def _stop(busy: dict[Process, Batch], inbox: queue.SimpleQueue[Said], finished: Finished) -> None:
    """Take what the processes have finished, for as long as that can take; a further Ctrl-C ends it at once."""
    for process in busy:
        process.stop()
    end = time.monotonic() + PATIENCE
    while busy and time.monotonic() < end:
        with contextlib.suppress(queue.Empty):
            said = inbox.get(timeout=LISTEN)
            if busy.pop(said.process, None) is not None and said.kind == "done":
                with contextlib.suppress(KeyboardInterrupt):  # whoever is told may have been the one to interrupt
                    finished(said.batch[0], *said.answer)  # type: ignore[index, misc]
