"""One face for every simulator: load a case, then run it at given tolerances."""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.cases import Benchmark

Run = Callable[[float, float], tuple[float, np.ndarray]]  # (relative, absolute) -> seconds, float64[time, pool]


@dataclass(frozen=True)
class Peer:
    """A simulator.

    Attributes
    ----------
    absolute : tuple of float    ladder of absolute tolerances, in the simulator's own way: for libRoadRunner they
                                 multiply each pool's floor, for COPASI they hold for all pools alike
    """

    name: str
    module: str
    absolute: tuple[float, ...]
    load: Callable[[Benchmark], Run]

    def missing(self) -> str:
        """Return why the simulator can not be used, or nothing."""
        return "" if importlib.util.find_spec(self.module) else f"{self.module} is not installed"


def species_ids(sbml: str) -> list[str]:
    """List the identifiers of the pools, in their order."""
    return re.findall(r'<species [^>]*?\bid="(\w+)"', sbml)


def load_engine(case: Benchmark) -> Run:
    """Prepare the engine. Its kernels are compiled once per installation; that is measured by `bench/cli.py`."""
    from immunity.engine import prepare, run_host

    net = prepare(case.tables)

    def run(rtol: float, atol: float) -> tuple[float, np.ndarray]:
        begin = time.perf_counter()
        result = run_host(
            net,
            case.theta,
            case.state,
            case.events,
            case.out_times,
            stochastic=False,
            seed=0,
            host=0,
            rtol=rtol,
            record_pools=True,
        )
        assert result.pools is not None
        return time.perf_counter() - begin, result.pools

    return run


def load_roadrunner(case: Benchmark) -> Run:
    """Load the document into libRoadRunner, which compiles it."""
    import roadrunner

    roadrunner.Logger.disableLogging()
    runner = roadrunner.RoadRunner(case.sbml)
    columns = species_ids(case.sbml)
    runner.timeCourseSelections = ["time", *columns]
    runner.integrator.maximum_num_steps = 1_000_000

    times = case.out_times.tolist()

    def run(rtol: float, atol: float) -> tuple[float, np.ndarray]:
        runner.resetAll()
        runner.integrator.relative_tolerance = rtol
        for name, floor in zip(columns, case.tables.floor, strict=True):
            runner.integrator.setIndividualTolerance(name, atol * float(floor))
        begin = time.perf_counter()
        result = runner.simulate(times=times)
        return time.perf_counter() - begin, np.array(result)[:, 1:]

    return run


def load_copasi(case: Benchmark) -> Run:
    """Import the document into COPASI."""
    import COPASI

    model = COPASI.CRootContainer.addDatamodel()
    if not model.importSBMLFromString(case.sbml):
        raise RuntimeError("COPASI could not read the document")
    task = model.getTask("Time-Course")
    problem, method = task.getProblem(), task.getMethod()
    problem.setDuration(float(case.out_times[-1] - case.out_times[0]))
    problem.setStepNumber(len(case.out_times) - 1)
    problem.setTimeSeriesRequested(True)
    problem.setAutomaticStepSize(False)
    method.getParameter("Max Internal Steps").setIntValue(200_000)
    columns = species_ids(case.sbml)
    start = [float(amount) for amount in re.findall(r'<species [^>]*\binitialAmount="([^"]+)"', case.sbml)]

    def run(rtol: float, atol: float) -> tuple[float, np.ndarray]:
        method.getParameter("Relative Tolerance").setDblValue(rtol)
        method.getParameter("Absolute Tolerance").setDblValue(atol)
        if not task.initializeRaw(COPASI.CCopasiTask.OUTPUT_UI):
            raise RuntimeError(COPASI.CCopasiMessage.getAllMessageText())
        begin = time.perf_counter()
        done = task.processRaw(True)
        took = time.perf_counter() - begin
        task.restore()
        series = task.getTimeSeries()
        if not done or series.getRecordedSteps() != len(case.out_times):
            raise RuntimeError(COPASI.CCopasiMessage.getAllMessageText())
        position = {series.getSBMLId(k, model): k for k in range(series.getNumVariables())}
        pools = np.tile(start, (series.getRecordedSteps(), 1))  # COPASI does not list pools that nothing changes
        for k, name in enumerate(columns):
            if name in position:
                pools[:, k] = [series.getData(row, position[name]) for row in range(len(pools))]
        return took, pools

    return run


ENGINE = Peer("immunity", "immunity", (1.0,), load_engine)
ROADRUNNER = Peer("libRoadRunner", "roadrunner", (1.0, 1e-2, 1e-4, 1e-6), load_roadrunner)
COPASI_LSODA = Peer("COPASI", "COPASI", (1e-2, 1e-5, 1e-8), load_copasi)
PEERS = (ENGINE, ROADRUNNER, COPASI_LSODA)
