"""The engine against libRoadRunner (CVODE) and COPASI (LSODA): the same SBML, equal accuracy, one core.

    python -m bench.peers synthetic            # or the id of a scenario, such as cut_finger

Each program gets those tolerances of a ladder, relative times absolute, with which it is fastest while every pool above
its floor stays within 1 % of the reference (libRoadRunner at 1e-10) at every output time.
Set-up is what a new model costs in a running process: for the engine, the compiled rule book from the cache, the case
and `prepare`; for the others, reading and compiling the document.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.cases import Benchmark, load_benchmark
from bench.simulators import ENGINE, PEERS, ROADRUNNER, Run

LADDER = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5, 1e-6)
WITHIN = 0.01


@dataclass(frozen=True)
class Timing:
    """A run at the tolerances that were just good enough."""

    run_s: float = np.inf
    rtol: float = np.nan
    atol: float = np.nan
    error: float = np.nan


def worst_error(pools: np.ndarray, reference: np.ndarray, floor: np.ndarray) -> float:
    """Return the largest relative difference of a pool that is above its floor."""
    if pools.shape != reference.shape or not np.all(np.isfinite(pools)):
        return np.inf
    above = reference > floor
    return float(np.max(np.abs(pools - reference)[above] / reference[above], initial=0.0))


def seconds(action: Callable[[], object], repeats: int = 5) -> float:
    """Return the median wall time of an action."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def measure(run: Run, case: Benchmark, reference: np.ndarray, *, absolute: Sequence[float], repeats: int) -> Timing:
    """Time one program at the tolerances that serve it best."""
    settled = ~np.isin(case.out_times, case.events.time)  # programs differ in what they show at the moment of an event
    best = Timing()
    for atol, rtol in itertools.product(absolute, LADDER):
        try:
            took, pools = run(rtol, atol)
        except RuntimeError:  # the integrator gave up
            continue
        error = worst_error(pools[settled], reference[settled], case.tables.floor)
        if error <= WITHIN and took < best.run_s:
            best = Timing(took, rtol, atol, error)
    if np.isfinite(best.run_s):
        again = [run(best.rtol, best.atol)[0] for _ in range(repeats)]
        best = replace(best, run_s=float(np.median(again)))
    return best


def kept_reference(case: Benchmark, run: Run, folder: Path | None) -> np.ndarray:
    """Return the pools at 1e-10, from the folder if they were kept there."""
    file = folder / f"{hashlib.sha256(case.sbml.encode()).hexdigest()[:16]}.npy" if folder else None
    if file and file.exists():
        return np.load(file)
    _, reference = run(1e-10, 1e-7)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, reference)
    return reference


def print_table(case: Benchmark, setups: Mapping[str, float], timings: Mapping[str, Timing]) -> None:
    """Print times, and ratios to the first row, the engine's."""
    first = next(iter(timings))
    ours, all_ours = timings[first].run_s, setups[first] + timings[first].run_s
    print(f"{case.name}: {case.tables.n_pool} pools, {case.tables.n_flow} flows, {case.out_times[-1]:g} days")
    print(f"{'':16}{'set-up s':>10}{'run s':>10}{'rtol':>9}{'atol':>9}{'error':>9}{'run x':>8}{'all x':>8}")
    for name, t in timings.items():
        ratios = f"{t.run_s / ours:8.1f}{(setups[name] + t.run_s) / all_ours:8.1f}"
        print(f"{name:16}{setups[name]:10.3f}{t.run_s:10.4f}{t.rtol:9.0e}{t.atol:9.0e}{t.error:9.1e}{ratios}")


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--days", type=float, default=None)
    parser.add_argument("--keep", type=Path, help="a folder that keeps references between calls")
    parser.add_argument("--without", action="append", default=[], help="leave a program out, e.g. COPASI")
    arguments = parser.parse_args()
    case = load_benchmark(arguments.model, arguments.days)
    runs: dict[str, Run] = {}
    setups: dict[str, float] = {}
    for peer in PEERS:
        if peer.name in arguments.without or peer.missing():
            print(f"{peer.name}: left out {peer.missing()}")
            continue
        begin = time.perf_counter()
        runs[peer.name] = peer.load(case)
        setups[peer.name] = time.perf_counter() - begin
    ENGINE.load(case)(1e-3, 1.0)  # imports, and reads the compiled kernels: once per process
    setups[ENGINE.name] = case.compile_s + seconds(lambda: ENGINE.load(case))
    reference = kept_reference(case, runs[ROADRUNNER.name], arguments.keep)
    timings = {
        peer.name: measure(runs[peer.name], case, reference, absolute=peer.absolute, repeats=arguments.repeats)
        for peer in PEERS
        if peer.name in runs
    }
    print_table(case, setups, timings)
    if case.scratch_s:
        print(f"the rule book compiled from its text, not from the cache: {case.scratch_s:.3f} s")


if __name__ == "__main__":
    main()
