"""Cases to measure with: a host, its events and output times, and the same as SBML."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

import immunity
from bench.synthetic import DAYS, N_PLACE, body_shaped, insult
from immunity.api import BUILT_IN
from immunity.compiler.cache import load_compiled
from immunity.compiler.tables import Events, Floats, Tables
from immunity.engine import STATUS_MESSAGES, prepare, settle
from immunity.interop.sbml import to_sbml


@dataclass(frozen=True)
class Benchmark:
    """One host in one scenario, ready for every program.

    Attributes
    ----------
    state : float64[pool]    amounts at day 0
    compile_s : float        to make the case from the rule book as compiled before (0 for hand-made tables)
    scratch_s : float        to make it from the text of the rule book
    """

    name: str
    tables: Tables
    theta: Floats
    state: Floats
    events: Events
    out_times: Floats
    sbml: str
    compile_s: float = 0.0
    scratch_s: float = 0.0


def load_benchmark(name: str, days: float | None = None, *, sbml: bool = True) -> Benchmark:
    """Make a synthetic net (``synthetic-N``: N places, 40 if not said), or load a scenario by its id, settled.

    ``sbml=False`` leaves the document empty.
    """
    if name.startswith("synthetic"):
        tables = body_shaped(int(name.partition("-")[2] or N_PLACE))
        theta, state, events = tables.theta, tables.initial, insult(tables)
        out_times = np.arange(0.0, (days or DAYS) + 1e-9, 0.25)
        compile_s = scratch_s = 0.0
    else:
        immunity.case(name)  # imports what it needs, and fills the cache
        begin = time.perf_counter()
        load_compiled(BUILT_IN, cached=False)
        scratch_s = time.perf_counter() - begin
        begin = time.perf_counter()
        case = immunity.case(name, days=days, book=load_compiled(BUILT_IN))
        compile_s = time.perf_counter() - begin
        tables, theta, events, out_times = case.model.tables, case.theta, case.events, case.out_times
        state, status, _ = settle(prepare(tables), theta, tables.initial, tables.settle_days)
        if status != 0:
            raise RuntimeError(STATUS_MESSAGES[status])
    document = to_sbml(tables, theta, state, events, title=name) if sbml else ""
    return Benchmark(name, tables, theta, state, events, out_times, document, compile_s, scratch_s)
