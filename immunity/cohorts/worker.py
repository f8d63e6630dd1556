"""What a worker process does: it is told batches of hosts through its standard input, and answers through its output.

Messages are pickles of this package's own, over pipes that only the two processes hold. Whatever else is printed goes
to the standard error stream, so that it cannot mix with the answers.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
import traceback
from typing import IO, Any

from immunity.cohorts.tasks import Batch, Work, do_batch
from immunity.engine import halt, telling
from immunity.language import user_cache

STOP = "stop"  # finish nothing more


def main(output: int) -> None:
    """Serve until the other end closes, which it does at the latest when its process ends.

    Parameters
    ----------
    output : int    the file descriptor to answer on
    """
    telling.say_nothing()
    user_cache.say_nothing()
    answers = os.fdopen(output, "wb")
    orders = sys.stdin.buffer
    work: Work = pickle.load(orders)
    me = halt.ready()
    batches: queue.SimpleQueue[Batch] = queue.SimpleQueue()
    stop = threading.Event()

    def listen() -> None:
        while True:
            try:
                order = pickle.load(orders)
            except (EOFError, OSError, pickle.UnpicklingError):
                os._exit(0)  # nobody is there to be answered
            if order == STOP:
                stop.set()
                halt.halt(me)
            else:
                batches.put(order)

    threading.Thread(target=listen, daemon=True).start()
    _answer(answers, "ready")
    while True:
        _answer(answers, _run(work, batches.get(), stop))


def _run(work: Work, batch: Batch, stop: threading.Event) -> Any:
    try:
        return do_batch(work, batch, stopping=stop.is_set)[:2]
    except Exception as fault:
        return _portable(fault)


def _portable(fault: Exception) -> Exception:
    """The fault itself if it survives the way to another process, or one that says the same."""
    try:
        pickle.loads(pickle.dumps(fault))
    except Exception:
        return RuntimeError("".join(traceback.format_exception(fault)))
    return fault


def _answer(answers: IO[bytes], answer: Any) -> None:
    try:
        pickle.dump(answer, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()
    except OSError:
        os._exit(0)
