"""The curves of a cohort on disk: Zarr arrays, of which every process writes whole shards of its own.

A shard is one file with the curves of some hosts, and no two processes ever have the same one in hand. Within it each
readout is a chunk, so that one readout of all hosts can be read without the others.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np

from immunity.cohorts.batch import HostBatch
from immunity.compiler.tables import Floats

CURVES = "curves.zarr"
Kind = tuple[str, str]
KINDS: dict[str, Kind] = {"readout": ("readouts", "readout"), "pool": ("pools", "pool")}  # name -> field, dimension


def make_room(folder: Path, n_time: int, hosts: int, columns: dict[str, int], shard: int) -> None:
    """Make the arrays float64[time, host, column], or make them longer; ``columns``: how many for each name."""
    import zarr

    group = zarr.open_group(folder, mode="a", use_consolidated=False)
    for name, count in columns.items():
        if name in group:
            array: Any = group[name]
            if array.shape[1] < hosts:
                array.resize((n_time, hosts, count))
            continue
        group.create_array(
            name,
            shape=(n_time, hosts, count),
            shards=(max(n_time, 1), shard, max(count, 1)),
            chunks=(max(n_time, 1), shard, 1),
            dtype="float64",
            fill_value=np.nan,
            dimension_names=("time", "host", KINDS[name][1]),
        )


def write_curves(folder: Path, batch: HostBatch, time: Floats) -> None:
    """Write what some hosts of one shard did."""
    import zarr

    group = zarr.open_group(folder, mode="r+", use_consolidated=False)
    for name, (field, _) in KINDS.items():
        values = getattr(batch, field)
        if values is None or name not in group:
            continue
        block, array = until_end(values, time, batch.stopped_at), group[name]
        for rows in _neighbours(batch.host):
            first, last = int(batch.host[rows[0]]), int(batch.host[rows[-1]])
            array[:, first : last + 1, :] = block[:, rows[0] : rows[-1] + 1]  # type: ignore[index]


def shards_in(folder: Path) -> set[int]:
    """The shards of which there is a file, whole or cut."""
    files = [file for name in KINDS for file in (folder / name / "c" / "0").glob("*/0")]
    return {int(file.parent.name) for file in files if file.parent.name.isdecimal()}


def can_be_read(folder: Path, hosts: np.ndarray) -> bool:
    """Whether the curves of some hosts are whole: each chunk and shard carries a checksum."""
    import zarr

    try:
        group = zarr.open_group(folder, mode="r", use_consolidated=False)
        for name in (name for name in KINDS if name in group):
            array: Any = group[name]
            if array.shape[1] <= hosts.max():
                return False
            size = (array.shards or array.chunks)[1]
            for number in range(int(hosts.min()) // size, int(hosts.max()) // size + 1):
                if (folder / name / "c" / "0" / str(number) / "0").stat().st_size == 0:
                    return False  # it would be read as hosts that have no values
            array[:, int(hosts.min()) : int(hosts.max()) + 1, :]
    except Exception:  # whatever a file that was cut raises
        return False
    return True


def forget_shard(folder: Path, number: int) -> None:
    """Delete the files of a shard that was cut."""
    for name in KINDS:
        (folder / name / "c" / "0" / str(number) / "0").unlink(missing_ok=True)


def until_end(values: Floats, time: Floats, stopped_at: Floats) -> Floats:
    """Turn [host, time, column] into [time, host, column], NaN from when a host has ended: nobody measures it then."""
    kept = values.swapaxes(0, 1).copy()
    kept[time[:, None] > stopped_at[None, :]] = np.nan
    return kept


def _neighbours(hosts: np.ndarray) -> list[list[int]]:
    """Positions of hosts that follow one another, run by run."""
    runs = itertools.groupby(range(len(hosts)), key=lambda row: int(hosts[row]) - row)
    return [list(rows) for _, rows in runs]
