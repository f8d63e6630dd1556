"""What a scan goes over: keys of a scenario, each with its values or a range."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from immunity.arguments import check_text
from immunity.compiler.tables import Floats
from immunity.language.errors import RuleError, fail
from immunity.language.quantity import parse_quantity

STEPS = 5  # of a range that does not say
MOST_STEPS = 10_000
DIGITS = 6
_RANGE = re.compile(r"(?P<lo>.+?)\s+to\s+(?P<hi>.+?)(?:\s+in\s+(?P<steps>[0-9]{1,6}))?(?P<log>\s+log)?\s*\Z")
_NUMBER = re.compile(r"\s*(?P<number>[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(?P<unit>.*?)\s*\Z")


@dataclass(frozen=True)
class Axis:
    """One key and its values.

    Attributes
    ----------
    values : tuple          as they are put into the scenario
    numbers : float64[value] or None    the same in ``unit``, None where they are no quantities of one unit
    log : bool              whether values are spread by factors
    """

    key: str
    values: tuple[Any, ...]
    numbers: Floats | None
    unit: str
    log: bool = False
    reach: tuple[float, float] | None = None  # of a range

    def label(self, position: int) -> str:
        """A value as text."""
        return str(self.values[position])

    def at(self, share: float) -> Any:
        """The value at a share of the way through a range, or of a list."""
        if self.reach is None:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        return _written(_between(self.reach, share, log=self.log), self.unit)


def read_axes(given: Mapping[str, Any]) -> tuple[Axis, ...]:
    """Read keys with their values.

    Parameters
    ----------
    given : mapping    dotted key -> a list of values, or a range: ``"1e5 CFU to 1e9 CFU in 5 log"``

    Raises
    ------
    RuleError
        E852 for an axis that has fewer than two values, or a range that is none.
    """
    if not given:
        raise fail("E852", reason="no key to go over is given")
    return tuple(_axis(check_text(str(key)), said) for key, said in given.items())


def _axis(key: str, said: Any) -> Axis:
    if isinstance(said, str):
        return _range(key, check_text(said))
    if not isinstance(said, Sequence) or len(said) < 2:
        raise fail("E852", reason=f"{key} needs a list of two values or more, or a range such as '1 mg to 9 mg in 5'")
    parts = [_quantity(value) for value in said]
    units = {unit for _, unit in parts if _ is not None}
    known = all(number is not None for number, _ in parts) and len(units) == 1
    numbers = np.array([number for number, _ in parts], np.float64) if known else None
    spread = numbers is not None and bool((numbers > 0.0).all()) and bool(numbers.max() / 50.0 >= numbers.min())
    return Axis(key, tuple(said), numbers, units.pop() if known else "", spread)


def _range(key: str, said: str) -> Axis:
    found = _RANGE.match(said)
    ends = [_NUMBER.match(found[end]) for end in ("lo", "hi")] if found else []
    read = [_finite(end["number"]) for end in ends if end]
    known = [number for number in read if number is not None]
    if found is None or len(known) < 2:
        raise fail("E852", reason=f"{key}={said!r} is no range; write 'LOW to HIGH in STEPS', with 'log' for factors")
    (low, high), units = known, [end["unit"] for end in ends if end]
    if units[0] and units[0] != units[1]:
        raise fail("E852", reason=f"{key}: both ends of a range have one unit, not {units[0]!r} and {units[1]!r}")
    steps, log = int(found["steps"] or STEPS), bool(found["log"])
    if not 2 <= steps <= MOST_STEPS or low == high or (log and not (low > 0.0 and high > 0.0)):
        raise fail(
            "E852", reason=f"{key}={said!r} needs two ends that differ (above zero for 'log') and 2 to 10000 steps"
        )
    if not math.isfinite(high / low if log else high - low):
        raise fail("E852", reason=f"{key}={said!r} spans more than numbers can")
    numbers = np.array([_between((low, high), k / (steps - 1), log=log) for k in range(steps)])
    return Axis(key, tuple(_written(number, units[1]) for number in numbers), numbers, units[1], log, (low, high))


def _between(reach: tuple[float, float], share: float, *, log: bool) -> float:
    low, high = reach
    value = math.exp(math.log(low) + share * math.log(high / low)) if log else low + share * (high - low)
    return float(f"{value:.{DIGITS}g}")


def _written(number: float, unit: str) -> Any:
    if not unit:
        return int(number) if float(number).is_integer() else number
    return f"{number:.{DIGITS}g} {unit}"


def _quantity(value: Any) -> tuple[float | None, str]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _finite(value), ""
    found = _NUMBER.match(value) if isinstance(value, str) else None
    if found is None:
        return None, ""
    try:
        parse_quantity(value)
    except RuleError:
        return None, ""
    return _finite(found["number"]), found["unit"]


def _finite(said: str | float) -> float | None:
    try:
        number = float(said)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
