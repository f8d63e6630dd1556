"""Ctrl-C is heard while a kernel runs, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

from immunity.compiler.tables import Tables
from immunity.engine import halt, prepare, run_host
from immunity.engine.halt import unmissable
from immunity.engine.status import HALTED, OK, TOO_MANY_STEPS
from tests.engine.nets import Builder, no_events, proportional

MODES = pytest.mark.parametrize("stochastic", [False, True], ids=["deterministic", "stochastic"])


def restless() -> Tables:
    """Hunters and prey that rise and fall for ever, fed so that they never die out."""
    net = Builder()
    net.pool("prey", 300.0, countable=True)
    net.pool("hunter", 50.0, countable=True)
    net.signal("hunters", ["hunter"])
    net.flow("arrive", 1.0, {"prey": 1.0, "hunter": 1.0})
    net.flow("divide", 1.0, {"prey": 1.0}, "prey")
    net.flow("eat", 0.01, {"prey": -1.0, "hunter": 1.0}, "prey", [proportional("hunters")])
    net.flow("die", 1.0, {"hunter": -1.0}, "hunter")
    net.read_pool("prey")
    return net.tables()


def live(stochastic: bool, days: float, max_steps: int = 2_000_000):
    tables = restless()
    times = np.array([0.0, days])
    return run_host(
        prepare(tables), tables.theta, tables.initial, no_events(), times, stochastic=stochastic, max_steps=max_steps
    )


def interrupt_once_it_steps() -> None:
    """Interrupt this process as soon as some run that can be halted has taken ten steps."""

    def wait() -> None:
        while not any(place.base is not None and place.base[0] > 10 for place in list(halt._running.values())):
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@MODES
def test_an_interrupt_is_heard_in_the_middle_of_one_long_run(stochastic: bool) -> None:
    live(stochastic, 0.1)  # compiles
    runs = []
    interrupt_once_it_steps()
    with pytest.raises(KeyboardInterrupt):  # and not two million steps later
        halt.interruptible(lambda: runs.append(live(stochastic, 1e9)))
    assert [run.status for run in runs] == [HALTED]
    assert 10 < runs[0].n_steps < 2_000_000
    assert not halt._running and not halt._asked
    assert halt.interruptible(lambda: live(stochastic, 1.0)).status == OK  # the next is as ever


def test_an_interrupt_is_heard_while_the_run_s_thread_is_being_started(monkeypatch: pytest.MonkeyPatch) -> None:
    live(False, 0.1)
    runs = []
    start = threading.Thread.start

    def late(thread: threading.Thread) -> None:
        start(thread)
        while not any(place.base is not None and place.base[0] > 10 for place in list(halt._running.values())):
            time.sleep(0.001)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", late)
    with pytest.raises(KeyboardInterrupt):
        halt.interruptible(lambda: runs.append(live(False, 1e9)))
    assert [run.status for run in runs] == [HALTED]
    assert not halt._running and not halt._asked


def test_an_interrupt_before_the_run_s_thread_is_there_begins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", never)
    with pytest.raises(KeyboardInterrupt):
        halt.interruptible(lambda: pytest.fail("began"))
    assert not halt._running and not halt._asked


@MODES
def test_without_an_interrupt_the_same_run_goes_on(stochastic: bool) -> None:
    assert halt.interruptible(lambda: live(stochastic, 1e9, 300)).status == TOO_MANY_STEPS


def test_a_thread_that_is_asked_begins_nothing_more() -> None:
    me = halt.ready()
    try:
        halt.halt(me)
        assert live(False, 10.0).status == HALTED
    finally:
        halt.finished()
    assert live(False, 10.0).status == OK


def test_faults_and_results_come_through() -> None:
    assert halt.interruptible(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        halt.interruptible(lambda: 1 / 0)


def test_an_interrupt_that_is_swallowed_is_heard_afterwards() -> None:
    usual, reached = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), unmissable():
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        reached.append("on")  # as Python does after a function that C code called back
    assert reached == ["on"] and signal.getsignal(signal.SIGINT) is usual


def test_without_an_interrupt_nothing_is_raised() -> None:
    with unmissable():
        pass
    with pytest.raises(ValueError, match="other"), unmissable():
        raise ValueError("other")
