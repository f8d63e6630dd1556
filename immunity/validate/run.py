"""Simulate what findings need, and judge them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from immunity.language.errors import RuleError
from immunity.language.quantity import parse_quantity
from immunity.results import Record
from immunity.validate.expectation import EACH_AXIS, TIME_AXIS, Expectation, Point
from immunity.validate.judge import (
    ENOUGH_POINTS,
    NOT_JUDGED,
    NOT_MEASURED,
    JudgedPoint,
    Verdict,
    judge,
    judge_series,
    neutral_of,
    scale_of,
    without_points,
)
from immunity.validate.kept import KeptVerdicts
from immunity.validate.load import Published, pick_findings
from immunity.validate.models import Measure, RunSpec
from immunity.validate.plan import BuildCase, Progress, Records, key_of, plan_runs, simulate_all, specs_of, variant
from immunity.validate.take import Measured, NotMeasured, fits_or_raise, take_measure

SAME = 1e-6  # relative: a published x and the value of a parameter
QUICK = "quick: it needs many hosts"


def run_findings(
    findings: Iterable[Published],
    build_case: BuildCase,
    *,
    ids: Sequence[str] | None = None,
    workers: int = 1,
    quick: bool = False,
    progress: Progress | None = None,
    kept: Path | None = None,
) -> list[Verdict]:
    """Simulate and judge findings. Runs that several findings share are simulated once.

    A finding that cannot be measured gets the verdict ``not measured`` with the reason; the others go on.
    The verdicts do not depend on the number of workers.

    Parameters
    ----------
    build_case : callable    see :class:`immunity.validate.plan.BuildCase`
    ids : sequence of str    ids or topics to judge; all by default
    workers : int            local processes for all runs
    quick : bool             leave out findings on many hosts; their verdict is ``not judged``
    progress : callable      called with (hosts finished, hosts)
    kept : Path              folder in which each verdict is written as it is reached; one whose simulations, finding
                             and code have not changed since is taken from there

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C; its text says how far it got.
    RuleError
        E701 if verdicts cannot be kept there.
    """
    chosen = pick_findings(findings, ids)
    left_out = [published for published in chosen if quick and needs_many_hosts(published)]
    verdicts = {published.id: without_points(published, NOT_JUDGED, QUICK) for published in left_out}
    judged = [published for published in chosen if published.id not in verdicts]
    folder = KeptVerdicts(kept) if kept else None
    runs = plan_runs(judged, build_case)
    keys = [folder.key(published, runs.of_finding(at)) if folder else "" for at, published in enumerate(judged)]
    known = [folder.find(published, key) if folder else None for published, key in zip(judged, keys, strict=True)]
    verdicts |= {verdict.id: verdict for verdict in known if verdict}

    def ready(position: int, records: Records) -> None:
        verdict = _judge_finding(judged[position], records)
        verdicts[verdict.id] = verdict
        if folder:
            folder.keep(verdict, keys[position])

    try:
        asked = [position for position, verdict in enumerate(known) if verdict is None]
        simulate_all(runs, asked, workers=workers, ready=ready, progress=progress)
    except KeyboardInterrupt as interrupt:
        so_far = f"{len(verdicts) - len(left_out)} of {len(judged)} findings were judged"
        text = f"{so_far}; their verdicts are in {kept}" if kept else f"{so_far}; nothing is kept without --kept FOLDER"
        raise KeyboardInterrupt(text) from interrupt
    return [verdicts[published.id] for published in chosen]


def needs_many_hosts(published: Published) -> bool:
    """Whether a finding is about a cohort: what ``quick`` leaves out."""
    return any(spec.hosts > 1 for spec in published.finding.runs.values())


def _judge_finding(published: Published, records: Records) -> Verdict:
    expectation = published.expectation
    try:
        judged = tuple(_judge_point(published, point, records) for point in expectation.points)
    except NotMeasured as error:
        return without_points(published, NOT_MEASURED, str(error))
    except RuleError as error:
        return without_points(published, NOT_MEASURED, f"{published.at('measure')}: {error}")
    outcomes = [point.verdict for point in judged]
    enough = 1.0 if expectation.over == EACH_AXIS else ENOUGH_POINTS
    return Verdict(
        published.finding,
        outcomes[0] if expectation.over is None else judge_series(outcomes, enough=enough),
        expectation.unit.text,
        expectation.x_unit,
        expectation.scale,
        judged,
        seconds=records.seconds(specs_of(published)),
    )


def _judge_point(published: Published, point: Point, records: Records) -> JudgedPoint:
    expectation = published.expectation
    measure, measured = _measure_point(published, point, records)
    fits_or_raise(measured, expectation.unit.text, expectation.unit.dimension, expectation.unit.log)
    if math.isnan(measured.value):
        raise NotMeasured("the measure has no value in any host")
    shown = expectation.unit.from_base(measured.value)
    scale = scale_of(measure, expectation, point)
    verdict = judge(shown, point, scale, neutral_of(measure, log=expectation.unit.log))
    x = None if expectation.over is None else point.x
    return JudgedPoint(x, point.label, point.value, point.lo, point.hi, shown, verdict)


def _measure_point(published: Published, point: Point, records: Records) -> tuple[Measure, Measured]:
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
        record = records.get(key_of(variant(finding.runs[name], index)))
        if isinstance(record, str):
            raise NotMeasured(record)
        return record

    return measure, take_measure(measure, record_of, day)


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
