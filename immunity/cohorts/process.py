"""One worker process as its parent sees it: a thread that starts it, hands it batches and passes its answers on."""

from __future__ import annotations

import contextlib
import pickle
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from immunity.cohorts.tasks import Batch
from immunity.cohorts.worker import STOP

START = """\
import os, sys
output = os.dup(1)
os.dup2(2, 1)  # whatever is printed while modules are imported cannot mix with the answers
sys.path[:] = {path!r}
from immunity.cohorts.worker import main
main(output)
"""
GRACE = 5.0  # seconds for a process that was killed to be gone


@dataclass(frozen=True)
class Said:
    """What a process has to say.

    Attributes
    ----------
    kind : str              ready | done | failed | lost
    batch : Batch or None   the one it was given
    answer : object         (what became of the hosts, seconds) | the fault | the exit code
    """

    process: Process
    kind: str
    batch: Batch | None = None
    answer: Any = None


class Process:
    """A Python process of its own. It imports this package and nothing of the program that asked for it.

    So it makes no difference whether that is a script, a notebook or itself a worker of something else. It ends when
    its standard input closes, thus with its parent however that ends.
    """

    def __init__(self, work: bytes, inbox: queue.SimpleQueue[Said]) -> None:
        self.was_ready = False
        self._inbox = inbox
        self._orders: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._popen: subprocess.Popen[bytes] | None = None
        self._ended = False
        self._lock = threading.Lock()  # of starting and ending
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._serve, args=(work,), daemon=True)

    def start(self) -> None:
        """Start it. Whoever does has it in a list already, for an interrupt may come when it has started."""
        self._thread.start()

    def give(self, batch: Batch) -> None:
        """Hand it a batch. It says ``done``, ``failed`` or ``lost``, once."""
        self._orders.put(batch)

    def stop(self) -> None:
        """Ask it to give up the host that it has in hand and answer with those before."""
        if self._popen is not None and self._writing.acquire(timeout=GRACE):
            with contextlib.suppress(OSError, ValueError):
                _send(cast(IO[bytes], self._popen.stdin), STOP)
            self._writing.release()

    def end(self) -> None:
        """End it now."""
        with self._lock:
            self._ended = True
            if self._popen is not None:
                self._popen.kill()
        self._orders.put(None)

    def wait(self) -> None:
        """Wait until it is gone."""
        if self._thread.ident is not None:
            self._thread.join(GRACE)

    def _serve(self, work: bytes) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # the process inherits this: Ctrl-C at a terminal is for its parent, which then decides
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        batch: Batch | None = None
        try:
            with self._lock:
                if self._ended:
                    return
                self._popen = process = subprocess.Popen(
                    [sys.executable, "-c", START.format(path=_path())],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                )
            orders, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
            with self._writing:
                orders.write(work)
                orders.flush()
            pickle.load(answers)
            self.was_ready = True
            self._inbox.put(Said(self, "ready"))
            while (batch := self._orders.get()) is not None:
                with self._writing:
                    _send(orders, batch)
                answer = pickle.load(answers)
                kind = "failed" if isinstance(answer, BaseException) else "done"
                said, batch = Said(self, kind, batch, answer), None
                self._inbox.put(said)
        except Exception as fault:  # whatever half an answer raises
            self._inbox.put(Said(self, "lost", batch, self._why(fault)))
        finally:
            self._close()

    def _why(self, fault: BaseException) -> str:
        if self._popen is None:
            return str(fault)
        self._popen.kill()
        code = self._popen.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def _close(self) -> None:
        process = self._popen
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                cast(IO[bytes], pipe).close()
        process.kill()
        process.wait()


def _send(pipe: IO[bytes], message: Any) -> None:
    pickle.dump(message, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _path() -> list[str]:
    """Where this process finds its modules, of which '' means the present folder."""
    return [entry or str(Path.cwd()) for entry in sys.path]
