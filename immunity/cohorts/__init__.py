"""Hosts that differ, in batches on local processes, with resume."""

from immunity.beside import usable_cores
from immunity.cohorts.batch import ARITHMETIC_FAILED, MESSAGES, WORKER_LOST, HostBatch, Options, batch_of
from immunity.cohorts.chance import uniforms_of_host
from immunity.cohorts.cohort import CohortOutcome, run_cohort
from immunity.cohorts.curves import CURVES, until_end
from immunity.cohorts.draw import check_variation, draw_theta
from immunity.cohorts.errors import CohortInterrupted
from immunity.cohorts.host import Begun, HostOutcome, begin_host, run_case, settle_from, start_host
from immunity.cohorts.manifest import mark_finished
from immunity.cohorts.reduced import (
    Job,
    Rows,
    Store,
    describe_jobs,
    mark_store_finished,
    open_store,
    run_reduced,
)
from immunity.cohorts.several import Wanted, run_several

__all__ = [
    "ARITHMETIC_FAILED",
    "CURVES",
    "MESSAGES",
    "WORKER_LOST",
    "Begun",
    "CohortInterrupted",
    "CohortOutcome",
    "HostBatch",
    "HostOutcome",
    "Job",
    "Options",
    "Rows",
    "Store",
    "Wanted",
    "batch_of",
    "begin_host",
    "check_variation",
    "describe_jobs",
    "draw_theta",
    "mark_finished",
    "mark_store_finished",
    "open_store",
    "run_case",
    "run_cohort",
    "run_reduced",
    "run_several",
    "settle_from",
    "start_host",
    "uniforms_of_host",
    "until_end",
    "usable_cores",
]
