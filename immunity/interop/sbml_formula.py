"""Hazards, signals and laws of the tables as SBML formulas (infix)."""

from __future__ import annotations

import math
from collections.abc import Sequence
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

SMALLEST = 2.2250738585072014e-308  # as the engine holds logarithms and exponentials within bounds
LARGEST_POWER = 700.0


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

    def holds(self, index: int, value: float, absent: float) -> bool:
        """Whether parameter ``index`` (-1: ``absent``) is, and stays, exactly ``value``."""
        if index < 0:
            return absent == value
        return index not in self.changing and self.theta[index] == value


def number(value: float, unit: str | None = None) -> str:
    """Write a number, with its unit's identifier if there is one, so that it reads back as the same double."""
    text = f"{float(value)!r} {unit}" if unit else repr(float(value))
    return f"({text})" if value < 0 else text


def product(over: Sequence[str], under: Sequence[str] = ()) -> str:
    """Multiply factors and divide by others."""
    return " / ".join([" * ".join(over) or "1", *under])


def signal_formula(tables: Tables, index: int, symbols: Symbols) -> str:
    """Return s = (constant + sum of terms) / divisor * laws."""
    signals = tables.signals
    terms = []
    if signals.constant[index] >= 0:
        terms.append(symbols.parameter[int(signals.constant[index])])
    for term in range(signals.term_ptr[index], signals.term_ptr[index + 1]):
        terms.append(_term(tables, term, symbols))
    total = f"({' + '.join(terms)})" if len(terms) > 1 else (terms or ["0"])[0]
    divisor = int(signals.divisor[index])
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
        target.append(name if abs(power) == 1 else f"{name}^{abs(power)}")
    over += _laws(flows.laws, flows.law_ptr[flow], flows.law_ptr[flow + 1], tables.curves, symbols)
    primary = [symbols.pool[int(flows.primary[flow])]] if flows.primary[flow] >= 0 else []
    if hazard_below_zero(tables, flow, symbols.theta, symbols.below_zero):
        return product([f"max(0, {product(over, under)})", *primary])
    return product([*over, *primary], under)


def _term(tables: Tables, term: int, symbols: Symbols) -> str:
    signals = tables.signals
    kind, source = signals.term_kind[term], int(signals.term_source[term])
    name = symbols.pool[source] if kind == TERM_POOL else symbols.signal[source] if kind == TERM_SIGNAL else "time"
    factors = [] if signals.term_coefficient[term] == 1 else [number(signals.term_coefficient[term])]
    if signals.term_weight[term] >= 0:
        factors.append(symbols.parameter[int(signals.term_weight[term])])
    return product([*factors, name])


def _laws(laws: Laws, begin: int, end: int, curves: Curves, symbols: Symbols) -> list[str]:
    return [_law(laws, k, curves, symbols) for k in range(begin, end)]


def _law(laws: Laws, k: int, curves: Curves, symbols: Symbols) -> str:
    s = symbols.signal[int(laws.signal[k])]
    parameters = [int(index) for index in laws.parameter[k]]
    match laws.kind[k]:
        case kind if kind == LAW_PROPORTIONAL:
            return s
        case kind if kind == LAW_HILL:
            return _hill(s, parameters, symbols)
        case kind if kind == LAW_SATURATING:
            return _saturating(int(laws.signal[k]), int(laws.signal2[k]), symbols.parameter[parameters[0]], symbols)
        case kind if kind == LAW_CURVE:
            begin, end = curves.ptr[laws.curve[k]], curves.ptr[laws.curve[k] + 1]
            return _curve(s, curves.x[begin:end], curves.y[begin:end])
        case kind if kind == LAW_POWER:
            return _power(s, parameters, symbols)
        case kind if kind == LAW_LOG:
            unit = symbols.parameter[parameters[0]]
            return f"piecewise(ln({s} / {unit}), {s} / {unit} > {SMALLEST!r}, {math.log(SMALLEST)!r})"
        case kind if kind == LAW_EXP:
            share = f"{s} / {symbols.parameter[parameters[0]]}"
            return f"exp(max(-{LARGEST_POWER!r}, min({LARGEST_POWER!r}, {share})))"
    raise ValueError(f"unknown law kind {laws.kind[k]}")


def _power(s: str, parameters: list[int], symbols: Symbols) -> str:
    unit, exponent = parameters[0], parameters[1]
    if symbols.holds(exponent, -1.0, 1.0) and symbols.holds(unit, 1.0, 1.0):
        return f"piecewise(1 / {s}, {s} > 0, 0)"
    return f"piecewise(({s} / {symbols.parameter[unit]})^{symbols.parameter[exponent]}, {s} > 0, 0)"


def _saturating(signal: int, signal2: int, half: str, symbols: Symbols) -> str:
    s, other = symbols.signal[signal], symbols.signal[signal2]
    if symbols.below_zero[signal2]:
        other = f"max(0, {other})"
    share = f"{s} / ({half} + {s} + {other})"
    return f"piecewise({share}, {s} > 0, 0)" if symbols.below_zero[signal] else f"({share})"


def _hill(s: str, parameters: list[int], symbols: Symbols) -> str:
    base, top, half, exponent = parameters
    named = symbols.parameter
    # (half/s)^n keeps the power dimensionless and can overflow only towards the right limit, 0
    occupied = f"1 / (1 + ({named[half]} / {s})^{named[exponent]})" if exponent >= 0 else ""
    if symbols.holds(exponent, 1.0, 1.0):
        occupied = f"{s} / ({named[half]} + {s})"
    occupancy = f"piecewise({occupied}, {s} > 0, 0)"
    high = named[top] if top >= 0 else "1"
    if symbols.holds(base, 0.0, 0.0):
        return occupancy if symbols.holds(top, 1.0, 1.0) else f"{high} * {occupancy}"
    return f"({named[base]} + ({high} - {named[base]}) * {occupancy})"


def _curve(s: str, x: Floats, y: Floats) -> str:
    pieces = [f"{number(y[0])}, {s} <= {number(x[0])}"]
    for k in range(len(x) - 1):
        if x[k + 1] > x[k]:
            slope = number((y[k + 1] - y[k]) / (x[k + 1] - x[k]))
            pieces.append(f"{number(y[k])} + {slope} * ({s} - {number(x[k])}), {s} <= {number(x[k + 1])}")
    return f"piecewise({', '.join(pieces)}, {number(y[-1])})"
