"""Progress of anything that takes more than two seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

QUIET_SECONDS = 2.0


@contextmanager
def progress_bar(what: str, total: int, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Hand out ``update(done, total)``; a bar appears on stderr after two seconds, in a terminal or a notebook only."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True
    )
    start = time.monotonic()
    task = bar.add_task(what, total=total)
    shown = False

    def update(done: int, of: int) -> None:
        nonlocal shown
        if (
            not shown
            and not quiet
            and (console.is_terminal or console.is_jupyter)
            and time.monotonic() - start > QUIET_SECONDS
        ):
            bar.start()
            shown = True
        bar.update(task, completed=done, total=of)

    try:
        yield update
    finally:
        if shown:
            bar.stop()
