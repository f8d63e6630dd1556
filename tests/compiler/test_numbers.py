"""Parameters: base units, names, families, derived numbers in any order, and ranges."""

from __future__ import annotations

import math

import pytest

from tests.compiler.books import compiled, refused, value


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("13 h", 13 / 24),
        ("1 mL", 1e-3),
        ("2e-8 mL/cell/min", 2e-8 * 1e-3 * 1440),
        ("3 mg/L", 3e6),
        ("5 nmol", 5e3),
        ("70 kg", 7e13),
        ("1 cm2", 1e-2),
        ("4", 4.0),
    ],
)
def test_base_units_are_day_dm_ng_pmol(text: str, base: float) -> None:
    book = compiled(f"{{kind: rules, id: r, numbers: {{x: '{text}'}}}}")
    assert math.isclose(value(book, "r.x"), base, rel_tol=1e-12)


def test_derived_numbers_may_name_numbers_that_stand_later() -> None:
    book = compiled("""
kind: rules
id: r
numbers:
  a: {derived: "2 * b", where: {b: r.b}}
  b: {derived: "c / v", where: {c: r.c, v: blood.volume}}
  c: "30 ng"
""")
    assert value(book, "r.a") == 12.0
    assert [formula.text for formula in book.numbers.formulas] == ["c / v", "2 * b"]  # each after what it needs
    assert book.numbers.index["r.c"] in book.numbers.used


def test_derived_numbers_in_a_circle_are_refused() -> None:
    text = "{kind: rules, id: r, numbers: {a: {derived: 'b', where: {b: r.b}}, b: {derived: 'a', where: {a: r.a}}}}"
    error = refused(text, "E420", line="numbers")
    assert "r.a -> r.b -> r.a" in error.message


@pytest.mark.parametrize(
    ("numbers", "code", "near"),
    [
        ("a: {derived: b, where: {b: r.bb}}, bbb: '1'", "E410", "r.bbb"),
        ("a: {derived: b, where: {b: rod.die.hazard}}", "E410", None),  # numbers of rules have no order
        ("a: {derived: b + c, where: {b: r.x, c: '1 ng'}}, x: '1 day'", "E310", None),
        ("a: {use: r.b}, b: '1'", "E512", None),
        ("a: {by: tint, values: ['1']}", "E404", None),
    ],
)
def test_faults_of_declared_numbers(numbers: str, code: str, near: str | None) -> None:
    rod = "{kind: cell, id: rod, lives_in: {blood: []}, flows: [{verb: die, hazard: '1 1/day'}]}\n---\n"
    refused(rod + f"{{kind: rules, id: r, numbers: {{{numbers}}}}}", code, line="kind: rules", near=near)


FAMILY = """
{kind: set, id: grade, members: 2}
---
kind: cell
id: rod
over: grade
lives_in: {blood: []}
numbers: {speed: {by: grade, values: ["1 1/day", "2 1/day"]}}
flows: [{verb: divide, hazard: HAZARD}]
"""


@pytest.mark.parametrize(
    "hazard", ['{by: grade, values: ["1 1/day", "2 1/day"]}', '{use: "rod.speed[grade]"}', '{use: "speed[grade]"}']
)
def test_numbers_by_a_set_go_to_their_member(hazard: str) -> None:
    book = compiled(FAMILY.replace("HAZARD", hazard))
    assert {row.name[-3:-1]: book.numbers[row.factors[0][0]].value for row in book.flows} == {"1]": 1.0, "2]": 2.0}


def test_faults_of_families() -> None:
    refused(FAMILY.replace("HAZARD", '{by: grade, values: ["1 1/day"]}'), "E513", line="divide")
    refused(FAMILY.replace("HAZARD", '{use: "speed[3]"}'), "E410", line="divide")
    refused(FAMILY.replace("HAZARD", "{use: speed}"), "E410", line="divide")
    rule = "of: blood, hazard: {by: grade, values: ['1 1/day', '2 1/day']}"
    refused(FAMILY.replace("over: grade", "").replace("hazard: HAZARD", rule), "E408", line="divide")


def test_a_matrix_has_a_number_for_each_pair() -> None:
    text = "{kind: set, id: dye, members: [a, b], matrix: {overlap: [['1', '0.2'], ['0.3', '1']]}}"
    book = compiled(text)
    assert value(book, "dye.overlap[a,b]") == 0.2
    assert value(book, "dye.overlap[b,a]") == 0.3
    refused(text.replace(", '1']]", "]]"), "E513", line="matrix")


RULE = "{{kind: cell, id: rod, lives_in: {{blood: []}}, flows: [{{verb: die, hazard: '1 1/day', {0}}}]}}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{kind: place, id: sea, volume: '0 L'}", "E516"),
        ("{kind: place, id: sea, volume: '1 kg'}", "E305"),
        ("{kind: cell, id: rod, lives_in: {blood: []}, flows: [{verb: die, hazard: '-1 1/day'}]}", "E516"),
        ("{kind: cell, id: rod, lives_in: {blood: []}, flows: [{verb: die, half_life: '0 h'}]}", "E511"),
        (RULE.format("needs: {signal: at blood, half: '0 cell/L'}"), "E516"),
        (RULE.format("needs: {signal: at blood, half: '1 cell/L', hill: 0}"), "E516"),
        (RULE.format("rises_with: {signal: at blood, half: '1 cell/L', up_to: -1}"), "E516"),
        (RULE.format("saturates: {killers: at blood, targets: at blood, half: '0 cell/L'}"), "E516"),
        ("{kind: cell, id: rod, lives_in: {blood: []}, initial: {at blood: '-1 cell'}}", "E516"),
    ],
)
def test_numbers_out_of_range_are_refused(text: str, code: str) -> None:
    refused(text, code, line="kind: " + text.split()[1])


def test_two_numbers_never_share_a_name() -> None:
    first = "{kind: rules, id: rod, numbers: {speed: '1'}}\n---\n"
    refused(first + "{kind: cell, id: rod, lives_in: {blood: []}, numbers: {speed: '2'}}", "E413")


def test_near_misses_leave_out_the_constants_of_the_grammar() -> None:
    error = refused(
        RULE.format("times: [rod.sped]").replace("id: rod", "id: rod, numbers: {speed: '1'}"), "E410", near="rod.speed"
    )
    assert "0" not in error.known


def test_a_member_has_the_number_of_its_first_class_that_gives_one() -> None:
    book = compiled("""
{kind: class, id: quick, numbers: {pace: "3 1/day"}}
---
kind: class
id: bug
numbers: {pace: "1 1/day"}
flows: [{verb: divide, of: "each bug at blood", hazard: {use: bug.pace}}]
---
{kind: cell, id: plain_bug, is: [bug], lives_in: {blood: []}}
---
{kind: cell, id: quick_bug, is: [quick, bug], lives_in: {blood: []}}
---
{kind: cell, id: own_bug, is: [quick, bug], lives_in: {blood: []}, numbers: {pace: "7 1/day"}}
""")
    names = {flow.name: [book.numbers[index].name for index, _ in flow.factors] for flow in book.flows}
    assert [names[f"bug.divide[blood.{id}]"] for id in ("plain_bug", "quick_bug", "own_bug")] == [
        ["bug.pace"],
        ["quick.pace"],
        ["own_bug.pace"],
    ]


def test_a_number_that_neither_member_nor_class_gives_is_refused() -> None:
    text = """
{kind: class, id: bug, flows: [{verb: divide, of: "each bug at blood", hazard: {use: bug.pace}}]}
---
{kind: cell, id: plain_bug, is: [bug], lives_in: {blood: []}}
"""
    refused(text, "E410", line="pace")
