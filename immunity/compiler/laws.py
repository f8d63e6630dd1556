"""Laws of a rule or a signal: how what is sensed makes it faster or slower."""

from __future__ import annotations

from collections.abc import Callable

from immunity.compiler.bind import Scope
from immunity.compiler.concentrations import nothing
from immunity.compiler.curves import curve_points
from immunity.compiler.members import Path
from immunity.compiler.numbers import constant, parameter_of, within
from immunity.compiler.signal_rows import NO_PARAMETERS, NONE, LawRow, Signals
from immunity.compiler.space import NotMet, alike
from immunity.compiler.tables import (
    LAW_CURVE,
    LAW_EXP,
    LAW_HILL,
    LAW_LOG,
    LAW_POWER,
    LAW_PROPORTIONAL,
    LAW_SATURATING,
)
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import HillDown, HillUp, Needs, Number, Power, Scaled, WithLaws
from immunity.language.quantity import DIMENSIONLESS, Dimension

Sense = Callable[[Signals, str, Scope, Location], int]
LARGEST_EXPONENT = 100.0


def _met(sense: Sense) -> Sense:
    """As ``sense``; what is sensed of a member that is not met is nothing."""

    def sensed(signals: Signals, text: str, scope: Scope, at: Location) -> int:
        try:
            return sense(signals, text, scope, at)
        except NotMet:
            return nothing(signals, f"nothing of {text}", at)

    return sensed


def law_rows(
    signals: Signals, record: WithLaws, owner: str, scope: Scope, entry: Entry, path: Path, sense: Sense
) -> tuple[LawRow, ...]:
    """Rows of the laws of one instance of a rule; ``sense`` finds the signals that they name."""
    met = _met(sense)
    rows: list[LawRow] = []
    seen: dict[str, int] = {}

    def named(text: str) -> str:
        word = text.split()[0].replace(".", "_")
        word = (scope.entity or word) if word == "at" else word
        seen[word] = seen.get(word, 0) + 1
        return f"{owner}.{word}" + (f"_{seen[word]}" if seen[word] > 1 else "")

    for position, text in enumerate(record.with_):
        signal = met(signals, text, scope, entry.at(*path, "with", position))
        rows.append(LawRow(LAW_PROPORTIONAL, signal, NONE, NO_PARAMETERS, None, signals[signal].dimension, "with"))
    for position, law in enumerate(record.saturates):
        at = entry.at(*path, "saturates", position)
        killers = met(signals, law.killers, scope, at)
        targets = met(signals, law.targets, scope, at)
        half = parameter_of(signals.numbers, f"{named(law.killers)}.half", law.half, scope, at=at)
        within(signals.numbers, half, at=at, positive=True)
        rows.append(
            LawRow(LAW_SATURATING, killers, targets, (half, NONE, NONE, NONE), None, DIMENSIONLESS, "saturates")
        )
        for signal, text in ((killers, law.killers), (targets, law.targets)):
            row, given = signals[signal], signals.numbers[half].dimension
            if not (row.empty or alike(row.dimension, given)):
                raise fail("E505", at=at, text=text, found=str(given), expected=str(row.dimension))
    for key in ("rises_with", "needs", "falls_with"):
        for position, law in enumerate(getattr(record, key)):
            rows.append(_hill(signals, law, key, named(law.signal), scope, entry.at(*path, key, position), met))
    for position, law in enumerate(record.curve):
        at = entry.at(*path, "curve", position)
        signal = met(signals, law.signal, scope, at)
        points, period = curve_points(signals, law, signal, at)
        parameters = (period, NONE, NONE, NONE)
        rows.append(LawRow(LAW_CURVE, signal, NONE, parameters, points, DIMENSIONLESS, "curve"))
    for position, text in enumerate(record.divided_by):
        signal = sense(signals, text, scope, entry.at(*path, "divided_by", position))
        inverse = (constant(signals.numbers, 1.0), constant(signals.numbers, -1.0), NONE, NONE)
        rows.append(LawRow(LAW_POWER, signal, NONE, inverse, None, signals[signal].dimension ** -1, "divided_by"))
    for key, kind in (("power", LAW_POWER), ("log", LAW_LOG), ("exp", LAW_EXP)):
        for position, law in enumerate(getattr(record, key)):
            at = entry.at(*path, key, position)
            rows.append(_function(signals, law, key, kind, named(law.signal), scope, at, sense))
    return tuple(rows)


def _function(
    signals: Signals, law: Power | Scaled, key: str, kind: int, owner: str, scope: Scope, at: Location, sense: Sense
) -> LawRow:
    """A power, logarithm or exponential of a signal, in units of ``of``."""
    numbers = signals.numbers
    signal = sense(signals, law.signal, scope, at)
    unit = within(numbers, parameter_of(numbers, f"{owner}.of", law.of, scope, at=at), at=at, positive=True)
    _match(signals, signal, numbers[unit].dimension, law.signal, at)
    exponent = NONE
    if isinstance(law, Power):
        exponent = parameter_of(numbers, f"{owner}.exponent", law.exponent, scope, at=at)
        if numbers[exponent].dimension != DIMENSIONLESS:
            found = str(numbers[exponent].dimension)
            raise fail("E505", at=at, text=numbers[exponent].text, found=found, expected="a pure number")
        if abs(numbers[exponent].value) > LARGEST_EXPONENT:
            reason = f"exponents go up to {LARGEST_EXPONENT:g}"
            raise fail("E516", at=at, text=numbers[exponent].text, reason=reason)
    return LawRow(kind, signal, NONE, (unit, exponent, NONE, NONE), None, DIMENSIONLESS, key)


def _match(signals: Signals, signal: int, given: Dimension, text: str, at: Location) -> None:
    """Whether what is compared with a signal has its dimension."""
    row = signals[signal]
    if row.dimension != given and not row.empty:
        raise fail("E505", at=at, text=text, found=str(given), expected=str(row.dimension))


def _hill(
    signals: Signals, law: HillUp | Needs | HillDown, key: str, owner: str, scope: Scope, at: Location, met: Sense
) -> LawRow:
    numbers = signals.numbers
    signal = met(signals, law.signal, scope, at)

    def number(what: str, *, positive: bool, pure: bool = True) -> int:
        given: Number = getattr(law, what)
        if what not in law.model_fields_set:
            assert given.value is not None
            return constant(numbers, float(given.value))
        index = within(numbers, parameter_of(numbers, f"{owner}.{what}", given, scope, at=at), at=at, positive=positive)
        if pure and numbers[index].dimension != DIMENSIONLESS:
            found = str(numbers[index].dimension)
            raise fail("E505", at=at, text=numbers[index].text, found=found, expected="a pure number")
        return index

    half, hill = number("half", positive=True, pure=False), number("hill", positive=True)
    _match(signals, signal, numbers[half].dimension, law.signal, at)
    if key == "rises_with":
        base, top = constant(numbers, 1.0), number("up_to", positive=False)
    elif key == "needs":
        base, top = constant(numbers, 0.0), constant(numbers, 1.0)
    else:
        base, top = constant(numbers, 1.0), number("down_to", positive=False)
    return LawRow(LAW_HILL, signal, NONE, (base, top, half, hill), None, DIMENSIONLESS, key)
