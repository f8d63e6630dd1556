"""One thread that simulates. A newer question of the same page halts the one it makes stale."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any

from immunity.engine import halt
from immunity.language.errors import fail

MAX_WAITING = 16
REST = 1.0  # s without work, after which what is free is given back


class Stale(CancelledError):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True)
class _Task:
    slot: str
    work: Callable[[], Any]
    future: Future[Any]


class Runner:
    """Runs what it is handed, one after the other, in a thread of its own whose kernels can be halted."""

    def __init__(self) -> None:
        self._waiting: deque[_Task] = deque()
        self._running: _Task | None = None
        self._name = 0
        self._over = False
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._live, name="simulations", daemon=True)
        self._thread.start()

    def submit(self, slot: str, work: Callable[[], Any]) -> Future[Any]:
        """Have something done; what the same slot asked for earlier is halted or never begun. No slot: nothing is.

        Raises
        ------
        RuleError
            E731 if too much is waiting.
        """
        future: Future[Any] = Future()
        with self._change:
            if slot:
                self._drop(slot)
            if len(self._waiting) >= MAX_WAITING or self._over:
                raise fail("E731", text=f"{len(self._waiting)} questions at once", limit=f"{MAX_WAITING}")
            self._waiting.append(_Task(slot, work, future))
            self._change.notify()
        return future

    def drop(self, slot: str) -> None:
        """Halt what a slot asked for."""
        with self._change:
            self._drop(slot)

    def close(self) -> None:
        """Halt everything."""
        with self._change:
            self._over = True
            for task in self._waiting:
                _forget(task)
            self._waiting.clear()
            if self._running is not None:
                halt.halt(self._name)
            self._change.notify()
        self._thread.join(1.0)

    def _drop(self, slot: str) -> None:
        for task in [task for task in self._waiting if task.slot == slot]:
            self._waiting.remove(task)
            _forget(task)
        if self._running is not None and self._running.slot == slot:
            halt.halt(self._name)

    def _live(self) -> None:
        worked = False
        while True:
            with self._change:
                while not self._waiting and not self._over:
                    if not self._change.wait(REST if worked else None):
                        give_back()
                        worked = False
                if self._over:
                    halt.finished()
                    return
                task, worked = self._waiting.popleft(), True
                self._running = task
                self._name = halt.ready()
            try:
                if task.future.set_running_or_notify_cancel():
                    self._do(task)
            finally:
                with self._change:
                    self._running = None

    def _do(self, task: _Task) -> None:
        try:
            made = task.work()
        except KeyboardInterrupt:
            task.future.set_exception(Stale())
        except BaseException as error:
            task.future.set_exception(error)
        else:
            task.future.set_result(made)


def give_back() -> None:
    """Hand free memory back to the machine: glibc keeps it for the thread, 100 MB and more after some runs."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # elsewhere than with glibc there is no such call
        ctypes.CDLL(None).malloc_trim(0)


def _forget(task: _Task) -> None:
    """Tell who waits that nothing will come. A future that is cancelled would take who waits with it, unanswered."""
    if task.future.set_running_or_notify_cancel():
        task.future.set_exception(Stale())
