"""Observed data from a table: values of a readout in one subject or many, to lay over a curve.

A long table has a row for each value: ``time``, ``value``, ``unit``, ``readout``, ``subject``, ``lod``. Tables as
NONMEM reads them (ID, TIME, DV, MDV, EVID) are long tables too: doses and missing values are left out.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from immunity.compiler.case import ReadoutInfo
from immunity.compiler.tables import Floats
from immunity.language.errors import Location, fail
from immunity.language.quantity import parse_unit
from immunity.results.anndata import SUFFIX, anndata_table

TABLE = "data.csv"
LARGEST = 50_000_000  # bytes of a table
MISSING = {"", ".", "na", "nan", "n/a", "null", "none", "-"}
COLUMNS = {
    "time": ("time", "day", "days"),
    "value": ("value", "dv", "conc", "concentration", "result"),
    "unit": ("unit", "units"),
    "readout": ("readout", "analyte", "name", "variable"),
    "subject": ("subject", "id", "subject_id", "participant", "patient", "sample", "donor"),
    "limit": ("lod", "lloq", "limit", "limit_of_detection", "limit of detection"),
    "event": ("evid",),
    "missing": ("mdv",),
    "below": ("bql", "blq", "cens"),
    "scenario": ("scenario", "condition"),
    "sd": ("sd", "std", "sigma", "error"),
}
_DAY = parse_unit("day")[1]


@dataclass(frozen=True)
class Observed:
    """The values of one readout in one subject.

    Attributes
    ----------
    subject : str           empty if the table names none
    time : float64[value]   day, ascending
    value : float64[value]  in the readout's unit, before scale; at the limit where it is below
    below : bool[value]     below the limit of detection of its own assay
    scenario : str          in which it was observed; empty if the table names none
    sd : float64[value]     standard deviation, in the readout's unit, before scale; NaN if not told
    """

    readout: str
    subject: str
    time: Floats
    value: Floats
    below: np.ndarray[tuple[int], np.dtype[np.bool_]]
    scenario: str = ""
    sd: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class ObservedData:
    """A table of observed values; ``skipped`` rows had no value."""

    name: str
    series: tuple[Observed, ...]
    skipped: int = 0

    def during(self, scenario: str) -> ObservedData:
        """What was observed in a scenario, and what does not say in which."""
        return replace(self, series=tuple(s for s in self.series if s.scenario in ("", scenario)))

    def of(self, readout: str) -> tuple[Observed, ...]:
        """What was observed of one readout."""
        return tuple(series for series in self.series if series.readout == readout)

    def in_words(self, readout: str) -> str:
        """How much was observed of a readout."""
        found = self.of(readout)
        values, below = sum(len(s.time) for s in found), sum(int(s.below.sum()) for s in found)
        subjects = len({s.subject for s in found})
        who = f", {subjects} subjects" if subjects > 1 else ""
        return f"observed ({self.name}): {values} values{who}{f', {below} below detection' if below else ''}"


def read_observed(
    path: str | Path,
    infos: Sequence[ReadoutInfo],
    *,
    readout: str | None = None,
    unit: str | None = None,
    time: str | None = None,
) -> ObservedData:
    """Read a table of observed values.

    Parameters
    ----------
    path : path              comma, semicolon, tabulator or blank between columns; lines that start with # are left out.
        A file ``.h5ad`` of AnnData: obs has the moments, var the readouts
    infos : sequence         the readouts there are
    readout, unit : str      where the table has no such column; a unit that is not given is the readout's own
    time : str               the unit of times. A header may name it (``time_h``, ``time (min)``); else day, and for a
        table with a column DV hour

    Raises
    ------
    RuleError
        E101, E708 for what cannot be read, E610 for an unknown readout, E304 and E809 for a unit that does not fit.
    """
    file = Path(path)
    header, rows = _table(file)
    columns = {key: index for key, names in COLUMNS.items() if (index := _find(header, names)) is not None}
    for key in ("time", "value"):
        if key not in columns:
            raise fail("E708", at=Location(str(file), 1), text=file.name, reason=f"there is no column {key!r}")
    known = {info.id: info for info in infos}
    hours = header[columns["value"]].lower() == "dv"
    per_day = _days(time or _unit_of(header[columns["time"]]) or ("h" if hours else "day"), file)
    found: dict[tuple[str, str, str], list[tuple[float, float, bool, float]]] = {}
    skipped = 0
    for line, row in rows:
        at = Location(str(file), line)
        cells = {key: row[index].strip() if index < len(row) else "" for key, index in columns.items()}
        name = cells.get("readout") or readout
        if cells.get("event", "0") not in ("0", "") or cells.get("missing", "0") not in ("0", ""):
            skipped += 1
            continue
        if name is None:
            reason = "it does not say of what: add a column readout, or readout=NAME"
            raise fail("E708", at=at, text=file.name, reason=reason)
        if name not in known:
            raise fail("E610", at=at, text=name, known=known)
        said = cells.get("unit") or unit or _unit_of(header[columns["value"]])
        value, below = _value(cells, at, file)
        if value is None:
            skipped += 1
            continue
        day = _number(cells["time"], at, file)
        if day is None:
            raise fail("E708", at=at, text=file.name, reason="a value has no time")
        values = found.setdefault((name, cells.get("subject", ""), cells.get("scenario", "")), [])
        amount = _in_unit(value, said, known[name], at)
        values.append((day * per_day, amount, below, _sd(cells, amount, said, known[name], at)))
    if not found:
        raise fail("E708", at=Location(str(file), 1), text=file.name, reason="it holds no value")
    series = []
    for (name, subject, scenario), values in found.items():
        values.sort(key=lambda v: v[0])
        days, amounts, marks, deviations = map(np.array, zip(*values, strict=True))
        series.append(Observed(name, subject, days, amounts, marks.astype(np.bool_), scenario, deviations))
    return ObservedData(file.name, tuple(series), skipped)


def table_as_csv(path: str | Path, out: str | Path) -> Path:
    """Write a table of observed values as one of text, to look at and to change.

    Raises
    ------
    RuleError
        E101, E704, E708 as :func:`read_observed`; E706 where ``data.csv`` is there already.
    """
    header, rows = _table(Path(path))
    written = Path(out) / TABLE
    if written.exists():
        raise fail("E706", text=str(written))
    written.parent.mkdir(parents=True, exist_ok=True)
    with written.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, lineterminator="\n")
        table.writerow(header)
        table.writerows(row for _, row in rows)
    return written


def _table(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the rows with their lines; of AnnData with the numbers of their observations."""
    if not file.is_file():
        raise fail("E101", text=file)
    if file.stat().st_size > LARGEST:
        raise fail("E708", text=file.name, reason=f"it is larger than {LARGEST // 1_000_000} MB")
    if file.suffix == SUFFIX:
        return anndata_table(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail("E708", text=file.name, reason="it is not text in UTF-8") from error
    lines = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip() and line.lstrip()[0] != "#"]
    if not lines:
        raise fail("E708", text=file.name, reason="it is empty")
    first = lines[0][1]
    separator = next((mark for mark in (";", "\t", ",") if mark in first), None)

    def cells(line: str) -> list[str]:
        return line.split() if separator is None else next(csv.reader([line], delimiter=separator))

    return [name.strip() for name in cells(first)], [(k, cells(line)) for k, line in lines[1:]]


def _find(header: Iterable[str], names: Sequence[str]) -> int | None:
    """A column by one of its names, with or without a unit behind it."""
    bare = [re.split(r"[(\[]|_(?=h$|hr$|hours?$|min$|d$|days?$)", name)[0].strip() for name in map(str.lower, header)]
    return next((bare.index(name) for name in names if name in bare), None)


def _unit_of(name: str) -> str | None:
    """The unit in a header: time_h, time (min), value [mg/L]."""
    inside = re.search(r"[(\[]([^)\]]+)[)\]]", name)
    behind = re.search(r"_(h|hr|hours?|min|d|days?)$", name.lower())
    found = inside[1].strip() if inside else behind[1] if behind else {"days": "day", "day": "day"}.get(name.lower())
    return {"hr": "h", "hour": "h", "hours": "h", "d": "day", "days": "day"}.get(found or "", found)


def _days(unit: str, file: Path) -> float:
    factor, dimension = parse_unit(unit)
    if dimension != _DAY:
        raise fail("E708", text=file.name, reason=f"{unit!r} is not a unit of time")
    return factor


def _number(text: str, at: Location, file: Path) -> float | None:
    if text.lower() in MISSING:
        return None
    try:
        value = float(text) if text.isascii() else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise fail("E708", at=at, text=file.name, reason=f"{text!r} is not a number")
    return value


def _value(cells: Mapping[str, str], at: Location, file: Path) -> tuple[float | None, bool]:
    """A value and whether it is below the limit of its assay: ``<5``, a value under ``lod``, or a mark."""
    text = cells["value"]
    if text.startswith("<"):
        return _number(text[1:].strip(), at, file), True
    value, limit = _number(text, at, file), _number(cells.get("limit", ""), at, file)
    marked = cells.get("below", "0").lower() not in ("0", "", "no", "false", "n")
    if limit is not None and (marked or (value is not None and value < limit)):
        return limit, True
    return value, marked


def _in_unit(value: float, unit: str | None, info: ReadoutInfo, at: Location) -> float:
    """An amount in the readout's unit, before scale."""
    if unit is None:
        return value
    logarithm = unit.startswith("log10")
    factor, dimension = parse_unit(unit.removeprefix("log10").strip() or "1", at=at)
    own, wanted = parse_unit(info.unit)
    if dimension != wanted:
        raise fail("E809", at=at, text=f"{value:g} {unit}", measured=info.unit)
    return (10.0**value if logarithm else value) * (factor / own)


def _sd(cells: Mapping[str, str], value: float, unit: str | None, info: ReadoutInfo, at: Location) -> float:
    """A standard deviation in the readout's unit; one of a logarithm is as much as it is at the value."""
    told = _number(cells.get("sd", ""), at, Path(at.file))
    if told is None:
        return math.nan
    if told <= 0.0:
        raise fail("E708", at=at, text=Path(at.file).name, reason=f"a standard deviation of {told:g} is not above zero")
    logarithm = unit is not None and unit.startswith("log10")
    return told * math.log(10.0) * value if logarithm else _in_unit(told, unit, info, at)
