"""Quantities: text with a unit in, numbers in base units out, dimensions checked on the way.

Base units are day, dm (so that a litre is 1), ng, pmol, degC (a difference), and the countable things.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from functools import lru_cache

from immunity.language.errors import Location, RuleError, fail, located
from immunity.language.units import Dimension, UnitFault, base_unit, dimension, parse_product, unit_table

__all__ = [
    "CELL",
    "DIMENSIONLESS",
    "LENGTH",
    "MASS",
    "RATE",
    "SUBSTANCE",
    "TEMPERATURE",
    "TIME",
    "VOLUME",
    "Dimension",
    "Quantity",
    "base_unit",
    "dimension",
    "expect",
    "format_quantity",
    "in_unit",
    "parse_quantity",
    "parse_unit",
]

DIMENSIONLESS = Dimension()
TIME = dimension("time")
RATE = TIME**-1
LENGTH = dimension("length")
VOLUME = LENGTH**3
MASS = dimension("mass")
SUBSTANCE = dimension("substance")
TEMPERATURE = dimension("temperature")
CELL = dimension("cell")

MAX_TEXT = 200
_COUNTED = ("cell", "cells", "virion", "virions", "point", "points", "host", "hosts", "copies")
# what people write for units of the list, which are of the same size
_SAME_SIZE = {
    **dict.fromkeys(("hr", "hrs"), "h"),
    **dict.fromkeys(("sec", "secs"), "s"),
    "mins": "min",
    **dict.fromkeys(("yr", "yrs"), "year"),
    **dict.fromkeys(("wk", "wks"), "week"),
    **dict.fromkeys(("litre", "liter", "litres", "liters"), "L"),
    **dict.fromkeys(("gram", "grams", "gm"), "g"),
    "micron": "um",
    **dict.fromkeys(("cc", "ccm"), "mL"),
    **dict.fromkeys(("dalton", "daltons"), "Da"),
    **dict.fromkeys(("percent", "pct"), "%"),
    **dict.fromkeys(("bacterium", "bacteria"), "CFU"),
}
_NUMBER = re.compile(
    r"\s*(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<rest>(?![\d.,_]).*)$", re.DOTALL | re.ASCII
)
_NOT_FINITE = re.compile(r"\s*[+-]?(?:nan|inf|infinity)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Quantity:
    """A number with its dimension.

    Attributes
    ----------
    value : float            in base units
    dimension : Dimension
    text : str               as it was written
    """

    value: float
    dimension: Dimension
    text: str


def parse_quantity(text: object, *, at: Location | None = None) -> Quantity:
    """Read a quantity such as ``"2e-8 mL/cell/min"``; a number alone is dimensionless.

    Parameters
    ----------
    text : str                   anything else is refused
    at : Location, optional      where it stands, for the error

    Raises
    ------
    RuleError
        E301 not text, E302 not finite, E303 no number, E304 unknown unit, E306 not a quantity, E307 bad unit.
    """
    if not isinstance(text, str):
        raise fail("E301", at=at, text=text, found=_say(text))
    try:
        return _quantity(text)
    except RuleError as error:
        raise located(error, at) from None


def parse_unit(text: str, *, at: Location | None = None) -> tuple[float, Dimension]:
    """Read a unit, with a leading factor if it has one (``"1e9 cell/L"``).

    Returns
    -------
    factor : float           size in base units
    dimension : Dimension
    """
    if not isinstance(text, str):
        raise fail("E301", at=at, text=text, found=_say(text))
    try:
        return _unit(text)
    except RuleError as error:
        raise located(error, at) from None


def in_unit(value: float, unit: str) -> float:
    """Convert a value in base units to a unit."""
    return value / _unit(unit)[0]


def expect(quantity: Quantity, needed: Dimension, *, at: Location | None = None, what: str | None = None) -> Quantity:
    """Hand the quantity back if it has the dimension that is needed.

    Raises
    ------
    RuleError
        E305 otherwise.
    """
    if quantity.dimension != needed:
        raise fail(
            "E305",
            at=at,
            text=quantity.text,
            found=str(quantity.dimension),
            expected=what or str(needed),
            example=_one(needed),
        )
    return quantity


def _one(of: Dimension) -> str:
    """One of a dimension, in base units, as an example."""
    return "1" if of == DIMENSIONLESS else f"1 {base_unit(of)}"


def format_quantity(quantity: Quantity, unit: str | None = None) -> str:
    """Write a quantity in a unit, or in base units; `parse_quantity` reads it back."""
    if unit is None:
        written = base_unit(quantity.dimension)
        return f"{quantity.value!r} {written}" if written != "1" else repr(quantity.value)
    factor, found = _unit(unit)
    if found != quantity.dimension:
        raise fail(
            "E305",
            text=quantity.text,
            found=str(quantity.dimension),
            expected=str(found),
            example=_one(found),
        )
    return f"{quantity.value / factor:.6g} {unit}" if unit != "1" else f"{quantity.value / factor:.6g}"


def _say(value: object) -> str:
    names = {bool: "true or false", int: "a bare number", float: "a bare number", list: "a list", dict: "a mapping"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


@lru_cache(maxsize=50_000)
def _quantity(text: str) -> Quantity:
    if _NOT_FINITE.match(text):
        raise fail("E302", text=text)
    found = _NUMBER.match(text) if len(text) <= MAX_TEXT else None
    if not found:
        if len(text) <= MAX_TEXT and _is_unit(text):
            raise fail("E303", text=text)
        raise fail("E306", text=text)
    number = float(found["number"])
    if not math.isfinite(number):
        raise fail("E302", text=text)
    factor, of = _factor(found["rest"], text)
    value = number * factor
    if not math.isfinite(value) or (value == 0.0 and number != 0.0):
        raise fail("E302", text=text)
    return Quantity(value, of, text)


@lru_cache(maxsize=5_000)
def _unit(text: str) -> tuple[float, Dimension]:
    found = _NUMBER.match(text) if len(text) <= MAX_TEXT else None
    if len(text) > MAX_TEXT or not text.strip():
        raise fail("E307", text=text, reason="it is too long" if text.strip() else "it is empty")
    number = float(found["number"]) if found else 1.0
    if not 1e-300 < number < 1e300:
        raise fail("E307", text=text, reason="its factor must be a positive number")
    factor, of = _factor(found["rest"] if found else text, text)
    return number * factor, of


def _is_unit(text: str) -> bool:
    try:
        _factor(text, text)
    except RuleError:
        return False
    return bool(text.strip())


def _factor(rest: str, whole: str) -> tuple[float, Dimension]:
    """Read what follows the number: nothing, ``/day`` or a product of units."""
    rest = rest.strip().replace("\u00b5", "u").replace("\u03bc", "u")
    if not rest:
        return 1.0, DIMENSIONLESS
    try:
        return parse_product("1" + rest if rest.startswith("/") else rest)
    except UnitFault as fault:
        if fault.reason is not None:
            raise fail("E307", text=whole, reason=fault.reason) from None
        raise _unknown_unit(fault.text) from None


def _unknown_unit(text: str) -> RuleError:
    """Suggest only a unit of the same size: a guess must not be a thousandfold."""
    error = fail("E304", text=text, known=unit_table()[0], exact=True)
    same = error.suggestion or _SAME_SIZE.get(text.lower())
    if same is None and len(text) >= 4:  # a slip in the full name of a thing that is counted
        same = next(iter(difflib.get_close_matches(text, _COUNTED, n=1, cutoff=0.8)), None)
    return RuleError(error.code, error.message, None, error.text, same, error.mend)
