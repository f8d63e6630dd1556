"""Status codes of hosts in words."""

from __future__ import annotations

from immunity.cohorts import MESSAGES
from immunity.engine.status import STATUS_MESSAGES, failed


def host_failed(code: int) -> bool:
    """Whether the numbers of a host could not be had; a host that ended by the rule book's own rule did not fail."""
    return code < 0 or failed(code)


def status_text(code: int) -> str:
    """``ok``, or why the host could not be run to its end."""
    if not host_failed(code):
        return "ok"
    return MESSAGES.get(code) or STATUS_MESSAGES.get(code) or f"unknown status {code}"
