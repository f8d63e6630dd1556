"""Conditions on hosts: ``blood.neutrophils < 0.5 1e9 cell/L before day 3 and not outcome is dead``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.clock import at_tick
from immunity.language.errors import Location, RuleError, fail
from immunity.language.quantity import TIME, expect, parse_quantity, parse_unit
from immunity.results.convert import LOG, presented_value
from immunity.results.curves import SLACK, curve_values, list_rows, value_at, within
from immunity.results.outcomes import host_outcomes, outcome_words
from immunity.results.present import find_readout, present
from immunity.results.record import Record

Truths = NDArray[np.bool_]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
KEYWORDS = {"and", "or", "not", "before", "after", "at", "from", "to", "is", "(", ")", *OPERATORS}
LONGEST = 500
_TOKEN = re.compile(r">=|<=|>|<|\(|\)|[^\s<>()]+")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z0-9_]+)*")


@dataclass(frozen=True)
class Window:
    """Days in which to look. ``at`` is a single time, between output times by straight lines."""

    first: float = -np.inf
    last: float = np.inf
    at: float | None = None


@dataclass(frozen=True)
class Compare:
    """At some time in the window a readout is on this side of a value. ``unit`` None: the readout's own."""

    readout: str
    operator: str
    number: float
    unit: str | None
    window: Window


@dataclass(frozen=True)
class OutcomeIs:
    """The host came to this, and, where there is a window, ended in it."""

    outcome: str
    window: Window


@dataclass(frozen=True)
class Not:
    """The other condition does not hold."""

    condition: Condition


@dataclass(frozen=True)
class Both:
    """Both conditions hold."""

    left: Condition
    right: Condition


@dataclass(frozen=True)
class Either:
    """One of the conditions holds, or both."""

    left: Condition
    right: Condition


Condition = Compare | OutcomeIs | Not | Both | Either


def fraction_true(condition: Condition, record: Record) -> float:
    """Share of the hosts of which a condition holds."""
    return float(np.mean(hosts_true(condition, record)))


class NotCovered(ValueError):
    """A condition that a run cannot answer: a time that it does not reach, an outcome that it does not know."""


def hosts_true(condition: Condition, record: Record) -> Truths:
    """Whether a condition holds, host by host. A host that has ended has no values and meets no comparison.

    Raises
    ------
    NotCovered
        Where it asks for a time outside the run, or an outcome that no host can have.
    UnknownName
        For a readout that there is not.
    """
    match condition:
        case Not():
            return ~hosts_true(condition.condition, record)
        case Both():
            return hosts_true(condition.left, record) & hosts_true(condition.right, record)
        case Either():
            return hosts_true(condition.left, record) | hosts_true(condition.right, record)
        case OutcomeIs():
            words = outcome_words(record)
            outcome = condition.outcome.replace("_", " ")
            if outcome not in words:
                raise NotCovered(f"there is no outcome {condition.outcome!r}, only {', '.join(sorted(words))}")
            _check_window(condition.window, record)
            came = np.array([found == outcome for found in host_outcomes(record)])
            window = condition.window
            if window == Window():
                return came
            return came & (record.stopped_at >= window.first - SLACK) & (record.stopped_at <= window.last + SLACK)
        case Compare():
            return _compare(condition, record)


def _compare(condition: Compare, record: Record) -> Truths:
    index = find_readout(record.infos, condition.readout)
    info = record.infos[index]
    rows = list_rows(record)
    shown = present(curve_values(record, rows, index), info)
    limit = presented_value(condition.number, condition.unit, info)
    holds = OPERATORS[condition.operator]
    window = condition.window
    _check_window(window, record)
    if window.at is not None:
        at = [value_at(rows.time[:, host], shown[:, host], window.at) for host in range(shown.shape[1])]
        return np.asarray(holds(np.array(at), limit))
    return np.any(holds(shown, limit) & within(rows, window.first, window.last), axis=0)


def _check_window(window: Window, record: Record) -> None:
    """Refuse to judge days that were not simulated."""
    start, end = record.time[0] - SLACK, record.time[-1] + SLACK
    days = [day for day in (window.first, window.last, window.at) if day is not None and np.isfinite(day)]
    for day in days:
        if not start <= day <= end:
            raise NotCovered(f"day {day:g} lies outside the run, which ends on day {record.time[-1]:g}")


def parse_condition(text: str, at: Location | None = None) -> Condition:
    """Read a condition.

        condition := condition ``and`` condition | condition ``or`` condition | ``not`` condition | ( condition )
                   | READOUT  > >= < <=  NUMBER [UNIT] [when]    |    ``outcome is`` WORD [when]
        when      := ``before`` TIME | ``after`` TIME | ``at`` TIME | ``from`` TIME ``to`` TIME
        TIME      := ``day`` NUMBER | NUMBER UNIT

    ``not`` binds closest, then ``and``, then ``or``. Without ``when`` any output time counts, and both sides of a
    jump. A window holds what is there after the events at its start and before those at its end.

    Raises
    ------
    RuleError
        E806, and those of quantities.
    """
    if len(text) > LONGEST:
        raise fail("E806", at=at, text=text, reason="it is too long")
    parser = _Parser(text, _TOKEN.findall(text), at)
    try:
        condition = parser.either()
    except RecursionError:
        raise fail("E806", at=at, text=text, reason="it is nested too deeply") from None
    if parser.tokens:
        parser.refuse(f"{' '.join(parser.tokens)!r} is left over")
    return condition


@dataclass
class _Parser:
    text: str
    tokens: list[str]
    at: Location | None

    def refuse(self, reason: str) -> NoReturn:
        raise fail("E806", at=self.at, text=self.text, reason=reason)

    def take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def words(self) -> list[str]:
        """Everything up to the next word of the grammar."""
        words = []
        while self.tokens and self.tokens[0] not in KEYWORDS:
            words.append(self.tokens.pop(0))
        return words

    def either(self) -> Condition:
        left = self.both()
        while self.take("or"):
            left = Either(left, self.both())
        return left

    def both(self) -> Condition:
        left = self.single()
        while self.take("and"):
            left = Both(left, self.single())
        return left

    def single(self) -> Condition:
        if self.take("not"):
            return Not(self.single())
        if self.take("("):
            inside = self.either()
            if not self.take(")"):
                self.refuse("a closing parenthesis is missing")
            return inside
        words = self.words()
        if words == ["outcome"]:
            return self.outcome()
        if len(words) != 1 or not _NAME.fullmatch(words[0]):
            self.refuse(f"{' '.join(words) or 'nothing'!r} is no name of a readout")
        sign = self.take(*OPERATORS) or self.refuse(f"one of > >= < <= is missing after {words[0]!r}")
        value = self.words()
        if not value or not _NUMBER.fullmatch(value[0]) or not math.isfinite(float(value[0])):
            self.refuse(f"a number is missing after {sign!r}")
        unit = " ".join(value[1:]) or None
        if unit is not None:
            try:
                parse_unit(unit.removeprefix(LOG).strip() or "1", at=self.at)
            except RuleError as error:
                raise fail("E806", at=self.at, text=self.text, reason=error.message.rstrip(".")) from error
        return Compare(words[0], sign, float(value[0]), unit, self.window())

    def outcome(self) -> Condition:
        if not self.take("is"):
            self.refuse("'is' is missing after 'outcome'")
        negated = bool(self.take("not"))
        words = self.words()
        if len(words) != 1:
            self.refuse("one word is expected after 'outcome is'")
        window = self.window()
        if window.at is not None:
            self.refuse("an outcome comes before or after a day, not at it")
        found = OutcomeIs(words[0], window)
        return Not(found) if negated else found

    def window(self) -> Window:
        when = self.take("before", "after", "at", "from")
        if when is None:
            return Window()
        day = self.day(when)
        if when == "before":
            return Window(last=day)
        if when == "after":
            return Window(first=day)
        if when == "at":
            return Window(at=day)
        if not self.take("to"):
            self.refuse("'to' is missing after 'from'")
        last = self.day("to")
        if last < day:
            self.refuse("it ends before it begins")
        return Window(day, last)

    def day(self, after: str) -> float:
        words = self.words()
        if len(words) == 2 and words[0] == "day":
            words = [words[1], "day"]
        if not words:
            self.refuse(f"a time is missing after {after!r}")
        try:
            return at_tick(expect(parse_quantity(" ".join(words), at=self.at), TIME, at=self.at, what="a time").value)
        except RuleError as error:
            raise fail("E806", at=self.at, text=self.text, reason=error.message) from error
