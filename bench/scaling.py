"""Cost against size: books shaped like adaptive immunity through the real compiler, or body-shaped nets.

    python -m bench.scaling [ANTIGENS ...] [--stochastic]      books of bench.adaptive; 1 5 10 20 50 100 if not said
    python -m bench.scaling --places [PLACES ...]              nets of bench.synthetic

An exponent is the slope of log(cost) over log(flows) from the second size on: 1 is linear. Seconds depend on how busy
the machine is; entries and bytes do not.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.adaptive import book_of
from bench.cases import load_benchmark
from immunity.compiler.build import compile_book
from immunity.compiler.host import build_case
from immunity.engine import Net, prepare, run_host

ANTIGENS = (1, 5, 10, 20, 50, 100)
PLACES = (5, 10, 20, 40, 80)
DAYS = 10.0


def arrays_of(value: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Every array inside tables or a net, by name."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from arrays_of(getattr(value, field.name), f"{name}.{field.name}".lstrip("."))
    elif isinstance(value, tuple):
        for key, each in zip(getattr(value, "_fields", range(len(value))), value, strict=True):
            if isinstance(each, np.ndarray | tuple):
                yield from arrays_of(each, f"{name}.{key}".lstrip("."))


def exponent(sizes: list[int], costs: list[float]) -> float:
    """Slope of log(cost) over log(size)."""
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(costs, 1e-12)), 1)[0])


def _timed(net: Net, case: Any, modes: tuple[str, ...], repeats: int = 6) -> list[float]:
    """The least milliseconds of processor time a step took in each mode, by turns, after runs that are not counted."""
    least = [np.inf for _ in modes]
    for turn in range(repeats + 1):
        for at, mode in enumerate(modes):
            begin = time.process_time()
            run = run_host(
                net,
                case.theta,
                case.model.tables.initial,
                case.events,
                case.out_times,
                stochastic=mode == "stochastic",
                seed=0,
                host=0,
            )
            took = (time.process_time() - begin) / run.n_steps * 1e3
            least[at] = min(least[at], took) if turn else np.inf
    return least


def by_antigens(counts: list[int], *, stochastic: bool) -> None:
    """Print what books of a growing number of antigens cost."""
    modes = ("deterministic", "stochastic") if stochastic else ("deterministic",)
    heads = ["pools", "flows", "compile s", "prepare s", "megabytes", *(f"{mode[:5]} ms/step" for mode in modes)]
    print(f"{'antigens':>9}" + "".join(f"{head:>15}" for head in heads))
    flows: list[int] = []
    costs: dict[str, list[float]] = {head: [] for head in heads[2:]}
    for count in counts:
        book = book_of(count)
        begin = time.process_time()
        compiled = compile_book(book)
        took = [time.process_time() - begin]
        case = build_case(compiled, book.entries["scenario"]["met"])
        begin = time.process_time()
        net = prepare(case.model.tables)
        took.append(time.process_time() - begin)
        took.append(sum(array.nbytes for _, array in arrays_of(net)) / 1e6)
        took += _timed(net, case, modes)
        flows.append(case.model.tables.n_flow)
        for head, each in zip(heads[2:], took, strict=True):
            costs[head].append(each)
        row = "".join(f"{each:15.3f}" for each in took)
        print(f"{count:9}{case.model.tables.n_pool:15}{flows[-1]:15}{row}", flush=True)
    if len(flows) > 2:
        print(f"{'exponent':>39}" + "".join(f"{exponent(flows[1:], costs[head][1:]):15.2f}" for head in heads[2:]))


def by_places(counts: list[int]) -> None:
    """Print what nets of a growing number of places cost."""
    print(
        f"{'flows':>8}{'pools':>8}{'prepare s':>11}{'run s':>9}{'steps':>8}{'us a step':>11}{'ns a step and flow':>20}"
    )
    flows, costs = [], []
    for places in counts:
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
    print(f"exponent {exponent(flows, costs):.2f}")


def main() -> None:
    """Print the table and the exponents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--places", action="store_true", help="body-shaped nets instead")
    parser.add_argument("--stochastic", action="store_true", help="measure the stochastic step too")
    arguments = parser.parse_args()
    if arguments.places:
        by_places(arguments.sizes or list(PLACES))
    else:
        by_antigens(arguments.sizes or list(ANTIGENS), stochastic=arguments.stochastic)


if __name__ == "__main__":
    main()
