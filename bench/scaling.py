"""Cost against the number of flows: body-shaped nets of 5 to 80 places.

    python -m bench.scaling

The exponent is the slope of log(time per step) over log(flows): 1 is linear.
"""

from __future__ import annotations

import time

import numpy as np

from bench.cases import load_benchmark
from immunity.engine import prepare, run_host

PLACES = (5, 10, 20, 40, 80)
DAYS = 10.0


def main() -> None:
    """Print the table and the exponent."""
    print(
        f"{'flows':>8}{'pools':>8}{'prepare s':>11}{'run s':>9}{'steps':>8}{'us a step':>11}{'ns a step and flow':>20}"
    )
    flows, costs = [], []
    for places in PLACES:
        case = load_benchmark(f"synthetic-{places}", DAYS, sbml=False)
        begin = time.perf_counter()
        net = prepare(case.tables)
        prepared = time.perf_counter() - begin
        times, steps = [], 0
        for _ in range(4):
            begin = time.perf_counter()
            run = run_host(net, case.theta, case.state, case.events, case.out_times, stochastic=False, seed=0, host=0)
            times.append(time.perf_counter() - begin)
            steps = run.n_steps
        took = float(np.median(times[1:]))
        flows.append(case.tables.n_flow)
        costs.append(took / steps)
        per_step, per_flow = costs[-1] * 1e6, costs[-1] / flows[-1] * 1e9
        print(
            f"{flows[-1]:8}{case.tables.n_pool:8}{prepared:11.3f}{took:9.4f}{steps:8}{per_step:11.1f}{per_flow:20.1f}"
        )
    print(f"exponent {np.polyfit(np.log(flows), np.log(costs), 1)[0]:.2f}")


if __name__ == "__main__":
    main()
