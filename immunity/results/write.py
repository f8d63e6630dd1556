"""Results to files, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from immunity.cohorts.batch import cannot_write
from immunity.results.record import Record

if TYPE_CHECKING:
    import xarray as xr

RESULT = "result.zarr"
SUMMARY = "summary.json"
HOSTS_PER_CHUNK = 100  # times all output times: one file each, few files even for thousands of hosts


@contextlib.contextmanager
def all_or_nothing(folder: Path) -> Iterator[Path]:
    """Give a temporary folder whose contents move into ``folder`` when the block ends well.

    What ``folder`` held before under the same names is replaced then, and untouched if anything fails. Other
    files in it stay.

    Raises
    ------
    RuleError
        E701 if the folder cannot be written, E702 if the disk is full.
    """
    staging, made = None, not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # inside it, since what is beside it may be another disk, or not ours to write
        staging = Path(tempfile.mkdtemp(dir=folder, prefix=".writing-"))
        yield staging
        _move_in(staging, folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()  # if nothing came into it


def _move_in(staging: Path, folder: Path) -> None:
    names = sorted(path.name for path in staging.iterdir())
    earlier = staging / ".earlier"
    earlier.mkdir()
    moved: list[str] = []
    try:
        for name in names:
            if (folder / name).exists():
                (folder / name).rename(earlier / name)
            moved.append(name)
            (staging / name).rename(folder / name)
    except BaseException:
        for name in moved:
            if (earlier / name).exists():
                if (folder / name).exists():
                    (folder / name).rename(staging / f".failed-{name}")
                (earlier / name).rename(folder / name)
            elif not (staging / name).exists():
                (folder / name).rename(staging / name)
        raise


def write_result(record: Record, summary: dict[str, Any], folder: Path) -> Path:
    """Write ``result.zarr`` and ``summary.json`` into a folder, both or neither.

    Returns
    -------
    Path
        The folder.
    """
    with all_or_nothing(folder) as staging:
        write_files(record, summary, staging)
    return folder


def write_files(record: Record, summary: dict[str, Any], folder: Path) -> None:
    """Write the two files of a result into a folder that is there; wrap in :func:`all_or_nothing`."""
    dataset = to_dataset(record)
    encoding = {
        name: {"chunks": tuple(_chunk(dim, dataset.sizes[dim]) for dim in variable.dims)}
        for name, variable in dataset.variables.items()
        if variable.size
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about formats still in flux between versions of zarr
        dataset.to_zarr(folder / RESULT, mode="w", encoding=encoding, consolidated=True)
    (folder / SUMMARY).write_text(_dump(summary), encoding="utf-8")


def write_beside_curves(record: Record, summary: dict[str, Any], curves: Path, folder: Path) -> None:
    """Make a whole result of curves that are in files, and move it into a folder on the same disk."""
    with all_or_nothing(folder) as staging:
        dataset = to_dataset(record, curves=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset.to_zarr(curves, mode="a", consolidated=True)
        (staging / SUMMARY).write_text(_dump(summary), encoding="utf-8")
        curves.rename(staging / RESULT)


def _dump(summary: dict[str, Any]) -> str:
    return json.dumps(summary, indent=2, allow_nan=False, default=_as_json) + "\n"


def to_dataset(record: Record, *, curves: bool = True) -> xr.Dataset:
    """The contents of ``result.zarr``. Names are attributes, since text coordinates are not portable."""
    import xarray as xr

    variables: dict[str, Any] = {
        "status": (("host",), record.status),
        "stopped_at": (("host",), record.stopped_at, {"units": "day"}),
    }
    if curves:
        variables["readout"] = (("time", "host", "readout"), np.asarray(record.readout))
    if record.draws:
        variables["draw"] = (("host", "varied"), np.stack(list(record.draws.values()), axis=1))
    if record.ended is not None:
        variables["ended"] = (("host",), record.ended)
    if record.jump_time is not None and record.jump_time.size:
        variables["jump_time"] = (("host", "jump"), record.jump_time, {"units": "day"})
        variables["jump_before"] = (("host", "jump", "readout"), record.jump_before)
        variables["jump_after"] = (("host", "jump", "readout"), record.jump_after)
    lists: dict[str, Any] = {
        "readout_names": [info.id for info in record.infos],
        "readout_units": [info.unit for info in record.infos],
        "readout_infos": [asdict(info) for info in record.infos],
        "varied_names": list(record.draws),
        "papers": list(record.papers),
        "scenario_filled": record.filled,
        "show": list(record.show),
        "warnings": list(record.warnings),
        "endings": list(record.endings),
        "happened": list(record.happened),
        "provenance": record.provenance,
    }
    if record.pool is not None:
        if curves:
            variables["pool"] = (("time", "host", "pool"), np.asarray(record.pool))
        lists |= {"pool_names": list(record.pool_names), "pool_units": list(record.pool_units)}
    single = ("title", "scenario", "mode", "seed", "days", "rule_book_hash", "version", "stop_outcome")
    attributes = {name: getattr(record, name) for name in single}
    attributes |= {name: json.dumps(value, default=_as_json) for name, value in lists.items()}
    return xr.Dataset(
        variables,
        coords={"time": ("time", record.time, {"units": "day"}), "host": record.host},
        attrs=attributes,
    )


def _chunk(dimension: object, size: int) -> int:
    return min(size, HOSTS_PER_CHUNK) if dimension == "host" else size


def _as_json(value: Any) -> Any:
    """Numbers and arrays of NumPy as plain ones; anything else as its text."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
