"""Trials from YAML files, every mistake with its file and line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from immunity.language.errors import Location, RuleError, RuleErrors, fail
from immunity.language.quantity import RATE, expect, parse_quantity
from immunity.language.read import Document, read_documents
from immunity.language.refusals import describe, locate, refusals
from immunity.results.condition import Both, Compare, Condition, Either, Not, OutcomeIs, Window, parse_condition
from immunity.trials.models import AGE, SAME, Endpoint, Group, Trial
from immunity.validate.measure import WITH_AT, WITH_LEVEL, read_day
from immunity.validate.models import Measure

BUILT_IN = Path(__file__).parent / "built_in"
FORMS = ("time_to", "response", "readout")
KNOWN_EARLY = ("baseline", "value_at")
_ID = re.compile(r"[a-z][a-z0-9_]*\Z")
_RESERVED = ("all",)


@dataclass(frozen=True)
class Planned:
    """A trial as it was written down, with its conditions read."""

    trial: Trial
    document: Document = field(repr=False)
    enrol_day: float = 0.0
    eligible: Condition | None = None
    conditions: Mapping[str, Condition] = field(default_factory=dict)  # endpoint -> what it is about
    dropout: Mapping[str, float] = field(default_factory=dict)  # arm -> hazard, 1/day

    def at(self, *path: str | int) -> Location:
        """Where a key of the trial stands."""
        return locate(self.document, path)


def built_in_trials() -> dict[str, str]:
    """Names and titles of the trials that come with the package."""
    found = {}
    for path in sorted(BUILT_IN.glob("*.yaml")):
        trial = read_trial(path).trial
        found[trial.id] = trial.title
    return found


def find_trial(name: str | Path) -> Path:
    """The file of a built-in trial, or a path.

    Raises
    ------
    RuleError
        E851 for what is neither.
    """
    file = BUILT_IN / f"{name}.yaml"
    if _ID.match(str(name)) and file.is_file():
        return file
    if Path(name).is_file():
        return Path(name)
    raise fail("E851", text=str(name), known=[path.stem for path in BUILT_IN.glob("*.yaml")])


def read_trial(path: str | Path, changes: Mapping[str, Any] | None = None) -> Planned:
    """Read and check a trial.

    Parameters
    ----------
    changes : mapping    keys to replace at the top, such as ``{"hosts": 20}``

    Raises
    ------
    RuleError, RuleErrors
        Everything that is wrong, with file and line.
    """
    documents = read_documents(path)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        found = describe(documents[0].data) if len(documents) == 1 else f"{len(documents)} documents"
        raise fail("E205", at=Location(str(path), 1), text=path, found=found)
    return plan_of(documents[0], changes)


def plan_of(document: Document, changes: Mapping[str, Any] | None = None) -> Planned:
    """As :func:`read_trial`, of a document that has been read."""
    try:
        trial = Trial.model_validate({**document.data, **(changes or {})})
    except ValidationError as error:
        raise RuleErrors(refusals(error, Trial, document)) from None
    return _check(Planned(trial, document))


def _check(plan: Planned) -> Planned:
    trial, errors = plan.trial, []
    conditions: dict[str, Condition] = {}
    for kind, names in (("arms", trial.arms), ("people", trial.people), ("endpoints", trial.endpoints)):
        for name in names:
            if not _ID.match(name) or name in _RESERVED:
                errors.append(fail("E208", at=plan.at(kind, name), text=name))
    for key, known in (("reference", trial.arms), ("primary", trial.endpoints)):
        name = getattr(trial, key)
        if name is not None and name not in known:
            errors.append(
                _fault(plan.at(key), f"there is no {name!r} among the {'arms' if key == 'reference' else 'endpoints'}")
            )
    for name, arm in trial.arms.items():
        if arm.hosts is not None and trial.allocation == SAME:
            errors.append(_fault(plan.at("arms", name, "hosts"), "the same hosts are in every arm; give 'hosts' once"))
    for name, group in trial.people.items():
        if group.ages is not None:
            errors += _check_ages(group, plan, name)
    enrol, eligible = 0.0, None
    dropout: dict[str, float] = {}
    try:
        enrol = read_day(trial.enrolment.at, plan.at("enrolment", "at"))
        if trial.enrolment.eligible is not None:
            at = plan.at("enrolment", "eligible")
            eligible = parse_condition(trial.enrolment.eligible, at)
            if last_day(eligible, math.inf) > enrol:
                raise _fault(at, f"it looks beyond enrolment on day {enrol:g}; say 'at' or 'before' a day")
        for name, arm in trial.arms.items():
            path = ("arms", name, "dropout") if arm.dropout is not None else ("dropout",)
            dropout[name] = _hazard(arm.dropout or trial.dropout, plan.at(*path))
    except RuleError as error:
        errors.append(error)
    for name, endpoint in trial.endpoints.items():
        try:
            condition = _check_endpoint(endpoint, plan, name)
            if condition is not None:
                conditions[name] = condition
        except RuleError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else RuleErrors(errors)
    return Planned(trial, plan.document, enrol, eligible, conditions, dropout)


def _fault(at: Location, reason: str) -> RuleError:
    return fail("E850", at=at, reason=reason)


def _check_ages(group: Group, plan: Planned, name: str) -> list[RuleError]:
    """What is wrong with a distribution of ages."""
    ages, path = group.ages, ("people", name, "ages")
    assert ages is not None
    if "age" in group.host:
        return [_fault(plan.at("people", name, "host"), "'ages' and 'host.age' say the same thing; leave one out")]
    if (ages.mean is None) != (ages.sd is None):
        return [_fault(plan.at(*path), "'mean' and 'sd' go together; without both ages are spread evenly")]
    try:
        days = {
            key: read_day(text, plan.at(*path, key))
            for key, text in (("from", ages.from_), ("to", ages.to), ("mean", ages.mean), ("sd", ages.sd))
            if text is not None
        }
    except RuleError as error:
        return [error]
    if not 0.0 <= days["from"] < days["to"]:
        return [_fault(plan.at(*path), "'to' must be later than 'from'")]
    return [_fault(plan.at(*path, "sd"), "a spread is more than nothing")] if days.get("sd", 1.0) <= 0.0 else []


def _hazard(text: str | None, at: Location) -> float:
    if text is None:
        return 0.0
    quantity = expect(parse_quantity(text, at=at), RATE, at=at, what="a hazard")
    if quantity.value < 0.0:
        raise _fault(at, "a hazard is not negative")
    return quantity.value


def _check_endpoint(endpoint: Endpoint, plan: Planned, name: str) -> Condition | None:
    path = ("endpoints", name)
    at = plan.at(*path)
    given = [form for form in FORMS if getattr(endpoint, form) is not None]
    if len(given) != 1:
        raise _fault(at, f"an endpoint needs exactly one of {', '.join(FORMS)}")
    form = given[0]
    beside = ("statistic", "at", "between", "level", "compare")
    if endpoint.adjust:
        _check_adjusted(endpoint, plan, path, form)
    if form != "readout":
        extra = [key for key in beside if getattr(endpoint, key) is not None]
        if extra:
            raise _fault(plan.at(*path, extra[0]), f"'{form}' takes no '{extra[0]}'")
        condition = parse_condition(getattr(endpoint, form) or "", plan.at(*path, form))
        if form == "time_to":
            _check_event(condition, plan.at(*path, form))
        return condition
    statistic = endpoint.statistic
    if statistic is None:
        raise _fault(at, "'readout' needs 'statistic'")
    for key, needed, allowed in (
        ("at", statistic == "value_at", statistic in WITH_AT),
        ("level", statistic in WITH_LEVEL, statistic in WITH_LEVEL),
        ("between", statistic == "half_life", statistic not in ("value_at", "baseline")),
    ):
        there = getattr(endpoint, key) is not None
        if needed and not there:
            raise _fault(at, f"'{statistic}' needs '{key}'")
        if there and not allowed:
            raise _fault(plan.at(*path, key), f"'{statistic}' takes no '{key}'")
    if endpoint.at is not None:
        read_day(endpoint.at, plan.at(*path, "at"))
    if endpoint.between is not None:
        first, last = (read_day(text, plan.at(*path, "between", i)) for i, text in enumerate(endpoint.between))
        if not first < last:
            raise _fault(plan.at(*path, "between"), "the second time must be later than the first")
    return None


def _check_adjusted(endpoint: Endpoint, plan: Planned, path: tuple[str, str], form: str) -> None:
    """Hazards are adjusted for what is known of a host when it is enrolled."""
    trial = plan.trial
    if form != "time_to":
        raise _fault(plan.at(*path, "adjust"), f"{form!r} takes no 'adjust', which is of hazards")
    for k, name in enumerate(endpoint.adjust):
        at, other = plan.at(*path, "adjust", k), trial.endpoints.get(name)
        if name == AGE:
            if not any(group.ages for group in trial.people.values()):
                raise _fault(at, "hosts of a group are of one age; say 'ages' of people to adjust for age")
        elif other is None:
            raise _fault(at, f"there is no {name!r} among the endpoints, and it is not 'age'")
        elif other.statistic not in KNOWN_EARLY or (
            other.at is not None and read_day(other.at) > read_day(trial.enrolment.at)
        ):
            raise _fault(at, f"{name!r} is not known at enrolment; take a 'baseline', or a 'value_at' of that day")


def _check_event(condition: Condition, at: Location) -> None:
    match condition:
        case Compare():
            if condition.window.at is not None:
                raise _fault(at, "what comes at a day has no time to come; leave 'at' out, or use 'response'")
        case OutcomeIs():
            pass
        case Either():
            _check_event(condition.left, at)
            _check_event(condition.right, at)
        case Both() | Not():
            raise _fault(
                at, "an event is a comparison, 'outcome is WORD', or several with 'or'; 'not' and 'and' have no day"
            )


def windows(condition: Condition) -> list[Window]:
    """The windows of every comparison in a condition."""
    match condition:
        case Compare() | OutcomeIs():
            return [condition.window]
        case Not():
            return windows(condition.condition)
        case Both() | Either():
            return [*windows(condition.left), *windows(condition.right)]


def last_day(condition: Condition, end: float) -> float:
    """The last day that a condition looks at, at the latest the end."""
    days = [window.last if window.at is None else window.at for window in windows(condition)]
    return min(max(days, default=end), end)


def measure_of(endpoint: Endpoint) -> Measure:
    """An endpoint of a readout as a measure."""
    keys = ("readout", "statistic", "at", "between", "level")
    return Measure(**{key: getattr(endpoint, key) for key in keys})
