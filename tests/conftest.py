"""What holds for all tests."""

from __future__ import annotations

import signal

from immunity import beside
from tests.elsewhere import end_processes

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background of a shell: tests interrupt themselves
    signal.signal(signal.SIGINT, signal.default_int_handler)

beside._begun.add(True)  # test processes share what they compile, and some have an empty cache for each test


def pytest_sessionfinish() -> None:
    end_processes()
