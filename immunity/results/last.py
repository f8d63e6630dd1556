"""The last value of a curve."""

from __future__ import annotations

import numpy as np

from immunity.compiler.tables import Floats


def last(time: Floats, values: Floats) -> Floats:
    """The last value there is; a host that ended has none later."""
    there = ~np.isnan(values)
    rows = len(values) - 1 - np.argmax(there[::-1], axis=0)
    return np.where(there.any(axis=0), values[rows, np.arange(values.shape[1])], np.nan)
