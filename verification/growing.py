"""Curves of age with which somebody who grows up comes to hold what somebody holds who came to rest at that age.

    python -m verification.growing

A host is settled as if it had always had its age. What turns over in years is behind that, or ahead of it, in a body
that grows and ages: plasma cells of marrow and tissues, naive and memory T cells. Counts and antibody by age were
fitted to bodies at rest, so that these give the levels, and a life has to come to them:

- plasma cells are gathered as slowly in both, so that a body at rest is given fewer of them (`plasma_niche.gathered`),
  and each makes as much more antibody (`immunoglobulin.grown` and its like);
- T cells divide, in a life, as fast as it needs to follow the counts (`t_cd8_naive_in_life` and its like).

One life from the first day on is run as expected, and compared with bodies at rest of many ages; curves of T cells are
corrected and tried again in memory. Printed are the points to put in the place of those that are there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

import immunity as im
from immunity.cohorts import run_case
from immunity.compiler.case import Case
from immunity.compiler.tables import LAW_CURVE, Curves, Floats, Tables

YEAR = 365.25
OLDEST = 100.0  # years
EVERY = 15.0  # days
CELLS = ("t_cd8_naive", "t_cd4_naive", "t_cd8_memory", "t_cd4_memory")
PASSING = ("blood", "lymph")  # where lymphocytes neither divide nor die
ROUNDS = 12
MORE = (0.04, 0.17, 0.42, 0.79, 2.5, 4.5, 5, 7.5, 11, 14.5, 17, 17.5)  # years, of corners of curves of antibody
CLOSE = 0.01
LEAST = 0.2  # of how they divide at 35 years
KNOTS = (0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 9, 12, 15, 18, 21, 25, 30, 35, 45, 55, 65, 75, 84, 100)
GONE = 1.0 / (YEAR * (1.5 + 0.35 * np.array(KNOTS)))  # 1/day, how fast what a life is off by is corrected
ANTIBODIES = ("immunoglobulin.grown", "immunoglobulin.igm_grown", "immunoglobulin.iga_grown", "ige.grown")


def counts(case: Case, pools: Floats) -> dict[str, Floats]:
    """How many there are of each kind (float64[time]), of plasma cells by where they are."""
    found: dict[str, Floats] = {}
    for name, column in zip(case.model.tables.names.pool, pools.T, strict=True):
        place, _, kind = name.partition(".")
        if kind == "plasma_cell":
            kind = {"bone_marrow": "marrow", "gut": "tissues", "lung": "tissues", "other_tissues": "tissues"}.get(
                place, "passing" if place == "blood" else "follicles"
            )
        found[kind] = found.get(kind, np.zeros(len(column))) + column
        if kind in CELLS and place not in PASSING:
            found[f"{kind}.dividing"] = found.get(f"{kind}.dividing", np.zeros(len(column))) + column
    return found


def _held(case: Case) -> dict[str, Floats]:
    pools = run_case(case, record_pools=True).run.pools
    assert pools is not None
    return counts(case, pools)


def settled(ages: Sequence[float]) -> dict[str, Floats]:
    """What bodies at rest of these ages (years) hold, and numbers of theirs; float64[age] each."""
    rows = []
    for age in ages:
        case = im.case("healthy_adult", host={"age": f"{max(age * YEAR, 1.0):g} d"}, days=0.01)
        held = {kind: float(n[0]) for kind, n in _held(case).items()}
        at = {name: k for k, name in enumerate(case.model.tables.names.parameter)}
        numbers = ["bone_marrow.gathered", "plasma_cell.gathered"]
        numbers += [f"{cells}.{number}" for cells in CELLS for number in ("room", "divide.hazard")]
        held |= {name: float(case.theta[at[name]]) for name in numbers}
        held |= {f"{cells}.at_rest": _curve(case, f"{cells}_at_rest", age) for cells in CELLS}
        rows.append(held)
    return {kind: np.array([row[kind] for row in rows]) for kind in rows[0]}


def lived(curves: dict[str, Floats], ages: Sequence[float]) -> dict[str, Floats]:
    """What a body holds at these ages (years) that has lived since its first day, T cells dividing by these curves."""
    case = im.case("healthy_adult", host={"age": "1 d"}, days=OLDEST * YEAR, changes={"every": f"{EVERY:g} d"})
    tables = case.model.tables
    laws, each = tables.signals.laws, len(KNOTS)
    which, ptr = laws.curve.copy(), [*tables.curves.ptr]
    for cells in curves:  # a curve may be that of several signals: these get their own
        which[_law_of(tables, f"{cells}_in_life")] = len(ptr) - 1
        ptr.append(ptr[-1] + each)
    x = np.concatenate([tables.curves.x, *[np.array(KNOTS) * YEAR] * len(curves)])
    more = Curves(np.array(ptr, np.int32), x, np.concatenate([tables.curves.y, *curves.values()]))
    tables = replace(tables, curves=more, signals=replace(tables.signals, laws=replace(laws, curve=which)))
    case = replace(case, model=replace(case.model, tables=tables))
    held = _held(case)
    time = 1.0 + np.asarray(case.out_times)
    return {kind: np.interp(np.array(ages) * YEAR, time, n) for kind, n in held.items()}


def in_life(rest: dict[str, Floats], cells: str, held: Floats, gone: Floats | float = 0.0) -> Floats:
    """float64[knot]: how much faster these cells would have to divide for their number to go as ``held`` does.

    With ``gone`` (float64[knot], 1/day) ``held`` is what they are off by, and that goes away so fast too.

    Bodies at rest hold as many as make up for what dies and is not sent by the thymus; a body in which their number
    changes needs so much more of each that divides.
    """
    days = np.maximum(np.array(KNOTS) * YEAR, 1.0)
    crowding = 1.0 / (1.0 + (rest[cells] / rest[f"{cells}.room"]) ** 2)
    each = np.interp(days, 0.5 * (days[1:] + days[:-1]), np.diff(np.log(held)) / np.diff(days))
    each += gone * np.log(held)
    return each * rest[cells] / (rest[f"{cells}.divide.hazard"] * crowding * rest[f"{cells}.dividing"])


def told(name: str, values: Floats, ages: Sequence[float] = KNOTS) -> None:
    """Print the points of a curve as they stand in a rule book, without those that a straight line says as well."""
    kept = _corners(np.array(ages), values, 0, len(ages) - 1)
    points = ", ".join(f'["{ages[k]:g} year", "{values[k]:.3g}"]' for k in kept)
    print(f"{name}: [{points}]\n")


def _corners(x: Floats, y: Floats, first: int, last: int) -> list[int]:
    """Which points of a line to keep so that the others are within ``CLOSE`` of it."""
    line = np.interp(x[first : last + 1], x[[first, last]], y[[first, last]])
    off = np.abs(line - y[first : last + 1]) / np.maximum(np.abs(y[first : last + 1]), 1e-3)
    worst = first + int(np.argmax(off))
    if off[worst - first] <= CLOSE:
        return [first, last]
    return [*_corners(x, y, first, worst)[:-1], *_corners(x, y, worst, last)]


def main() -> None:
    """Work out the curves, run the life again with those of T cells, and print all."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rest = settled(KNOTS)
    curves = {cells: rest[f"{cells}.at_rest"] + in_life(rest, cells, rest[cells]) for cells in CELLS}
    life = lived(curves, KNOTS)
    for _ in range(ROUNDS):
        for cells in CELLS:
            less = in_life(rest, cells, life[cells] / rest[cells], GONE)
            curves[cells] = np.maximum(curves[cells] - 0.7 * less, LEAST)
        life = lived(curves, KNOTS)
    for cells in CELLS:
        told(f"{cells}_in_life", curves[cells])
        off = life[cells] / rest[cells] - 1.0
        print("  a life is off by", ", ".join(f"{each:.1%}" for each in off), "\n")
    gathered = {where: life[where] / rest[where] for where in ("marrow", "tissues")}
    told("bone_marrow.gathered", gathered["marrow"] * rest["bone_marrow.gathered"])
    told("plasma_cell.gathered", gathered["tissues"] * rest["plasma_cell.gathered"])
    before, after = (held["marrow"] + rest["follicles"] for held in (rest, life))
    ages = sorted({*KNOTS, *MORE})
    made = {name: [] for name in ANTIBODIES}
    for age in ages:
        case = im.case("healthy_adult", host={"age": f"{age * YEAR:g} d"}, days=1.0)
        for name, values in made.items():
            values.append(case.theta[case.model.tables.names.parameter.index(name)])
    for name, values in made.items():
        told(name, np.array(values) * np.interp(ages, KNOTS, before / after), ages)


def _law_of(tables: Tables, signal: str) -> int:
    """The law by which a signal follows age."""
    at = tables.names.signal.index(signal)
    first, last = tables.signals.law_ptr[at : at + 2]
    return int(first + np.argmax(tables.signals.laws.kind[first:last] == LAW_CURVE))


def _curve(case: Case, signal: str, age: float) -> float:
    """What the curve of age in a signal says at an age (years); 1 where there is no such signal."""
    tables = case.model.tables
    if signal not in tables.names.signal:
        return 1.0
    row = tables.signals.laws.curve[_law_of(tables, signal)]
    part = slice(*tables.curves.ptr[row : row + 2])
    return float(np.interp(age * YEAR, tables.curves.x[part], tables.curves.y[part]))


if __name__ == "__main__":
    main()
