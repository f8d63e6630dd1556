"""Say that kernels are being compiled, so that nobody waits for half a minute without knowing why."""

from __future__ import annotations

import contextlib
import sys
import threading
import time

FIRST = "Compiling the simulation for this machine; it is kept for the next time"
QUIET = 1.0  # seconds before anything is said: some kernels are small

_compiling: set[str] = set()
_silent = False
_said = False
_started = 0.0
_teller: threading.Thread | None = None


def tell_start(kernel: str) -> None:
    """A kernel is about to be compiled."""
    global _teller, _started
    _compiling.add(kernel)
    if not _silent and (_teller is None or not _teller.is_alive()):
        _started = time.monotonic()
        _teller = threading.Thread(target=_tell, daemon=True)
        _teller.start()


def tell_done(kernel: str) -> None:
    """It is compiled."""
    _compiling.discard(kernel)


def say_nothing() -> None:
    """Leave it to the process that started this one."""
    global _silent
    _silent = True


def _tell() -> None:
    """Say it once, and on a terminal for how long already, until nothing is being compiled."""
    global _said
    said = False
    with contextlib.suppress(OSError, ValueError, AttributeError):  # there is nobody to be told
        while _compiling:
            if (seconds := time.monotonic() - _started) > QUIET:
                if sys.stderr.isatty():
                    sys.stderr.write(f"\r{FIRST}: {seconds:.0f} s ({len(_compiling)} to go)\033[K")
                    sys.stderr.flush()
                elif not _said:
                    sys.stderr.write(f"{FIRST} ...\n")
                    sys.stderr.flush()
                said = _said = True
            time.sleep(0.2)
        if said and sys.stderr.isatty():
            sys.stderr.write(f"\r{FIRST}: done in {time.monotonic() - _started:.0f} s\033[K\n")
            sys.stderr.flush()
