"""Intervals of fits to made-up tables end where the profile of the likelihood passes its level."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from immunity.calibrate.to_data import REACH, _fit
from verification.within_host import PLANTED, held, planted_factors, repeat


def test_an_interval_holds_what_the_likelihood_ratio_lets_in(tmp_path: Path) -> None:
    """A table of which the end of an interval was the best number itself: a descent had ended in another valley."""
    (fit,) = repeat(1, 0.2, tmp_path, first=5002)
    problem, at = fit.problem, list(PLANTED).index("life")
    best = np.log(fit.factors)
    limits = np.array([[-REACH, REACH]] * len(best))

    def ratio(factor: float) -> float:
        start = best.copy()
        start[at] = math.log(factor)
        found, _ = _fit(problem, start, limits, held=at, rounds=3)
        return problem.score(problem.distances(found)) - problem.score(problem.distances(best))

    interval = fit.intervals[at]
    assert ratio(interval.least) > 3.4 and ratio(interval.most) > 3.4  # 3.84, as near as a secant comes
    assert interval.most > 1.1 * fit.factors[at]
    assert held(fit)[at] == (ratio(planted_factors()["model.life"]) <= 3.84)
