"""Trials: arms of hosts, endpoints, and how arms differ, with intervals."""

from immunity.trials.load import Planned, built_in_trials, find_trial, read_trial
from immunity.trials.models import Trial as TrialSpec
from immunity.trials.run import run_trial
from immunity.trials.trial import Trial

__all__ = ["Planned", "Trial", "TrialSpec", "built_in_trials", "find_trial", "read_trial", "run_trial"]
