"""The stress suite: a rule book pushed beyond what it was fitted to, and held against what holds of any body."""

from immunity.probe.design import Trial
from immunity.probe.judge import Judged, Trace, Violation
from immunity.probe.load import Invariants, load_physiology
from immunity.probe.run import judge_book, plan_trials, run_trials
from immunity.probe.table import headline, to_json, to_markdown, to_text

__all__ = [
    "Invariants",
    "Judged",
    "Trace",
    "Trial",
    "Violation",
    "headline",
    "judge_book",
    "load_physiology",
    "plan_trials",
    "run_trials",
    "to_json",
    "to_markdown",
    "to_text",
]
