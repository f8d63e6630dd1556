"""Hosts that differ, in batches on local processes, with resume."""

from immunity.cohort.batch import ARITHMETIC_FAILED, MESSAGES, WORKER_LOST, HostBatch, Options, batch_of
from immunity.cohort.cohort import CohortOutcome, remove_parts, run_cohort
from immunity.cohort.draw import draw_theta
from immunity.cohort.errors import CohortInterrupted
from immunity.cohort.host import HostOutcome, run_case, start_host

__all__ = [
    "ARITHMETIC_FAILED",
    "MESSAGES",
    "WORKER_LOST",
    "CohortInterrupted",
    "CohortOutcome",
    "HostBatch",
    "HostOutcome",
    "Options",
    "batch_of",
    "draw_theta",
    "remove_parts",
    "run_case",
    "run_cohort",
    "start_host",
]
