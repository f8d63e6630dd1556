"""Batches of one case or several on local processes. A process that ends has its hosts run again."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

from immunity.cohorts.batch import WORKER_LOST, HostBatch, Options, failed_hosts, run_batch, write_part
from immunity.compiler.case import Case
from immunity.language.errors import fail

TRIES = 3  # of a batch whose process ended, the last of them alone
Hosts = tuple[int, ...]
Task = tuple[Case, Options]
Batch = tuple[int, Hosts]  # which task, and which of its hosts
Finished = Callable[[int, HostBatch, float], None]  # task, what became of some of its hosts, seconds it took


@dataclass(frozen=True)
class _Work:
    tasks: Sequence[Task]
    parts: Path | None
    stop: Any  # shared byte without a lock: a process that ends cannot hold it


_work: _Work | None = None


def usable_cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not every system can say
        return os.cpu_count() or 1


def run_on_processes(
    tasks: Sequence[Task],
    batches: Sequence[Batch],
    *,
    workers: int,
    parts: Path | None = None,
    finished: Finished,
) -> None:
    """Run batches on ``workers`` processes, in order, and hand each to ``finished`` with its task as it comes.

    A process that ends takes its pool with it. Batches that were under way are then run again, after the
    first time host by host on a process of their own, so that only a host that ends every process it is given
    is lost; its status says so.

    Parameters
    ----------
    tasks : sequence of (case, options)    cases of one rule book share its tables, here and in every process
    batches : sequence of (task, hosts)
    parts : path, optional                 folder for the batches of a single task

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, once the hosts under way are finished and kept.
    RuleError
        E725 if no process can start, E701 or E702 if a part cannot be written.
    """
    stop = RawValue("b", 0)
    payload = pickle.dumps((tuple(tasks), parts))
    queue = list(batches)[::-1]
    suspects: list[tuple[Batch, int]] = []
    try:
        while queue:
            in_flight = _drain(payload, stop, queue, workers, finished)
            suspects += [((task, (host,)), 1) for task, hosts in in_flight for host in hosts]
        while suspects:
            batch, tries = suspects.pop()
            if not _drain(payload, stop, [batch], 1, finished):
                continue
            if tries + 1 < TRIES:
                suspects.append((batch, tries + 1))
            else:
                task, hosts = batch
                case, options = tasks[task]
                finished(task, failed_hosts(case, hosts, options, WORKER_LOST), 0.0)
    except KeyboardInterrupt:
        stop.value = 1
        raise


def _drain(payload: bytes, stop: Any, queue: list[Batch], workers: int, finished: Finished) -> list[Batch]:
    """Run the queue on one pool until it is empty (then return []) or the pool breaks (then what was under way)."""
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(payload, stop)
    )
    under_way: dict[Future[tuple[HostBatch, float]], Batch] = {}
    try:
        _greet(pool)
        while queue or under_way:
            # no more than one batch per process, so that a broken pool tells which ones it may be
            while queue and len(under_way) < workers:
                batch = queue.pop()
                with _deaf_to_interrupts():
                    under_way[pool.submit(_run, batch)] = batch
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                finished(under_way[future][0], *future.result())
                del under_way[future]
    except BrokenProcessPool:
        for future in [f for f in under_way if f.done() and f.exception() is None]:
            finished(under_way[future][0], *future.result())
            del under_way[future]
        return list(under_way.values())
    except KeyboardInterrupt:
        stop.value = 1
        for future, (task, _) in under_way.items():
            if future.exception() is None:
                with contextlib.suppress(KeyboardInterrupt):  # whoever is told may have been the one to interrupt
                    finished(task, *future.result())
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return []


def _greet(pool: ProcessPoolExecutor) -> None:
    """Make sure that a process can start at all, so that a script that cannot be imported is not tried for ever."""
    try:
        with _deaf_to_interrupts():
            greeting = pool.submit(_ready)
        greeting.result()
    except BrokenProcessPool as error:
        raise fail("E725") from error


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start meanwhile never see Ctrl-C, not even while they import; this one hears of it afterwards.

    Were it heard at once, a process could be left behind that nobody knows of yet.
    """
    heard: list[int] = []
    listener: Any = signal.getsignal(signal.SIGINT)
    mask: Any = None
    listens = callable(listener) and threading.current_thread() is threading.main_thread()
    if listens:
        signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # or starting it would unmask the signal too early
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if listens:
            signal.signal(signal.SIGINT, listener)
            if heard:
                listener(signal.SIGINT, None)


def _begin(payload: bytes, stop: Any) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    threading.Thread(target=_end_with_parent, daemon=True).start()
    tasks, parts = pickle.loads(payload)
    _work = _Work(tasks, parts, stop)


def _end_with_parent() -> None:
    """Leave no process behind when the parent is killed and can tell nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ready() -> bool:
    return _work is not None


def _run(batch: Batch) -> tuple[HostBatch, float]:
    assert _work is not None
    work, (task, hosts) = _work, batch
    started = time.perf_counter()
    case, options = work.tasks[task]
    done, _ = run_batch(case, hosts, options, stopping=lambda: bool(work.stop.value))
    if work.parts is not None and len(done.host):
        write_part(work.parts, done)
    return done, time.perf_counter() - started
