"""Results as tables of pandas, which comes with xarray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from immunity.results.hosts import host_parts
from immunity.results.present import find_readout, present, present_unit
from immunity.results.record import Record

if TYPE_CHECKING:
    import pandas as pd


def frame_of(record: Record, names: Sequence[str]) -> pd.DataFrame:
    """Readouts over time, a column each; of many hosts a block of rows for each of them.

    Values are those of ``result[name]``; ``frame.attrs["units"]`` holds their units.
    """
    return _frame(record, names, slice(0, len(record.host)))


def frames_of(record: Record, names: Sequence[str], hosts: int) -> Iterator[pd.DataFrame]:
    """The same for so many hosts at a time; names are looked up before the first."""
    for name in names:
        find_readout(record.infos, name)
    return (_frame(record, names, part) for part in host_parts(len(record.host), max(1, hosts)))


def _frame(record: Record, names: Sequence[str], whose: slice) -> pd.DataFrame:
    import pandas as pd

    host, n_time = record.host[whose], len(record.time)
    index = pd.Index(record.time, name="day")
    if len(record.host) != 1:
        index = pd.MultiIndex.from_product([host, record.time], names=["host", "day"])
    columns, units = {}, {}
    for name in names or [info.id for info in record.infos]:
        column = find_readout(record.infos, name)
        info = record.infos[column]
        values = np.empty((len(host), n_time))
        for part in host_parts(len(host)):  # curves that are in files are read piece by piece
            first, last = whose.start + part.start, whose.start + part.stop
            values[part] = present(record.readout[:, first:last, column], info).T
        columns[name] = values.ravel()
        units[name] = present_unit(info)
    frame = pd.DataFrame(columns, index=index)
    frame.attrs["units"] = units
    return frame
