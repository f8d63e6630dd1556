"""A parameter estimation problem in PEtab, read into a rule book, a table of values and a table of bounds.

Every condition becomes a scenario, every observable a readout, every parameter that is estimated a number with bounds.
Needs the library for SBML, and no other: the formulas of observables are put into the model as assignment rules.
"""

from __future__ import annotations

import csv
import math
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

from immunity.interop.algebra import NoSuchShape
from immunity.interop.petab_read import (
    FLAT,
    NORMAL,
    SCALES,
    PetabProblem,
    Row,
    number_in,
    put_in,
    read_problem,
)
from immunity.interop.sbml_book import entries_of, in_yaml
from immunity.interop.sbml_import import FILE, check_book
from immunity.interop.sbml_math import value_of
from immunity.interop.sbml_model import Document
from immunity.interop.sbml_read import read_document
from immunity.interop.sbml_signals import OWNER, PLACE
from immunity.language.errors import Location, fail

DATA, BOUNDS = "data.csv", "numbers.csv"
PER_DAY = {"s": 86400.0, "min": 1440.0, "h": 24.0, "day": 1.0}
_APART = 1e-3  # of a bound: the least of a number whose bound is zero


@dataclass(frozen=True)
class ImportedProblem:
    """The files that were written, and what is to be estimated but begins at zero, where it is left."""

    book: Path
    data: Path
    numbers: Path
    left_at_zero: tuple[str, ...]


def import_petab(path: str | Path, out: str | Path) -> ImportedProblem:
    """Read a problem of PEtab, format 1 or 2, and write it as a rule book with a table of values and one of bounds.

    Parameters
    ----------
    path : path    the file that names the others
    out : path     a folder; its file ``model.yaml`` must not be there yet

    Raises
    ------
    RuleError
        E704 without the library for SBML, E101, E706, E715, E716 as :func:`immunity.import_sbml`; E716 also for what a
        problem asks that is not understood, by name.
    """
    if find_spec("libsbml") is None:
        raise fail("E704", text="python-libsbml")
    source, folder = Path(path), Path(out)
    problem = read_problem(source)
    if (folder / FILE).exists():
        raise fail("E706", text=str(folder / FILE))
    values = {row["parameterId"]: _nominal(at, row) for at, row in problem.parameters.rows}
    seen = _observables(problem)
    with tempfile.TemporaryDirectory() as held:
        model = Path(held) / problem.sbml.name
        model.write_text(_with_observables(problem, seen, values), encoding="utf-8")
        document = read_document(model)
    head, entries, ids = entries_of(document, problem.sbml)
    scenarios = _scenarios(problem, document, entries.pop(), ids)
    for readout in entries[-1]["readouts"]:
        scale = next((o.scale for o in seen.values() if readout["id"] == f"{OWNER}.{ids[o.id]}"), "lin")
        if scale != "lin":
            readout["scale"] = "log10"
    text = in_yaml(head, [*entries, *scenarios])
    check_book(text, source)
    bounds, left = _bounds(problem, document, ids)
    data = _data(problem, seen, values, document, ids)
    files = ImportedProblem(folder / FILE, folder / DATA, folder / BOUNDS, left)
    folder.mkdir(parents=True, exist_ok=True)
    files.data.write_text(data, encoding="utf-8")
    files.numbers.write_text(bounds, encoding="utf-8")
    files.book.write_text(text, encoding="utf-8")
    return files


# observables ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Observable:
    """A formula with nothing left open, and the noise of what is measured by it."""

    id: str
    formula: str
    noise: str
    scale: str


def _observables(problem: PetabProblem) -> dict[tuple[str, str], _Observable]:
    """One for each observable and each set of what measurements say for its placeholders."""
    told = {row["observableId"]: (at, row) for at, row in problem.observables.rows}
    found: dict[tuple[str, str], _Observable] = {}
    counts: dict[str, int] = {}
    for at, row in problem.measurements.rows:
        name, said = row["observableId"], row.get("observableParameters", "")
        if name not in told:
            raise fail("E715", at=at, text=name, reason="it is no observable")
        if (name, said) in found:
            continue
        where, about = told[name]
        scale = about.get("observableTransformation", "") or "lin"
        spread = about.get("noiseDistribution", "")
        if scale not in SCALES or spread not in NORMAL:
            raise fail("E716", at=where, text=name, reason=f"errors that are {spread or scale}")
        if spread in ("log-normal", "log10-normal"):
            scale = spread.removesuffix("-normal")
        counts[name] = counts.get(name, 0) + 1
        id = name if counts[name] == 1 else f"{name}_{counts[name]}"
        formula = put_in(about["observableFormula"], "observableParameter", name, said.split(";") if said else [])
        if "observableParameter" in formula:
            raise fail("E715", at=at, text=name, reason="a measurement leaves open what its observable needs")
        found[name, said] = _Observable(id, formula, about["noiseFormula"], scale)
    return found


def _with_observables(problem: PetabProblem, seen: dict[tuple[str, str], _Observable], values: dict[str, float]) -> str:
    """The model with the values of the problem, and a rule for each observable."""
    import libsbml as sbml

    read = sbml.readSBMLFromFile(str(problem.sbml))
    model = read.getModel()
    if model is None:
        return problem.sbml.read_text(encoding="utf-8")  # what reads it says what is wrong
    for name, value in values.items():
        parameter = model.getParameter(name)
        if parameter is None:
            if model.getElementBySId(name) is not None:
                raise fail("E716", at=_at(problem.parameters.file), text=name, reason="a parameter that is no number")
            parameter = model.createParameter()
            parameter.setId(name)
            parameter.setConstant(True)
        parameter.setValue(value)
    for one in seen.values():
        if model.getElementBySId(one.id) is not None:
            raise fail("E716", at=_at(problem.observables.file), text=one.id, reason="the model has this name already")
        tree = sbml.parseL3Formula(one.formula)
        if tree is None:
            reason = f"a formula that cannot be read: {one.formula}"
            raise fail("E716", at=_at(problem.observables.file), text=one.id, reason=reason)
        parameter = model.createParameter()
        parameter.setId(one.id)
        parameter.setConstant(False)
        rule = model.createAssignmentRule()
        rule.setVariable(one.id)
        rule.setMath(tree)
    return sbml.writeSBMLToString(read)


def _at(file: Path) -> Location:
    return Location(str(file), 0)


# conditions ----------------------------------------------------------------------------------------


def _scenarios(
    problem: PetabProblem, document: Document, first: dict[str, Any], ids: dict[str, str]
) -> list[dict[str, Any]]:
    """A scenario for each condition, as long as something is measured in it."""
    ends: dict[str, float] = {}
    for at, row in problem.measurements.rows:
        if row.get("preequilibrationConditionId"):
            raise fail("E716", at=at, text=row["preequilibrationConditionId"], reason="a condition that comes before")
        ends[row["simulationConditionId"]] = max(ends.get(row["simulationConditionId"], 0.0), _time(at, row))
    found = []
    for at, row in problem.conditions.rows:
        id = row.pop("conditionId")
        if id not in ends:
            continue
        row.pop("conditionName", None)
        days = ends[id] / PER_DAY[document.unit_of_time] or 1.0
        scenario = {**first, "id": id, "title": f"{document.title}, {id}", "days": days}
        scenario["every"] = f"{days / 100.0!r} day"
        numbers, events = {}, list(first.get("events", []))
        for key, said in row.items():
            if said in ("", "nan", "NaN"):
                continue
            value = number_in(said)
            if value is None:
                raise fail("E716", at=at, text=key, reason=f"a condition that sets it to {said!r}, which is estimated")
            if key in document.amounts:
                amount = f"{value * document.amounts[key].size!r} {'cell' if document.counted else 'pmol'}"
                events.append({"at": "0 day", "pool": f"{ids[key]} at {PLACE}", "set": amount})
            elif key in document.constants and not _is_size(problem, key):
                numbers[f"{OWNER}.{ids[key]}"] = repr(value)
            else:
                raise fail("E716", at=at, text=key, reason="a condition that sets what is no number or amount")
        if numbers:
            scenario["numbers"] = numbers
        if events:
            scenario["events"] = events
        found.append(scenario)
    return found


def _is_size(problem: PetabProblem, key: str) -> bool:
    import libsbml as sbml

    return sbml.readSBMLFromFile(str(problem.sbml)).getModel().getCompartment(key) is not None


def _time(at: Location, row: Row) -> float:
    time = number_in(row["time"])
    if time is None or not math.isfinite(time):
        raise fail("E716", at=at, text=row["observableId"], reason=f"a measurement at time {row['time'] or 'unknown'}")
    return time


# tables --------------------------------------------------------------------------------------------


def _data(
    problem: PetabProblem,
    seen: dict[tuple[str, str], _Observable],
    values: dict[str, float],
    document: Document,
    ids: dict[str, str],
) -> str:
    """Measured values as a table of observed ones; standard deviations that are estimated are left open."""
    estimated = {row["parameterId"] for _, row in problem.parameters.rows if row["estimate"] == "1"}
    fixed = {name: value for name, value in values.items() if name not in estimated}
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["scenario", "time", "readout", "value", "sd"])
    for at, row in problem.measurements.rows:
        one = seen[row["observableId"], row.get("observableParameters", "")]
        given = row.get("noiseParameters", "")
        noise = put_in(one.noise, "noiseParameter", row["observableId"], given.split(";") if given else [])
        value, sd = number_in(row["measurement"]), None
        if value is None:
            raise fail("E715", at=at, text=one.id, reason="a measurement has no value")
        if _bare(noise) not in estimated:
            sd = _worked_out(noise, fixed)
            if sd is None or sd <= 0.0:
                raise fail("E716", at=at, text=one.id, reason=f"errors that follow a formula, {noise}")
        if sd is not None:
            sd *= {"lin": 1.0, "log": value, "log10": value * math.log(10.0)}[one.scale]
        time = _time(at, row) / PER_DAY[document.unit_of_time]
        told = "" if sd is None else repr(sd)
        table.writerow([row["simulationConditionId"], repr(time), f"{OWNER}.{ids[one.id]}", repr(value), told])
    return text.getvalue()


def _bare(formula: str) -> str:
    """A formula without brackets about it."""
    return formula.strip("() ")


def _worked_out(formula: str, values: dict[str, float]) -> float | None:
    """A formula of constants, or None where it holds anything else."""
    import libsbml as sbml

    tree = sbml.parseL3Formula(formula)
    try:
        return None if tree is None else value_of(tree, values)
    except NoSuchShape:
        return None


def _nominal(at: Location, row: Row) -> float:
    """The value of a parameter: what is told, or the middle of its bounds."""
    if (kind := row.get("objectivePriorType", "")).lower() not in FLAT:
        raise fail("E716", at=at, text=row["parameterId"], reason=f"a prior that is {kind}")
    told = number_in(row.get("nominalValue", ""))
    if told is not None:
        return told
    least, most = (number_in(row.get(key, "")) for key in ("lowerBound", "upperBound"))
    if least is None or most is None or most <= 0.0:
        raise fail("E716", at=at, text=row["parameterId"], reason="neither a value nor bounds above zero")
    return math.sqrt(max(least, most * _APART) * most)


def _bounds(problem: PetabProblem, document: Document, ids: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """Numbers that are estimated, and how far each may go, without standard deviations; then those that stay zero."""
    text, left = StringIO(), []
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["number", "least", "most"])
    noise = {
        _bare(part)
        for _, row in (*problem.observables.rows, *problem.measurements.rows)
        for part in (row.get("noiseFormula") or row.get("noiseParameters") or "").split(";")
    }
    for at, row in problem.parameters.rows:
        name = row["parameterId"]
        if row["estimate"] != "1" or name in noise:
            continue
        value = document.constants.get(name)
        if value is None:
            raise fail("E716", at=at, text=name, reason="an estimated parameter that changes in time")
        if value < 0.0:
            raise fail("E716", at=at, text=name, reason=f"an estimated parameter of {value:g}; numbers are logarithms")
        if value == 0.0:  # has no logarithm either, but stands for itself
            left.append(name)
            continue
        least, most = (number_in(row.get(key, "")) for key in ("lowerBound", "upperBound"))
        most = most if most is not None and math.isfinite(most) else value / _APART
        least = least if least is not None and least > 0.0 else min(value, most) * _APART
        table.writerow([f"{OWNER}.{ids[name]}", repr(least), repr(most)])
    return text.getvalue(), tuple(left)
