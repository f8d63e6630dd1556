"""Units of the tables as SBML unit definitions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from immunity.language.errors import RuleError
from immunity.language.quantity import Dimension, base_unit, parse_unit

# base dimension -> (SBML kind, power of ten, multiplier); whatever else is counted is an SBML item
KINDS = {
    "time": ("second", 0, 86400.0),
    "length": ("metre", -1, 1.0),
    "mass": ("gram", -9, 1.0),
    "substance": ("mole", -12, 1.0),
    "temperature": ("kelvin", 0, 1.0),  # a difference of degrees Celsius
}
NO_SUBSTANCE = ("time", "length", "temperature")
ITEM = ("item", 0, 1.0)
# tables name the unit of a number by its dimension
WORDS = {"time": "day", "length": "dm", "volume": "L", "mass": "ng", "substance": "pmol", "temperature": "degC"}


@dataclass(frozen=True)
class SbmlUnit:
    """A unit definition: ``factors`` holds (kind, power of ten, multiplier, exponent)."""

    id: str
    name: str
    factors: tuple[tuple[str, int, float, float], ...]


def sbml_unit(text: str, *, base: bool) -> SbmlUnit | None:
    """Translate a unit; ``base`` leaves its size out and keeps the dimension, in base units.

    Returns
    -------
    SbmlUnit or None
        None for what is no unit. Degrees Celsius are differences, and so kelvin.

    Examples
    --------
    >>> sbml_unit("mL/cell/min", base=True).id
    'unit_L_per_cell_per_day'
    """
    found = dimension_of(text)
    if found is None:
        return None
    factor, dimension = found
    size = 1.0 if base else factor
    factors = tuple((*KINDS.get(name, ITEM), float(power)) for name, power in dimension.powers)
    if not factors and size == 1:
        return SbmlUnit("dimensionless", "dimensionless", ())
    if size == 1:
        return SbmlUnit(_identify(base_unit(dimension)), base_unit(dimension), factors)
    return SbmlUnit(_identify(text), text, (("dimensionless", 0, size, 1.0), *factors))


def dimension_of(text: str) -> tuple[float, Dimension] | None:
    """Size and dimension of a unit as tables write it: by its symbol, or by the names of its dimensions."""
    written = "1" if text == "a pure number" else re.sub(r"[a-z]+", lambda word: WORDS.get(word[0], word[0]), text)
    try:
        return parse_unit(written)
    except RuleError:
        return None


def as_items(dimension: Dimension) -> Dimension:
    """A dimension as SBML sees it: whatever is counted is an item."""
    found = Dimension()
    for name, power in dimension.powers:
        found = found * Dimension(((name if name in KINDS else "cell", power),))
    return found


def is_substance(dimension: Dimension) -> bool:
    """Whether SBML lets a species be counted in it: items, moles or grams, but no area."""
    powers = dimension.powers
    return not powers or (
        len(powers) == 1 and powers[0][1] == 1 and powers[0][0] not in ("time", "length", "temperature")
    )


def _identify(text: str) -> str:
    words = text.strip().replace("1/", "/").replace("/", "_per_").replace("%", "percent")
    return "unit_" + re.sub(r"\W+", "_", words.replace("^", "").replace("+", "")).strip("_")
