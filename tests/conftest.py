"""What holds for all tests."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background of a shell: tests interrupt themselves
    signal.signal(signal.SIGINT, signal.default_int_handler)
