"""Cases to measure with: a host, its events and output times, and the same as SBML."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from bench.synthetic import DAYS, body_shaped, insult
from immunity.compiler.tables import Events, Floats, Tables
from immunity.interop.sbml import to_sbml


@dataclass(frozen=True)
class Benchmark:
    """One host in one scenario, ready for every program.

    Attributes
    ----------
    state : float64[pool]    amounts at day 0
    compile_s : float        what it took to make the tables from a rule book, 0 for hand-made ones
    """

    name: str
    tables: Tables
    theta: Floats
    state: Floats
    events: Events
    out_times: Floats
    sbml: str
    compile_s: float


def load_benchmark(name: str, days: float | None = None) -> Benchmark:
    """Make the synthetic net, or load a scenario by its id (settled, as the command line would run it)."""
    begin = time.perf_counter()
    if name.startswith("synthetic"):
        tables = body_shaped()
        theta, state, events = tables.theta, tables.initial, insult(tables)
        out_times = np.arange(0.0, (days or DAYS) + 1e-9, 0.25)
        compile_s = 0.0
    else:
        import immunity
        from immunity.engine import prepare, settle

        case = immunity.load_case(name)
        compile_s = time.perf_counter() - begin
        tables, theta, events, out_times = case.model.tables, case.theta, case.events, case.out_times
        state, _ = settle(prepare(tables), theta, tables.initial, tables.settle_days)
        out_times = out_times if days is None else out_times[out_times <= days]
    return Benchmark(
        name, tables, theta, state, events, out_times, to_sbml(tables, theta, state, events, title=name), compile_s
    )
