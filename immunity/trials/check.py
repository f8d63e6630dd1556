"""Hold a trial against the cases of its arms, before anything is simulated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from immunity.compiler.case import Case
from immunity.language.errors import Location, fail
from immunity.results import UnknownName
from immunity.results.condition import Both, Compare, Condition, Either, Not, OutcomeIs
from immunity.results.convert import presented_value
from immunity.results.curves import SLACK
from immunity.results.present import find_readout
from immunity.trials.load import Planned, windows
from immunity.validate.expectation import read_value
from immunity.validate.measure import read_day


def comparisons(condition: Condition) -> Iterator[Compare]:
    """Every comparison in a condition."""
    match condition:
        case Compare():
            yield condition
        case Not():
            yield from comparisons(condition.condition)
        case Both() | Either():
            yield from comparisons(condition.left)
            yield from comparisons(condition.right)
        case OutcomeIs():
            return


def check_against(plan: Planned, case: Case, show: tuple[str, ...]) -> None:
    """Refuse readouts, units and days that a case does not have.

    Raises
    ------
    RuleError
        E850 with the place in the trial, E809 for a unit that does not fit.
    """
    trial = plan.trial
    for position, name in enumerate(show):
        _readout(case, name, plan.at("show", position) if trial.show else plan.at("scenario"))
    if plan.enrol_day >= case.days:
        at = plan.at("enrolment", "at")
        raise fail(
            "E850", at=at, reason=f"enrolment is on day {plan.enrol_day:g}, and the run ends on day {case.days:g}"
        )
    if plan.eligible is not None:
        _condition(case, plan.eligible, plan.at("enrolment", "eligible"))
    for name, endpoint in trial.endpoints.items():
        condition = plan.conditions.get(name)
        if condition is not None:
            form = "time_to" if endpoint.time_to is not None else "response"
            _condition(case, condition, plan.at("endpoints", name, form))
            continue
        info = _readout(case, endpoint.readout or "", plan.at("endpoints", name, "readout"))
        if endpoint.level is not None:
            at = plan.at("endpoints", name, "level")
            number, unit = read_value(endpoint.level, at)
            presented_value(number, unit.text, case.model.readouts[info], at)
        for key, text in [("at", endpoint.at), *(("between", text) for text in endpoint.between or ())]:
            if text is not None:
                _day(case, read_day(text), plan.at("endpoints", name, key))


def _readout(case: Case, name: str, at: Location) -> int:
    try:
        return find_readout(case.model.readouts, name)
    except UnknownName as unknown:
        raise fail("E850", at=at, reason=str(unknown)) from None


def _condition(case: Case, condition: Condition, at: Location) -> None:
    for each in comparisons(condition):
        info = case.model.readouts[_readout(case, each.readout, at)]
        presented_value(each.number, each.unit, info, at)
    for window in windows(condition):
        for day in (window.first, window.last, window.at):
            if day is not None and np.isfinite(day):
                _day(case, day, at)


def _day(case: Case, day: float, at: Location) -> None:
    if not -SLACK <= day <= case.days + SLACK:
        raise fail("E850", at=at, reason=f"day {day:g} lies outside the run, which ends on day {case.days:g}")


def judged_readouts(plan: Planned, case: Case, show: tuple[str, ...]) -> tuple[str, ...]:
    """The readouts that a trial needs: its own, what is drawn, and those that say what became of a host."""
    wanted = {*show, *(endpoint.readout for endpoint in plan.trial.endpoints.values())}
    conditions = [*plan.conditions.values(), *([plan.eligible] if plan.eligible is not None else [])]
    wanted |= {each.readout for condition in conditions for each in comparisons(condition)}
    return tuple(i.id for i in case.model.readouts if i.id in wanted or i.endings or i.healthy is not None)
