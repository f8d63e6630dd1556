"""Stochastic runs: the engine against COPASI's adaptive SSA/tau-leap, and against its own deterministic mode.

    python -m bench.stochastic [--scenario cut_finger]

Median wall time of one run over seeds 0, 1, 2, ... The last columns show that both draw from one distribution.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable

import numpy as np

from bench.cases import Benchmark, load_benchmark
from bench.infection import NO_EVENTS, infection
from bench.simulators import species_ids
from immunity.compiler.tables import Floats
from immunity.engine import prepare, run_host
from immunity.interop.sbml import to_sbml

DAYS = 20.0
Draw = Callable[[int], Floats]  # seed -> float64[pool] at the end


def load_engine(case: Benchmark, *, stochastic: bool) -> Draw:
    """Return one run of the engine."""
    net = prepare(case.tables)

    def draw(seed: int) -> Floats:
        return run_host(
            net, case.theta, case.state, case.events, case.out_times, stochastic=stochastic, seed=seed, host=0
        ).state

    return draw


def load_copasi(case: Benchmark) -> Draw:
    """Return one run of COPASI's adaptive method."""
    import COPASI

    model = COPASI.CRootContainer.addDatamodel()
    if not model.importSBMLFromString(case.sbml):
        raise RuntimeError("COPASI could not read the document")
    task = model.getTask("Time-Course")
    task.setMethodType(COPASI.CTaskEnum.Method_adaptiveSA)
    problem, method = task.getProblem(), task.getMethod()
    problem.setDuration(float(case.out_times[-1]))
    problem.setStepNumber(len(case.out_times) - 1)
    problem.setTimeSeriesRequested(True)
    method.getParameter("Use Random Seed").setBoolValue(True)
    columns = species_ids(case.sbml)

    def draw(seed: int) -> Floats:
        method.getParameter("Random Seed").setUIntValue(seed)
        if not (task.initializeRaw(COPASI.CCopasiTask.OUTPUT_UI) and task.processRaw(True)):
            raise RuntimeError(COPASI.CCopasiMessage.getAllMessageText())
        task.restore()
        series = task.getTimeSeries()
        last = series.getRecordedSteps() - 1
        position = {series.getSBMLId(k, model): k for k in range(series.getNumVariables())}
        return np.array([series.getData(last, position[name]) for name in columns])

    return draw


def measure(draw: Draw, runs: int) -> tuple[float, Floats]:
    """Return the median time of a run, and the end of every run [run, pool]."""
    draw(0)
    times, ends = [], []
    for seed in range(1, runs + 1):
        begin = time.perf_counter()
        ends.append(draw(seed))
        times.append(time.perf_counter() - begin)
    return float(np.median(times)), np.array(ends)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--scenario", action="append", default=[], help="also: the engine's own two modes on this")
    arguments = parser.parse_args()
    tables = infection()
    days = np.arange(0.0, DAYS + 1e-9, 0.25)
    document = to_sbml(tables, tables.theta, tables.initial, NO_EVENTS, title="infection")
    case = Benchmark("infection", tables, tables.theta, tables.initial, NO_EVENTS, days, document)
    draws = {
        "immunity, deterministic": load_engine(case, stochastic=False),
        "immunity, stochastic": load_engine(case, stochastic=True),
    }
    if importlib.util.find_spec("COPASI"):
        draws["COPASI adaptive SSA/tau"] = load_copasi(case)
    else:
        print("COPASI: left out, not installed")
    print(f"infection: {tables.n_pool} pools, {tables.n_flow} flows, {DAYS:g} days")
    print(f"{'':26}{'run s':>9}{'x':>7}   mean and sd at the end of")
    shown = [tables.names.pool.index(name) for name in ("target at place2", "killer at place0")]
    first = None
    for name, draw in draws.items():
        took, ends = measure(draw, arguments.runs)
        first = first or took
        told = "  ".join(f"{tables.names.pool[k]} {ends[:, k].mean():.3g} ({ends[:, k].std():.2g})" for k in shown)
        print(f"{name:26}{took:9.4f}{took / first:7.2f}   {told}")
    for scenario in ("synthetic", *arguments.scenario):
        other = load_benchmark(scenario, 5.0 if scenario == "synthetic" else None, sbml=False)
        smooth, _ = measure(load_engine(other, stochastic=False), 5)
        drawn, _ = measure(load_engine(other, stochastic=True), 3)
        told = f"{scenario}, {other.out_times[-1]:g} days"
        print(f"{told}: deterministic {smooth:.4f} s, stochastic {drawn:.4f} s, ratio {drawn / smooth:.2f}")


if __name__ == "__main__":
    main()
