"""How long a whole body takes: three weeks of illness and a quiet year, as expected and as drawn.

    python -m bench.body [SCENARIO ...]

Fastest of several runs of one host on one core, from rest, after warm-up.
"""

from __future__ import annotations

import argparse
import time

from bench.cases import Benchmark, load_benchmark
from immunity.engine import prepare, run_host

WEEKS, YEAR = 21.0, 365.0
ILL = ("cut_finger", "endotoxin_2ng_per_kg", "pneumococcal_pneumonia", "typhoid_in_milk", "tuberculosis_exposure")


def fastest(case: Benchmark, *, stochastic: bool, runs: int = 8) -> tuple[float, int]:
    """Return the least processor time (s) and the number of steps of the last run."""
    net, times, steps = prepare(case.tables), [], 0
    for seed in range(runs + 1):
        begin = time.process_time()
        run = run_host(net, case.theta, case.state, case.events, case.out_times, stochastic=stochastic, seed=seed)
        times.append(time.process_time() - begin)
        steps = run.n_steps
    return min(times[1:]), steps


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*", default=ILL, help="scenarios to take through three weeks")
    rows = [(name, WEEKS) for name in parser.parse_args().scenario] + [("healthy_adult", YEAR)]
    print(f"{'':26}{'days':>6}{'expected, s':>13}{'steps':>7}{'drawn, s':>10}{'steps':>7}{'ratio':>7}")
    for name, days in rows:
        case = load_benchmark(name, days, sbml=False)
        smooth, drawn = fastest(case, stochastic=False), fastest(case, stochastic=True)
        told = f"{smooth[0]:13.4f}{smooth[1]:7}{drawn[0]:10.4f}{drawn[1]:7}{drawn[0] / smooth[0]:7.2f}"
        print(f"{name:26}{days:6g}{told}", flush=True)


if __name__ == "__main__":
    main()
