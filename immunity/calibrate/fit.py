"""Fit chosen numbers to chosen findings, and say what that does to findings that were not fitted to."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from immunity.calibrate.vary import Number, by_name, common, numbers_of
from immunity.compiler.case import Case
from immunity.language.errors import fail
from immunity.validate import Verdict, run_findings
from immunity.validate.judge import JudgedPoint
from immunity.validate.load import Published
from immunity.validate.plan import BuildCase

WIDEST = 3.0  # standard deviations of the prior that a fit may go
FAR = 10.0  # half widths from which on distance counts by its logarithm; also what a point without a value costs
ALIKE = 3.84  # fits whose cost is within this of the best are as good: 95 % of a chi square of one degree
HISTORY = "history.json"


@dataclass(frozen=True)
class Trial:
    """One set of factors that was tried."""

    factors: tuple[float, ...]
    misfit: float
    prior: float

    @property
    def cost(self) -> float:
        return self.misfit + self.prior


@dataclass(frozen=True)
class Fit:
    """What a fit came to.

    Attributes
    ----------
    best : Trial
    spread : tuple            for each number the least and the largest factor among trials that fit as well
    trials : tuple of Trial   all that were tried, in order
    """

    numbers: tuple[Number, ...]
    best: Trial
    spread: tuple[tuple[float, float], ...]
    trials: tuple[Trial, ...] = field(repr=False)

    def factors(self) -> dict[str, float]:
        """The best factor of each number."""
        return {number.name: factor for number, factor in zip(self.numbers, self.best.factors, strict=True)}


def cost_of(verdicts: Sequence[Verdict]) -> float:
    """Squared distances of measured from published numbers, in half widths of their intervals, summed."""
    total = 0.0
    for verdict in verdicts:
        points = verdict.points
        total += sum(_felt(_distance(point, verdict.scale)) ** 2 for point in points) if points else FAR**2
    return total


def _felt(distance: float) -> float:
    """Far points pull less than by their square, and never cease to pull."""
    return distance if distance <= FAR else FAR * (1.0 + math.log(distance / FAR))


def _distance(point: JudgedPoint, scale: str) -> float:
    measured, lo, hi = point.measured, point.lo, point.hi
    if not math.isfinite(measured):
        return FAR
    value = point.value
    if scale == "log10":
        if measured <= 0.0:
            return FAR
        measured, lo, hi, value = (math.log(x) for x in (measured, lo, hi, value))
    half = (hi - value) if measured > value else (value - lo)
    return abs(measured - value) / (half if half > 0.0 else 0.5 * (hi - lo))


def fit_numbers(
    findings: Sequence[Published],
    build_case: BuildCase,
    patterns: Sequence[str],
    *,
    evaluations: int = 200,
    seed: int = 1,
    workers: int = 1,
    out: Path | None = None,
    resume: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Fit numbers to findings by covariance matrix adaptation.

    cost = sum ((measured - published) / half width)^2 + sum (ln factor / width)^2

    The width of a number's prior goes by its status: a tenth for what was measured, a factor of three for what was
    assumed. No number goes further than three widths.

    Parameters
    ----------
    patterns : sequence of str   numbers to fit, with ``*`` for anything
    evaluations : int            sets of numbers to try, in all
    out : path, optional         folder that keeps every trial, so that an interrupted fit goes on
    resume : bool                go on with the fit in ``out``

    Raises
    ------
    RuleError
        E831 for unknown numbers, E833 where a folder holds another fit, E704 without cma.
    """
    if not findings:
        raise fail("E833", reason="no finding is named")
    cases = _cases_of(findings, build_case)
    numbers = numbers_of(cases[0], patterns)
    common([number.name for number in numbers], cases)
    about = {
        "numbers": [number.name for number in numbers],
        "findings": [published.id for published in findings],
        "seed": seed,
    }
    known = _read_history(out, about) if out is not None and resume else []
    trials: list[Trial] = []

    def try_one(point: Sequence[float]) -> Trial:
        logs = [float(np.clip(x, -WIDEST, WIDEST)) * n.width for x, n in zip(point, numbers, strict=True)]
        if len(trials) < len(known):  # the optimiser asks for the same again, since its seed is the same
            found = known[len(trials)]
        else:
            factors = {number.name: math.exp(x) for number, x in zip(numbers, logs, strict=True)}
            verdicts = run_findings(findings, _varied(build_case, factors), workers=workers)
            prior = sum((x / number.width) ** 2 for x, number in zip(logs, numbers, strict=True))
            found = Trial(tuple(math.exp(x) for x in logs), cost_of(verdicts), prior)
        trials.append(found)
        if out is not None:
            _write_history(out, about, trials)
        if progress is not None:
            progress(len(trials), evaluations)
        return found

    _search(len(numbers), try_one, evaluations, seed)
    best = min(trials, key=lambda trial: trial.cost)
    alike = [trial for trial in trials if trial.cost <= best.cost + ALIKE]
    spread = tuple((min(t.factors[i] for t in alike), max(t.factors[i] for t in alike)) for i in range(len(numbers)))
    return Fit(numbers, best, spread, tuple(trials))


def _search(size: int, try_one: Callable[[Sequence[float]], Trial], evaluations: int, seed: int) -> None:
    """Ask an optimiser for points in widths of the priors, the book's own numbers first."""
    first = try_one([0.0] * size)
    if size == 1:  # the optimiser wants two dimensions; a line is searched by halving
        _search_line(try_one, evaluations - 1, first)
        return
    try:
        cma = import_module("cma")
    except ImportError:
        raise fail("E704", text="cma", extra="calibrate") from None
    settings = {"seed": seed + 1, "bounds": [-WIDEST, WIDEST], "verbose": -9, "maxfevals": evaluations - 1}
    search = cma.CMAEvolutionStrategy([0.0] * size, 0.4, settings)
    done = 1
    while not search.stop() and done + search.popsize <= evaluations:
        points = search.ask()
        search.tell(points, [try_one(point).cost for point in points])
        done += len(points)


def _search_line(try_one: Callable[[Sequence[float]], Trial], evaluations: int, first: Trial) -> None:
    best, place, step = first.cost, 0.0, 0.5
    while evaluations >= 2 and step > 1e-3:
        moved = False
        for there in (place + step, place - step):
            cost = try_one([there]).cost if abs(there) <= WIDEST else math.inf
            evaluations -= 1
            if cost < best:
                best, place, moved = cost, there, True
                break
        step = step * 1.5 if moved else step * 0.5


def _varied(build_case: BuildCase, factors: Mapping[str, float]) -> BuildCase:
    def build(scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Case:
        return by_name(build_case(scenario, host=host, with_=with_, days=days), factors)

    return build


def score(
    findings: Sequence[Published], build_case: BuildCase, factors: Mapping[str, float], *, workers: int = 1
) -> list[Verdict]:
    """Judge findings with the fitted numbers: those that were held out, above all."""
    return run_findings(findings, _varied(build_case, factors), workers=workers)


def _cases_of(findings: Sequence[Published], build_case: BuildCase) -> list[Case]:
    """One host of every scenario that the findings need."""
    seen: dict[str, Case] = {}
    for published in findings:
        for spec in published.finding.runs.values():
            if spec.scenario not in seen:
                seen[spec.scenario] = build_case(
                    spec.scenario, host=dict(spec.host), with_=dict(spec.with_), days=spec.days
                )
    return list(seen.values())


def _read_history(out: Path, about: Mapping[str, Any]) -> list[Trial]:
    path = out / HISTORY
    if not path.exists():
        return []
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = [Trial(tuple(t["factors"]), t["misfit"], t["prior"]) for t in kept["trials"]]
    except (ValueError, KeyError, TypeError):
        raise fail("E833", reason=f"{path} cannot be read") from None
    if {key: kept[key] for key in about} != dict(about):
        raise fail("E833", reason=f"{path} is of another fit")
    return found


def _write_history(out: Path, about: Mapping[str, Any], trials: Sequence[Trial]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**about, "trials": [asdict(trial) for trial in trials]})
    part = out / f".{HISTORY}"
    part.write_text(text, encoding="utf-8")
    part.replace(out / HISTORY)
