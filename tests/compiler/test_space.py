"""Places, classes, sets, entities and their pools."""

from __future__ import annotations

import pytest

from immunity.compiler.space import alike
from immunity.language.errors import RuleErrors
from immunity.language.quantity import parse_unit
from tests.compiler.books import compiled, refused


def test_pools_run_over_places_states_index_members_and_stages_in_order() -> None:
    book = compiled("""
{kind: set, id: clone, members: [red, blue]}
---
{kind: cell, id: walker, over: clone, lives_in: {blood: [young, old], each site: []}, stages: {young: 2}}
""")
    assert [row.pool.name for row in book.space.rows] == [
        "blood.walker.young.1[red]",
        "blood.walker.young.2[red]",
        "blood.walker.young.1[blue]",
        "blood.walker.young.2[blue]",
        "blood.walker.old[red]",
        "blood.walker.old[blue]",
        "skin.walker[red]",
        "skin.walker[blue]",
    ]


def test_cells_are_counted_and_molecules_are_not_unless_they_say_so() -> None:
    book = compiled("""
{kind: cell, id: a, lives_in: {blood: []}}
---
{kind: cell, id: b, lives_in: {blood: []}, countable: false, floor: "5 cell"}
---
{kind: molecule, id: c, unit: ug, lives_in: {blood: []}}
---
{kind: molecule, id: d, unit: ug, lives_in: {blood: []}, countable: true, floor: "1 ug"}
""")
    rows = {row.pool.entity: row for row in book.space.rows}
    assert [rows[id].countable for id in "abcd"] == [True, False, False, True]
    assert [rows[id].floor for id in "abcd"] == [1.0, 5.0, 1e-3, 1e3]  # base unit of mass: ng


@pytest.mark.parametrize(
    ("text", "code", "line", "near"),
    [
        ("{kind: cell, id: blood}", "E413", "kind: cell", None),
        ("{kind: cell, id: time}", "E419", "id: time", None),
        ("{kind: place, id: lung, is: [sitee]}", "E407", "sitee", "site"),
        ("{kind: place, id: lung, links: {node: blod}}", "E402", "blod", "blood"),
        ("{kind: cell, id: a, is: [site], lives_in: {blood: []}}", "E413", "is: [site]", None),
        ("{kind: cell, id: a, lives_in: {bloood: []}}", "E402", "bloood", "blood"),
        ("{kind: cell, id: a, lives_in: {each sit: []}}", "E407", "each sit", "site"),
        ("{kind: cell, id: a, lives_in: {blood: [x]}, stages: {y: 2}}", "E403", "stages", None),
        ("{kind: cell, id: a, over: [clone], lives_in: {blood: []}}", "E404", "clone", None),
        ("{kind: cell, id: a, lives_in: {skin: [x], each site: []}}", "E413", "lives_in", None),
        ("{kind: cell, id: a, carries: {patern: '1'}}", "E407", "patern", None),
        ("{kind: set, id: clone, members: [a, a]}", "E413", "members", None),
        ("{kind: set, id: clone, members: [A]}", "E208", "members", None),
        ("{kind: cell, id: a, lives_in: {blood: []}, floor: '0 cell'}", "E516", "floor", None),
    ],
)
def test_faults_of_names_are_told_where_they_stand(text: str, code: str, line: str, near: str | None) -> None:
    refused(text, code, line=line, near=near)


@pytest.mark.parametrize(
    "text",
    ["{kind: set, id: s, members: 0}", "{kind: set, id: s, members: []}", "{kind: cell, id: a, stages: {x: 0}}"],
)
def test_empty_sets_and_chains_are_refused_by_the_schema(text: str) -> None:
    with pytest.raises(RuleErrors):
        compiled(text)


def test_members_of_a_class_give_the_numbers_it_requires() -> None:
    kind = "{kind: class, id: germ, requires: [speed]}\n---\n"
    refused(kind + "{kind: threat, id: rod, is: germ, numbers: {sped: '1'}}", "E414", line="is: germ")
    refused("{kind: class, id: wet, requires: [depth]}\n---\n{kind: place, id: sea, is: wet}", "E414", line="is: wet")
    compiled(kind + "{kind: threat, id: rod, is: germ, numbers: {speed: '1'}}")
    family = "{kind: class, id: quick, numbers: {speed: '1'}}\n---\n"
    compiled(kind + family + "{kind: threat, id: rod, is: [quick, germ]}")  # what one class gives, another may require
    refused(kind + family + "{kind: threat, id: rod, is: germ}", "E414", line="is: germ")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("cell/L", "CFU/L", True), ("cell/L", "ng/L", False), ("cell", "CFU/L", False), ("1/cell", "1/virion", True)],
)
def test_counts_are_alike(first: str, second: str, same: bool) -> None:
    assert alike(parse_unit(first)[1], parse_unit(second)[1]) is same
