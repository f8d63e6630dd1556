"""How much work something is, counted in calls of functions: the same on a busy machine and on an idle one."""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from typing import Any


def calls_of(work: Callable[[], Any]) -> int:
    """Do some work and count the calls of Python and C functions in it."""
    profile = cProfile.Profile()
    profile.enable()
    try:
        work()
    finally:
        profile.disable()
    return sum(entry.callcount for entry in profile.getstats())
