"""Golden tables: a toy book compiles to exactly these rows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.compiler.books import compiled, example, refused

TOY = """
{kind: molecule, id: scent, unit: ug, lives_in: {skin: []}, flows: [{verb: decay, half_life: "12 h"}]}
---
kind: cell
id: walker
lives_in: {blood: [], skin: [young, old]}
stages: {young: 2}
initial: {at blood: "100 cell"}
flows:
  - verb: extravasate
    from: blood
    to: young at each site
    hazard: "0.5 1/day"
    rises_with: {signal: scent at site, half: "1 ug/L", hill: 2, up_to: 500}
  - {verb: mature, from: young at skin, to: old at skin, mean_time: "4 day"}
  - {verb: secrete, by: old at skin, to: scent at skin, hazard: "3 ug/cell/day"}
  - {verb: die, of: old at skin, hazard: "2 L/cell/day", with: walker at skin,
     also: [{pool: scent at skin, amount: "1 ng/cell"}]}
signals:
  - {id: crowd, at: each site, sum: [{of: walker at site, weight: "0.5"}], constant: 7 cell, per: volume, unit: cell/L}
readouts:
  - {id: skin.crowd, signal: crowd at skin, unit: "1e3 cell/L"}
---
{kind: host, id: adult, settle: "2 day", ends_when: {signal: crowd at skin, below: "1 cell/L", outcome: empty}}
"""


def test_the_toy_compiles_to_exactly_these_rows() -> None:
    tables = compiled(TOY).model.tables
    names = tables.names
    assert names.pool == (
        "blood.walker",
        "skin.walker.young.1",
        "skin.walker.young.2",
        "skin.walker.old",
        "skin.scent",
    )
    assert names.pool_unit == ("cell",) * 4 + ("ug",)
    assert list(tables.initial) == [100.0, 0.0, 0.0, 0.0, 0.0]
    assert list(tables.countable) == [1, 1, 1, 1, 0]
    assert list(tables.floor) == [1.0, 1.0, 1.0, 1.0, 1e-3]
    assert names.flow == (
        "walker.extravasate[blood.walker > skin.walker.young.1]",
        "walker.mature[skin.walker.young.1 > skin.walker.young.2]",
        "walker.mature[skin.walker.young.2 > skin.walker.old]",
        "walker.secrete[skin.walker.old > skin.scent]",
        "walker.die[skin.walker.old]",
        "scent.decay[skin.scent]",
    )
    parameters = dict(zip(names.parameter, tables.theta, strict=True))
    assert parameters == pytest.approx(
        {
            "blood.volume": 5.0,
            "skin.volume": 2.0,
            "walker.extravasate.hazard": 0.5,
            "walker.extravasate.scent.half": 1e3,
            "walker.extravasate.scent.hill": 2.0,
            "1": 1.0,
            "walker.extravasate.scent.up_to": 500.0,
            "walker.mature.mean_time": 4.0,
            "walker.secrete.hazard": 3e3,
            "walker.die.hazard": 2.0,
            "walker.die.scent.amount": 1.0,
            "scent.decay.half_life": 0.5,
            "walker.crowd.weight.1": 0.5,
            "walker.crowd.constant": 7.0,
            "walker.initial.at_blood": 100.0,
        }
    )
    index = {name: i for i, name in enumerate(names.parameter)}

    flow = tables.flows
    assert list(flow.primary) == [0, 1, 2, 3, 3, 4]
    assert list(flow.coefficient) == pytest.approx([1.0, 2.0, 2.0, 1.0, 1.0, math.log(2)])
    assert list(flow.factor_ptr) == [0, 1, 2, 3, 4, 5, 6]
    assert [names.parameter[i] for i in flow.factor] == [
        "walker.extravasate.hazard",
        "walker.mature.mean_time",
        "walker.mature.mean_time",
        "walker.secrete.hazard",
        "walker.die.hazard",
        "scent.decay.half_life",
    ]
    assert list(flow.power) == [1, -1, -1, 1, 1, -1]
    assert list(flow.stoich_ptr) == [0, 2, 4, 6, 7, 9, 10]
    assert list(flow.stoich_pool) == [0, 1, 1, 2, 2, 3, 4, 3, 4, 4]
    assert list(flow.stoich_coefficient) == [-1, 1, -1, 1, -1, 1, 1, -1, 1, -1]
    assert list(flow.stoich_weight) == [-1] * 8 + [index["walker.die.scent.amount"], -1]
    assert list(flow.touches_countable) == [1, 1, 1, 0, 1, 0]
    assert list(flow.law_ptr) == [0, 1, 1, 1, 1, 2, 2]
    assert list(flow.laws.kind) == [1, 0]
    assert [names.signal[i] for i in flow.laws.signal] == ["[skin.scent]", "[skin.walker]"]
    hill = [names.parameter[i] for i in flow.laws.parameter[0]]
    assert hill == ["1", *(f"walker.extravasate.scent.{key}" for key in ("up_to", "half", "hill"))]
    assert list(flow.laws.parameter[1]) == [-1, -1, -1, -1]
    assert flow.jac_ptr[-1] == 0  # what dies is the primary pool itself; the scent it takes is not sensed
    assert len(set(flow.key.tolist())) == 6

    signal = tables.signals
    assert names.signal == ("[skin.scent]", "[skin.walker]", "crowd at skin")
    assert list(signal.term_ptr) == [0, 1, 4, 7]
    assert list(signal.term_source) == [4, 1, 2, 3, 1, 2, 3]
    assert list(signal.term_weight) == [-1] * 4 + [index["walker.crowd.weight.1"]] * 3
    assert list(signal.divisor) == [index["skin.volume"]] * 3
    assert list(signal.constant) == [-1, -1, index["walker.crowd.constant"]]

    assert list(tables.readouts.signal) == [2]
    assert list(tables.readouts.scale) == pytest.approx([1e-3])
    assert (tables.stop.signal, tables.stop.below, tables.stop.outcome) == (2, 1.0, "empty")
    assert tables.settle_days == 2.0
    assert [origin.rule for origin in tables.flow_origin][:2] == ["walker.extravasate", "walker.mature"]


def test_arrays_have_the_types_of_the_contract() -> None:
    tables = compiled(TOY).model.tables
    for name, kind in (("primary", np.int32), ("power", np.int8), ("key", np.uint32), ("touches_countable", np.uint8)):
        assert getattr(tables.flows, name).dtype == kind
    assert tables.theta.dtype == tables.initial.dtype == np.float64
    assert tables.flows.laws.parameter.shape == (2, 4)
    empty = compiled("{kind: molecule, id: x, unit: ng, lives_in: {blood: []}}").model.tables
    assert empty.flows.laws.parameter.shape == (0, 4)
    assert list(empty.flows.factor_ptr) == [0]


def test_equal_curves_are_stored_once() -> None:
    curve = "curve: {signal: time, points: [['0 day', '1'], ['1 day', '2']]}"
    tables = compiled(f"""
{{kind: cell, id: a, lives_in: {{blood: []}}, flows: [
  {{verb: die, hazard: "1 1/day", {curve}}}, {{verb: divide, hazard: "1 1/day", {curve}}}]}}
""").model.tables
    assert list(tables.curves.ptr) == [0, 2]
    assert list(tables.flows.laws.curve) == [0, 0]


INITIAL = """
{kind: set, id: dye, members: [red, blue]}
---
{kind: cell, id: a, over: dye, lives_in: {blood: [x, y], skin: [x]}, stages: {x: 2}, initial: {INITIAL}}
"""


def test_initial_amounts_are_shared_by_what_a_reference_leaves_open() -> None:
    book = compiled(INITIAL.replace("INITIAL", '"x at blood": "8 cell", "y at blood [red]": "3 cell"'))
    amounts = {row.pool.name: amount for row, amount in zip(book.space.rows, book.model.tables.initial, strict=True)}
    assert {amounts[f"blood.a.x.{k}[{dye}]"] for k in (1, 2) for dye in ("red", "blue")} == {2.0}
    assert (amounts["blood.a.y[red]"], amounts["blood.a.y[blue]"]) == (3.0, 0.0)


@pytest.mark.parametrize(
    ("initial", "code"),
    [
        ('"at blood": "8 cell"', "E406"),  # two states
        ('"a.x": "8 cell"', "E406"),  # two places
        ('"at blod": "8 cell"', "E402"),
        ('"y at skin": "8 cell"', "E406"),
        ('"x at blood": "8 ng"', "E305"),
        ('"x at blood": "8 cell", "x at blood [red]": "1 cell"', "E413"),
    ],
)
def test_faults_of_initial_amounts(initial: str, code: str) -> None:
    refused(INITIAL.replace("INITIAL", initial), code, line="initial")


def test_only_one_host_and_a_stop_in_the_unit_of_its_signal() -> None:
    refused(TOY + "---\n{kind: host, id: two}", "E413", line="id: two")
    refused(TOY.replace('below: "1 cell/L"', 'below: "1 ng"'), "E305", line="ends_when")
    refused(
        TOY.replace("ends_when: {signal: crowd at skin", "ends_when: {signal: crowdy at skin"),
        "E405",
        line="ends_when",
        near="crowd",
    )


def test_the_germinal_centre_conserves_cells_under_mutation_and_stops_at_the_last_class() -> None:
    book = example("germinal_centre.yaml")
    mutations = [row for row in book.flows if row.verb == "mutate"]
    assert len(mutations) == 2 * 3 * 2  # antigens, steps between four classes, up and down
    for row in mutations:
        assert sorted(change.coefficient for change in row.changes) == [-1.0, 1.0]
        assert {change.weight for change in row.changes} == {-1}
        one, two = (book.space.rows[change.pool].pool for change in row.changes)
        assert one.indices[0] == two.indices[0]
        assert abs(int(one.indices[1]) - int(two.indices[1])) == 1
    assert not any("5" in row.name or ",0" in row.name for row in mutations)
