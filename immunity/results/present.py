"""Values as a laboratory reports them: above the limit of detection, logarithms where that is the custom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from immunity.compiler.case import ReadoutInfo
from immunity.compiler.tables import Floats
from immunity.language.errors import near_miss
from immunity.results.record import Record

if TYPE_CHECKING:
    import xarray as xr


def present(values: Floats, info: ReadoutInfo) -> Floats:
    """Apply limit of detection and scale.

    A value below the limit of detection is shown as the limit. On a log10 scale without one, zero is below every
    number (-inf), so that a population that died out is not mistaken for one without a value (NaN), as after a host
    has ended.
    """
    shown = values if info.limit_of_detection is None else np.maximum(values, info.limit_of_detection)
    if info.scale != "log10":
        return shown.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(shown >= 0.0, np.log10(shown), np.nan)


def present_unit(info: ReadoutInfo) -> str:
    """The unit of presented values."""
    return f"log10 {info.unit}" if info.scale == "log10" else info.unit


def present_bounds(bounds: tuple[float, float] | None, info: ReadoutInfo) -> tuple[float, float] | None:
    """An interval in the readout's unit, as it is presented."""
    if bounds is None:
        return None
    lo, hi = present(np.array(bounds, dtype=np.float64), info)
    return float(lo), float(hi)


def find_readout(infos: tuple[ReadoutInfo, ...], name: str) -> int:
    """Index of a readout.

    Raises
    ------
    KeyError
        With the nearest name.
    """
    for index, info in enumerate(infos):
        if info.id == name:
            return index
    raise UnknownName("readout", name, (info.id for info in infos))


class UnknownName(KeyError):
    """A name that the result does not hold, with the nearest one that it does."""

    users_fault = True  # see :func:`immunity.language.errors.plainly`

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(name)
        self.name = name
        self.near = near_miss(name, known)
        self.text = f"there is no {kind} {name!r}"

    def __str__(self) -> str:
        return f"{self.text}; did you mean {self.near!r}?" if self.near else self.text

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def readout_array(record: Record, name: str, *, raw: bool = False) -> xr.DataArray:
    """One readout as a labelled array with dimensions time and host.

    Parameters
    ----------
    raw : bool    leave out limit of detection and logarithm
    """
    import xarray as xr  # loaded when needed: it takes a quarter of a second

    index = find_readout(record.infos, name)
    info = record.infos[index]
    values = record.readout[:, :, index]
    attributes: dict[str, object] = {"units": info.unit if raw else present_unit(info), "long_name": info.name}
    if info.limit_of_detection is not None:
        attributes["limit_of_detection"] = info.limit_of_detection
    healthy = info.healthy if raw else present_bounds(info.healthy, info)
    if healthy is not None:
        attributes["healthy_range"] = healthy
    return xr.DataArray(
        values.copy() if raw else present(values, info),
        dims=("time", "host"),
        coords={"time": ("time", record.time, {"units": "day"}), "host": record.host},
        name=name,
        attrs=attributes,
    )


def pool_array(record: Record, name: str) -> xr.DataArray:
    """One pool as a labelled array with dimensions time and host."""
    import xarray as xr

    if record.pool is None:
        raise UnknownName("pool (this run did not record pools)", name, ())
    if name not in record.pool_names:
        raise UnknownName("pool", name, record.pool_names)
    index = record.pool_names.index(name)
    return xr.DataArray(
        record.pool[:, :, index],
        dims=("time", "host"),
        coords={"time": ("time", record.time, {"units": "day"}), "host": record.host},
        name=name,
        attrs={"units": record.pool_units[index]},
    )
