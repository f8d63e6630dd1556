"""How many steps every built-in scenario takes, as expected and as drawn.

    python -m bench.steps [SCENARIO ...] [--seeds 3]

Steps hold on any machine. For drawn runs: the median, the least and the most of some seeds; the ratio is the median's.
"""

from __future__ import annotations

import argparse

import numpy as np

import immunity as im
from immunity.cohorts.host import run_case


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{'':38}{'days':>7}{'expected':>10}{'drawn':>8}{'least':>8}{'most':>8}{'ratio':>8}")
    total = np.zeros(2)
    for name in arguments.scenario or im.list("scenarios"):
        case = im.case(name)
        smooth = run_case(case).run.n_steps
        drawn = [run_case(case, stochastic=True, seed=seed).run.n_steps for seed in range(arguments.seeds)]
        middle = float(np.median(drawn))
        total += smooth, middle
        told = f"{smooth:10}{middle:8.0f}{min(drawn):8}{max(drawn):8}{middle / max(smooth, 1):8.2f}"
        print(f"{name:38}{case.days:7.4g}{told}", flush=True)
    print(f"{'all':45}{total[0]:10.0f}{total[1]:8.0f}{'':16}{total[1] / total[0]:8.2f}")


if __name__ == "__main__":
    main()
