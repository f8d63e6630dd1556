"""What a user holds after a scan."""

from __future__ import annotations

import csv
import io
import json
import warnings
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from immunity._faces import face
from immunity.compiler.tables import Floats
from immunity.results import DISCLAIMER, all_or_nothing
from immunity.scans.run import Scanned

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

QUANTILES = (0.05, 0.5, 0.95)
SHOWN = 12


@dataclass(frozen=True)
class Scan:
    """A finished scan: ``im.scan("cut_finger", over={"exposures.0.dose": "1e3 CFU to 1e9 CFU in 7 log"}, ...)``."""

    found: Scanned

    def __repr__(self) -> str:
        header, rows = self.rows()
        lines = [f"{self.found.title}: {len(self.found.points)} points, {self.found.values.shape[1]} hosts at each"]
        for row in [header, *rows[:SHOWN]]:
            lines.append(
                "  ".join(
                    "" if cell is None else f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row
                )
            )
        more = len(rows) - SHOWN
        return "\n".join([*lines, *([f"and {more} more points"] if more > 0 else [])])

    def _repr_html_(self) -> str:
        pictures = "".join(str(svg) for svg in face("charts_of_scan")(self.found))
        return f"<p><b>{escape(repr(self).splitlines()[0])}</b></p>{pictures}"

    @property
    def dataset(self) -> xr.Dataset:
        """Every host at every point: dimensions are the axes (of Sobol points: ``point``) and ``host``."""
        import xarray as xr

        found = self.found
        n_host = found.values.shape[1]
        coords: dict[str, Any] = {"host": np.arange(n_host)}
        if found.shape is None:
            dims, shape = ("point",), (len(found.points),)
            for k, axis in enumerate(found.axes):
                column = np.array([_number(point[k]) for point in found.points])
                coords[axis.key] = ("point", column, {"units": axis.unit})
        else:
            dims, shape = tuple(axis.key for axis in found.axes), found.shape
            for axis in found.axes:
                about = (
                    {"units": axis.unit}
                    if axis.numbers is not None
                    else {"labels": json.dumps(list(map(str, axis.values)))}
                )
                numbers = np.arange(len(axis.values)) if axis.numbers is None else axis.numbers
                coords[axis.key] = (axis.key, numbers, about)
        variables = {
            read.text: ((*dims, "host"), found.values[:, :, k].reshape(*shape, n_host), {"units": found.units[k]})
            for k, read in enumerate(found.reads)
        }
        return xr.Dataset(variables, coords=coords, attrs={"title": found.title})

    def to_dataframe(self) -> pd.DataFrame:
        """A row for each point: its values, and median and quantiles over hosts, or the share."""
        import pandas as pd

        header, rows = self.rows()
        return pd.DataFrame([[np.nan if cell is None else cell for cell in row] for row in rows], columns=header)

    def rows(self) -> tuple[list[str], list[list[Any]]]:
        """The same as lists: the contents of ``scan.csv``."""
        found = self.found
        many = found.values.shape[1] > 1
        header = [axis.key for axis in found.axes]
        for read in found.reads:
            header += (
                [read.text]
                if read.is_share or not many
                else [f"{read.text}, {name}" for name in ("5 %", "median", "95 %")]
            )
        rows: list[list[Any]] = []
        for point, values in zip(found.points, found.values, strict=True):
            row: list[Any] = [*point]
            for k, read in enumerate(found.reads):
                if read.is_share:
                    row.append(_plain(np.nanmean(values[:, k]) if np.isfinite(values[:, k]).any() else np.nan))
                else:
                    row += [_plain(value) for value in (over_hosts(values[:, k]) if many else values[:, k])]
            rows.append(row)
        return header, rows

    @property
    def summary(self) -> dict[str, Any]:
        """The contents of ``scan.json``."""
        header, rows = self.rows()
        return {
            "title": self.found.title,
            "disclaimer": DISCLAIMER,
            "over": {axis.key: list(axis.values) for axis in self.found.axes},
            "sobol": self.found.shape is None,
            "read": dict(zip((read.text for read in self.found.reads), self.found.units, strict=True)),
            "failed": self.found.failed,
            "points": [dict(zip(header, row, strict=True)) for row in rows],
            "provenance": self.found.provenance,
        }

    def plot(self, read: str | None = None) -> Any:
        """Draw what is looked at over one axis or two; needs matplotlib."""
        return face("plot_scan")(self, read or self.found.reads[0].text)

    def report(self, file: Path | str) -> Path:
        """Write the self-contained report, as ``immunity scan --out`` does."""
        Path(file).write_text(face("page_of_scan")(self), encoding="utf-8")
        return Path(file)

    def save(self, folder: Path | str, *, report: bool = False) -> Path:
        """Write ``scan.json``, ``scan.csv`` and ``scan.zarr`` into a folder, all or none; the page too if asked for."""
        page = face("page_of_scan")(self) if report else None
        with all_or_nothing(Path(folder)) as staging:
            text = json.dumps(self.summary, indent=2, allow_nan=False, default=str) + "\n"
            (staging / "scan.json").write_text(text, encoding="utf-8")
            stream = io.StringIO()
            header, rows = self.rows()
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
            (staging / "scan.csv").write_text(stream.getvalue(), encoding="utf-8")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about formats still in flux between versions of zarr
                self.dataset.to_zarr(staging / "scan.zarr", mode="w", consolidated=True)
            if page is not None:
                (staging / "report.html").write_text(page, encoding="utf-8")
        return Path(folder)


def over_hosts(values: Floats) -> Floats:
    """Quantiles of the hosts that have a value."""
    there = values[~np.isnan(values)]
    if not len(there):
        return np.full(len(QUANTILES), np.nan)
    return np.quantile(there, QUANTILES, method="linear" if np.isfinite(there).all() else "lower")


def middles(found: Scanned, read: int) -> Floats:
    """Of each point the median over hosts, or the share."""
    values = found.values[:, :, read]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(values, axis=1) if found.reads[read].is_share else np.nanmedian(values, axis=1)


def _text(cell: Any) -> str:
    return "" if cell is None else f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def _number(value: Any) -> float:
    try:
        return float(str(value).split()[0])
    except (ValueError, IndexError):
        return float("nan")


def _plain(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
