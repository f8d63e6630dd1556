"""Numbers, units and times as people read them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_THIN = "\u202f"  # narrow no-break space

_SHORT_UNITS = "min|h|d|[kmµn]?g|[mµ]?L|[mkµ]?IU|mmHg|CFU|points?|cells?"

_UNITS = {
    "1": "",
    "degC": "°C",
    "point": "points",
    "cell": "cells",
    "virion": "virions",
    "percent": "%",
}


def power_of_ten(exponent: int) -> str:
    """10 to an integer power, with a superscript."""
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def number(value: float, digits: int = 3) -> str:
    """A number rounded to `digits` significant digits, in the shortest form a reader would write."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    sign = "−" if value < 0 else ""
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    power = int(exponent)
    if power >= 5 or power <= -4:
        short = f"{float(mantissa):g}"
        return f"{sign}{power_of_ten(power)}" if short == "1" else f"{sign}{short} × {power_of_ten(power)}"
    decimals = max(digits - 1 - power, 0)
    text = f"{float(f'{mantissa}e{power}'):,.{decimals}f}".replace(",", _THIN)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return sign + text


def fold(value: float) -> str:
    """How many times rest, as a label: ×1.4, ×120."""
    if math.isnan(value):
        return "–"
    return f"×{number(value, 2)}"


def unit_text(unit: str) -> str:
    """A unit as printed: ``1e9 cell/L`` becomes 10⁹ cells/L, ``degC`` becomes °C."""
    text = unit.strip()
    if text in _UNITS:
        return _UNITS[text]
    factor = ""
    match = re.fullmatch(r"1?e([+-]?\d+)\s+(.+)", text)
    if match:
        factor, text = power_of_ten(int(match[1])) + " ", match[2]
    text = re.sub(r"\bu(g|mol|L|m|IU)\b", r"µ\1", text)
    text = re.sub(r"^(cell|virion|point)(?=/|$)", r"\1s", text)
    text = re.sub(r"\b([µmckd]?m)([23])\b", lambda m: m[1] + m[2].translate(_SUPERSCRIPT), text)
    text = re.sub(r"\*\*(-?\d+)|\^(-?\d+)", lambda m: (m[1] or m[2]).translate(_SUPERSCRIPT), text)
    return factor + text


def with_unit(value: float, unit: str, digits: int = 3) -> str:
    """A number and its unit."""
    shown = unit_text(unit)
    if re.match(r"10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+ ", shown):
        return f"{number(value, digits)} × {shown}"
    return f"{number(value, digits)}{'' if not shown else _THIN + shown if shown == '%' else ' ' + shown}"


def whole(text: str) -> str:
    """A sentence in which no number is torn from its power of ten or its unit, and these are printed as such."""
    text = re.sub(r"(?<![\w.])1e(\d+)(?= )", lambda m: power_of_ten(int(m[1])), text)
    text = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)e(\d+)(?= )", lambda m: f"{m[1]} × {power_of_ten(int(m[2]))}", text)
    text = re.sub(r"(?<![\d.])1 (point|cell|virion)s\b", r"1 \1", text)
    text = re.sub(r"(?<=\d )([mcd]?m)([23])\b", lambda m: m[1] + m[2].translate(_SUPERSCRIPT), text)
    joined = re.sub(r"(?<=\d) × (?=10)", "\u00a0×\u00a0", text)
    return re.sub(rf"(?<=[\d⁰¹²³⁴⁵⁶⁷⁸⁹]) (?=(?:%|°C|{_SHORT_UNITS})(?:[/ .,;:)]|$))", "\u00a0", joined)


def temperature(value: float, unit: str) -> str:
    """Like `with_unit`, but degrees Celsius keep one decimal."""
    return f"{value:.1f} °C" if unit == "degC" else with_unit(value, unit)


MINUTES_UNTIL = 0.95 / 24  # earlier moments are labelled in minutes


@dataclass(frozen=True)
class Clock:
    """The unit in which a report counts time: hours, days or years, whatever suits its length."""

    unit: str
    per_day: float
    hours_until: float  # earlier moments are labelled in hours

    def value(self, day: float) -> float:
        return day * self.per_day

    def stamp(self, day: float) -> str:
        """A moment as a label: day 2.1, 14 h, year 30."""
        if abs(day) < self.hours_until:
            return f"{day * 1440:.0f} min" if 0.5 / 1440 <= day < MINUTES_UNTIL else f"{day * 24:.0f} h"
        return f"{self.unit} {self.value(day):.1f}".removesuffix(".0")

    def when(self, day: float) -> str:
        """A moment in a sentence: on day 2.1, after 14 h, in year 30."""
        label = self.stamp(day)
        return f"{'after' if label.endswith((' h', ' min')) else 'in' if self.unit == 'year' else 'on'} {label}"


def clock(days: float) -> Clock:
    """The unit of time for a run of so many days."""
    if days <= 3:
        return Clock("hour", 24.0, 1e9)
    if days <= 1000:
        return Clock("day", 1.0, 0.999)
    return Clock("year", 1.0 / 365.25, 0.0)


def is_plural(name: str) -> bool:
    """Whether a name takes a plural verb: neutrophils rise, aureus rises."""
    head = re.split(r" (?:in|at|of|on|per|beneath|inside|under|from|that)\b|[,(]", name.strip(), maxsplit=1)[0].split()
    word = head[-1].lower() if head else ""
    return word in {"bacteria", "data"} or (word.endswith("s") and not word.endswith(("us", "is", "ss")))
