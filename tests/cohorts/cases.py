"""Hand-made cases: a population that is fed and dies, with a drug level that falls."""

from __future__ import annotations

import dataclasses

import numpy as np
from engine.nets import Builder, dose, events

from immunity.compiler.case import Case, Model, ReadoutInfo, Spread
from immunity.compiler.tables import Stop

SOURCES = {
    "smith2001": {"cite": "Smith. On dying. 2001", "doi": "10.1/1"},
    "jones2002": {"cite": "Jones. On falling. 2002", "doi": None},
    "never2003": {"cite": "Never. On what does not happen. 2003", "doi": None},
}


def cells_and_drug(
    *,
    days: float = 10.0,
    every: float = 0.5,
    cells: float = 100.0,
    settle_days: float = 0.0,
    spreads: tuple[tuple[str, float], ...] = (),
    correlation: np.ndarray | None = None,
    stop_below: float | None = None,
) -> Case:
    """Cells are fed at 20 a day and die at 0.2 a day; 8 pmol of drug come on day 2 and halve every day.

    The flow `sleep` never fires. Readouts: cells (cell), drug (pmol), log_drug (log10, limit 0.01 pmol).
    """
    net = Builder()
    net.pool("cell", cells, countable=True)
    net.pool("drug", 0.0)
    net.pool("empty", 0.0)
    net.flow("feed", 20.0, {"cell": 1.0})
    net.flow("die", 0.2, {"cell": -1.0}, primary="cell")
    net.flow("fall", float(np.log(2.0)), {"drug": -1.0}, primary="drug")
    net.flow("sleep", 1.0, {"empty": -1.0}, primary="empty")
    for pool, name in (("cell", "cells"), ("drug", "drug"), ("drug", "log_drug")):
        net.read(net.signal(f"amount for {name}", [pool]), name)
    if stop_below is not None:
        net.stop = Stop(0, stop_below, "dead")
    tables = net.tables(settle_days)
    names = tables.names.parameter
    infos = (
        ReadoutInfo("cells", "Cells", "cell", "blood", healthy=(80.0, 120.0), limit_of_detection=None),
        ReadoutInfo("drug", "Drug", "pmol", "drugs"),
        ReadoutInfo("log_drug", "Drug, logarithm", "pmol", "drugs", scale="log10", limit_of_detection=0.01),
    )
    named = tuple(Spread(names.index(name), sigma) for name, sigma in spreads)
    model = Model(
        tables=tables,
        digest="d" * 64,
        readouts=infos,
        spreads=named,
        correlation=np.eye(len(named)) if correlation is None else correlation,
        sources=SOURCES,
        parameter_sources={
            "die.hazard": {"status": "measured", "source": ["smith2001"], "value": "0.2 1/day"},
            "fall.hazard": {"status": "measured", "source": "jones2002", "value": "0.69 1/day"},
            "sleep.hazard": {"status": "measured", "source": ["never2003"], "value": "1 1/day"},
        },
        places={},
    )
    return Case(
        model=model,
        title="Cells and a drug",
        scenario="cells_and_drug",
        days=days,
        theta=tables.theta.copy(),
        events=events(dose(2.0, 1, 8.0)),
        out_times=np.arange(0.0, days + every / 2, every),
        filled={"id": "cells_and_drug", "host": {"age": "35 y"}},
    )


def with_number(case: Case, name: str, value: float) -> Case:
    """The case with one of its numbers changed."""
    theta = case.theta.copy()
    theta[case.model.tables.names.parameter.index(name)] = value
    return dataclasses.replace(case, theta=theta)
