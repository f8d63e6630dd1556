"""Runs that can be halted: kernels look at one number of their run at every step.

While a kernel runs, Python hears no signal. A run that is to be interrupted at any moment is therefore taken to a
thread of its own (kernels let go of the interpreter); the thread that waits for it writes that number when told to.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
LOOK_UP = 0.1  # seconds; some systems hear signals only between waits

_running: dict[int, NDArray[np.int64]] = {}  # thread -> the tally of the run that it has in hand
_asked: set[int] = set()
_NOTHING = np.zeros(0, np.int64)


def watch(tally: NDArray[np.int64], place: int) -> None:
    """Let the run with this tally be halted, by a one at ``place``, if its thread is one that can be."""
    me = threading.get_ident()
    if me in _running:
        _running[me] = tally[place : place + 1]
        if me in _asked:
            tally[place] = 1


def halt(thread: int) -> None:
    """Halt the run that a thread has in hand, and all that it begins until :func:`ready` is called in it."""
    _asked.add(thread)
    _running.get(thread, _NOTHING)[:] = 1


def ready() -> int:
    """Say that this thread's runs may be halted; return the thread's name for :func:`halt`."""
    me = threading.get_ident()
    _asked.discard(me)
    _running[me] = _NOTHING
    return me


def finished() -> None:
    """Say that this thread's runs may no more be halted."""
    me = threading.get_ident()
    _running.pop(me, None)
    _asked.discard(me)


@contextlib.contextmanager
def unmissable() -> Iterator[None]:
    """Raise at the end an interrupt that came within and was lost.

    Python forgets exceptions in functions that C code calls back, as LLVM does while kernels are compiled or loaded.

    Raises
    ------
    KeyboardInterrupt
    """
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield
        return
    told: list[int] = []

    def tell(number: int, frame: Any) -> None:
        told.append(number)
        usual(number, frame)

    signal.signal(signal.SIGINT, tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if told:
        raise KeyboardInterrupt


def interruptible(work: Callable[[], T]) -> T:
    """Do some work so that Ctrl-C is heard while kernels run.

    Raises
    ------
    KeyboardInterrupt
        As soon as the kernel under way has taken its step.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()  # signals come to the main thread alone
    made: list[T] = []
    faults: list[BaseException] = []
    begun: list[int] = []
    given_up = threading.Event()
    ended = threading.Event()  # an interrupted `join` would take the thread for ended

    def do() -> None:
        try:
            begun.append(ready())
            if not given_up.is_set():  # told while it was being started, it begins nothing
                made.append(work())
        except BaseException as fault:
            faults.append(fault)
        finally:
            finished()
            ended.set()

    try:
        threading.Thread(target=do, daemon=True).start()  # may be interrupted when the thread is already at work
        while not ended.wait(LOOK_UP):
            pass
    except BaseException:
        given_up.set()
        if begun:
            halt(begun[0])
            ended.wait()
        raise
    if faults:
        raise faults[0]
    return made[0]
