"""Kernels that run a compiled rule book, and their plain-Python twin."""

from immunity.engine.net import Net, prepare
from immunity.engine.run import HostRun, Jumps, join_jumps, run_host, settle
from immunity.engine.status import STATUS_MESSAGES

__all__ = ["STATUS_MESSAGES", "HostRun", "Jumps", "Net", "join_jumps", "prepare", "run_host", "settle"]
