"""The dose at which half of the hosts fail, found by bisection.

A host fails who dies, or who still has bacteria at the end. Doses are logarithms to base ten. The same hosts (drawn
from the variation between people, with the same random numbers) meet every dose and every deficiency, so that a shift
of the dose is the deficiency's and not that of other people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

import immunity
from immunity.cohorts import run_case
from immunity.compiler.case import Case
from immunity.engine.status import failed
from verification.expectations import Condition, Exposure

SEED = 20261122  # chosen before the first run
HOSTS = 8
FIRST_STEP = 0.5
REFERENCE_WIDTH = 0.03  # decades to which the reference host's dose is pinned down
COHORT_WIDTH = 0.3  # decades of the last bracket, within which the share is interpolated


@dataclass(frozen=True)
class HalfDose:
    """Where half fail.

    Attributes
    ----------
    log10 : float    the dose; the end of the range if half fail nowhere or everywhere in it
    beyond : int     1 if half do not fail even at the highest dose, -1 if they do at the lowest, else 0
    """

    log10: float
    beyond: int = 0


def find_half(
    share: Callable[[float], float], *, start: float, lowest: float, highest: float, width: float
) -> HalfDose:
    """The dose where a share that rises with dose crosses one half.

    Parameters
    ----------
    share : callable       share of hosts that fail at a dose
    start : float          first guess
    lowest, highest        the range that is searched
    width : float          of the bracket in which to interpolate
    """
    tried: dict[float, float] = {}

    def at(dose: float) -> float:
        if dose not in tried:
            tried[dose] = share(dose)
        return tried[dose]

    low = high = min(max(start, lowest), highest)
    step = FIRST_STEP
    while at(low) >= 0.5:
        if low <= lowest:
            return HalfDose(lowest, -1)
        low, high, step = max(lowest, low - step), low, 2 * step
    step = FIRST_STEP
    while at(high) < 0.5:
        if high >= highest:
            return HalfDose(highest, 1)
        low, high, step = high, min(highest, high + step), 2 * step
    while high - low > width:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if at(middle) >= 0.5 else (middle, high)
    return HalfDose(low + (high - low) * (0.5 - at(low)) / (at(high) - at(low)))


@lru_cache(maxsize=256)
def nadir(row: str, host: tuple[str, ...], therapies: tuple[tuple[tuple[str, Any], ...], ...]) -> float:
    """Day on which neutrophils of the blood are fewest, of the first 30."""
    changes = {"therapies": [dict(given) for given in therapies]} if therapies else {}
    made = immunity.case("healthy_adult", host={"deficiencies": list(host)}, changes=changes, days=30)
    counts = run_case(made).run.readouts[:, made.model.tables.names.readout.index("blood.neutrophils")]
    return float(made.out_times[int(np.argmin(counts))])


def exposure_day(condition: Condition | None) -> float:
    """How many days after the start the bacteria come."""
    if condition is None:
        return 0.0
    if condition.exposed_on != "nadir":
        return float(condition.exposed_on.removesuffix(" d"))
    therapies = tuple(tuple(sorted(given.items())) for given in condition.therapies)
    return nadir(condition.id, condition.deficiencies, therapies)


def build(exposure: Exposure, condition: Condition | None, dose: float) -> Case:
    """A host with the condition, who meets ten to the ``dose`` bacteria."""
    day = exposure_day(condition)
    changes: dict[str, Any] = {exposure.dose: f"{10.0**dose:.6g} CFU"}
    if day:
        first, position, _ = exposure.dose.split(".")
        changes |= {key: f"{day:g} d" for key in (f"{first}.{position}.at", *exposure.also_at)}
    if condition is not None and condition.therapies:
        changes["therapies"] = [dict(given) for given in condition.therapies]
    host = {"deficiencies": list(condition.deficiencies)} if condition is not None else {}
    return immunity.case(exposure.scenario, host=host, changes=changes, days=day + exposure.days)


def fails(exposure: Exposure, made: Case, *, host: int | None = None, seed: int = SEED) -> bool:
    """Whether a host fails: the reference host without chance, or one of a cohort."""
    cohort = host is not None
    run = run_case(made, stochastic=cohort, vary=cohort, host=host or 0, seed=seed).run
    if failed(run.status):
        raise RuntimeError(f"{made.scenario}: host {host} did not run to its end (status {run.status})")
    dead = bool(np.isfinite(run.stopped_at)) and run.stopped_at < made.out_times[-1]
    last = run.readouts[-1]
    names = made.model.tables.names.readout
    return dead or any(last[names.index(name)] > limit for name, limit in exposure.fails.items())


def share_failing(
    exposure: Exposure, condition: Condition | None, dose: float, *, hosts: Sequence[int], seed: int = SEED
) -> float:
    """Share of some hosts that fail at a dose."""
    made = build(exposure, condition, dose)
    return float(np.mean([fails(exposure, made, host=host, seed=seed) for host in hosts]))


def half_dose(exposure: Exposure, condition: Condition | None, *, start: float | None, hosts: int = HOSTS) -> HalfDose:
    """The dose at which half of the hosts fail.

    The reference host, run without chance, is asked first, since one run of her is cheap; her dose is where the search
    among hosts that vary begins. A ``sharp`` exposure is left at that, one decided ``by_chance`` leaves her out.
    """
    lowest, highest = exposure.doses
    guess = 0.5 * (lowest + highest) if start is None else start
    if not exposure.by_chance:
        reference = find_half(
            lambda dose: float(fails(exposure, build(exposure, condition, dose))),
            start=guess,
            lowest=lowest,
            highest=highest,
            width=REFERENCE_WIDTH,
        )
        if exposure.sharp:
            return reference
        guess = guess if reference.beyond else reference.log10
    return find_half(
        lambda dose: share_failing(exposure, condition, dose, hosts=range(hosts)),
        start=guess,
        lowest=lowest,
        highest=highest,
        width=COHORT_WIDTH,
    )
