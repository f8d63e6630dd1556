"""The process that compiles beside another one: see `immunity.beside`."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from immunity.engine import telling
from immunity.engine.course import record_row, sense
from immunity.engine.kernel import compiling, works_for
from immunity.engine.pieces import make_ready
from immunity.engine.rng import draw_poisson, draw_rounded
from immunity.engine.smooth import advance_smooth
from immunity.engine.stochastic import advance_stochastic
from immunity.language import user_cache

SMOOTH: tuple[Any, ...] = (advance_smooth, record_row, sense)
ENTRIES = {False: SMOOTH, True: (*SMOOTH, advance_stochastic, draw_poisson, draw_rounded)}


def main(*, stochastic: bool) -> None:
    """Make the kernels of a mode ready, but for what others are making."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    telling.say_nothing()
    user_cache.say_nothing()
    with compiling():
        make_ready(works_for(*ENTRIES[stochastic]))


def _end_with_parent() -> None:
    """Nothing is ever written to this: it ends when the process ends that holds the other end."""
    os.read(sys.stdin.fileno(), 1)  # not as a stream, which would be locked when Python ends
    os._exit(0)
