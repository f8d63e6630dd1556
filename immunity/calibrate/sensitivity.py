"""Which numbers a reading hangs on: one at a time for all of them, or all at once for a few."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from immunity.calibrate.vary import Number, numbers_of, with_factors
from immunity.cohorts import CohortOutcome, HostBatch, Options, Wanted, run_several
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.language.errors import fail
from immunity.results import collect_cohort, curves
from immunity.results.present import find_readout
from immunity.results.summary import STATISTICS
from immunity.results.summary import statistics_of as all_statistics

Progress = Callable[[int, int], None]
METHODS = ("local", "morris", "sobol")


@dataclass(frozen=True)
class Influence:
    """What a number does to a reading.

    Attributes
    ----------
    effect : float    local: d ln(statistic) / d ln(number), or d(statistic) / d log10(number) for a logarithm.
                      Morris: the mean absolute elementary effect over the range. Sobol: the total index.
    spread : float    local: the difference between a step up and a step down, as a sign of curvature.
                      Morris: the deviation of elementary effects. Sobol: the first-order index.
    """

    number: Number
    effect: float
    spread: float


def local_influences(
    case: Case,
    readout: str,
    statistic: str,
    *,
    patterns: Sequence[str] = ("*",),
    step: float = 0.1,
    workers: int = 1,
    rtol: float = 1e-4,
    progress: Progress | None = None,
) -> tuple[float, tuple[Influence, ...]]:
    """Raise and lower every number by a step, one at a time.

    Parameters
    ----------
    step : float    relative, 0.1 for a tenth up and down
    rtol : float    of the runs; a tenth of what is usual, so that small influences stand out of rounding

    Returns
    -------
    value : float          the statistic with the numbers as they are, as the readout presents it
    influences             by size, the largest first

    Raises
    ------
    RuleError
        E831 for unknown numbers, E832 for a step that is not between 0 and 1.
    KeyError
        For an unknown readout.
    """
    if not 0.0 < step < 1.0:
        raise fail("E832", reason=f"a step of {step:g} is not between 0 and 1")
    numbers = numbers_of(case, patterns)
    factors = [1.0 + step, 1.0 / (1.0 + step)]
    cases = [case, *(with_factors(case, {number.index: factor}) for number in numbers for factor in factors)]
    values = statistics_of(cases, readout, statistic, workers=workers, rtol=rtol, progress=progress)
    base, log = float(values[0]), _is_log(case, readout)
    found = []
    for position, number in enumerate(numbers):
        up, down = values[1 + 2 * position], values[2 + 2 * position]
        if log:
            width = math.log10(1.0 + step)
            rise, fall = (up - base) / width, (base - down) / width
        else:
            width = math.log(1.0 + step)
            rise, fall = _relative(up, base) / width, _relative(base, down) / width
        found.append(Influence(number, float(0.5 * (rise + fall)), float(rise - fall)))
    return base, _sorted(found)


def global_influences(
    case: Case,
    readout: str,
    statistic: str,
    *,
    patterns: Sequence[str],
    method: str,
    samples: int = 16,
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[float, tuple[Influence, ...]]:
    """Vary chosen numbers together, each over two standard deviations of what its status leaves open.

    Parameters
    ----------
    method : str     morris, with ``samples`` trajectories; or sobol, with ``samples`` base points (a power of two)

    Raises
    ------
    RuleError
        E831 for unknown numbers, E832 for fewer than two of them or another method, E704 without SALib.
    """
    numbers = numbers_of(case, patterns)
    if len(numbers) < 2 or method not in METHODS[1:]:
        raise fail("E832", reason="morris and sobol vary at least two numbers")
    problem = {
        "num_vars": len(numbers),
        "names": [number.name for number in numbers],
        "bounds": [[-2.0 * number.width, 2.0 * number.width] for number in numbers],
    }
    sample, analyze = _salib(f"SALib.sample.{method}"), _salib(f"SALib.analyze.{method}")
    logs: Floats = sample.sample(problem, samples, seed=seed)
    cases = [case] + [
        with_factors(case, {number.index: math.exp(x) for number, x in zip(numbers, row, strict=True)}) for row in logs
    ]
    values = statistics_of(cases, readout, statistic, workers=workers, rtol=1e-3, progress=progress)
    base, outputs = float(values[0]), values[1:]
    if not _is_log(case, readout) and (outputs > 0.0).all():
        outputs = np.log(outputs)
    outputs = np.where(np.isfinite(outputs), outputs, np.nanmedian(outputs))
    if method == "morris":
        found = analyze.analyze(problem, logs, outputs)
        pairs = zip(found["mu_star"], found["sigma"], strict=True)
    else:
        found = analyze.analyze(problem, outputs)
        pairs = zip(found["ST"], found["S1"], strict=True)
    return base, _sorted(
        [Influence(n, float(effect), float(spread)) for n, (effect, spread) in zip(numbers, pairs, strict=True)]
    )


def statistics_of(
    cases: Sequence[Case],
    readout: str,
    statistic: str,
    *,
    workers: int = 1,
    rtol: float = 1e-3,
    progress: Progress | None = None,
) -> Floats:
    """One statistic of one readout in each of several deterministic runs; NaN where the numbers failed."""
    if statistic not in STATISTICS:
        raise fail("E832", reason=f"{statistic!r} is none of {', '.join(STATISTICS)}")
    return measure(cases, [(readout, statistic)], workers=workers, rtol=rtol, progress=progress)[:, 0]


def measure(
    cases: Sequence[Case],
    wanted: Sequence[tuple[str, str]],
    *,
    workers: int = 1,
    rtol: float = 1e-3,
    progress: Progress | None = None,
) -> Floats:
    """Statistics of readouts in each of several deterministic runs of one model.

    Parameters
    ----------
    wanted : sequence of (readout, statistic)

    Returns
    -------
    float64[case, wanted]    NaN where the numbers failed
    """
    infos = cases[0].model.readouts
    indices = {readout: find_readout(infos, readout) for readout, _ in wanted}
    values = np.full((len(cases), len(wanted)), np.nan)
    options = Options(0, stochastic=False, vary=False, record_pools=False, rtol=rtol)

    def finished(task: int, batch: HostBatch, _: float) -> None:
        record = collect_cohort(CohortOutcome(cases[task], options, batch)).record
        rows = curves.list_rows(record)
        found = {readout: all_statistics(record, index, rows) for readout, index in indices.items()}
        values[task] = [float(found[readout][statistic][0]) for readout, statistic in wanted]

    run_several([Wanted(case, options, 1) for case in cases], workers=workers, finished=finished, progress=progress)
    return values


def _relative(to: float, of: float) -> float:
    """Relative change, as a difference of logarithms where there are any."""
    if to > 0.0 and of > 0.0:
        return math.log(to / of)
    return (to - of) / abs(of) if of else math.nan


def _is_log(case: Case, readout: str) -> bool:
    infos = case.model.readouts
    return infos[find_readout(infos, readout)].scale == "log10"


def _sorted(found: Sequence[Influence]) -> tuple[Influence, ...]:
    return tuple(sorted(found, key=lambda one: -abs(one.effect) if math.isfinite(one.effect) else 0.0))


def _salib(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise fail("E704", text="SALib", extra="calibrate") from None
