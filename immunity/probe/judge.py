"""Invariants held against what trials came to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from immunity.probe.design import Trial
from immunity.probe.load import Invariants
from immunity.probe.models import Bound, Ending, Order
from immunity.results import Record, curves, host_failed, status_text
from immunity.results.present import present_unit
from immunity.results.summary import statistics_of

BOUND, ORDER, ENDING, FAILED = "bound", "order", "ending", "failed"


@dataclass(frozen=True)
class Trace:
    """What is kept of a trial: a few numbers of each readout, as it is presented.

    Attributes
    ----------
    stopped_at : float    day of the end, NaN if the host lived and the numbers held
    failed : str          why the numbers failed; empty if they did not
    """

    values: Mapping[str, Mapping[str, float]]
    units: Mapping[str, str]
    stopped_at: float
    failed: str = ""


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, with the commands that show it."""

    kind: str
    invariant: str
    trial: str
    said: str
    commands: tuple[str, ...]
    excuse: str = ""


@dataclass(frozen=True)
class Judged:
    """How many checks were made, and what did not hold."""

    trials: int
    checks: Mapping[str, int]
    violations: tuple[Violation, ...]

    def count(self, kind: str, *, excused: bool = False) -> int:
        """Violations of a kind that have an excuse, or have none."""
        return sum(v.kind == kind and bool(v.excuse) == excused for v in self.violations)


def trace_of(record: Record) -> Trace:
    """Keep the few numbers of a record that invariants look at."""
    code = int(record.status[0])
    rows = curves.list_rows(record)
    values = {}
    for index, info in enumerate(record.infos):
        seen = {name: float(value[0]) for name, value in statistics_of(record, index, rows).items()}
        if math.isfinite(seen["maximum"]):
            values[info.id] = seen | {"rise": seen["maximum"] - seen["baseline"]}
    units = {info.id: present_unit(info) for info in record.infos}
    return Trace(values, units, float(record.stopped_at[0]), status_text(code) if host_failed(code) else "")


def judge_trials(
    trials: Iterable[Trial],
    traces: Mapping[str, Trace],
    invariants: Invariants,
    *,
    within: Callable[[str, Iterable[str]], bool],
    subjects: Mapping[str, Iterable[str]],
    to_unit: Callable[[str, str], float],
) -> Judged:
    """Hold every invariant against every trial it speaks of.

    Parameters
    ----------
    traces : mapping         id of a trial -> what it came to
    within : callable        (subject, names) -> whether the subject is, or belongs to, one of the names
    subjects : mapping       scenario -> what is given in it
    to_unit : callable       (quantity, readout) -> the quantity as the readout is presented
    """
    trials = [trial for trial in trials if trial.id in traces]
    by_id = {trial.id: trial for trial in trials}
    checks: dict[str, int] = dict.fromkeys((FAILED, BOUND, ORDER, ENDING), 0)
    found: list[Violation] = []
    for trial in trials:
        trace = traces[trial.id]
        checks[FAILED] += 1
        if trace.failed:
            found.append(Violation(FAILED, "runs_to_its_end", trial.id, trace.failed, (trial.command,)))
            continue
        for bound in invariants.bounds:
            if bound.readout in trace.values:
                checks[BOUND] += 1
                found += _judge_bound(bound, trial, trace, to_unit)
        rest = traces.get(trial.untouched)
        for ending in invariants.endings:
            if rest is None or rest.failed:
                break
            if _is_over(trial, trace, invariants) and ending.readout in trace.values and ending.readout in rest.values:
                checks[ENDING] += 1
                found += _judge_ending(ending, by_id[trial.untouched], rest, trial, trace)
        for along, subject, lesser in trial.along:
            below = traces.get(lesser)
            if below is None or below.failed:
                continue
            for order in invariants.orders:
                if order.along != along or not within(subject, order.of):
                    continue
                if order.only_with and not any(within(s, order.only_with) for s in subjects[trial.scenario]):
                    continue
                checks[ORDER] += 1
                found += _judge_order(order, by_id[lesser], below, trial, trace, survival=invariants.design.survival)
    excused = tuple(_excused(violation, invariants) for violation in found)
    return Judged(len(trials), checks, excused)


def _judge_bound(bound: Bound, trial: Trial, trace: Trace, to_unit: Callable[[str, str], float]) -> Iterator[Violation]:
    seen, unit = trace.values[bound.readout], trace.units[bound.readout]
    for text, value, passed in (
        (bound.lo, seen["minimum"], lambda value, limit: value < limit),
        (bound.hi, seen["maximum"], lambda value, limit: value > limit),
    ):
        if text is not None and passed(value, to_unit(text, bound.readout)):
            said = f"{bound.readout} reaches {value:.4g} {unit}; no body passes {text}"
            yield Violation(BOUND, bound.readout, trial.id, said, (trial.command,))


def _judge_ending(ending: Ending, quiet: Trial, rest: Trace, trial: Trial, trace: Trace) -> Iterator[Violation]:
    """A newborn grows meanwhile, so that rest is what the same host has on that day who met nothing."""
    untouched, last = rest.values[ending.readout]["last"], trace.values[ending.readout]["last"]
    far = max(untouched * (ending.within - 1.0), ending.slack)
    near = max(untouched * (1.0 - 1.0 / ending.within), ending.slack)
    if last > untouched + far or last < untouched - near:
        unit = trace.units[ending.readout]
        said = f"{ending.readout} ends at {last:.4g} {unit}; in who met nothing at {untouched:.4g}"
        yield Violation(ENDING, ending.readout, trial.id, said, (quiet.command, trial.command))


def _judge_order(
    order: Order, lesser: Trial, below: Trace, greater: Trial, above: Trace, *, survival: str
) -> Iterator[Violation]:
    if order.readout not in below.values or order.readout not in above.values:
        return
    low, high = (
        0.0
        if order.readout == survival and not math.isnan(trace.stopped_at)  # the last row before a death says little
        else trace.values[order.readout][order.statistic]
        for trace in (below, above)
    )
    if order.statistic in ("last", "area") and not math.isnan(below.stopped_at + above.stopped_at):
        return  # what is last, or adds up, is cut short by death
    if order.unless_cut_short and _cut_short(*((below, above) if order.never == "rises" else (above, below))):
        return
    change = high - low if order.never == "rises" else low - high
    if change > order.slack + order.relative * abs(low):
        unit = above.units[order.readout]
        said = f"{order.statistic} of {order.readout} {order.never} from {low:.4g} to {high:.4g} {unit}"
        yield Violation(ORDER, order.id, greater.id, said, (lesser.command, greater.command))


def _cut_short(more: Trace, less: Trace) -> bool:
    """Whether the one that is to have more of something died before the other, and so had no time for it."""
    return more.stopped_at < (math.inf if math.isnan(less.stopped_at) else less.stopped_at)


def _is_over(trial: Trial, trace: Trace, invariants: Invariants) -> bool:
    """Whether the host lives, and what was let loose in it is gone."""
    microbes = trace.values.get(invariants.design.microbes)
    return math.isnan(trace.stopped_at) and (microbes is None or microbes["last"] <= invariants.design.clean)


def _excused(violation: Violation, invariants: Invariants) -> Violation:
    for excuse in invariants.excuses:
        if fnmatchcase(violation.invariant, excuse.invariant) and fnmatchcase(violation.trial, excuse.trial):
            return Violation(**{**vars(violation), "excuse": excuse.reason})
    return violation
