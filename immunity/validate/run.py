"""Simulate what findings need, and judge them."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from immunity.compiler.case import Case
from immunity.language.errors import RuleError, RuleErrors
from immunity.language.quantity import parse_quantity
from immunity.results import Record, simulate, simulate_cohort
from immunity.validate.expectation import EACH_AXIS, TIME_AXIS, Expectation, Point
from immunity.validate.judge import NOT_MEASURED, JudgedPoint, Verdict, judge, judge_series
from immunity.validate.load import Published, pick_findings
from immunity.validate.models import Measure, RunSpec
from immunity.validate.take import Measured, NotMeasured, fits_or_raise, take_measure

SAME = 1e-6  # relative: a published x and the value of a parameter


class BuildCase(Protocol):
    """Builds a host in a scenario: named overrides as ``--host`` and ``--with`` take them, days None for its own."""

    def __call__(self, scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Case: ...


Progress = Callable[[int, int, str], None]


def run_findings(
    findings: Iterable[Published],
    build_case: BuildCase,
    *,
    ids: Sequence[str] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Verdict]:
    """Simulate and judge findings. Runs that several findings share are simulated once.

    A finding that cannot be measured gets the verdict ``not measured`` with the reason; the others go on.

    Parameters
    ----------
    build_case : callable    see :class:`BuildCase`
    ids : sequence of str    ids or topics to judge; all by default
    workers : int            processes for runs of many hosts
    progress : callable      called with (findings judged, findings, id of the next)
    """
    chosen = pick_findings(findings, ids)
    needed = Counter(_key(spec) for published in chosen for spec in _all_specs(published))
    store = _Store(build_case, workers, needed)
    verdicts = []
    for position, published in enumerate(chosen):
        if progress is not None:
            progress(position, len(chosen), published.id)
        verdicts.append(_judge_finding(published, store))
        store.release(_all_specs(published))
    return verdicts


class _Store:
    """Records of runs, each kept as long as a finding ahead needs it."""

    def __init__(self, build_case: BuildCase, workers: int, needed: Counter[str]) -> None:
        self._build_case = build_case
        self._workers = workers
        self._needed = needed
        self._records: dict[str, Record | str] = {}

    def get(self, spec: RunSpec) -> Record:
        key = _key(spec)
        if key not in self._records:
            try:
                self._records[key] = self._simulate(spec)
            except (RuleError, RuleErrors) as error:
                self._records[key] = str(error)
        record = self._records[key]
        if isinstance(record, str):
            raise NotMeasured(record)
        return record

    def release(self, specs: Iterable[RunSpec]) -> None:
        for spec in specs:
            key = _key(spec)
            self._needed[key] -= 1
            if self._needed[key] <= 0:
                self._records.pop(key, None)

    def _simulate(self, spec: RunSpec) -> Record:
        case = self._build_case(spec.scenario, host=dict(spec.host), with_=dict(spec.with_), days=spec.days)
        vary = spec.hosts > 1 if spec.vary is None else spec.vary
        if spec.hosts == 1:
            return simulate(case, stochastic=spec.stochastic, seed=spec.seed, vary=vary).record
        return simulate_cohort(
            case,
            hosts=spec.hosts,
            seed=spec.seed,
            workers=self._workers,
            stochastic=spec.stochastic,
            vary=vary,
        ).record


def _key(spec: RunSpec) -> str:
    return json.dumps(spec.model_dump(exclude={"parameters"}), sort_keys=True, default=str)


def variant(spec: RunSpec, index: int | None) -> RunSpec:
    """The run at one value of its parameter; the run itself where nothing varies."""
    if not spec.parameters or index is None:
        return spec
    ((path, values),) = spec.parameters.items()
    return spec.model_copy(update={"with_": {**spec.with_, path: values[index]}, "parameters": {}})


def _all_specs(published: Published) -> list[RunSpec]:
    specs: dict[str, RunSpec] = {}
    for spec in published.finding.runs.values():
        count = max((len(values) for values in spec.parameters.values()), default=0)
        for one in [variant(spec, index) for index in range(count)] or [spec]:
            specs[_key(one)] = one
    return list(specs.values())


def _judge_finding(published: Published, store: _Store) -> Verdict:
    started = time.perf_counter()
    finding, expectation = published.finding, published.expectation
    reason, judged, verdict = "", (), NOT_MEASURED
    try:
        judged = tuple(_judge_point(published, point, store) for point in expectation.points)
        outcomes = [point.verdict for point in judged]
        verdict = outcomes[0] if expectation.over is None else judge_series(outcomes)
    except NotMeasured as error:
        reason, judged = str(error), ()
    except RuleError as error:
        reason, judged = f"{published.at('measure')}: {error}", ()
    return Verdict(
        finding,
        verdict,
        expectation.unit.text,
        expectation.x_unit,
        expectation.scale,
        judged,
        reason,
        time.perf_counter() - started,
    )


def _judge_point(published: Published, point: Point, store: _Store) -> JudgedPoint:
    expectation = published.expectation
    measured = _measure_point(published, point, store)
    fits_or_raise(measured, expectation.unit.text, expectation.unit.dimension, expectation.unit.log)
    if math.isnan(measured.value):
        raise NotMeasured("the measure has no value in any host")
    shown = expectation.unit.from_base(measured.value)
    verdict = judge(shown, point, expectation.scale)
    x = None if expectation.over is None else point.x
    return JudgedPoint(x, point.label, point.value, point.lo, point.hi, shown, verdict)


def _measure_point(published: Published, point: Point, store: _Store) -> Measured:
    finding, expectation = published.finding, published.expectation
    measure: Measure = finding.measure
    index, day = None, None
    if expectation.over == EACH_AXIS:
        parts = measure.each or []
        if not 0 <= point.x < len(parts):
            raise NotMeasured(f"there is no measure number {point.x:g}")
        measure = parts[int(point.x)]
    elif expectation.over == TIME_AXIS:
        day = point.x
    elif expectation.over is not None:
        index = _index_of(expectation, point, finding.runs)

    def record_of(name: str) -> Record:
        return store.get(variant(finding.runs[name], index))

    return take_measure(measure, record_of, day)


def _index_of(expectation: Expectation, point: Point, runs: dict[str, RunSpec]) -> int:
    """Which value of the parameter a published point belongs to."""
    values = next(run.parameters[expectation.over] for run in runs.values() if expectation.over in run.parameters)
    if expectation.by_index:
        if 0 <= point.x < len(values):
            return int(point.x)
    else:
        for index, value in enumerate(values):
            if math.isclose(parse_quantity(value).value, point.x, rel_tol=SAME, abs_tol=1e-12):
                return index
    raise NotMeasured(f"no run has the value of {expectation.over} that belongs to x = {point.x:g}")
