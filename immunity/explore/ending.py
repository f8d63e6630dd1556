"""A server that lets go of streams and simulations as soon as it is told to end."""

from __future__ import annotations

import threading
from types import FrameType

import uvicorn

from immunity.explore.runner import Runner

__all__ = ["Server", "uvicorn"]


class Server(uvicorn.Server):
    """Uvicorn's, which otherwise waits for what is being answered."""

    def __init__(self, config: uvicorn.Config, over: threading.Event, runner: Runner) -> None:
        super().__init__(config)
        self._end_streams, self._runner = over, runner

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Hear a signal: streams end at their next line, the run under way at its next step."""
        self._end_streams.set()
        threading.Thread(target=self._runner.close, daemon=True).start()
        super().handle_exit(sig, frame)
