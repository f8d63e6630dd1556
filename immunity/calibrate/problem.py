"""Distances of observed values from the curves that numbers give, and numbers that make them least."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from immunity.calibrate.vary import by_name, common, numbers_of
from immunity.cohorts.host import run_case
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.language.errors import fail
from immunity.results.observed import ObservedData
from immunity.results.present import find_readout

ERRORS = ("auto", "linear", "log")
RTOL = 1e-5  # of the runs: what a small step changes must stand out of what a run may err
STEP = 1e-3  # of a logarithm, for slopes
LEAST = 1e-18  # a fit that hits every value would make each of them infinitely sure
FAR = 1e6  # the distance of a value from a run that failed


@dataclass(frozen=True)
class _Values:
    """The values of one readout in one scenario."""

    readout: int
    name: str
    at: np.ndarray[tuple[int], np.dtype[np.intp]]  # positions among the output times
    value: Floats  # logarithm to base 10 where errors are of logarithms
    below: np.ndarray[tuple[int], np.dtype[np.bool_]]
    sd: Floats  # NaN: not known
    log: bool


class Problem:
    """Numbers, values, and the distance between them."""

    def __init__(self, cases: Mapping[str, Case], data: ObservedData, patterns: Sequence[str], errors: str) -> None:
        if errors not in ERRORS:
            raise fail("E833", reason=f"{errors!r} is none of {', '.join(ERRORS)}")
        first = next(iter(cases.values()))
        self.numbers = numbers_of(first, patterns)
        negative = next((number.name for number in self.numbers if number.value < 0.0), None)
        if negative:
            raise fail("E833", reason=f"{negative} is below zero, and numbers are fitted as logarithms")
        common([number.name for number in self.numbers], cases.values())
        self.cases: list[Case] = []
        self.values: list[list[_Values]] = []
        for name, case in cases.items():
            told = [s for s in data.series if s.scenario == name or (not s.scenario and case is first)]
            if not told:
                continue
            times = np.unique(np.concatenate([[0.0], *(series.time for series in told)]))
            if times[0] < 0.0:
                raise fail("E833", reason=f"{data.name} has a value before day 0")
            infos, held = case.model.readouts, []
            for series in told:
                info = infos[find_readout(infos, series.readout)]
                log = errors == "log" or (errors == "auto" and info.scale == "log10")
                if log and (series.value <= 0.0).any():
                    reason = f"{series.readout} has a value of zero, which has no logarithm; say what could be detected"
                    raise fail("E833", reason=reason)
                value = np.log10(series.value) if log else series.value
                at = np.searchsorted(times, series.time)
                sd = series.sd / (series.value * math.log(10.0)) if log else series.sd
                index = find_readout(infos, series.readout)
                held.append(_Values(index, series.readout, at, value, series.below, sd, log))
            self.cases.append(replace(case, out_times=times, days=max(case.days, float(times[-1]))))
            self.values.append(held)
        self.count = sum(len(one.value) for held in self.values for one in held)
        if self.count <= len(self.numbers):
            raise fail("E833", reason=f"{self.count} values can't tell {len(self.numbers)} numbers")
        self.runs = 0

    def distances(self, logs: Floats) -> list[Floats]:
        """What each value is above its curve; 0 for one below detection whose curve is too."""
        factors = {n.name: math.exp(x) for n, x in zip(self.numbers, logs, strict=True)}
        found = []
        for case, held in zip(self.cases, self.values, strict=True):
            run = run_case(by_name(case, factors), rtol=RTOL).run
            self.runs += 1
            for one in held:
                curve = run.readouts[one.at, one.readout]
                if one.log:
                    curve = np.log10(np.maximum(curve, 1e-300))
                distance = one.value - curve
                distance = np.where(one.below, np.minimum(distance, 0.0), distance)
                found.append(np.where(np.isfinite(distance), distance, FAR))
        return found

    def weights(self, sizes: Mapping[str, float]) -> Floats:
        """One over the standard deviation of each value."""
        rows = (one for held in self.values for one in held)
        return np.concatenate([1.0 / np.where(np.isnan(one.sd), sizes.get(one.name, 1.0), one.sd) for one in rows])

    def sizes(self, distances: Sequence[Floats]) -> dict[str, float]:
        """Standard deviations that the table does not give, most likely ones made larger by what the fit used up."""
        used = self.count / (self.count - len(self.numbers))
        open_, _ = self._split(distances)
        return {name: math.sqrt(used * max(float(np.mean(found)), LEAST)) for name, found in open_.items()}

    def score(self, distances: Sequence[Floats]) -> float:
        """Minus twice the logarithm of the likelihood, but for a constant, with the likeliest sizes of errors.

        Each value counts for as much as it is left free: so many less as there are numbers.
        """
        free = 1.0 - len(self.numbers) / self.count
        open_, known = self._split(distances)
        return known + sum(free * len(found) * math.log(max(float(np.mean(found)), LEAST)) for found in open_.values())

    def _split(self, distances: Sequence[Floats]) -> tuple[dict[str, list[float]], float]:
        """Squares of distances by readout where errors are not known; their sum in deviations where they are."""
        squares: dict[str, list[float]] = {}
        known = 0.0
        rows = [one for held in self.values for one in held]
        for one, distance in zip(rows, distances, strict=True):
            told = ~np.isnan(one.sd)
            known += float(((distance[told] / one.sd[told]) ** 2).sum())
            if not told.all():
                squares.setdefault(one.name, []).extend((distance[~told] ** 2).tolist())
        return squares, known

    def residuals(self, logs: Floats, weights: Floats) -> Floats:
        return np.concatenate(self.distances(logs)) * weights

    def slopes(self, logs: Floats, weights: Floats, free: Sequence[int], here: Floats | None = None) -> Floats:
        """Residuals by the logarithm of each number that is free: from both sides, or from what they are here."""
        columns = []
        for position in free:
            step = np.zeros(len(logs))
            step[position] = STEP
            up = self.residuals(logs + step, weights)
            down = self.residuals(logs - step, weights) if here is None else here
            columns.append((up - down) / (STEP if here is not None else 2.0 * STEP))
        return np.column_stack(columns)

    def misfit(self, logs: Floats, weights: Floats) -> float:
        return float((self.residuals(logs, weights) ** 2).sum())

    def descend(
        self, logs: Floats, weights: Floats, bounds: Floats, held: int | None = None, *, tries: int = 50
    ) -> tuple[Floats, float]:
        """The least misfit from here, with one number held or none."""
        free = [i for i in range(len(logs)) if i != held]

        def whole(part: Floats) -> Floats:
            point = logs.copy()
            point[free] = part
            return point

        if not free:
            return logs, self.misfit(logs, weights)
        lo, hi = bounds[free, 0], bounds[free, 1]
        last: list[tuple[Floats, Floats]] = []  # slopes are asked for where residuals have just been

        def residuals(part: Floats) -> Floats:
            found = self.residuals(whole(part), weights)
            last.append((part.copy(), found))
            return found

        def slopes(part: Floats) -> Floats:
            here = next((found for point, found in reversed(last) if np.array_equal(point, part)), None)
            return self.slopes(whole(part), weights, free, here)

        found = least_squares(
            residuals,
            np.clip(logs[free], lo + 1e-9, hi - 1e-9),
            jac=slopes,  # type: ignore[arg-type]
            bounds=(lo, hi),
            xtol=1e-4,
            ftol=1e-4,
            gtol=1e-8,
            max_nfev=tries,
        )
        return whole(found.x), 2.0 * float(found.cost)
