"""Numbers fitted to a table of observed values, and how far those values leave each of them open."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import chdtri, fdtri, stdtrit

from immunity.calibrate.problem import Problem
from immunity.calibrate.vary import Number
from immunity.compiler.case import Case
from immunity.compiler.tables import Floats
from immunity.language.errors import fail
from immunity.results.observed import ObservedData

REACH = math.log(1e3)  # how far a number may go, up and down, where nobody says
ROUNDS = 20  # of the size of errors and the numbers, each with the other held
SAME = 1e-3  # of a size of errors that has come to rest
CLOSE = 0.05  # of the quantile: so near to it a profile is taken for a line
STEEP = 1.5  # times as high as a line says: perhaps another valley, so the way there is sought once more
APART = 2.0  # natural logarithms: how far about the book's own numbers other starts lie

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Interval:
    """How far a number may be from the best and the values be as likely as they are in 19 of 20 tables.

    ``least``, ``most`` are factors on the book's own number; 0 or inf where the values set no end within reach.
    """

    least: float
    most: float


@dataclass(frozen=True)
class DataFit:
    """What numbers came to.

    Attributes
    ----------
    factors : tuple of float    the best of each number, on the book's own
    intervals : tuple           for each number its 95 % interval, by the profile of the likelihood or its curvature
    sizes : dict                readout -> standard deviation of a value about its curve (decades, where logarithmic);
                                those that the table does not give are fitted
    misfit : float              squares of distances, in standard deviations, summed
    values : int                how many values were fitted to
    quantile : float            of the intervals: how many standard deviations
    """

    numbers: tuple[Number, ...]
    factors: tuple[float, ...]
    intervals: tuple[Interval, ...]
    sizes: dict[str, float]
    misfit: float
    values: int
    quantile: float
    problem: Problem = field(repr=False)

    def within(self, factors: Mapping[str, float]) -> bool:
        """Whether numbers lie, all together, in the 95 % region of the likelihood about the best."""
        logs, size = np.array([math.log(factors[number.name]) for number in self.numbers]), len(self.numbers)
        best = self.problem.score(self.problem.distances(np.log(self.factors)))
        height = _height(self.problem.score(self.problem.distances(logs)) - best, self._free)
        share = fdtri(size, self._free, 0.95) * size if self.sizes else chdtri(size, 0.05)
        return height**2 <= float(share)

    @property
    def _free(self) -> float:
        return float(self.values - len(self.numbers)) if self.sizes else math.inf


def fit_to_data(
    cases: Mapping[str, Case],
    data: ObservedData,
    patterns: Sequence[str],
    *,
    errors: str = "auto",
    bounds: Mapping[str, tuple[float, float]] | None = None,
    starts: int = 1,
    profile: bool = True,
    progress: Progress | None = None,
) -> DataFit:
    """Fit numbers to observed values by the largest likelihood, and give each its 95 % interval.

    misfit = sum ((value - curve) / sd)^2

    Errors are normal, of values or of their logarithms. A standard deviation that the table does not give is fitted,
    one for each readout. A value below detection counts where its curve is above it.

    Parameters
    ----------
    cases : mapping            scenario -> one host in it; values that name no scenario belong to the first
    patterns : sequence of str numbers to fit, with ``*`` for anything
    errors : str               ``linear``, ``log``, or ``auto``: log where the readout is shown as a logarithm
    bounds : mapping, optional number -> least and largest factor; a thousandth and a thousandfold if not given
    starts : int               places to begin at: the book's own numbers, then points spread evenly about them
    profile : bool             intervals by the profile of the likelihood; else by its curvature, which costs nothing
    progress : callable        called with the number of runs so far

    Raises
    ------
    RuleError
        E831 for unknown numbers, E833 for a table that can't be fitted to.
    """
    problem = Problem(cases, data, patterns, errors)
    size = len(problem.numbers)
    told = bounds or {}
    ends = [told.get(number.name, (math.exp(-REACH), math.exp(REACH))) for number in problem.numbers]
    if any(not 0.0 < lo < hi for lo, hi in ends):
        raise fail("E833", reason="a bound is not above zero, or a least is not below a most")
    limits = np.log(np.array(ends))
    best: tuple[float, Floats, dict[str, float]] | None = None
    for start in _starts(size, starts, limits):
        logs, sizes = _fit(problem, start, limits)
        score = problem.score(problem.distances(logs))
        if best is None or score < best[0]:
            best = score, logs, sizes
        if progress is not None:
            progress(problem.runs)
    assert best is not None
    _, logs, sizes = best
    weights = problem.weights(sizes)
    misfit = problem.misfit(logs, weights)
    free = float(problem.count - size) if sizes else math.inf
    quantile = float(stdtrit(free, 0.975)) if sizes else math.sqrt(chdtri(1, 0.05))
    least = problem.score(problem.distances(logs))
    slopes = problem.slopes(logs, weights, range(size))
    deviations, directions = _curvature(slopes)
    intervals = []
    for i in range(size):
        reach = quantile * deviations[i]
        ends_of = (
            math.exp(logs[i] - reach) if reach < REACH else 0.0,
            math.exp(logs[i] + reach) if reach < REACH else math.inf,
        )
        if profile:
            ends_of = tuple(
                _end(problem, logs, limits, i, sign, least, quantile, free, deviations[i], directions[i])
                for sign in (-1.0, 1.0)
            )
            if progress is not None:
                progress(problem.runs)
        intervals.append(Interval(*ends_of))
    factors = tuple(float(math.exp(x)) for x in logs)
    return DataFit(problem.numbers, factors, tuple(intervals), sizes, misfit, problem.count, quantile, problem)


def _starts(size: int, count: int, limits: Floats) -> list[Floats]:
    """The book's own numbers, then even points about them; nothing is drawn."""
    root = 2.0  # of x ** (size + 1) = x + 1: its powers fill a cube evenly (Roberts 2018)
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (size + 1))
    steps = root ** -np.arange(1.0, size + 1)
    points = [np.zeros(size)]
    points += [2.0 * APART * ((0.5 + k * steps) % 1.0 - 0.5) for k in range(1, count)]
    return [np.clip(point, limits[:, 0], limits[:, 1]) for point in points]


def _fit(
    problem: Problem, logs: Floats, limits: Floats, *, held: int | None = None, rounds: int = ROUNDS
) -> tuple[Floats, dict[str, float]]:
    """Numbers, one of them held or none, with the sizes of errors that go with them."""
    sizes = problem.sizes(problem.distances(logs))
    for _ in range(rounds):
        logs, _ = problem.descend(logs, problem.weights(sizes), limits, held, tries=50)
        before, sizes = sizes, problem.sizes(problem.distances(logs))
        if all(abs(sizes[name] - before[name]) <= SAME * before[name] for name in sizes):
            break
    return logs, sizes


def _height(grown: float, free: float) -> float:
    """How many standard deviations away a place is, by what its score has grown by: Student's, where sizes are fitted.

    t^2 = free (exp(grown / free) - 1), which holds exactly for one readout and numbers that act linearly.
    """
    grown = max(grown, 0.0)
    return math.sqrt(grown if math.isinf(free) else free * math.expm1(min(grown / free, 50.0)))


def _curvature(slopes: Floats) -> tuple[Floats, Floats]:
    """Standard deviation of each number, and how the others go with it, by what the misfit is like nearby."""
    information = slopes.T @ slopes
    values, vectors = np.linalg.eigh(information)
    floor = 1e-10 * max(float(values.max()), 1e-300)
    covariance = (vectors / np.maximum(values, floor)) @ vectors.T
    variances = np.maximum(np.diag(covariance), 1e-300)
    return np.sqrt(variances), covariance / variances[:, None]


def _end(
    problem: Problem,
    best: Floats,
    limits: Floats,
    index: int,
    sign: float,
    least: float,
    quantile: float,
    free: float,
    deviation: float,
    direction: Floats,
) -> float:
    """The factor at which the profile of a number passes the quantile, the others free; 0 or inf where it never does.

    The signed root of what the misfit grows by is nearly a line, so that a secant finds its level within a few points.
    Each place is come to from the farthest one that lies inside: from one beyond, a descent may end in another valley.
    """
    wall = limits[index, 0 if sign < 0.0 else 1]
    inside, reached = (best[index], 0.0), None
    known, step = best, sign * min(quantile * deviation, 1.0)
    for _ in range(16):
        place = inside[0] + step if reached is None else _between(inside, reached, quantile)
        place = max(place, wall) if sign < 0.0 else min(place, wall)
        per = inside[1] / abs(inside[0] - best[index]) if inside[1] > 0.0 else 1.0 / deviation
        height, logs = math.inf, known
        for along in (direction, np.zeros_like(direction)):
            guess = known + np.clip((place - known[index]) * along, -1.0, 1.0)
            guess = np.clip(guess, limits[:, 0], limits[:, 1])
            guess[index] = place
            found, _ = _fit(problem, guess, limits, held=index, rounds=2)
            now = _height(problem.score(problem.distances(found)) - least, free)
            if now < height:
                height, logs = now, found
            if height <= STEEP * (inside[1] + per * abs(place - inside[0])):
                break
        if abs(height - quantile) <= CLOSE * quantile:
            return float(math.exp(best[index] + (place - best[index]) * quantile / height))
        if height > quantile:
            reached = place, height
        elif place == wall:
            return 0.0 if sign < 0.0 else math.inf
        else:
            slope = (height - inside[1]) / (place - inside[0])
            inside, known = (place, height), logs
            ahead = (quantile - height) / abs(slope) if slope else 1.0
            step = sign * min(1.2 * ahead, 1.5)
    return float(math.exp(reached[0] if reached else inside[0]))


def _between(inside: tuple[float, float], outside: tuple[float, float], quantile: float) -> float:
    """Where a line through both has the level; never so near an end that it stays there."""
    share = (quantile - inside[1]) / (outside[1] - inside[1])
    return inside[0] + min(max(share, 0.1), 0.9) * (outside[0] - inside[0])
