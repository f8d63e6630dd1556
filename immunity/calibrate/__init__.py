"""What readings hang on, and numbers fitted to findings with a prior and a part held out."""

from immunity.calibrate.fit import Fit, cost_of, fit_numbers, score
from immunity.calibrate.sensitivity import Influence, global_influences, local_influences
from immunity.calibrate.strongest import Strongest, rank, strongest_influences
from immunity.calibrate.to_data import DataFit, Interval, fit_to_data
from immunity.calibrate.vary import Number, numbers_of, with_factors

__all__ = [
    "DataFit",
    "Fit",
    "Influence",
    "Interval",
    "Number",
    "Strongest",
    "cost_of",
    "fit_numbers",
    "fit_to_data",
    "global_influences",
    "local_influences",
    "numbers_of",
    "rank",
    "score",
    "strongest_influences",
    "with_factors",
]
