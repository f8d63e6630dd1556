"""Measures: checked when a finding is read, taken when its runs are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from immunity.compiler.clock import at_tick
from immunity.language.errors import fail
from immunity.language.quantity import TIME, expect, parse_quantity
from immunity.results.condition import parse_condition
from immunity.validate.expectation import EACH_AXIS, TIME_AXIS, At, read_value
from immunity.validate.models import Finding, Measure

FORMS = ("readout", "flux", "mean_residence", "fraction_of_hosts", "ratio", "difference", "sum", "each", "constant")
COMBINING = ("ratio", "difference", "sum", "each")
OF_ONE_RUN = ("readout", "flux", "mean_residence", "fraction_of_hosts")
ALLOWED: dict[str, tuple[str, ...]] = {
    "readout": ("run", "statistic", "at", "between", "level", "across_hosts"),
    "flux": ("run", "across_hosts"),
    "mean_residence": ("run", "across_hosts"),
    "fraction_of_hosts": ("run",),
}
WITH_AT = ("value_at", "fold_of_baseline", "rise_over_baseline")
WITH_LEVEL = ("time_to_cross", "duration_above", "duration_below", "episodes")
WITHOUT_BETWEEN = ("value_at", "baseline")
_ACROSS = re.compile(r"median|mean|min|max|quantile (0(\.\d+)?|1(\.0+)?|\.\d+)")


def form_of(measure: Measure) -> str:
    """Which form of measure this is; '' if it is none or several."""
    given = [form for form in FORMS if getattr(measure, form) is not None]
    return given[0] if len(given) == 1 else ""


def leaves(measure: Measure) -> Iterator[Measure]:
    """The measures that are not made of others."""
    form = form_of(measure)
    if form in COMBINING:
        for part in getattr(measure, form):
            yield from leaves(part)
    else:
        yield measure


def check_measure(finding: Finding, at: At) -> None:
    """Check that a measure fits together and fits the finding's runs.

    Raises
    ------
    RuleError
        E803, E804, E806, E807, and E3xx for its quantities.
    """
    over = _over(finding)
    _check(finding.measure, finding, at, ("measure",), over)
    used = {leaf.run for leaf in leaves(finding.measure)}
    if used == {None}:
        raise fail("E807", at=at("measure"))
    for name, run in finding.runs.items():
        if name not in used:
            raise fail("E804", at=at("runs", name), reason=f"the run {name!r} is never measured")
        for path, values in run.parameters.items():
            if path != over:
                reason = f"the run {name!r} varies {path!r}, but the expectation is not over it"
                raise fail("E804", at=at("runs", name, "parameters"), reason=reason)
            if not values:
                raise fail("E804", at=at("runs", name, "parameters"), reason="there are no values to run")


def _over(finding: Finding) -> str | None:
    if finding.expect.points is None:
        return None
    return finding.expect.over or (EACH_AXIS if finding.measure.each is not None else TIME_AXIS)


def _check(measure: Measure, finding: Finding, at: At, path: tuple[str | int, ...], over: str | None) -> None:
    here = at(*path)
    form = form_of(measure)
    if not form:
        raise fail("E804", at=here, reason=f"it needs exactly one of {', '.join(FORMS)}")
    given = {name for name in Measure.model_fields if getattr(measure, name) is not None} - {form}
    extra = sorted(given - set(ALLOWED.get(form, ())))
    if extra:
        raise fail("E804", at=here, reason=f"'{form}' takes no '{extra[0]}'")
    if form in COMBINING:
        if form == "each" and len(path) > 1:
            raise fail("E804", at=here, reason="'each' stands at the top of a measure only")
        for position, part in enumerate(getattr(measure, form)):
            _check(part, finding, at, (*path, form, position), over)
        return
    if form == "constant":
        read_value(measure.constant or "", at(*path, "constant"))
        return
    if measure.run is None:
        raise fail("E804", at=here, reason=f"'{form}' needs 'run'")
    if measure.run not in finding.runs:
        raise fail("E803", at=at(*path, "run"), text=measure.run, known=finding.runs)
    if measure.across_hosts is not None and not _ACROSS.fullmatch(measure.across_hosts):
        reason = "across_hosts is median, mean, min, max or 'quantile Q' with Q from 0 to 1"
        raise fail("E804", at=at(*path, "across_hosts"), reason=reason)
    if measure.fraction_of_hosts is not None:
        parse_condition(measure.fraction_of_hosts, at(*path, "fraction_of_hosts"))
    if form == "readout":
        _check_statistic(measure, at, path, over)


def _check_statistic(measure: Measure, at: At, path: tuple[str | int, ...], over: str | None) -> None:
    here = at(*path)
    statistic = measure.statistic or ("value_at" if over == TIME_AXIS else None)
    if statistic is None:
        raise fail("E804", at=here, reason="'readout' needs 'statistic'")

    def needs(key: str, wanted: bool, allowed: bool) -> None:
        there = getattr(measure, key) is not None
        if wanted and not there:
            raise fail("E804", at=here, reason=f"'{statistic}' needs '{key}'")
        if there and not allowed:
            raise fail("E804", at=at(*path, key), reason=f"'{statistic}' takes no '{key}'")

    needs("at", statistic == "value_at" and over != TIME_AXIS, statistic in WITH_AT)
    needs("level", statistic in WITH_LEVEL, statistic in WITH_LEVEL)
    needs("between", statistic == "half_life", statistic not in WITHOUT_BETWEEN)
    if measure.at is not None:
        read_day(measure.at, at(*path, "at"))
    if measure.between is not None:
        first, last = (read_day(text, at(*path, "between", i)) for i, text in enumerate(measure.between))
        if not first < last:
            raise fail("E804", at=at(*path, "between"), reason="the second time must be later than the first")
    if measure.level is not None:
        read_value(measure.level, at(*path, "level"))


def read_day(text: str, at: Any = None) -> float:
    """Read a time."""
    return at_tick(expect(parse_quantity(text, at=at), TIME, at=at, what="a time").value)
