"""Results back from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunity.compiler.case import ReadoutInfo
from immunity.language.errors import fail
from immunity.results.lazy import open_curves
from immunity.results.record import Record
from immunity.results.runs import Cohort, Run
from immunity.results.write import RESULT, SUMMARY

if TYPE_CHECKING:
    import xarray as xr


def open_result(folder: Path | str) -> Run | Cohort:
    """Open what ``save`` has written: a run if it holds one host that a run wrote, a cohort otherwise.

    Raises
    ------
    RuleError
        E101 if there is no such folder, E705 if it holds no complete result.
    """
    import xarray as xr

    folder = Path(folder)
    if not folder.is_dir():
        raise fail("E101", text=folder)
    missing = [name for name in (RESULT, SUMMARY) if not (folder / name).exists()]
    if missing:
        raise fail("E705", text=folder, reason=f"there is no {' and no '.join(missing)}")
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        with xr.open_zarr(folder / RESULT, chunks=None) as dataset:
            large = {name: open_curves(folder / RESULT, name) for name in ("readout", "pool") if name in dataset}
            record = from_dataset(dataset.drop_vars(list(large)).load(), large)
    except (OSError, ValueError, KeyError) as error:
        raise fail("E705", text=folder, reason=str(error)) from error
    return Cohort(record) if "hosts" in summary else Run(record)


def from_dataset(dataset: xr.Dataset, large: dict[str, Any]) -> Record:
    """Undo :func:`immunity.results.write.to_dataset`; ``large``: what may stay in its file."""

    def lists(name: str) -> Any:
        return json.loads(dataset.attrs[name])

    single = ("title", "scenario", "mode", "rule_book_hash", "version", "stop_outcome")
    varied = lists("varied_names")
    with_pools = "pool" in large
    by_host = ("ended", "jump_time", "jump_before", "jump_after")
    more: dict[str, Any] = {name: dataset[name].values for name in by_host if name in dataset}
    return Record(
        **{name: dataset.attrs[name] for name in single},
        seed=int(dataset.attrs["seed"]),
        days=float(dataset.attrs["days"]),
        filled=lists("scenario_filled"),
        infos=tuple(_readout_info(entry) for entry in lists("readout_infos")),
        show=tuple(lists("show")),
        time=dataset["time"].values,
        host=dataset["host"].values,
        readout=large["readout"],
        status=dataset["status"].values,
        stopped_at=dataset["stopped_at"].values,
        draws={name: dataset["draw"].values[:, column] for column, name in enumerate(varied)},
        pool=large.get("pool"),
        pool_names=tuple(lists("pool_names")) if with_pools else (),
        pool_units=tuple(lists("pool_units")) if with_pools else (),
        papers=tuple(lists("papers")),
        provenance=lists("provenance"),
        warnings=tuple(lists("warnings")),
        endings=tuple(lists("endings")) if "endings" in dataset.attrs else (),
        happened=tuple((day, what) for day, what in lists("happened")) if "happened" in dataset.attrs else (),
        **more,
    )


def _readout_info(entry: dict[str, Any]) -> ReadoutInfo:
    healthy, endings = entry.pop("healthy"), entry.pop("endings", ())
    entry.pop("ages", None)  # that of the host stands in its place
    return ReadoutInfo(
        **entry,
        healthy=None if healthy is None else (healthy[0], healthy[1]),
        endings=tuple((word, above, below, gravity) for word, above, below, gravity in endings),
    )
