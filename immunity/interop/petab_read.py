"""The files of a PEtab problem as plain data; what is not understood is refused by name."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from immunity.language.errors import Location, fail

NORMAL, FLAT = ("", "normal", "log10-normal", "log-normal"), ("", "uniform", "parameterscaleuniform")
SCALES = ("lin", "log", "log10")
Row = dict[str, str]


@dataclass(frozen=True)
class Table:
    """Rows of a table, each with its line."""

    file: Path
    rows: list[tuple[Location, Row]]


@dataclass(frozen=True)
class PetabProblem:
    """What a problem is made of: its model in SBML, and four tables."""

    sbml: Path
    conditions: Table
    measurements: Table
    observables: Table
    parameters: Table


def read_problem(path: Path) -> PetabProblem:
    """Read the file that names the others.

    Raises
    ------
    RuleError
        E101 without a file, E715 for what is no problem of PEtab, E716 for what is not understood, by name.
    """
    if not path.is_file():
        raise fail("E101", text=str(path))
    at = Location(str(path), 0)
    try:
        told: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        version, problems = str(told["format_version"]), told.get("problems") or []
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError):
        raise fail("E715", at=at, text=str(path), reason="it names no format_version of PEtab") from None
    if version.split(".")[0] == "2":
        from immunity.interop.petab_v2 import read_format_2  # which needs this module

        return read_format_2(path, told, at)
    if version.split(".")[0] != "1":
        raise fail("E716", at=at, text=path.name, reason=f"format {version} of PEtab; formats 1 and 2 are understood")
    if len(problems) != 1:
        raise fail("E716", at=at, text=path.name, reason="more than one problem in a file")
    one = problems[0]

    def files(key: str, held: Any = None) -> list[Path]:
        named = one.get(key) if held is None else held
        named = [named] if isinstance(named, str) else named
        if not named:
            raise fail("E715", at=at, text=str(path), reason=f"it names no {key}")
        return [path.parent / name for name in named]

    models = files("sbml_files")
    if len(models) != 1:
        raise fail("E716", at=at, text=path.name, reason="more than one model in a problem")
    return PetabProblem(
        models[0],
        read_tables(files("condition_files"), ("conditionId",)),
        read_tables(files("measurement_files"), ("observableId", "simulationConditionId", "time", "measurement")),
        read_tables(files("observable_files"), ("observableId", "observableFormula", "noiseFormula")),
        read_tables(files("parameter_files", told.get("parameter_file")), ("parameterId", "estimate")),
    )


def read_tables(files: Iterable[Path], needed: tuple[str, ...]) -> Table:
    """The rows of some files, which all have the columns that are needed."""
    rows: list[tuple[Location, Row]] = []
    file = Path()
    for file in files:
        if not file.is_file():
            raise fail("E101", text=str(file))
        with file.open(encoding="utf-8-sig", newline="") as handle:
            table = csv.DictReader(handle, delimiter="\t")
            missing = next((key for key in needed if key not in (table.fieldnames or ())), None)
            if missing:
                raise fail("E715", at=Location(str(file), 1), text=file.name, reason=f"there is no column {missing!r}")
            for line, row in enumerate(table, 2):
                cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
                rows.append((Location(str(file), line), cells))
    return Table(file, rows)


def number_in(text: str) -> float | None:
    """A number, or None where there is a name or nothing; an infinite one is a number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value


def put_in(formula: str, kind: str, observable: str, given: list[str]) -> str:
    """A formula with what a measurement says for its placeholders."""

    def of(found: re.Match[str]) -> str:
        position = int(found[1]) - 1
        return f"({given[position]})" if position < len(given) else found[0]

    return re.sub(rf"\b{kind}(\d+)_{re.escape(observable)}\b", of, formula)
