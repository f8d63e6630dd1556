"""A life in which nothing happens: what memory costs that nobody disturbs.

    python -m bench.quiet_life [--antigens 1 10 50] [--years 80] [--boosts 300]

A body without biology: for each antigen, memory cells of two kinds that go round between blood, a node and elsewhere
within hours, renew themselves for want of company and die within years; long-lived makers of antibody; and antibody.
All of a place sense each other as one crowd. No antigen is met; with ``--boosts``, 2,000 memory cells of one antigen
come to the node at each of so many times. Seconds are of one run after the kernels are compiled.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from bench.net import NetBuilder
from immunity.compiler.tables import EVENT_ADD, Events, Tables
from immunity.engine import prepare, run_host

YEAR = 365.0
BOOST = 2000.0  # cells
PLACES = ("blood", "node", "elsewhere")
KEPT = {"blood": 40.0, "node": 1000.0, "elsewhere": 1000.0}  # members of one kind and antigen at rest
TO_BLOOD = {"node": 2.0, "elsewhere": 2.0}  # 1/day; blood is left 50 times a day for each


def remembered(antigens: int) -> Tables:
    """Build the net: 8 pools and 22 flows for each antigen."""
    net = NetBuilder()
    cell = {
        (kind, place, k): net.pool(f"{kind}{k} at {place}", KEPT[place], floor=1.0)
        for k in range(antigens)
        for kind in ("b", "t")
        for place in PLACES
    }
    crowd = {
        place: net.signal(
            f"crowd at {place}",
            [("pool", cell[kind, place, k], 1.0, -1) for k in range(antigens) for kind in ("b", "t")],
            divisor=net.parameter(f"{place}.room", 2.0 * antigens * KEPT[place], "cell"),
            unit="1",
        )
        for place in PLACES
    }
    for k in range(antigens):
        for kind in ("b", "t"):
            blood = cell[kind, "blood", k]
            for place, rate in TO_BLOOD.items():
                here = cell[kind, place, k]
                net.flow(f"leave {kind}{k} {place}", here, rate, [(here, -1), (blood, 1)])
                net.flow(f"enter {kind}{k} {place}", blood, 50.0, [(blood, -1), (here, 1)])
                room = net.hill(f"room {kind}{k} {place}", crowd[place], base=2.0, top=0.0, half=1.0, n=2.0, unit="1")
                net.flow(f"renew {kind}{k} {place}", here, 0.01, [(here, 1)], laws=[room])
                net.flow(f"die {kind}{k} {place}", here, 0.01, [(here, -1)])
        maker = net.pool(f"maker{k}", 3000.0, floor=1.0)
        antibody = net.pool(f"antibody{k}", 3000.0 * 1e-3 * 30.0, unit="ng", countable=False, floor=1e-3)
        net.flow(f"renew maker{k}", maker, 1.0 / (20.0 * YEAR), [(maker, 1)])
        net.flow(f"die maker{k}", maker, 1.0 / (10.0 * YEAR), [(maker, -1)])
        net.flow(f"secrete{k}", maker, 1e-3, [(antibody, 1.0)])
        net.flow(f"clear{k}", antibody, 1.0 / 30.0, [(antibody, -1)])
        net.readout(f"antibody{k}", net.amount(f"level{k}", antibody, unit="ng"), unit="ng")
    return net.tables()


def boosts(tables: Tables, number: int, days: float) -> Events:
    """Memory cells that come to the node at random times, each time of an antigen drawn by chance."""
    rng = np.random.default_rng(1)
    pools = [tables.names.pool.index(f"b{k} at node") for k in range(sum("antibody" in p for p in tables.names.pool))]
    return Events(
        np.sort(rng.uniform(0.0, days, number)),
        np.full(number, EVENT_ADD, np.uint8),
        rng.choice(pools, number).astype(np.int32),
        np.full(number, BOOST),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--antigens", type=int, nargs="+", default=[1, 5, 10, 20, 50])
    parser.add_argument("--years", type=float, default=80.0)
    parser.add_argument("--boosts", type=int, default=0)
    arguments = parser.parse_args()
    days = np.linspace(0.0, arguments.years * YEAR, 81)
    print(f"{'antigens':>8}{'pools':>7}{'flows':>7}{'prepare s':>11}{'tables':>9}  ", end="")
    print("  ".join(f"{mode + ' s':>15}{'steps':>8}{'ms/step':>9}" for mode in ("deterministic", "stochastic")))
    for antigens in arguments.antigens:
        tables = remembered(antigens)
        events = boosts(tables, arguments.boosts, days[-1])
        begin = time.perf_counter()
        net = prepare(tables)
        took = time.perf_counter() - begin
        entries = sum(part.size for part in vars(net.wiring).values() if isinstance(part, np.ndarray))
        print(f"{antigens:8}{tables.n_pool:7}{tables.n_flow:7}{took:11.3f}{entries:9}  ", end="")
        cells = []
        for stochastic in (False, True):
            run_host(net, tables.theta, tables.initial, boosts(tables, 0, 0.0), days[:2] * 1e-3, stochastic=stochastic)
            begin = time.perf_counter()
            run = run_host(net, tables.theta, tables.initial, events, days, stochastic=stochastic)
            took = time.perf_counter() - begin
            cells.append(f"{took:15.3f}{run.n_steps:8}{1e3 * took / run.n_steps:9.4f}")
        print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
