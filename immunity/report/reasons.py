"""Why curves went where they went, in a sentence each; from the pools and rules of one run."""

from __future__ import annotations

import numpy as np

from immunity.compiler.tables import Floats
from immunity.report.model import Paper
from immunity.results import Run
from immunity.results.papers import papers_of_flows
from immunity.results.record import Record
from immunity.results.why import course_of_host
from immunity.why import because

LEAST = 0.1  # share of what was taken away below which what took it is not told
MOST = 3


def reasons_and_papers(run: Run, microbes: frozenset[str]) -> tuple[dict[str, str], dict[str, tuple[Paper, ...]]]:
    """Say why readouts moved, or of microbes what took them away; and which papers are behind their flows.

    Parameters
    ----------
    microbes : frozenset of str     readouts that count microbes

    Returns
    -------
    reasons : dict      readout -> a sentence
    papers : dict       readout shown first -> papers behind the flows that made and took what it counts
    Both are empty for a run that kept no pools, or holds no rules.
    """
    record = run.record
    if record.case is None or record.pool is None or not np.isfinite(record.pool[:, 0]).all(axis=1).any():
        return {}, {}
    course, model = course_of_host(record), record.case.model
    reasons: dict[str, str] = {}
    rest = _at_rest(record)
    for column, info in enumerate(record.infos):
        values = record.readout[: len(course.rates.time), 0, column]
        if info.id in microbes:
            reasons[info.id] = _removed(course.removed(info.id), model.labels)
        elif info.id in record.show:
            row = int(np.argmax(np.abs(values - rest[column])))
            if row == 0:
                continue  # what was met or given at the start, and told as such
            behind = because(course.causes(info.id, float(course.rates.time[row])), model.labels)
            reasons[info.id] = f"Behind it: {behind}." if behind else ""
    papers = {
        name: tuple(
            Paper(str(p.get("cite") or p["key"]), p.get("doi")) for p in papers_of_flows(model, course.flows_of(name))
        )
        for name in record.show
    }
    return {id: text for id, text in reasons.items() if text}, papers


def _at_rest(record: Record) -> Floats:
    """Values of the readouts before anything happens; the first rows show the state after what happens at the start."""
    times, before = record.jump_time, record.jump_before
    if times is not None and before is not None and times.size and times[0, 0] == record.time[0]:
        return before[0, 0]
    return record.readout[0, 0]


def _removed(parts: list[tuple[str, float]], labels: dict[str, str]) -> str:
    told = []
    for rule, share in parts[:MOST]:
        owner, _, verb = rule.partition(".")
        if share >= LEAST:
            told.append(f"{labels.get(owner, owner)} ({verb.replace('_', ' ')}) {100.0 * share:.0f} %")
    return f"Taken away by: {', '.join(told)}." if told else ""
