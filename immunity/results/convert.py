"""Numbers with units, converted to what a readout shows."""

from __future__ import annotations

import math

from immunity.compiler.case import ReadoutInfo
from immunity.language.errors import Location, fail
from immunity.language.quantity import parse_unit
from immunity.results.present import present_unit

LOG = "log10"


def presented_value(number: float, unit: str | None, info: ReadoutInfo, at: Location | None = None) -> float:
    """Convert a number to the unit in which a readout is presented.

    Parameters
    ----------
    number : float
    unit : str, optional     None: it is in that unit already. ``log10 UNIT`` for a logarithm.

    Raises
    ------
    RuleError
        E809 if the unit does not fit, or a logarithm is asked of nothing.
    """
    if unit is None:
        return number
    logarithm = unit.startswith(LOG)
    factor, dimension = parse_unit(unit.removeprefix(LOG).strip() or "1", at=at)
    own_factor, own_dimension = parse_unit(info.unit)
    if dimension != own_dimension or (not logarithm and info.scale == "log10" and number <= 0.0):
        raise fail("E809", at=at, text=f"{number:g} {unit}", measured=present_unit(info))
    if logarithm:
        decades = number + math.log10(factor / own_factor)
        return decades if info.scale == "log10" else 10.0**decades
    value = number * (factor / own_factor)
    return math.log10(value) if info.scale == "log10" else value
