"""Numbers over the hosts of a cohort, time by time, with some of a readout in memory and never all of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from immunity.compiler.tables import Floats
from immunity.results.present import find_readout, pool_array, present, readout_array
from immunity.results.record import Record

if TYPE_CHECKING:
    import xarray as xr

MOST = 64e6  # bytes of a readout that are in memory at once
HOSTS = 1000  # read at once


def find(record: Record, name: str) -> xr.DataArray:
    """A readout, or a pool that was recorded.

    Raises
    ------
    UnknownName
    """
    return pool_array(record, name) if _is_pool(record, name) else readout_array(record, name)


def over_hosts_still_there(
    record: Record, name: str, reduce: Callable[[Floats], Floats], **dims: list[float]
) -> xr.DataArray:
    """What ``reduce`` makes of each time's hosts, which are not NaN; ``hosts`` says how many they are.

    Parameters
    ----------
    reduce : callable    float64[time, host] -> float64[..., time]
    dims : dict          name and values of the dimension that it puts first, if any
    """
    import xarray as xr

    pieces, left = [], []
    for values in _by_time(record, name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # when nobody is left
            pieces.append(reduce(values))
        left.append(np.isfinite(values).sum(axis=1))
    one = find(_first_host(record), name)
    return xr.DataArray(
        np.concatenate(pieces, axis=-1),
        dims=(*dims, "time"),
        coords={**dims, "time": one.coords["time"], "hosts": ("time", np.concatenate(left))},
        name=name,
        attrs={**one.attrs, "over": "hosts alive at each time"},
    )


def host_parts(count: int, hosts: int = HOSTS) -> Iterator[slice]:
    """Hosts a thousand at a time."""
    for first in range(0, count, hosts):
        yield slice(first, min(first + hosts, count))


def _by_time(record: Record, name: str) -> Iterator[Floats]:
    """All hosts at as many times as there is room for, as presented."""
    array: Any = record.readout
    info = None
    if _is_pool(record, name):
        array, column = record.pool, record.pool_names.index(name)
    else:
        column = find_readout(record.infos, name)
        info = record.infos[column]
    count, hosts = len(record.time), len(record.host)
    rows = max(1, int(MOST / 8 / max(hosts, 1)))
    for first in range(0, max(count, 1), rows):
        times = slice(first, min(first + rows, count))
        block = np.empty((times.stop - first, hosts))
        for part in host_parts(hosts):
            block[:, part] = array[times, part, column]
        yield block if info is None else present(block, info)


def _is_pool(record: Record, name: str) -> bool:
    known = any(info.id == name for info in record.infos)
    return not known and record.pool is not None and name in record.pool_names


def _first_host(record: Record) -> Record:
    pool = None if record.pool is None else record.pool[:, :1]
    return replace(record, host=record.host[:1], readout=record.readout[:, :1], pool=pool)
