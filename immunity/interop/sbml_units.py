"""Unit expressions of the tables as SBML unit definitions."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

# name -> (SBML kind, power of ten, multiplier). What is counted is an SBML item.
KNOWN = {
    "day": ("second", 0, 86400.0),
    "d": ("second", 0, 86400.0),
    "h": ("second", 0, 3600.0),
    "hour": ("second", 0, 3600.0),
    "min": ("second", 0, 60.0),
    "minute": ("second", 0, 60.0),
    "s": ("second", 0, 1.0),
    "second": ("second", 0, 1.0),
    "y": ("second", 0, 31557600.0),
    "year": ("second", 0, 31557600.0),
    "m": ("metre", 0, 1.0),
    "dm": ("metre", -1, 1.0),
    "cm": ("metre", -2, 1.0),
    "mm": ("metre", -3, 1.0),
    "um": ("metre", -6, 1.0),
    "L": ("litre", 0, 1.0),
    "l": ("litre", 0, 1.0),
    "dL": ("litre", -1, 1.0),
    "mL": ("litre", -3, 1.0),
    "uL": ("litre", -6, 1.0),
    "kg": ("gram", 3, 1.0),
    "g": ("gram", 0, 1.0),
    "mg": ("gram", -3, 1.0),
    "ug": ("gram", -6, 1.0),
    "ng": ("gram", -9, 1.0),
    "pg": ("gram", -12, 1.0),
    "mol": ("mole", 0, 1.0),
    "mmol": ("mole", -3, 1.0),
    "umol": ("mole", -6, 1.0),
    "nmol": ("mole", -9, 1.0),
    "pmol": ("mole", -12, 1.0),
    "K": ("kelvin", 0, 1.0),
    "kelvin": ("kelvin", 0, 1.0),
    "dimensionless": ("dimensionless", 0, 1.0),
    **{counted: ("item", 0, 1.0) for counted in "cell CFU virion TCID50 PFU IU point host copy".split()},
}


@dataclass(frozen=True)
class UnitExpression:
    """A product of powers: ``factor * prod name ** power``."""

    factor: float
    powers: tuple[tuple[str, int], ...]

    @property
    def id(self) -> str:
        """An identifier that reads like the unit: ``dm3_per_cell_per_day``."""
        over = [f"{name}{power if power > 1 else ''}" for name, power in self.powers if power > 0]
        under = [f"per_{name}{-power if power < -1 else ''}" for name, power in self.powers if power < 0]
        lead = [] if self.factor == 1 else [re.sub(r"\W", "_", f"x{self.factor:g}".replace("+", ""))]
        return "_".join(lead + over + under) or "dimensionless"


def parse_unit(text: str) -> UnitExpression | None:
    """Read a unit such as ``1/day`` or ``1e9 cell/L``; None if it holds a unit SBML can not say.

    Examples
    --------
    >>> parse_unit("dm**3/cell/day").id
    'dm3_per_cell_per_day'
    """
    spaced = re.sub(r"(?<=[\w)])\s+(?=[A-Za-z(])", "*", text.strip().replace("^", "**").replace("·", "*"))
    try:
        factor, powers = _walk(ast.parse(spaced or "1", mode="eval").body)
    except (SyntaxError, ValueError):
        return None
    kept = tuple((name, power) for name, power in powers.items() if power and name != "dimensionless")
    return UnitExpression(factor, kept)


def _walk(node: ast.expr) -> tuple[float, dict[str, int]]:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number), {}
        case ast.Name(id=name) if name in KNOWN:
            return 1.0, {name: 1}
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            sign = 1 if isinstance(op, ast.Mult) else -1
            factor, powers = _walk(left)
            other, others = _walk(right)
            merged = {name: powers.get(name, 0) + sign * others.get(name, 0) for name in {**powers, **others}}
            return factor * other**sign, merged
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            factor, powers = _walk(left)
            exponent = ast.literal_eval(right)
            if exponent != int(exponent):
                raise ValueError("fractional power")
            return factor**exponent, {name: power * int(exponent) for name, power in powers.items()}
    raise ValueError("no unit expression")
