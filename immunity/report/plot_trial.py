"""One endpoint of a trial as a static figure."""

from __future__ import annotations

from typing import Any

import numpy as np

from immunity.report.plot import PANEL_INCHES, picture
from immunity.trials.result import ALL, Findings


def plot_trial(findings: Findings, endpoint: str) -> Any:
    """Draw an endpoint by arm: steps of Kaplan and Meier, or shares and means, with their intervals.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    KeyError
        For an endpoint that there is not.
    RuleError
        E704 if matplotlib is not installed.
    """
    spec = findings.plan.trial.endpoints[endpoint]
    figure = picture()(figsize=(1.5 * PANEL_INCHES[0], 1.4 * PANEL_INCHES[1]), layout="constrained")
    axes = figure.add_subplot(1, 1, 1)
    found = [each for each in findings.found if each.endpoint == endpoint and each.group == ALL]
    for position, each in enumerate(found):
        arm, colour = findings.arms[each.arm], f"C{position}"
        if each.steps is not None:
            last = findings.days - findings.plan.enrol_day
            day = np.r_[each.steps.day, last]
            free, low, high = (np.r_[part, part[-1]] for part in (each.steps.free, each.steps.low, each.steps.high))
            axes.step(day, free, where="post", color=colour, label=f"{arm.title} (n = {each.n})")
            axes.fill_between(day, low, high, step="post", color=colour, alpha=0.2)
            continue
        value, low, high = each.estimate.value, each.estimate.low, each.estimate.high
        if value is not None:
            reach = None if low is None or high is None else [[value - low], [high - value]]
            axes.errorbar([position], [value], yerr=reach, fmt="o", color=colour, label=f"{arm.title} (n = {each.n})")
    if spec.time_to is not None:
        axes.set_xlabel("days since enrolment")
        axes.set_ylabel("share without it")
        axes.set_ylim(0.0, 1.02)
    else:
        axes.set_xticks([])
        axes.set_ylabel(f"{found[0].what}{', ' + found[0].unit if found[0].unit else ''}")
        axes.set_xlim(-0.5, len(found) - 0.5)
    axes.set_title(spec.title or endpoint, fontsize="medium")
    axes.legend(fontsize="x-small", frameon=False)
    return figure
