"""The papers that the numbers of a run come from."""

from __future__ import annotations

from typing import Any

from immunity.results.runs import Cohort, Run


def cite(run: Run | Cohort) -> list[dict[str, Any]]:
    """List the papers a run rests on.

    Those of all numbers in the hazards, laws, signals and amounts of the flows that fired at least once.

    Returns
    -------
    list of dict    key, cite, doi, and ``numbers``: names of the numbers that come from the paper
    """
    return [dict(paper) for paper in run.record.papers]
