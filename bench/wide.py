"""Steps against the number of fast molecules that one sum holds down.

    python -m bench.wide [MOLECULES ...]

Each molecule is cleared within seconds and made less, the more there is of all of them together: a homeostatic sum. The
number of steps should not depend on how many there are.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from bench.net import NetBuilder
from immunity.compiler.tables import Events, Tables
from immunity.engine import prepare, run_host

MOLECULES = (10, 24, 25, 100, 400)
DAYS = 10.0


def held_down(molecules: int) -> Tables:
    """A net of so many molecules under one sum, which a slow pool pushes up and down."""
    net = NetBuilder()
    push = net.pool("push", 1.0, unit="ng", countable=False, floor=1e-6)
    pools = [net.pool(f"molecule {k}", 1.0 + k % 3, unit="ng", countable=False, floor=1e-6) for k in range(molecules)]
    total = net.signal("all", [("pool", pool, 1.0, -1) for pool in pools], unit="ng")
    pushed = net.amount("pushed", push, unit="ng")
    net.flow("tire", push, 0.3, [(push, -1.0)])
    for k, pool in enumerate(pools):
        hold = net.hill(f"hold {k}", total, base=1.0, top=0.0, half=1.0 * molecules, n=4.0, unit="ng")
        made = net.flow(f"make {k}", -1, 1e5 * (1.0 + k % 5), [(pool, 1.0)], laws=[hold, net.proportional(pushed)])
        assert made >= 0
        net.flow(f"clear {k}", pool, 1e3 * (1.0 + k % 7), [(pool, -1.0)])
    net.readout("all", total, unit="ng")
    return net.tables()


def main() -> None:
    """Print the table."""
    print(f"{'molecules':>10}{'steps':>8}{'ms a step':>12}{'entries':>10}")
    none = Events(np.zeros(0), np.zeros(0, np.uint8), np.zeros(0, np.int32), np.zeros(0))
    for molecules in [int(word) for word in sys.argv[1:]] or MOLECULES:
        tables = held_down(molecules)
        net = prepare(tables)
        times = np.array([0.0, DAYS])
        took, steps = [], 0
        for _ in range(3):
            begin = time.perf_counter()
            run = run_host(net, tables.theta, tables.initial, none, times, stochastic=False, seed=0, host=0)
            took.append(time.perf_counter() - begin)
            steps = run.n_steps
        print(f"{molecules:10}{steps:8}{min(took) / steps * 1e3:12.3f}{len(net.wiring.row_column):10}")


if __name__ == "__main__":
    main()
