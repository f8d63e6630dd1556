"""libRoadRunner in a process of its own: where another program falls over, one test fails and no more."""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec

import numpy as np
import pytest

STEPS = 1_000_000


@functools.cache
def _process(optimised: bool) -> ProcessPoolExecutor:
    _begun.append(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))  # a compiler each: it is global there
    return _begun[-1]


_begun: list[ProcessPoolExecutor] = []


def end_processes() -> None:
    """End what was begun: a process of pytest-xdist goes without looking back, and they would wait for ever."""
    while _begun:
        _begun.pop().shutdown()


def _simulate(
    document: str,
    times: list[float],
    columns: list[str],
    relative: float,
    absolute: float | dict[str, float],
    optimised: bool,
) -> np.ndarray:
    import roadrunner

    how = roadrunner.Config  # thousands of formulas are compiled in a quarter of the time where none is optimised
    how.setValue(how.LLVM_BACKEND, how.MCJIT if optimised else how.LLJIT)
    how.setValue(how.LLJIT_OPTIMIZATION_LEVEL, how.NONE)
    runner = roadrunner.RoadRunner(document)
    floating = runner.model.getFloatingSpeciesIds()
    runner.integrator.relative_tolerance = relative
    floors = [absolute[name] for name in floating] if isinstance(absolute, dict) else absolute
    runner.integrator.absolute_tolerance = floors
    runner.integrator.maximum_num_steps = STEPS
    runner.timeCourseSelections = ["time", *columns]
    return np.array(runner.simulate(times=times))[:, 1:]


def simulate(
    document: str,
    times: Sequence[float] | np.ndarray,
    columns: Sequence[str],
    *,
    relative: float = 1e-10,
    absolute: float | dict[str, float] = 1e-10,
    optimised: bool = True,
) -> np.ndarray:
    """Return columns [time, column] of an SBML document; skip the test where libRoadRunner is not installed.

    Absolute tolerances are one number or one for each floating species. A process that dies is begun once more: what
    is tested is the document.
    """
    if find_spec("roadrunner") is None:
        pytest.skip("libRoadRunner is not installed")
    asked = document, [float(time) for time in times], list(columns), relative, absolute, optimised
    try:
        return _process(optimised).submit(_simulate, *asked).result()
    except BrokenProcessPool:
        _process.cache_clear()
        return _process(optimised).submit(_simulate, *asked).result()
