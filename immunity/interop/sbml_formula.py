"""Hazards, signals and laws of the tables as SBML formulas (infix)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from immunity.compiler.tables import (
    LAW_CURVE,
    LAW_EXP,
    LAW_HILL,
    LAW_LOG,
    LAW_POWER,
    LAW_PROPORTIONAL,
    LAW_SATURATING,
    TERM_POOL,
    TERM_SIGNAL,
    Curves,
    Floats,
    Laws,
    Tables,
)
from immunity.interop.sbml_signs import hazard_below_zero
from immunity.language.quantity import DIMENSIONLESS, Dimension

SMALLEST = 2.2250738585072014e-308  # as the engine holds logarithms and exponentials within bounds
LARGEST_POWER = 700.0
PURE = "dimensionless"


@dataclass(frozen=True)
class Units:
    """What units formulas need: the dimension of everything named, and identifiers of units and of the number one.

    ``amount`` is how a formula says the amount of a pool: a pool that SBML has no substance for, such as an area,
    times one of its unit.
    """

    pool: Sequence[Dimension]
    signal: Sequence[Dimension]
    parameter: Sequence[Dimension]
    amount: Sequence[str]
    define: Callable[[Dimension], str]
    one: Callable[[Dimension], str]

    def zero(self, dimension: Dimension) -> str:
        """Nothing, in the unit of a dimension."""
        return number(0.0, self.define(dimension))


@dataclass(frozen=True)
class Symbols:
    """What a formula may mention: identifiers, and which numbers are safe to fold.

    ``changing`` holds the parameters that an event changes; their values are never folded. ``below_zero`` tells,
    signal by signal, which can fall below zero.
    """

    pool: Sequence[str]
    signal: Sequence[str]
    parameter: Sequence[str]
    theta: Floats
    changing: frozenset[int]
    below_zero: list[bool]
    units: Units

    def holds(self, index: int, value: float, absent: float) -> bool:
        """Whether parameter ``index`` (-1: ``absent``) is, and stays, exactly ``value``."""
        if index < 0:
            return absent == value
        return index not in self.changing and self.theta[index] == value


def number(value: float, unit: str | None = None) -> str:
    """Write a number, with its unit's identifier if there is one, so that it reads back as the same double."""
    text = f"{float(value)!r} {unit or PURE}"
    return f"({text})" if value < 0 else text


def product(over: Sequence[str], under: Sequence[str] = ()) -> str:
    """Multiply factors and divide by others."""
    return " / ".join([" * ".join(over) or number(1.0), *under])


def signal_formula(tables: Tables, index: int, symbols: Symbols) -> str:
    """Return s = (constant + sum of terms) / divisor * laws."""
    signals = tables.signals
    terms = []
    if signals.constant[index] >= 0:
        terms.append(symbols.parameter[int(signals.constant[index])])
    for term in range(signals.term_ptr[index], signals.term_ptr[index + 1]):
        terms.append(_term(tables, term, symbols))
    divisor = int(signals.divisor[index])
    summed = symbols.units.signal[index]
    if divisor >= 0:
        summed = summed * symbols.units.parameter[divisor]
    total = f"({' + '.join(terms)})" if len(terms) > 1 else (terms or [symbols.units.zero(summed)])[0]
    laws = _laws(signals.laws, signals.law_ptr[index], signals.law_ptr[index + 1], tables.curves, symbols)
    return product([total, *laws], [] if divisor < 0 else [symbols.parameter[divisor]])


def propensity_formula(tables: Tables, flow: int, symbols: Symbols) -> str:
    """Return coefficient * factors ** powers * laws * primary; hazards stop at zero."""
    flows = tables.flows
    over, under = [], []
    if flows.coefficient[flow] != 1:
        over.append(number(flows.coefficient[flow]))
    for k in range(flows.factor_ptr[flow], flows.factor_ptr[flow + 1]):
        name, power = symbols.parameter[int(flows.factor[k])], int(flows.power[k])
        target = over if power > 0 else under
        target += [name] * abs(power)
    over += _laws(flows.laws, flows.law_ptr[flow], flows.law_ptr[flow + 1], tables.curves, symbols)
    primary = [symbols.units.amount[int(flows.primary[flow])]] if flows.primary[flow] >= 0 else []
    if hazard_below_zero(tables, flow, symbols.theta, symbols.below_zero):
        zero = symbols.units.zero(hazard_dimension(tables, flow, symbols))
        return product([f"max({zero}, {product(over, under)})", *primary])
    return product([*over, *primary], under)


def hazard_dimension(tables: Tables, flow: int, symbols: Symbols) -> Dimension:
    """The dimension of a flow's hazard: of its numbers and laws."""
    flows, made = tables.flows, DIMENSIONLESS
    for k in range(flows.factor_ptr[flow], flows.factor_ptr[flow + 1]):
        made = made * symbols.units.parameter[int(flows.factor[k])] ** int(flows.power[k])
    for k in range(flows.law_ptr[flow], flows.law_ptr[flow + 1]):
        made = made * _law_dimension(flows.laws, k, symbols)
    return made


def propensity_dimension(tables: Tables, flow: int, symbols: Symbols) -> Dimension:
    """The dimension of how often a flow fires."""
    primary = int(tables.flows.primary[flow])
    made = hazard_dimension(tables, flow, symbols)
    return made * symbols.units.pool[primary] if primary >= 0 else made


def _law_dimension(laws: Laws, k: int, symbols: Symbols) -> Dimension:
    sensed = symbols.units.signal[int(laws.signal[k])]
    if laws.kind[k] == LAW_PROPORTIONAL:
        return sensed
    if laws.kind[k] == LAW_POWER and symbols.holds(int(laws.parameter[k, 1]), -1.0, 1.0):
        return symbols.units.parameter[int(laws.parameter[k, 0])] / sensed
    return DIMENSIONLESS


def _term(tables: Tables, term: int, symbols: Symbols) -> str:
    signals = tables.signals
    kind, source = signals.term_kind[term], int(signals.term_source[term])
    name = "time"
    if kind in (TERM_POOL, TERM_SIGNAL):
        name = symbols.units.amount[source] if kind == TERM_POOL else symbols.signal[source]
    factors = [] if signals.term_coefficient[term] == 1 else [number(signals.term_coefficient[term])]
    if signals.term_weight[term] >= 0:
        factors.append(symbols.parameter[int(signals.term_weight[term])])
    return product([*factors, name])


def _laws(laws: Laws, begin: int, end: int, curves: Curves, symbols: Symbols) -> list[str]:
    return [_law(laws, k, curves, symbols) for k in range(begin, end)]


def _law(laws: Laws, k: int, curves: Curves, symbols: Symbols) -> str:
    s, sensed = symbols.signal[int(laws.signal[k])], symbols.units.signal[int(laws.signal[k])]
    zero = symbols.units.zero(sensed)
    parameters = [int(index) for index in laws.parameter[k]]
    match laws.kind[k]:
        case kind if kind == LAW_PROPORTIONAL:
            return s
        case kind if kind == LAW_HILL:
            return _hill(s, zero, parameters, symbols)
        case kind if kind == LAW_SATURATING:
            return _saturating(int(laws.signal[k]), int(laws.signal2[k]), symbols.parameter[parameters[0]], symbols)
        case kind if kind == LAW_CURVE:
            begin, end = curves.ptr[laws.curve[k]], curves.ptr[laws.curve[k] + 1]
            if parameters[0] >= 0:
                period = symbols.parameter[parameters[0]]
                s = f"({s} - {period} * floor({s} / {period}))"
            return _curve(s, symbols.units.define(sensed), curves.x[begin:end], curves.y[begin:end])
        case kind if kind == LAW_POWER:
            return _power(s, sensed, parameters, symbols)
        case kind if kind == LAW_LOG:
            unit = symbols.parameter[parameters[0]]
            least = number(math.log(SMALLEST))
            return f"piecewise(ln({s} / {unit}), {s} / {unit} > {number(SMALLEST)}, {least})"
        case kind if kind == LAW_EXP:
            share = f"{s} / {symbols.parameter[parameters[0]]}"
            return f"exp(max({number(-LARGEST_POWER)}, min({number(LARGEST_POWER)}, {share})))"
    raise ValueError(f"unknown law kind {laws.kind[k]}")


def _power(s: str, sensed: Dimension, parameters: list[int], symbols: Symbols) -> str:
    unit, exponent = parameters[0], parameters[1]
    units, name = symbols.units, symbols.parameter[unit]
    if symbols.holds(exponent, -1.0, 1.0):
        return f"piecewise({name} / {s}, {s} > {units.zero(sensed)}, {units.zero(units.parameter[unit] / sensed)})"
    return f"piecewise(({s} / {name})^{symbols.parameter[exponent]}, {s} > {units.zero(sensed)}, {number(0.0)})"


def _saturating(signal: int, signal2: int, half: str, symbols: Symbols) -> str:
    s, other = symbols.signal[signal], symbols.signal[signal2]
    if symbols.below_zero[signal2]:
        other = f"max({symbols.units.zero(symbols.units.signal[signal2])}, {other})"
    share = f"{s} / ({half} + {s} + {other})"
    if not symbols.below_zero[signal]:
        return f"({share})"
    return f"piecewise({share}, {s} > {symbols.units.zero(symbols.units.signal[signal])}, {number(0.0)})"


def _hill(s: str, zero: str, parameters: list[int], symbols: Symbols) -> str:
    base, top, half, exponent = parameters
    named = symbols.parameter
    # (half/s)^n keeps the power dimensionless and can overflow only towards the right limit, 0
    occupied = f"{number(1.0)} / ({number(1.0)} + ({named[half]} / {s})^{named[exponent]})" if exponent >= 0 else ""
    if symbols.holds(exponent, 1.0, 1.0):
        occupied = f"{s} / ({named[half]} + {s})"
    occupancy = f"piecewise({occupied}, {s} > {zero}, {number(0.0)})"
    high = named[top] if top >= 0 else number(1.0)
    if symbols.holds(base, 0.0, 0.0):
        return occupancy if symbols.holds(top, 1.0, 1.0) else f"{high} * {occupancy}"
    return f"({named[base]} + ({high} - {named[base]}) * {occupancy})"


def _curve(s: str, unit: str, x: Floats, y: Floats) -> str:
    pieces = [f"{number(y[0])}, {s} <= {number(x[0], unit)}"]
    for k in range(len(x) - 1):
        if x[k + 1] > x[k]:
            rise, run = number(y[k + 1] - y[k]), number(x[k + 1] - x[k], unit)
            along = f"({s} - {number(x[k], unit)}) / {run}"
            pieces.append(f"{number(y[k])} + {rise} * {along}, {s} <= {number(x[k + 1], unit)}")
    return f"piecewise({', '.join(pieces)}, {number(y[-1])})"
