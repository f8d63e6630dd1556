"""Evidence for two choices of the engine: the integrator, and tables instead of generated code.

    python -m bench.integrators                  # a small and a large body-shaped net
    python -m bench.integrators cut_finger

First table: the engine's Rosenbrock-W method against the explicit Dormand-Prince pair on the same hazard kernel, each
at the loosest tolerance of a ladder with which every pool above its floor is within 1 % of a run at 1e-8.
Second table: one evaluation of N a(x), table-driven and as straight-line code (nets up to 1,000 flows: the compiler
needs minutes for larger ones).
"""

from __future__ import annotations

import argparse
import time

import numba
import numpy as np

from bench.cases import Benchmark, load_benchmark
from bench.explicit import make_ready, run_explicit, slope
from bench.generated import generate
from bench.peers import LADDER, WITHIN, worst_error
from immunity.compiler.tables import Events, Floats
from immunity.engine import Net, prepare, run_host

NO_EVENTS = Events(np.empty(0), np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0))
LARGEST_GENERATED = 1000


def run_engine(net: Net, case: Benchmark, rtol: float) -> tuple[Floats, int]:
    """Run the engine without events; return pools [time, pool] and the number of steps."""
    run = run_host(
        net,
        case.theta,
        case.state,
        NO_EVENTS,
        case.out_times,
        stochastic=False,
        seed=0,
        host=0,
        rtol=rtol,
        record_pools=True,
    )
    assert run.pools is not None
    return run.pools, run.n_steps


def compare_integrators(case: Benchmark, repeats: int) -> None:
    """Print run time and steps of both methods."""
    net = prepare(case.tables)
    methods = {
        "Rosenbrock-W 3(2)": lambda rtol: run_engine(net, case, rtol),
        "Dormand-Prince 5(4)": lambda rtol: run_explicit(net, case.theta, case.state, case.out_times, rtol),
    }
    reference, _ = methods["Rosenbrock-W 3(2)"](1e-8)
    first = None
    for name, method in methods.items():
        for rtol in LADDER:
            begin = time.perf_counter()
            pools, steps = method(rtol)
            took = time.perf_counter() - begin
            error = worst_error(pools, reference, case.tables.floor)
            if error <= WITHIN:
                times = [took]
                for _ in range(repeats - 1):
                    begin = time.perf_counter()
                    method(rtol)
                    times.append(time.perf_counter() - begin)
                took = float(np.median(times))
                first = first or took
                print(
                    f"  {name:20}{took:10.4f} s{steps:8} steps{rtol:8.0e} rtol{error:9.1e} error{took / first:8.1f} x"
                )
                break
        else:
            print(f"  {name:20} is not accurate enough at any tolerance of the ladder")


@numba.njit
def _repeat_tables(wiring, host, live, x, values, scratch, out, times):
    for _ in range(times):
        slope(wiring, host, live, x, 0.0, values, scratch, out)


def compare_evaluation(case: Benchmark) -> None:
    """Print how long one evaluation of the right-hand side takes."""
    wiring, host, live, values = make_ready(prepare(case.tables), case.theta, case.state)
    scratch, out = np.zeros((2, wiring.n_flow)), np.zeros(wiring.n_pool)
    times = max(1, 3_000_000 // wiring.n_flow)
    _repeat_tables(wiring, host, live, case.state, values, scratch, out, 1)
    begin = time.perf_counter()
    _repeat_tables(wiring, host, live, case.state, values, scratch, out, times)
    per_call = (time.perf_counter() - begin) / times
    print(f"  tables               {per_call * 1e6:8.2f} us, {per_call / wiring.n_flow * 1e9:5.2f} ns a flow")
    if wiring.n_flow > LARGEST_GENERATED:
        return
    rates, other = generate(case.tables, case.theta), np.zeros(wiring.n_pool)
    begin = time.perf_counter()
    rates(case.state, case.theta, 0.0, other)
    compiled = time.perf_counter() - begin
    np.testing.assert_allclose(other, out, rtol=1e-9, atol=1e-9 * np.abs(out).max())

    @numba.njit
    def repeat(x, p, d, times):
        for _ in range(times):
            rates(x, p, 0.0, d)

    repeat(case.state, case.theta, other, 1)
    begin = time.perf_counter()
    repeat(case.state, case.theta, other, times)
    generated = (time.perf_counter() - begin) / times
    print(
        f"  generated code       {generated * 1e6:8.2f} us, {generated / wiring.n_flow * 1e9:5.2f} ns a flow, "
        f"compiled in {compiled:.1f} s"
    )


def main() -> None:
    """Print both tables for every net named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="*", default=["synthetic-4", "synthetic-40"])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    for name in arguments.model:
        case = load_benchmark(name, sbml=False)
        print(f"{name}: {case.tables.n_pool} pools, {case.tables.n_flow} flows, {case.out_times[-1]:g} days")
        compare_integrators(case, arguments.repeats)
        compare_evaluation(case)


if __name__ == "__main__":
    main()
