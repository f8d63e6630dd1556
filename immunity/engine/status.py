"""How a run ended: integer codes and what they mean."""

from __future__ import annotations

OK = 0
STOPPED = 1
STEP_UNDERFLOW = 2
NOT_FINITE = 3
TOO_MANY_STEPS = 4
NEGATIVE = 5
HALTED = 6

STATUS_MESSAGES: dict[int, str] = {
    OK: "ran to the end",
    STOPPED: "stopped by the stop rule",
    STEP_UNDERFLOW: "the step size fell below what time can resolve: some hazard grows without bound",
    NOT_FINITE: "an amount or a hazard became infinite or not a number",
    TOO_MANY_STEPS: "the largest allowed number of steps was used up before the end",
    NEGATIVE: "an amount was set or driven below zero",
    HALTED: "interrupted before the end",
}


def failed(status: int) -> bool:
    """Say whether a status is a numeric failure (rows after it are NaN)."""
    return status >= STEP_UNDERFLOW
