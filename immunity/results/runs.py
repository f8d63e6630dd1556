"""What a user holds after a run: labelled arrays, a summary, a way to keep them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from immunity._faces import face
from immunity.language.errors import plainly
from immunity.results.condition import fraction_true, parse_condition
from immunity.results.curves import list_rows, with_jumps
from immunity.results.frames import frame_of, frames_of
from immunity.results.hosts import HOSTS, find, over_hosts_still_there
from immunity.results.named import Named
from immunity.results.observed import ObservedData, read_observed
from immunity.results.outcomes import host_outcomes
from immunity.results.present import find_readout, readout_array
from immunity.results.protocol import labels_of_pair
from immunity.results.record import Record, in_blocks
from immunity.results.shown import as_html, as_text
from immunity.results.summary import (
    count_outcomes,
    over_hosts,
    statistics_of,
    summarise_cohort,
    summarise_run,
)
from immunity.results.survival import kaplan_meier
from immunity.results.why import why_of_host
from immunity.results.write import write_result
from immunity.why import Why

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


Data = Path | str | ObservedData | None


@dataclass(frozen=True)
class Run(Named):
    """One host in one scenario.

    ``run["blood.neutrophils"]`` is an xarray.DataArray over time in the readout's unit, at or above its limit of
    detection, as a logarithm where the readout says so; ``run.blood.neutrophils`` is the same, for the tabulator key.
    Pools are found by name too if they were recorded.
    """

    record: Record

    def __repr__(self) -> str:
        return as_text(self.record)

    def _repr_html_(self) -> str:
        return as_html(self.record)

    def _ipython_key_completions_(self) -> list[str]:
        """Names that a notebook offers after ``result["``."""
        return list(self.readouts)

    @plainly
    def __getitem__(self, name: str) -> xr.DataArray:
        return find(self.record, name).isel(host=0)

    def __contains__(self, name: str) -> bool:
        return name in self.readouts or (self.record.pool is not None and name in self.record.pool_names)

    def raw(self, name: str) -> xr.DataArray:
        """A readout in its unit, without limit of detection and logarithm."""
        return readout_array(self.record, name, raw=True).isel(host=0)

    @plainly
    def to_dataframe(self, *names: str) -> pd.DataFrame:
        """Readouts over time, a column each, all of them if none is named; ``frame.attrs["units"]`` has their units."""
        return frame_of(self.record, names)

    def curve(self, name: str) -> xr.DataArray:
        """A readout with both sides of every jump: where an event makes it jump, a time stands twice."""
        return readout_array(with_jumps(self.record), name).isel(host=0)

    @property
    def readouts(self) -> tuple[str, ...]:
        """Names of all readouts."""
        return tuple(info.id for info in self.record.infos)

    @property
    def outcome(self) -> str:
        """What became of the host: healthy, ill, completed, failed, or the rule book's word for its end."""
        return host_outcomes(self.record)[0]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The contents of ``summary.json``, made once."""
        return summarise_run(self.record)

    @plainly
    def why(self, readout: str, day: float | None = None) -> Why:
        """What made a readout what it was on a day: the flows that did it, and what drove these.

        Parameters
        ----------
        readout : str
        day : float    the day on which it had moved most if not given

        Raises
        ------
        RuleError
            E840 for a day outside the run, a result read from files, and a run that kept no pools.
        """
        return why_of_host(self.record, readout, day)

    def save(self, folder: Path | str) -> Path:
        """Write ``result.zarr`` and ``summary.json`` into a folder, both or neither; see :func:`open_result`."""
        return write_result(self.record, self.summary, Path(folder))

    def report(self, file: Path | str, *, data: Data = None) -> Path:
        """Write the self-contained report of this run, as ``immunity run --out`` does.

        Parameters
        ----------
        data : path or ObservedData    a table of observed values to lay over the curves, see :meth:`observed`
        """
        table = _data(self.record, data)
        page = face("page_of_run")(self, table)
        Path(file).write_text(page, encoding="utf-8")
        return Path(file)

    def plot(self, *names: str, data: Data = None) -> Any:
        """Draw readouts over time, one panel each; needs matplotlib.

        Parameters
        ----------
        *names : str    readouts; if none is named those of the data, or those the scenario shows first
        data : path or ObservedData    a table of observed values to lay over the curves, see :meth:`observed`

        Returns
        -------
        matplotlib.figure.Figure
        """
        table = _data(self.record, data)
        return face("plot_run")(self, _named(self.record, names, table), table)

    @plainly
    def observed(
        self, path: Path | str, *, readout: str | None = None, unit: str | None = None, time: str | None = None
    ) -> ObservedData:
        """Read a table of observed values for :meth:`plot` and :meth:`report`.

        Parameters
        ----------
        path : path            see docs/howto/observed_data.md
        readout, unit : str    where the table has no such column
        time : str             the unit of its times
        """
        return read_observed(path, self.record.infos, readout=readout, unit=unit, time=time)


class Pair(NamedTuple):
    """The same person twice: ``one, two = im.compare(...)``, or ``im.compare(...).report("pair.html")``."""

    first: Run
    second: Run

    @property
    def labels(self) -> tuple[str, str]:
        """What to call each: what differs between them."""
        return labels_of_pair(self.first.record, self.second.record)

    def __repr__(self) -> str:
        labels = self.labels
        return "\n\n".join(f"{label}\n{as_text(run.record)}" for label, run in zip(labels, self, strict=True))

    def _repr_html_(self) -> str:
        parts = (f"<em>{escape(label)}</em>{as_html(run.record)}" for label, run in zip(self.labels, self, strict=True))
        return "".join(parts)

    @plainly
    def to_dataframe(self, *names: str) -> pd.DataFrame:
        """Readouts of both over time, a block of rows for each by its label."""
        import pandas as pd

        frames = [run.to_dataframe(*names) for run in self]
        both = pd.concat(frames, keys=self.labels, names=["run", "day"])
        both.attrs = frames[0].attrs | {"units": frames[1].attrs["units"] | frames[0].attrs["units"]}
        return both

    def report(self, file: Path | str, *, data: Data = None) -> Path:
        """Write the self-contained report of both, as ``immunity compare --out`` does; ``data`` as for a run."""
        table = _data(self.first.record, data)
        page = face("page_of_pair")(self.first, self.second, table)
        Path(file).write_text(page, encoding="utf-8")
        return Path(file)

    def plot(self, *names: str, data: Data = None) -> Any:
        """Draw readouts of both over time, one panel each; see :meth:`Run.plot`."""
        table = _data(self.first.record, data)
        return face("plot_pair")(self, _named(self.first.record, names, table), table)


@dataclass(frozen=True)
class Cohort(Named):
    """Many hosts in one scenario. ``cohort["blood.neutrophils"]`` has dimensions time and host."""

    record: Record

    def __repr__(self) -> str:
        return as_text(self.record)

    def _repr_html_(self) -> str:
        return as_html(self.record)

    def _ipython_key_completions_(self) -> list[str]:
        """Names that a notebook offers after ``result["``."""
        return list(self.readouts)

    @plainly
    def __getitem__(self, name: str) -> xr.DataArray:
        return find(self.record, name)

    def __len__(self) -> int:
        return len(self.record.host)

    def raw(self, name: str) -> xr.DataArray:
        """A readout in its unit, without limit of detection and logarithm."""
        return readout_array(self.record, name, raw=True)

    @property
    def readouts(self) -> tuple[str, ...]:
        """Names of all readouts."""
        return tuple(info.id for info in self.record.infos)

    @plainly
    def to_dataframe(self, *names: str) -> pd.DataFrame:
        """Readouts over time, a column each, all of them if none is named; rows are hosts and days."""
        return frame_of(self.record, names)

    @plainly
    def dataframes(self, *names: str, hosts: int = HOSTS) -> Iterator[pd.DataFrame]:
        """The same a thousand hosts at a time, for cohorts whose table is larger than the memory.

        Parameters
        ----------
        hosts : int    in each table at most
        """
        return frames_of(self.record, names, hosts)

    @property
    def outcomes(self) -> dict[str, int]:
        """How many hosts came to what."""
        return count_outcomes(self.record)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The contents of ``summary.json``, made once."""
        return summarise_cohort(self.record)

    @property
    def outcome(self) -> xr.DataArray:
        """What became of each host, by its number."""
        import xarray as xr

        words = [word for block in in_blocks(self.record) for word in host_outcomes(block)]
        return xr.DataArray(words, dims="host", coords={"host": self.record.host}, name="outcome")

    def survival(self) -> xr.Dataset:
        """The Kaplan-Meier estimate: ``alive`` with ``low`` and ``high`` (95 %) and ``at_risk`` over time in days.

        Hosts whose numbers failed are censored when they fail.
        """
        import xarray as xr

        found = kaplan_meier(self.record)
        steps = {name: ("time", getattr(found, name)) for name in ("alive", "low", "high")}
        at_risk = ("time", np.array([found.at_risk(float(day)) for day in found.day]))
        return xr.Dataset({**steps, "at_risk": at_risk}, coords={"time": ("time", found.day, {"units": "day"})})

    def quantiles(self, name: str, q: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> xr.DataArray:
        """Quantiles over the hosts still there, time by time; dimensions quantile and time.

        The dead are left out: coordinate ``hosts`` says how many are left at each time, attribute ``over`` that it
        is so.
        """
        shares = [float(each) for each in q]
        return over_hosts_still_there(
            self.record, name, lambda values: np.nanquantile(values, shares, axis=1), quantile=shares
        )

    def median(self, name: str) -> xr.DataArray:
        """The median over the hosts still there, time by time; see :meth:`quantiles` about the dead."""
        return over_hosts_still_there(self.record, name, lambda values: np.nanmedian(values, axis=1))

    def statistic(self, name: str, statistic: str) -> dict[str, float | None]:
        """Median and quantiles over hosts of one of the statistics of a summary (maximum, maximum_day, area, ...)."""
        index = find_readout(self.record.infos, name)
        found = [statistics_of(block, index, list_rows(block))[statistic] for block in in_blocks(self.record)]
        return over_hosts(np.concatenate(found))

    def report(self, file: Path | str, *, data: Data = None) -> Path:
        """Write the self-contained report of this cohort, as ``immunity cohort --out`` does; ``data`` as for a run."""
        page = face("page_of_cohort")(self, _data(self.record, data))
        Path(file).write_text(page, encoding="utf-8")
        return Path(file)

    def plot(self, *names: str, data: Data = None) -> Any:
        """Draw median and spread of readouts over time, one panel each; as :meth:`Run.plot`."""
        table = _data(self.record, data)
        return face("plot_cohort")(self, _named(self.record, names, table), table)

    def fraction_of_hosts(self, condition: str) -> float:
        """Share of hosts of which a condition holds.

        Parameters
        ----------
        condition : str    such as ``"skin.bacteria > 1e6 CFU before day 3"`` or ``"outcome is dead"``
        """
        return fraction_true(parse_condition(condition), self.record)

    def host(self, number: int) -> Run:
        """One host of the cohort as a run of its own."""
        return Run(pick_host(self.record, number))

    def save(self, folder: Path | str) -> Path:
        """Write ``result.zarr`` and ``summary.json`` into a folder, both or neither; see :func:`open_result`."""
        return write_result(self.record, self.summary, Path(folder))


@plainly
def _data(record: Record, data: Data) -> ObservedData | None:
    """A table as it was handed over: read already, or a file."""
    table = data if data is None or isinstance(data, ObservedData) else read_observed(data, record.infos)
    return None if table is None else table.during(record.scenario)


def _named(record: Record, names: tuple[str, ...], table: ObservedData | None) -> tuple[str, ...]:
    return names or (record.show if table is None else tuple(dict.fromkeys(s.readout for s in table.series)))


def pick_host(record: Record, number: int) -> Record:
    """Cut one host out of a record."""
    rows = np.flatnonzero(record.host == number)
    if not len(rows):
        raise KeyError(f"there is no host {number} among {len(record.host)}")
    by_host = ("host", "status", "stopped_at", "state", "fired", "ended", "jump_time", "jump_before", "jump_after")
    cut: dict[str, Any] = {name: getattr(record, name)[rows] for name in by_host if getattr(record, name) is not None}
    cut |= {name: getattr(record, name)[:, rows] for name in ("readout", "pool") if getattr(record, name) is not None}
    return replace(record, **cut, draws={name: values[rows] for name, values in record.draws.items()})
