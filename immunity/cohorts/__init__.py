"""Hosts that differ, in batches on local processes, with resume."""

from immunity.cohorts.batch import ARITHMETIC_FAILED, MESSAGES, WORKER_LOST, HostBatch, Options, batch_of
from immunity.cohorts.cohort import CohortOutcome, remove_parts, run_cohort
from immunity.cohorts.draw import draw_theta
from immunity.cohorts.errors import CohortInterrupted
from immunity.cohorts.host import HostOutcome, run_case, start_host

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
