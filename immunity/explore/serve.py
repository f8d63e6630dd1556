"""Start the server, say where it is, end when told."""

from __future__ import annotations

import os
import socket
import threading
import webbrowser
from pathlib import Path

from immunity.compiler.build import Compiled
from immunity.explore.runner import Runner
from immunity.explore.session import Session, open_session
from immunity.language.errors import fail

LOOPBACK = "127.0.0.1"
PATIENCE = 1  # seconds that open streams have when the server ends


def serve(book: Compiled, scenario: str | Path | None = None, *, port: int = 0, browser: bool = True) -> None:
    """Serve the explorer to this machine until interrupted; prints one line with its address.

    Parameters
    ----------
    port : int        0: any free one

    Raises
    ------
    RuleError
        E704 if the server's packages are missing, E734 if the port is in use, E601 for an unknown scenario.
    """
    try:
        from immunity.explore.app import make_app
        from immunity.explore.ending import Server, uvicorn
    except ImportError as error:
        raise fail("E704", text=(error.name or "fastapi").partition(".")[0]) from None
    session = open_session(book, scenario)
    listening = _listen(port)
    token, runner, over = os.urandom(16).hex(), Runner(), threading.Event()
    runner.submit("", lambda: _warm(session))
    config = uvicorn.Config(
        make_app(session, token, runner, over),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=PATIENCE,
        lifespan="off",
    )
    server = Server(config, over, runner)
    address = f"http://{LOOPBACK}:{listening.getsockname()[1]}/?token={token}"
    print(address, flush=True)
    if browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    try:
        server.run(sockets=[listening])
    finally:
        over.set()
        runner.close()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(128)  # who reads the address may come at once, and waits until the server answers
    except (OSError, OverflowError):
        listening.close()
        raise fail("E734", text=port) from None
    return listening


def _warm(session: Session) -> None:
    """Compile and run the first scenario, so that the page finds everything ready."""
    from immunity.explore.answer import answer
    from immunity.explore.asked import Asked

    if session.first:
        answer(session.run(Asked(scenario=session.first)), session.findings_about(session.first))
