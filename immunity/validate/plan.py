"""What findings need simulated: each distinct run once, all of them on the cores there are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from immunity.cohorts import CohortOutcome, HostBatch, Options, Wanted, check_variation, run_several
from immunity.compiler.case import Case
from immunity.language.errors import RuleError, RuleErrors
from immunity.results import Record, collect_cohort
from immunity.validate.load import Published
from immunity.validate.models import RunSpec

RTOL = 1e-3
RTOL_OF_COHORTS = 1e-2  # people differ by far more, and expected runs take a third of the time


class BuildCase(Protocol):
    """Builds a host in a scenario: named overrides as ``--host`` and ``--with`` take them, days None for its own."""

    def __call__(self, scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Case: ...


Progress = Callable[[int, int], None]


def key_of(spec: RunSpec) -> str:
    """The same for runs that say the same."""
    return json.dumps(spec.model_dump(exclude={"parameters"}), sort_keys=True, default=str)


def variant(spec: RunSpec, index: int | None) -> RunSpec:
    """The run at one value of its parameter; the run itself where nothing varies."""
    if not spec.parameters or index is None:
        return spec
    ((path, values),) = spec.parameters.items()
    return spec.model_copy(update={"with_": {**spec.with_, path: values[index]}, "parameters": {}})


def specs_of(published: Published) -> dict[str, RunSpec]:
    """Every run a finding needs, one for each value of a parameter."""
    specs: dict[str, RunSpec] = {}
    for spec in published.finding.runs.values():
        count = max((len(values) for values in spec.parameters.values()), default=0)
        for one in [variant(spec, index) for index in range(count)] or [spec]:
            specs[key_of(one)] = one
    return specs


class Records:
    """Records of finished runs, or why there is none, each kept as long as a finding ahead needs it."""

    def __init__(self, needed: Counter[str]) -> None:
        self._needed = needed
        self._kept: dict[str, Record | str] = {}
        self._seconds: dict[str, float] = {}

    def put(self, key: str, record: Record | str, seconds: float = 0.0) -> None:
        self._kept[key] = record
        self._seconds[key] = seconds

    def get(self, key: str) -> Record | str:
        return self._kept[key]

    def seconds(self, keys: Iterable[str]) -> float:
        """What the simulation of some runs took."""
        return sum(self._seconds.get(key, 0.0) for key in keys)

    def release(self, keys: Iterable[str]) -> None:
        """A finding needs these no more."""
        for key in keys:
            self._needed[key] -= 1
            if self._needed[key] <= 0:
                self._kept.pop(key, None)


@dataclass(frozen=True)
class Runs:
    """Every distinct run of some findings.

    Attributes
    ----------
    of : list                 for each finding its runs, by key
    wanted, refused : dict    what a run simulates, or why it cannot be, by key
    """

    of: list[dict[str, RunSpec]]
    wanted: dict[str, Wanted]
    refused: dict[str, str]

    def of_finding(self, position: int) -> dict[str, Wanted | str]:
        """What one finding needs."""
        return {key: self.wanted.get(key) or self.refused[key] for key in self.of[position]}


def plan_runs(findings: Sequence[Published], build_case: BuildCase) -> Runs:
    """Build the cases of all runs, each once."""
    runs = Runs([specs_of(published) for published in findings], {}, {})
    for key, spec in {key: spec for each in runs.of for key, spec in each.items()}.items():
        try:
            runs.wanted[key] = _wanted(spec, build_case)
        except (RuleError, RuleErrors) as error:
            runs.refused[key] = str(error)
    return runs


def simulate_all(
    runs: Runs,
    positions: Sequence[int],
    *,
    workers: int,
    ready: Callable[[int, Records], None],
    progress: Progress | None = None,
) -> None:
    """Simulate every distinct run of some findings once.

    Parameters
    ----------
    positions : sequence of int    of the findings whose runs are simulated
    ready : callable               called with (position of a finding, records) as soon as all its runs are there
    progress : callable            called with (hosts finished, hosts)
    """
    records = Records(Counter(key for position in positions for key in runs.of[position]))
    missing = {position: set(runs.of[position]) for position in positions}
    needed = set().union(*missing.values())

    def arrived(key: str, record: Record | str, seconds: float = 0.0) -> None:
        records.put(key, record, seconds)
        for position, each in missing.items():
            if key in each:
                each.discard(key)
                if not each:
                    ready(position, records)
                    records.release(runs.of[position])

    for key, reason in runs.refused.items():
        if key in needed:
            arrived(key, reason)
    wanted = {key: each for key, each in runs.wanted.items() if key in needed}
    keys = list(wanted)

    def finished(task: int, batch: HostBatch, seconds: float) -> None:
        each = wanted[keys[task]]
        arrived(keys[task], collect_cohort(CohortOutcome(each.case, each.options, batch)).record, seconds)

    if wanted:
        run_several(list(wanted.values()), workers=workers, finished=finished, progress=progress)


def _wanted(spec: RunSpec, build_case: BuildCase) -> Wanted:
    case = build_case(spec.scenario, host=dict(spec.host), with_=dict(spec.with_), days=spec.days)
    vary = spec.hosts > 1 if spec.vary is None else spec.vary
    if vary:
        check_variation(case)
    rtol = spec.rtol or (RTOL if spec.hosts == 1 else RTOL_OF_COHORTS)
    options = Options(spec.seed, spec.stochastic, vary, record_pools=False, rtol=rtol)
    return Wanted(case, options, spec.hosts)
