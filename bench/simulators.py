"""One face for every simulator: load a case, then run it at given tolerances."""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.cases import Benchmark

Run = Callable[[float, float], tuple[float, np.ndarray]]  # (rtol, atol) -> seconds, float64[time, pool]


@dataclass(frozen=True)
class Peer:
    """A simulator. ``missing`` says why it can not run here, if so."""

    name: str
    module: str
    takes_absolute: bool
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
    runner.timeCourseSelections = ["time", *species_ids(case.sbml)]
    runner.integrator.maximum_num_steps = 1_000_000

    times = case.out_times.tolist()

    def run(rtol: float, atol: float) -> tuple[float, np.ndarray]:
        runner.resetAll()
        runner.integrator.relative_tolerance = rtol
        runner.integrator.absolute_tolerance = atol
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
    method.getParameter("Max Internal Steps").setIntValue(10_000_000)
    columns = species_ids(case.sbml)

    def run(rtol: float, atol: float) -> tuple[float, np.ndarray]:
        method.getParameter("Relative Tolerance").setDblValue(rtol)
        method.getParameter("Absolute Tolerance").setDblValue(atol)
        if not task.initializeRaw(COPASI.CCopasiTask.OUTPUT_UI):
            raise RuntimeError(COPASI.CCopasiMessage.getAllMessageText())
        begin = time.perf_counter()
        done = task.processRaw(True)
        took = time.perf_counter() - begin
        task.restore()
        if not done:
            raise RuntimeError(COPASI.CCopasiMessage.getAllMessageText())
        series = task.getTimeSeries()
        position = {series.getSBMLId(k, model): k for k in range(series.getNumVariables())}
        rows = range(series.getRecordedSteps())
        return took, np.array([[series.getData(row, position[name]) for name in columns] for row in rows])

    return run


ENGINE = Peer("immunity", "immunity", False, load_engine)
ROADRUNNER = Peer("libRoadRunner", "roadrunner", True, load_roadrunner)
COPASI_LSODA = Peer("COPASI", "COPASI", True, load_copasi)
PEERS = (ENGINE, ROADRUNNER, COPASI_LSODA)
