"""What processes of this user do, told by how much they have computed: a busy machine changes nothing."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


def children_of(process: int) -> set[str]:
    """The children of all threads of a process."""
    found: set[str] = set()
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found |= set(children.read_text().split())
    return found


def computed(process: str) -> float:
    """Seconds of processor time that a process has taken."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy(process: str) -> bool:
    """Whether a process has computed for longer than it takes to start: it has its kernels."""
    return computed(process) > 4.0


def gone(processes: set[str], patience: float = 60.0) -> bool:
    """Wait until none of these processes runs; one that computes on for a minute of the processor's time will not end.

    What is measured is their own work, so that a busy machine changes nothing.
    """
    begun = {process: computed(process) for process in processes}
    while any(map(runs, processes)):
        if any(computed(process) - begun[process] > patience for process in processes):
            return False
        time.sleep(0.05)
    return True


def runs(process: str) -> bool:
    """Whether a process is there and not a mere entry that nobody has collected yet."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
