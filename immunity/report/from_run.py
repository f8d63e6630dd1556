"""From results to what a report shows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from immunity.report.bodymap import ever_cells, ever_microbes
from immunity.report.model import Curve, Floats, Paper, PlaceSeries, Point, ReportInput
from immunity.report.published import points_behind, readable_findings
from immunity.report.reasons import reasons_and_papers
from immunity.report.render import render
from immunity.report.roles import is_microbe
from immunity.report.words import clock
from immunity.results import DISCLAIMER, Cohort, Record, Run, host_failed, status_text
from immunity.results.again import command_of, command_of_pair, python_of
from immunity.results.curves import values_along, with_jumps
from immunity.results.observed import ObservedData
from immunity.results.outcomes import word_since
from immunity.results.protocol import done_words, host_words, labels_of_pair, title_of_pair, vary_words
from immunity.results.survival import kaplan_meier

if TYPE_CHECKING:
    from immunity.validate import Published

_SPREAD = (0.05, 0.95)
_BAND = "5 % to 95 %"
_TOLD_ELSEWHERE = ("scenario", "changed_numbers", "sources", "asked", "names", "command")


def page_of_run(run: Run, data: ObservedData | None = None) -> str:
    """The report of one host, with a table of observed values laid over it."""
    return render(with_observed(from_run(run, findings=_about(run)), _during(run, data)))


def page_of_pair(one: Run, two: Run, data: ObservedData | None = None) -> str:
    """The report of two runs, one drawn over the other."""
    return render(with_observed(from_pair(one, two, findings=_about(one, two)), data))


def page_of_cohort(cohort: Cohort, data: ObservedData | None = None) -> str:
    """The report of many hosts: medians and spread."""
    return render(with_observed(from_cohort(cohort, findings=_about(cohort)), _during(cohort, data)))


def _about(*results: Run | Cohort) -> tuple[Published, ...]:
    return readable_findings(about=[result.record.scenario for result in results])


def _during(result: Run | Cohort, data: ObservedData | None) -> ObservedData | None:
    return None if data is None else data.during(result.record.scenario)


def with_observed(report: ReportInput, data: ObservedData | None) -> ReportInput:
    """The report with observed values over its curves, those curves first."""
    if data is None:
        return report
    curves = [
        replace(curve, observed=found, observed_words=data.in_words(curve.id), main=True) if found else curve
        for curve, found in ((curve, data.of(curve.id)) for curve in report.curves)
    ]
    return replace(report, curves=tuple(sorted(curves, key=lambda curve: not curve.observed)))


def from_run(run: Run, *, findings: Iterable[Published] = ()) -> ReportInput:
    """What a report shows of one run.

    Parameters
    ----------
    findings : iterable         whose published points stand behind the curves
    """
    return _without_constants(replace(_of_run(run, findings), again=again(run.record)))


def outline_of_run(run: Run, *, findings: Iterable[Published] = ()) -> ReportInput:
    """What a report shows of one run, without the reasons of things, which take longer than the rest."""
    record = with_jumps(run.record)
    stopped, outcome = float(record.stopped_at[0]), run.outcome
    report = replace(
        _common(record, lambda values: values[:, 0], findings),
        outcome=outcome,
        outcome_since=word_since(run.record, outcome),
        stopped_at=stopped if np.isfinite(stopped) else None,
        seed=record.seed if record.mode == "stochastic" or record.draws else None,
    )
    if host_failed(int(record.status[0])):
        report = replace(report, warnings=(status_text(int(record.status[0])), *report.warnings))
    return report


def _of_run(run: Run, findings: Iterable[Published]) -> ReportInput:
    report = outline_of_run(run, findings=findings)
    reasons, papers = reasons_and_papers(run, frozenset(c.id for c in report.curves if is_microbe(c)))
    curves = tuple(replace(curve, papers=papers.get(curve.id, ())) for curve in report.curves)
    return replace(report, reasons=reasons, curves=curves)


def from_pair(one: Run, two: Run, *, findings: Iterable[Published] = ()) -> ReportInput:
    """What a report shows of two runs: the first, with the second as its ``second``, at the times of both."""
    findings = tuple(findings)
    labels = labels_of_pair(one.record, two.record)
    reports = [replace(_of_run(run, findings), label=label) for run, label in zip((one, two), labels, strict=True)]
    times = [report.times for report in reports]
    if not np.array_equal(times[0], times[1]):
        twice = np.concatenate([t[1:][np.diff(t) == 0.0] for t in times])  # both sides of a jump
        common = np.sort(np.concatenate([np.union1d(times[0], times[1]), np.unique(twice)]))
        reports = [_at_times(report, common) for report in reports]
    first, second = reports
    theirs = {curve.id: curve for curve in second.curves}
    ours = {curve.id for curve in first.curves}
    curves = [replace(c, second=theirs[c.id].values if c.id in theirs else None) for c in first.curves]
    nothing = np.full_like(first.times, np.nan)
    curves += [replace(c, values=nothing, second=c.values) for c in second.curves if c.id not in ours]
    report = replace(
        first,
        title=title_of_pair(one.record, two.record),
        days=max(first.days, second.days),
        curves=tuple(_shown_by_either(curve, theirs) for curve in curves),
        second=replace(second, days=max(first.days, second.days)),
        warnings=tuple(dict.fromkeys((*first.warnings, *second.warnings))),
        papers=tuple(sorted({*first.papers, *second.papers}, key=lambda p: p.cite.lower())),
        again=(command_of_pair(one.record, two.record),),
    )
    return _without_constants(report)


def _shown_by_either(curve: Curve, theirs: dict[str, Curve]) -> Curve:
    """A readout that the second scenario asks for is shown too."""
    other = theirs.get(curve.id)
    return replace(curve, main=True) if other is not None and other.main and not curve.main else curve


def _at_times(report: ReportInput, times: Floats) -> ReportInput:
    """A report at other times; outside its own it knows nothing."""

    def there(values: Floats) -> Floats:
        return np.where(times < report.times[0], np.nan, values_along(report.times, values, times))

    curves = tuple(replace(curve, values=there(curve.values)) for curve in report.curves)
    places = tuple(replace(p, cells=there(p.cells), microbes=there(p.microbes)) for p in report.places)
    return replace(report, times=times, curves=curves, places=places)


def from_cohort(cohort: Cohort, *, findings: Iterable[Published] = ()) -> ReportInput:
    """What a report shows of a cohort: survival, and the median and spread of those still alive.

    A curve ends where fewer than half of the hosts are left: what follows would tell of the survivors alone.
    """
    record = cohort.record
    there = np.isfinite(record.readout).any(axis=2).sum(axis=1)
    enough = there >= max(1.0, len(record.host) / 2.0)

    def quantile(values: Floats, q: float) -> Floats:
        return np.where(enough, _quantile(values, q), np.nan)

    report = _common(record, lambda values: quantile(values, 0.5), findings)
    columns = {info.id: record.readout[:, :, i] for i, info in enumerate(record.infos)}
    curves = tuple(
        replace(c, band=(quantile(columns[c.id], _SPREAD[0]), quantile(columns[c.id], _SPREAD[1])))
        for c in report.curves
        if c.unit != "host"  # whether one is alive is told by survival
    )
    survival = kaplan_meier(record)
    report = replace(
        report,
        curves=curves,
        outcomes=cohort.outcomes,
        seed=record.seed,
        again=again(record),
        host={"hosts": str(len(cohort)), **report.host, "vary in": vary_words(record)},
        survival=survival if survival.died.any() else None,
        over_whom=_over_whom(record, enough),
    )
    return _without_constants(report)


def _over_whom(record: Record, enough: NDArray[np.bool_]) -> str:
    """Whose median and spread the curves are."""
    left = int(np.isfinite(record.readout[-1]).any(axis=1).sum())
    if left == len(record.host):
        return f"Curves: median and {_BAND} of all {left} hosts."
    until = float(record.time[np.flatnonzero(enough)[-1]]) if enough.any() else 0.0
    ends = "" if enough[-1] else f"; they end {clock(record.days).when(until)}, when fewer than half are left"
    return f"Curves: median and {_BAND} of the hosts alive at each time, the dead left out{ends}."


def _common(record: Record, over_hosts: Callable[[Floats], Floats], findings: Iterable[Published]) -> ReportInput:
    points = points_behind(record, findings)
    return ReportInput(
        title=record.title,
        scenario=record.scenario,
        host=host_words(record),
        done=done_words(record),
        mode=record.mode,
        seed=None,
        days=record.days,
        outcome="",
        stopped_at=None,
        times=record.time,
        curves=_curves(record, over_hosts, points),
        places=_places(record, over_hosts),
        papers=tuple(
            sorted(
                (Paper(str(p.get("cite") or p["key"]), p.get("doi")) for p in record.papers),
                key=lambda p: p.cite.lower(),
            )
        ),
        provenance=_provenance(record),
        warnings=record.warnings,
        disclaimer=DISCLAIMER,
        microbe_unit=_microbe_unit(record),
    )


def _curves(
    record: Record, over_hosts: Callable[[Floats], Floats], points: dict[str, tuple[Point, ...]]
) -> tuple[Curve, ...]:
    """Every readout, those that the scenario asks for first."""
    order = {name: i for i, name in enumerate(record.show)}
    columns = sorted(range(len(record.infos)), key=lambda i: order.get(record.infos[i].id, len(order)))
    return tuple(
        Curve(
            id=info.id,
            name=info.name,
            unit=info.unit,
            panel=info.panel,
            scale=info.scale,
            values=over_hosts(record.readout[:, :, column]),
            healthy=info.healthy,
            limit_of_detection=info.limit_of_detection,
            points=points.get(info.id, ()),
            main=info.id in order or not order,
        )
        for column, info in ((column, record.infos[column]) for column in columns)
    )


def _places(record: Record, over_hosts: Callable[[Floats], Floats]) -> tuple[PlaceSeries, ...]:
    """Places with a position that ever hold cells or microbes; none if the run kept no pools."""
    pool = record.pool
    if pool is None:
        return ()
    found = []
    for id, place in record.places.items():
        cells = [i for i in place["cells"] if record.pool_units[i] == "cell"]
        microbes = list(place["microbes"])
        if place["map"] is not None and (cells or microbes):
            x, y = place["map"]
            sums = (over_hosts(pool[:, :, some].sum(axis=2)) for some in (cells, microbes))
            found.append(PlaceSeries(id, place["name"], float(x), float(y), *sums))
    return tuple(place for place in found if ever_cells(place) or ever_microbes(place))


def _microbe_unit(record: Record) -> str:
    """The unit of the microbes that are ever there; a word, if they have several."""
    pool = record.pool
    there = np.array(sorted({i for place in record.places.values() for i in place["microbes"]}), np.intp)
    if pool is not None:
        there = there[np.nanmax(pool[:, :, there], axis=(0, 1), initial=0.0) > 0.0]
    units = {record.pool_units[i] for i in there.tolist()}
    return units.pop() if len(units) == 1 else "microbes" if units else "CFU"


def _quantile(values: Floats, q: float) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # times at which no host is left are NaN, as they should be
        return np.nanquantile(values, q, axis=1)


def _without_constants(report: ReportInput) -> ReportInput:
    """Leave out readouts that never change and of which that says nothing, and list them."""

    def silent(curve: Curve) -> bool:
        parts = [curve.values, *(v for v in (curve.second, *(curve.band or ())) if v is not None)]
        flat = all(np.ptp(part[np.isfinite(part)]) == 0.0 for part in parts if np.isfinite(part).any())
        return flat and not is_microbe(curve) and not curve.points and curve.healthy is None

    gone = [curve.id for curve in report.curves if silent(curve)]
    if not gone:
        return report
    return replace(
        report,
        curves=tuple(curve for curve in report.curves if curve.id not in gone),
        provenance={**report.provenance, "readouts not shown, constant throughout": gone},
    )


def again(record: Record) -> tuple[str, ...]:
    """What gives the same result: at the command line, and in Python."""
    return command_of(record), python_of(record)


def _provenance(record: Record) -> dict[str, Any]:
    """Plain facts first, then the filled scenario, what differs from the reference, and what was drawn."""
    told = {key: value for key, value in record.provenance.items() if key not in _TOLD_ELSEWHERE}
    changed = record.provenance.get("changed_numbers", {})
    sections = {
        "scenario, every default filled in": record.filled,
        "numbers changed from the reference": {
            name: f"{n['value']:.6g} {n['unit']} (reference {n['reference']:.6g})" for name, n in changed.items()
        },
    }
    if record.draws and len(record.host) == 1:
        sections["multipliers drawn for this host"] = {name: f"{v[0]:.4g}" for name, v in record.draws.items()}
    plain = {key: value for key, value in told.items() if not isinstance(value, dict)}
    return plain | sections | {key: value for key, value in told.items() if isinstance(value, dict)}
