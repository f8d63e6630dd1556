"""Batches on local processes. A process that ends has its hosts run again."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

from immunity.cohorts.batch import WORKER_LOST, HostBatch, Options, failed_hosts, run_batch, write_part
from immunity.compiler.case import Case
from immunity.language.errors import fail

TRIES = 3  # of a batch whose process ended, the last of them alone
Hosts = tuple[int, ...]


@dataclass(frozen=True)
class _Work:
    case: Case
    options: Options
    parts: Path | None
    stop: Any  # shared byte without a lock: a process that ends cannot hold it


_work: _Work | None = None


def run_on_processes(
    case: Case,
    batches: Sequence[Hosts],
    options: Options,
    *,
    workers: int,
    parts: Path | None,
    finished: Callable[[HostBatch], None],
) -> None:
    """Run batches on ``workers`` processes and hand each to ``finished`` as it comes.

    A process that ends takes its pool with it. Batches that were under way are then run again, after the
    first time host by host on a process of their own, so that only a host that ends every process it is given
    is lost; its status says so.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, once the hosts under way are finished and kept.
    RuleError
        E725 if no process can start, E701 or E702 if a part cannot be written.
    """
    stop = RawValue("b", 0)
    payload = pickle.dumps((case, options, parts))
    queue = list(batches)[::-1]
    suspects: list[tuple[Hosts, int]] = []
    try:
        while queue:
            in_flight = _drain(payload, stop, queue, workers, finished)
            suspects += [((host,), 1) for hosts in in_flight for host in hosts]
        while suspects:
            hosts, tries = suspects.pop()
            if not _drain(payload, stop, [hosts], 1, finished):
                continue
            if tries + 1 < TRIES:
                suspects.append((hosts, tries + 1))
            else:
                finished(failed_hosts(case, hosts, options, WORKER_LOST))
    except KeyboardInterrupt:
        stop.value = 1
        raise


def _drain(
    payload: bytes, stop: Any, queue: list[Hosts], workers: int, finished: Callable[[HostBatch], None]
) -> list[Hosts]:
    """Run the queue on one pool until it is empty (then return []) or the pool breaks (then what was under way)."""
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(payload, stop)
    )
    under_way: dict[Future[HostBatch], Hosts] = {}
    try:
        _greet(pool)
        while queue or under_way:
            # no more than one batch per process, so that a broken pool tells which ones it may be
            while queue and len(under_way) < workers:
                hosts = queue.pop()
                under_way[pool.submit(_run, hosts)] = hosts
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                finished(future.result())
                del under_way[future]
    except BrokenProcessPool:
        for future in [f for f in under_way if f.done() and f.exception() is None]:
            finished(future.result())
            del under_way[future]
        return list(under_way.values())
    except KeyboardInterrupt:
        stop.value = 1
        for future in under_way:
            if future.exception() is None:
                with contextlib.suppress(KeyboardInterrupt):  # whoever is told may have been the one to interrupt
                    finished(future.result())
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return []


def _greet(pool: ProcessPoolExecutor) -> None:
    """Make sure that a process can start at all, so that a script that cannot be imported is not tried for ever."""
    try:
        pool.submit(_ready).result()
    except BrokenProcessPool as error:
        raise fail("E725") from error


def _begin(payload: bytes, stop: Any) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    case, options, parts = pickle.loads(payload)
    _work = _Work(case, options, parts, stop)


def _ready() -> bool:
    return _work is not None


def _run(hosts: Hosts) -> HostBatch:
    assert _work is not None
    work = _work
    batch, _ = run_batch(work.case, hosts, work.options, stopping=lambda: bool(work.stop.value))
    if work.parts is not None and len(batch.host):
        write_part(work.parts, batch)
    return batch
