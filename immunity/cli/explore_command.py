"""The command explore: a page in the browser."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from typing import Annotated

from cyclopts import App, Parameter

from immunity.cli.options import Book, Whole

BOOK = Book()


def register(app: App) -> None:
    app.command(explore)


def explore(
    scenario: str | None = None,
    *,
    port: Whole = 0,
    no_browser: Annotated[bool, Parameter(negative=())] = False,
    book: Book = BOOK,
) -> int:
    """Open a page that runs the whole body at every touch of a slider. Ends with Ctrl-C.

    Prints one line with its address; serves this machine alone, and needs no network.

    Parameters
    ----------
    scenario
        A name from `immunity list scenarios`, or a path: what the page opens with.
    port
        Where to listen; any free port if not given.
    no_browser
        Only print the address.
    """
    from immunity.explore import serve

    with contextlib.suppress(KeyboardInterrupt):  # the way to end it
        serve(book.load(), scenario, port=port, browser=not no_browser)
    atexit.register(_leave)
    return 0


def _leave() -> None:
    """End at once: compiled kernels take seconds to be taken down one by one, and nothing is left to be written."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
