"""A baby of a month that lives for 35 years in one run, against a person of 35 who came to rest: do they read the same?

    python -m verification.grown [SCENARIO] [--years 35]

Both as expected. Printed are the readouts that differ most, how many are within two percent, and how far the ledger of
the long life is from closed (growth is booked): what it ended with against what it began with plus all that flows and
events moved. A readout that is below its limit of detection in both says nothing and is left out.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import immunity as im
from immunity.cohorts import HostOutcome, run_case, start_host
from immunity.compiler.case import Case
from immunity.compiler.conserve import stoichiometry

YEAR, MONTH = 365.25, 30.0
WITHIN = 0.02
SHOWN = 25


def grow_up(scenario: str, years: float) -> tuple[Case, HostOutcome]:
    """Somebody who was a month old on day 0, and is as old as said at the end."""
    days = years * YEAR - MONTH
    case = im.case(scenario, host={"age": f"{MONTH:g} d"}, days=days, changes={"every": f"{YEAR} d"})
    return case, run_case(case)


def ledger_gap(case: Case, outcome: HostOutcome) -> float:
    """The worst gap of a pool, over what it holds, held and a thousandth of all that passed through it."""
    tables, run = case.model.tables, outcome.run
    _, start, _, _ = start_host(case, case.theta)
    matrix = stoichiometry(tables, tables.theta)
    gap = np.abs(run.state - (start + matrix @ run.fired + run.added + run.clipped))
    size = np.abs(run.state) + np.abs(start) + tables.floor + 1e-3 * (np.abs(matrix) @ run.fired)
    return float(np.max(gap / size))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="healthy_adult")
    parser.add_argument("--years", type=float, default=35.0)
    arguments = parser.parse_args()
    begin = time.process_time()
    case, outcome = grow_up(arguments.scenario, arguments.years)
    took = time.process_time() - begin
    grown = outcome.run.readouts[-1]
    adult = run_case(im.case(arguments.scenario, host={"age": f"{arguments.years:g} y"}, days=1.0)).run.readouts[0]
    rows = [
        (abs(a - b) / abs(b), info.id, a, b, info.unit)
        for info, a, b in zip(case.model.readouts, grown, adult, strict=True)
        if abs(a - b) > 1e-12 and max(a, b) > (info.limit_of_detection or 0.0) and b != 0.0
    ]
    rows.sort(reverse=True)
    within = sum(off <= WITHIN for off, *_ in rows)
    print(f"{'':34}{'grown up':>12}{'settled':>12}{'off':>8}")
    for off, name, a, b, unit in rows[:SHOWN]:
        print(f"{name:34}{a:12.5g}{b:12.5g}{off:8.2%} {unit}")
    print(f"{within} of {len(rows)} readouts that differ are within {WITHIN:.0%}; status {outcome.run.status}")
    print(f"ledger closed to {ledger_gap(case, outcome):.1e}; {outcome.run.n_steps} steps, {took:.1f} s with set-up")


if __name__ == "__main__":
    main()
