"""Problems of PEtab, format 2, told as those of format 1: experiments of one period, and conditions in rows."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from immunity.interop.petab_read import PetabProblem, Row, Table, number_in, read_tables
from immunity.language.errors import Location, fail

UNNAMED = "as_published"  # what is measured in no experiment: the model as it is


def read_format_2(path: Path, told: dict[str, Any], at: Location) -> PetabProblem:
    """Read the tables that a problem names.

    Raises
    ------
    RuleError
        E101, E715, E716 as :func:`immunity.interop.petab_read.read_problem`.
    """
    for key, what in (("mapping_files", "a table of mappings"), ("extensions", "an extension")):
        if told.get(key):
            raise fail("E716", at=at, text=path.name, reason=what)
    models = list((told.get("model_files") or {}).values())
    if len(models) != 1 or str(models[0].get("language", "")).lower() != "sbml":
        raise fail("E716", at=at, text=path.name, reason="more or less than one model in SBML in a problem")

    def tables(key: str, needed: tuple[str, ...], *, may_lack: bool = False) -> Table:
        named = told.get(key) or []
        if not named and not may_lack:
            raise fail("E715", at=at, text=str(path), reason=f"it names no {key}")
        return read_tables([path.parent / name for name in ([named] if isinstance(named, str) else named)], needed)

    conditions = tables("condition_files", ("conditionId", "targetId", "targetValue"), may_lack=True)
    experiments = tables("experiment_files", ("experimentId", "time", "conditionId"), may_lack=True)
    measurements = tables("measurement_files", ("observableId", "time", "measurement"))
    rows = [
        (where, {**row, "simulationConditionId": row.get("experimentId") or UNNAMED})
        for where, row in measurements.rows
    ]
    return PetabProblem(
        path.parent / str(models[0]["location"]),
        Table(conditions.file, list(_experiments(conditions, experiments, rows))),
        Table(measurements.file, rows),
        _changed(tables("observable_files", ("observableId", "observableFormula", "noiseFormula")), _observable),
        _changed(tables("parameter_files", ("parameterId", "estimate")), _parameter),
    )


def _changed(table: Table, change: Callable[[Location, Row], Row]) -> Table:
    return Table(table.file, [(at, change(at, row)) for at, row in table.rows])


def _experiments(
    conditions: Table, experiments: Table, measured: Iterable[tuple[Location, Row]]
) -> Iterable[tuple[Location, Row]]:
    """Each experiment as one condition of format 1: what it sets as it begins."""
    sets: dict[str, Row] = {}
    for _, row in conditions.rows:
        sets.setdefault(row["conditionId"], {})[row["targetId"]] = row["targetValue"]
    made: dict[str, tuple[Location, Row]] = {}
    for at, row in experiments.rows:
        name, start, condition = row["experimentId"], number_in(row["time"]), row["conditionId"]
        if start is not None and math.isinf(start):
            raise fail("E716", at=at, text=name, reason="a condition that comes before (preequilibration)")
        if start != 0.0:
            raise fail("E716", at=at, text=name, reason=f"a period that begins at time {row['time'] or 'unknown'}")
        if condition and condition not in sets:
            raise fail("E715", at=at, text=condition, reason="it is no condition")
        _, before = made.setdefault(name, (at, {"conditionId": name}))
        before |= sets.get(condition, {})
    for at, row in measured:
        name = row["simulationConditionId"]
        if name == UNNAMED:
            made.setdefault(name, (at, {"conditionId": name}))
        elif name not in made:
            raise fail("E715", at=at, text=name, reason="it is no experiment")
    return made.values()


def _observable(at: Location, row: Row) -> Row:
    """Placeholders by number instead of by name."""
    changed = dict(row)
    for formula, kind in (("observableFormula", "observable"), ("noiseFormula", "noise")):
        names = [name.strip() for name in row.get(f"{kind}Placeholders", "").split(";") if name.strip()]
        for number, name in enumerate(names, 1):
            new = f"{kind}Parameter{number}_{row['observableId']}"
            changed[formula] = re.sub(rf"\b{re.escape(name)}\b", new, changed[formula])
    return changed


def _parameter(at: Location, row: Row) -> Row:
    changed = {**row, "estimate": "1" if row["estimate"].lower() in ("true", "1") else "0"}
    kind, given = row.get("priorDistribution", ""), row.get("priorParameters", "").split(";")
    changed["objectivePriorType"] = kind
    if kind == "uniform" and len(given) == 2:  # bounds cut it off
        for key, said, tighter in (("lowerBound", given[0], max), ("upperBound", given[1], min)):
            ends = [end for end in (number_in(row.get(key, "")), number_in(said)) if end is not None]
            changed[key] = repr(tighter(ends)) if ends else ""
    return changed
