"""The right-hand side of one net as straight-line code, to compare with the table-driven kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from immunity.compiler.tables import Floats, Tables
from immunity.interop.sbml_formula import PURE, Symbols, Units, propensity_formula, signal_formula
from immunity.language.quantity import DIMENSIONLESS


@numba.njit(inline="always")
def piecewise(value: float, condition: bool, otherwise: float) -> float:
    """Choose; both are evaluated, which the numpy error model allows."""
    return value if condition else otherwise


def generate_source(tables: Tables, theta: Floats) -> str:
    """Write ``rates(x, p, t, d)``: d = N a(x), with numbers read from p."""
    pools = [f"x[{k}]" for k in range(tables.n_pool)]
    symbols = Symbols(
        pool=pools,
        signal=[f"s{k}" for k in range(tables.n_signal)],
        parameter=[f"p[{k}]" for k in range(len(theta))],
        theta=theta,
        changing=frozenset(),
        below_zero=[False] * tables.n_signal,
        units=Units(
            pool=[DIMENSIONLESS] * tables.n_pool,
            signal=[DIMENSIONLESS] * tables.n_signal,
            parameter=[DIMENSIONLESS] * len(theta),
            amount=pools,
            define=lambda _: PURE,
            one=lambda _: "1.0",
        ),
    )
    lines = ["def rates(x, p, time, d):", "    d[:] = 0.0"]
    lines += [f"    s{k} = {signal_formula(tables, k, symbols)}" for k in range(tables.n_signal)]
    flows = tables.flows
    for flow in range(tables.n_flow):
        lines.append(f"    a = {propensity_formula(tables, flow, symbols)}")
        for k in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1]):
            weight = f" * p[{flows.stoich_weight[k]}]" if flows.stoich_weight[k] >= 0 else ""
            lines.append(f"    d[{flows.stoich_pool[k]}] += {float(flows.stoich_coefficient[k])}{weight} * a")
    return "\n".join(lines).replace("^", "**").replace(f" {PURE}", "")


def generate(tables: Tables, theta: Floats) -> Callable[[Floats, Floats, float, Floats], None]:
    """Compile the source; the first call takes as long as the compiler needs."""
    space: dict[str, Any] = {"piecewise": piecewise, "np": np}
    exec(generate_source(tables, theta), space)
    return numba.njit(error_model="numpy")(space["rates"])
