"""Dimensions, and the closed list of units (`units.txt`)."""

from __future__ import annotations

import re
import tokenize
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pint

PREFIXES = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1, "": 0, "k": 3, "M": 6}
MAX_POWER = 9  # as written
MAX_RAISED = 2  # parentheses with a power
MAX_TOTAL = 30  # of a base dimension: the fourth power of a concentration has length^12

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z]+(?:50)?|%)(?P<digit>\d*)|(?P<sign>\*\*|[*/^()])|(?P<number>-?\d+))", re.ASCII
)


@dataclass(frozen=True, eq=False)
class Dimension:
    """Powers of base dimensions, such as volume per cell and time. Multiply, divide, raise, compare.

    Attributes
    ----------
    powers : tuple of (name, Fraction)    sorted, without zeros
    """

    powers: tuple[tuple[str, Fraction], ...] = ()

    @lru_cache(maxsize=10_000)  # noqa: B019 - few dimensions exist, and products of the same ones are asked for often
    def __mul__(self, other: Dimension) -> Dimension:
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, Fraction(0)) + power
        return _the_one(tuple(sorted((name, power) for name, power in powers.items() if power)))

    @lru_cache(maxsize=10_000)  # noqa: B019
    def __pow__(self, exponent: int | Fraction) -> Dimension:
        return _the_one(tuple((name, power * exponent) for name, power in self.powers if exponent))

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Dimension) and hash(self) == hash(other) and self.powers == other.powers

    def __hash__(self) -> int:
        kept: int | None = self.__dict__.get("_hash")
        if kept is None:
            kept = hash(self.powers)
            object.__setattr__(self, "_hash", kept)
        return kept

    def __reduce__(self) -> tuple[type[Dimension], tuple[tuple[tuple[str, Fraction], ...]]]:
        return Dimension, (self.powers,)  # a hash of text holds in one process only

    def __getitem__(self, name: str) -> Fraction:
        return dict(self.powers).get(name, Fraction(0))

    def __str__(self) -> str:
        powers = [
            ("volume", power / 3) if name == "length" and power % 3 == 0 else (name, power)
            for name, power in self.powers
        ]
        return _quotient(powers) if powers else "a pure number"


@lru_cache(maxsize=10_000)
def _the_one(powers: tuple[tuple[str, Fraction], ...]) -> Dimension:
    """The dimension of these powers: one object for all that are alike, as they are compared all the time."""
    return Dimension(powers)


def dimension(name: str) -> Dimension:
    """Make the dimension of one base name."""
    return _the_one(((name, Fraction(1)),))


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


@lru_cache(maxsize=1)
def unit_table() -> tuple[dict[str, str], dict[str, str]]:
    """Read `units.txt`: what every unit is made of, by name, and the base unit of every dimension."""
    units: dict[str, str] = {}
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
            bases[basis] = names[0]
            units[names[0]] = f"[{basis}]"
            units |= {name: names[0] for name in names[1:]}
        else:
            names = [name.strip() for name in left.split(",")]
            units |= {name: right.strip() for name in names}
        for prefix in prefixes.split():
            for name in names:
                units.setdefault(prefix + name, f"1e{PREFIXES[prefix]} {name}")  # a name of its own goes first
    return units, bases


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry:
    """A registry that knows the closed list and nothing else."""
    import pint

    registry = pint.UnitRegistry(None)  # type: ignore[arg-type]  # no definitions but ours
    for name, made_of in unit_table()[0].items():
        registry.define(f"{_SPELLED.get(name, name)} = {made_of}")
    return registry


_SPELLED = {"%": "percent"}  # pint reads names only


@lru_cache(maxsize=5_000)
def parse_product(text: str) -> tuple[float, Dimension]:
    """Read a product of units, such as ``mL/cell/min`` or ``1/(cell*day)``.

    Returns
    -------
    factor : float           size in base units
    dimension : Dimension

    Raises
    ------
    UnitFault
    """
    import pint

    spelled = _spell(text)
    try:
        unit = _registry().parse_units(spelled)
        size = _registry().Quantity(1.0, unit).to_base_units()
    except (
        pint.PintError,
        tokenize.TokenError,
        SyntaxError,
        TypeError,
        AssertionError,  # pint 0.26 on brackets that close too early
        ValueError,
        ArithmeticError,
        LookupError,
    ) as error:
        raise UnitFault(text, "units are joined by * and /, and parentheses come in pairs") from error
    powers = [
        (name.strip("[]"), Fraction(str(power)).limit_denominator(100)) for name, power in size.dimensionality.items()
    ]
    if powers and max(abs(power) for _, power in powers) > MAX_TOTAL:
        raise UnitFault(text, f"powers of a base dimension above {MAX_TOTAL} are not supported")
    return float(size.magnitude), _the_one(tuple(sorted((name, power) for name, power in powers if power)))


def _spell(text: str) -> str:
    """Write a product as pint reads it, once every name in it is found to be on the list."""
    units = unit_table()[0]
    words: list[str] = []
    end, operand, raised, groups = 0, False, False, 0
    while end < len(text.rstrip()):
        found = _TOKEN.match(text, end)
        if not found:
            raise UnitFault(text, f"{text[end:].strip()!r} is left over")
        end = found.end()
        name = found["name"]
        if name and name not in units:
            raise UnitFault(name)
        if operand and (name or found["sign"] == "("):
            raise UnitFault(text, f"{found[0].strip()!r} is left over")
        power = words[-1:] in (["^"], ["**"])
        if found["sign"] in ("^", "**"):
            groups += words[-1:] == [")"]
            if not operand or raised or groups > MAX_RAISED:  # towers of powers would keep the reader busy
                raise UnitFault(text, f"{text[end - len(found['sign']) :].strip()!r} is left over")
        if found["number"] and not power and (found["number"] != "1" or operand):
            raise UnitFault(text, f"{found[0].strip()!r} is left over")
        exponent = found["digit"] or (found["number"] if power else "")
        if exponent and abs(int(exponent[:4])) > MAX_POWER:
            raise UnitFault(text, f"powers above {MAX_POWER} are not supported")
        words.append(_SPELLED.get(name, name) if name else found[0].strip())
        words += ["**", found["digit"]] if found["digit"] else []
        operand = bool(name or found["number"] or found["sign"] == ")")
        raised = bool(found["digit"]) or (power and operand)
    if not words:
        raise UnitFault(text, "it is empty")
    if not operand:
        raise UnitFault(text, f"a unit is missing after {text.strip()!r}")
    return "".join(words)


def base_unit(of: Dimension) -> str:
    """Write the base unit of a dimension: ``L/cell/day`` for volume per cell and time."""
    bases = unit_table()[1]
    powers = [
        ("L", power / 3) if name == "length" and power % 3 == 0 else (bases[name], power) for name, power in of.powers
    ]
    return _quotient(powers)
