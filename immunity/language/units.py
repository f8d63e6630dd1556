"""Dimensions, and the closed list of units (`units.txt`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

PREFIXES = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1, "": 0, "k": 3, "M": 6}
MAX_POWER = 9

_ATOM = re.compile(
    r"\s*(?:(?P<name>[A-Za-z]+50|[A-Za-z]+|%)(?P<digit>\d*)|(?P<one>1)(?![\d.eE])|(?P<sign>[()]))", re.ASCII
)
_POWER = re.compile(r"\s*(?:\^|\*\*)\s*(?P<power>-?\d{1,3})(?!\d)", re.ASCII)
_JOINT = re.compile(r"\s*(?P<joint>[*/])")


@dataclass(frozen=True)
class Dimension:
    """Powers of base dimensions, such as volume per cell and time. Multiply, divide, raise, compare.

    Attributes
    ----------
    powers : tuple of (name, Fraction)    sorted, without zeros
    """

    powers: tuple[tuple[str, Fraction], ...] = ()

    def __mul__(self, other: Dimension) -> Dimension:
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, Fraction(0)) + power
        return Dimension(tuple(sorted((name, power) for name, power in powers.items() if power)))

    def __pow__(self, exponent: int | Fraction) -> Dimension:
        return Dimension(tuple((name, power * exponent) for name, power in self.powers if exponent))

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __getitem__(self, name: str) -> Fraction:
        return dict(self.powers).get(name, Fraction(0))

    def __str__(self) -> str:
        powers = [
            ("volume", power / 3) if name == "length" and power % 3 == 0 else (name, power)
            for name, power in self.powers
        ]
        return _quotient(powers) if powers else "a pure number"


def dimension(name: str) -> Dimension:
    """Make the dimension of one base name."""
    return Dimension(((name, Fraction(1)),))


def _quotient(powers: list[tuple[str, Fraction]]) -> str:
    """Write powers as ``a*b^2/c``."""

    def write(name: str, power: Fraction) -> str:
        if power == 1:
            return name
        return f"{name}^{power}" if power.denominator == 1 else f"{name}^({power})"

    above = [write(name, power) for name, power in powers if power > 0]
    below = [write(name, -power) for name, power in powers if power < 0]
    return "/".join(["*".join(above) or "1", *below])


class UnitFault(ValueError):
    """A unit that cannot be read: the part at fault, and why (None: the name is unknown)."""

    def __init__(self, text: str, reason: str | None = None) -> None:
        super().__init__(text, reason)
        self.text = text
        self.reason = reason


Unit = tuple[Fraction, Dimension]
NO_UNIT: Unit = (Fraction(1), Dimension())


@lru_cache(maxsize=1)
def unit_table() -> tuple[dict[str, Unit], dict[str, str]]:
    """Read `units.txt`: every unit by name, and the base unit of every dimension."""
    units: dict[str, Unit] = {}
    bases: dict[str, str] = {}
    for line in (Path(__file__).parent / "units.txt").read_text(encoding="utf-8").splitlines():
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        left, _, right = entry.partition("=")
        right, _, prefixes = right.partition(":")
        if left.startswith("base "):
            basis = left.removeprefix("base ").strip()
            names = [name.strip() for name in right.split(",")]
            unit = (Fraction(1), dimension(basis))
            bases[basis] = names[0]
        else:
            names = [name.strip() for name in left.split(",")]
            number, _, of = right.strip().partition(" ")
            unit = _multiply((Fraction(number), Dimension()), parse_product(of, units))
        for prefix in ["", *prefixes.split()]:
            for name in names:
                if prefix + name in units and prefix:
                    continue  # a name of its own goes before a prefixed one
                units[prefix + name] = (unit[0] * Fraction(10) ** PREFIXES[prefix], unit[1])
    return units, bases


def _multiply(one: Unit, other: Unit, sign: int = 1) -> Unit:
    return one[0] * other[0] ** sign, one[1] * other[1] ** sign


def parse_product(text: str, units: dict[str, Unit] | None = None) -> Unit:
    """Read a product of units, such as ``mL/cell/min`` or ``1/(cell*day)``.

    Returns
    -------
    factor : Fraction        size in base units
    dimension : Dimension

    Raises
    ------
    UnitFault
    """
    units = unit_table()[0] if units is None else units
    unit, end = _product(text, 0, units, depth=0)
    if text[end:].strip():
        raise UnitFault(text, f"{text[end:].strip()!r} is left over")
    if len(unit[1].powers) and max(abs(power) for _, power in unit[1].powers) > MAX_POWER:
        raise UnitFault(text, f"powers above {MAX_POWER} are not supported")
    return unit


def _product(text: str, start: int, units: dict[str, Unit], depth: int) -> tuple[Unit, int]:
    unit, end = _atom(text, start, units, depth)
    while joint := _JOINT.match(text, end):
        other, end = _atom(text, joint.end(), units, depth)
        unit = _multiply(unit, other, 1 if joint["joint"] == "*" else -1)
    return unit, end


def _atom(text: str, start: int, units: dict[str, Unit], depth: int) -> tuple[Unit, int]:
    found = _ATOM.match(text, start)
    if not found or found["sign"] == ")":
        raise UnitFault(text, f"a unit is missing after {text[:start].strip()!r}" if start else "it is empty")
    end = found.end()
    if found["sign"]:
        if depth > 3:
            raise UnitFault(text, "too many parentheses")
        unit, end = _product(text, end, units, depth + 1)
        if not text[end:].lstrip().startswith(")"):
            raise UnitFault(text, "a closing parenthesis is missing")
        end = text.index(")", end) + 1
    elif found["one"]:
        unit = NO_UNIT
    else:
        if found["name"] not in units:
            raise UnitFault(found["name"])
        unit = units[found["name"]]
        if found["digit"]:
            unit = _power(text, unit, found["digit"])
    if power := _POWER.match(text, end):
        unit, end = _power(text, unit, power["power"]), power.end()
    return unit, end


def _power(text: str, unit: Unit, power: str) -> Unit:
    exponent = int(power[:4])
    if abs(exponent) > MAX_POWER:
        raise UnitFault(text, f"powers above {MAX_POWER} are not supported")
    return unit[0] ** exponent, unit[1] ** exponent


def base_unit(of: Dimension) -> str:
    """Write the base unit of a dimension: ``L/cell/day`` for volume per cell and time."""
    bases = unit_table()[1]
    powers = [
        ("L", power / 3) if name == "length" and power % 3 == 0 else (bases[name], power) for name, power in of.powers
    ]
    return _quotient(powers)
