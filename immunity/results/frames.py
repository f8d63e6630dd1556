"""Results as tables of pandas, which comes with xarray."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from immunity.results.present import find_readout, present, present_unit
from immunity.results.record import Record

if TYPE_CHECKING:
    import pandas as pd


def frame_of(record: Record, names: Sequence[str]) -> pd.DataFrame:
    """Readouts over time, a column each; of many hosts a block of rows for each of them.

    Values are those of ``result[name]``; ``frame.attrs["units"]`` holds their units.
    """
    import pandas as pd

    n_time, n_host = len(record.time), len(record.host)
    index = pd.Index(record.time, name="day")
    if n_host != 1:
        pairs = [np.repeat(record.host, n_time), np.tile(record.time, n_host)]
        index = pd.MultiIndex.from_arrays(pairs, names=["host", "day"])
    columns, units = {}, {}
    for name in names or [info.id for info in record.infos]:
        column = find_readout(record.infos, name)
        info = record.infos[column]
        columns[name] = present(record.readout[:, :, column], info).T.ravel()
        units[name] = present_unit(info)
    frame = pd.DataFrame(columns, index=index)
    frame.attrs["units"] = units
    return frame
