"""Labelled arrays, summaries, provenance, and the papers a run rests on."""

from immunity.results.cite import cite
from immunity.results.collect import collect_cohort, collect_run
from immunity.results.present import UnknownName
from immunity.results.read import open_result
from immunity.results.record import DISCLAIMER, Record
from immunity.results.runs import Cohort, Pair, Run
from immunity.results.simulate import simulate, simulate_cohort
from immunity.results.status import host_failed, status_text
from immunity.results.write import RESULT, SUMMARY, all_or_nothing, write_files

__all__ = [
    "DISCLAIMER",
    "RESULT",
    "SUMMARY",
    "Cohort",
    "Pair",
    "Record",
    "Run",
    "UnknownName",
    "all_or_nothing",
    "cite",
    "collect_cohort",
    "collect_run",
    "host_failed",
    "open_result",
    "simulate",
    "simulate_cohort",
    "status_text",
    "write_files",
]
