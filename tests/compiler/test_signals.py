"""Signals and laws: values, units, places, indices, classes, cycles."""

from __future__ import annotations

import math

import pytest

from tests.compiler.books import compiled, example, refused, signal_value, value

SCENT = """
{kind: molecule, id: scent, unit: ug, lives_in: {blood: [free, bound], skin: []}, initial: {"free at blood": "5 ug"}}
---
"""


def sensing(signals: str, *, sense: str = "x", flow: str = "needs: {{signal: {0}, half: '1'}}") -> str:
    """A book whose cell senses a signal."""
    rule = f"{{verb: die, hazard: '1 1/day', {flow.format(sense)}}}"
    cell = f"{{kind: cell, id: rod, lives_in: {{blood: []}}, flows: [{rule}]}}"
    return SCENT + f"kind: rules\nid: r\nsignals:\n{signals}\n---\n{cell}"


def test_a_pool_in_a_sum_is_an_amount_and_in_a_law_a_concentration() -> None:
    book = compiled(
        sensing(
            "  - {id: x, sum: [scent at blood], constant: '1 ug', unit: ug}",
            flow="needs: [{{signal: {0}, half: '1 ug'}}, {{signal: scent at blood, half: '1 ug/L'}}]",
        )
    )
    assert signal_value(book, "x") == 6000.0  # ng
    assert signal_value(book, "[blood.scent]") == 1000.0  # ng/L
    assert book.signals[book.signals.index["[blood.scent]"]].unit == "ug/L"


def test_per_divides_by_the_volume_of_the_place_or_by_a_number() -> None:
    lines = """
  - {id: a, at: blood, sum: [scent at blood], per: volume, unit: ug/L}
  - {id: b, sum: [scent at blood], per: volume of skin, unit: ug/L}
  - {id: c, sum: [scent at blood], per: skin.volume, unit: ug/L}
  - {id: x, sum: [{of: a, weight: "1 L/ug"}, {of: b, weight: "1 L/ug"}, {of: c, weight: "1 L/ug"}]}"""
    book = compiled(sensing(lines))
    assert [signal_value(book, name) for name in ("a at blood", "b", "c")] == [1000.0, 2500.0, 2500.0]
    assert math.isclose(signal_value(book, "x"), 1.0 + 2.5 + 2.5)


def test_laws_multiply_the_sum() -> None:
    lines = """
  - {id: y, sum: [scent at blood], unit: ug}
  - id: x
    constant: "3"
    rises_with: {signal: y, half: "5 ug", up_to: 5}
    falls_with: {signal: y, half: "5 ug", hill: 2, down_to: 0.5}
    curve: {signal: y, points: [["0 ug", "0"], ["10 ug", "1"]]}"""
    book = compiled(sensing(lines))
    assert math.isclose(signal_value(book, "x"), 3 * 3 * 0.75 * 0.5)


def test_time_and_age_are_signals() -> None:
    lines = "  - {id: x, sum: [{of: age, weight: '1 1/day'}, {of: time, weight: '1 1/day'}]}"
    host = "\n---\n{kind: host, id: adult, attributes: {age: '100 day'}}"
    book = compiled(sensing(lines) + host)
    assert signal_value(book, "x", time=2.0) == 104.0
    refused(sensing(lines), "E405", line="sum")  # nobody has an age
    refused(sensing("  - {id: x, sum: [time at blood], unit: day}"), "E405")


def test_two_laws_on_one_signal_have_numbers_of_their_own() -> None:
    laws = """
      rises_with: [
        {{signal: scent at blood, half: "1 ug/L", up_to: 2}},
        {{signal: scent at skin, half: "2 ug/L", up_to: 3}}],
      falls_with: {{signal: scent.free at blood, half: "3 ug/L"}},
      needs: {{signal: scent at blood, half: "4 ug/L"}}"""
    book = compiled(sensing("  - {id: x, constant: '1'}", flow=laws))
    halves = {name: value(book, name) for name in book.numbers.index if name.endswith("half")}
    assert halves == {
        "rod.die.scent.half": 1e3,
        "rod.die.scent_2.half": 2e3,
        "rod.die.scent_3.half": 4e3,
        "rod.die.scent_free.half": 3e3,
    }
    assert [book.numbers[law.parameters[2]].value for law in book.flows[0].laws] == [1e3, 2e3, 4e3, 3e3]


@pytest.mark.parametrize(
    ("signals", "code", "line"),
    [
        ("  - {id: x, sum: [scent at blood], unit: ug/L}", "E505", "id: x"),
        ("  - {id: x, sum: [scent at blood], per: volume, unit: ug}", "E417", "id: x"),
        ("  - {id: x, sum: [scent at blood, rod at blood], unit: ug}", "E510", "id: x"),
        ("  - {id: x, sum: [scent at blood], constant: '1', unit: ug}", "E510", "id: x"),
        ("  - {id: x, sum: [y]}\n  - {id: y, sum: [x]}", "E503", "id: x"),
        ("  - {id: x, sum: [scnt at blood]}", "E405", "id: x"),
        ("  - {id: x, sum: [scent at blood], per: blood.volum, unit: ug}", "E410", "id: x"),
        ("  - {id: x, curve: {signal: time, points: [['0 day', '1']]}}", "E509", "id: x"),
        ("  - {id: x, curve: {signal: time, points: [['0 day', '1'], ['0 day', '2']]}}", "E509", "id: x"),
        ("  - {id: x, curve: {signal: time, points: [['0 ng', '1'], ['1 ng', '2']]}}", "E505", "id: x"),
        ("  - {id: x, curve: {signal: time, points: [['0 day', '1 ng'], ['1 day', '2 ng']]}}", "E505", "id: x"),
        ("  - {id: blood, constant: '1'}", "E413", "id: blood"),
        ("  - {id: time, constant: '1'}", "E419", "id: time"),
        ("  - {id: x, constant: '1'}\n  - {id: x, constant: '1'}", "E413", "id: x"),
    ],
)
def test_faults_of_signals(signals: str, code: str, line: str) -> None:
    refused(sensing(signals), code, line=line)


def test_a_signal_made_of_laws_alone_is_a_pure_number() -> None:
    lines = "  - {id: x, needs: {signal: scent at blood, half: '1 ug/L'}}"
    compiled(sensing(lines))
    refused(sensing(lines, flow="needs: {{signal: {0}, half: '1 ug/L'}}"), "E505", line="verb: die")


@pytest.mark.parametrize("sense", ["x at blood", "x [rod]", "x at blood [rod]"])
def test_a_place_or_index_that_a_signal_does_not_have_is_refused(sense: str) -> None:
    refused(sensing("  - {id: x, constant: '1'}", sense=f"'{sense}'"), "E405", line="verb: die")


def test_a_signal_at_a_fixed_place_is_not_at_another() -> None:
    lines = "  - {id: x, at: blood, constant: '1'}"
    assert "x at blood" in compiled(sensing(lines)).signals.index
    assert "x at blood" in compiled(sensing(lines, sense="x at blood")).signals.index
    error = refused(sensing(lines, sense="x at skin"), "E405", line="verb: die")
    assert error.known == ("x at blood",)


def test_a_signal_at_each_place_takes_its_place_from_the_reference() -> None:
    lines = "  - {id: x, at: each site, sum: [{of: scent at site, weight: '1 1/ug'}]}"
    book = compiled(sensing(lines, sense="x at skin"))
    assert signal_value(book, "x at skin", {"skin.scent": 2000.0}) == 2.0
    error = refused(sensing(lines, sense="x at blood"), "E405", line="verb: die")
    assert error.known == ("x at skin",)


def test_a_sum_without_a_place_runs_over_the_places_of_a_signal() -> None:
    lines = """
  - {id: y, at: each place, power: {signal: scent at place, of: 1 ug/L, exponent: 1}}
  - {id: z, at: each place, sum: [y]}
  - {id: x, sum: [{of: y, weight: "2"}, {of: z at skin, weight: "0"}]}"""
    book, amounts = compiled(sensing(lines)), {"skin.scent": 2000.0, "blood.scent.free": 3000.0}
    apart = [signal_value(book, f"y at {place}", amounts) for place in ("blood", "skin")]
    assert min(apart) > 0.0
    assert math.isclose(signal_value(book, "x", amounts), 2.0 * sum(apart))
    assert signal_value(book, "z at skin", amounts) == signal_value(book, "y at skin", amounts)  # it has a place itself


def test_a_fault_in_a_signal_that_nothing_senses_is_told_too() -> None:
    refused(
        sensing("  - {id: x, constant: '1'}\n  - {id: y, sum: [scnt at blood]}"), "E405", line="id: y", near="scent"
    )
    refused(sensing("  - {id: x, constant: '1'}\n  - {id: y, sum: [scent at blood]}"), "E505", line="id: y")
    book = compiled(sensing("  - {id: x, constant: '1'}\n  - {id: y, constant: '7'}"))
    assert "y" not in book.signals.index
    assert "r.y.constant" not in book.numbers.index


# classes -----------------------------------------------------------------------------------------

GERMS = """
{kind: class, id: germ}
---
{kind: class, id: pattern, unit: CFU/L}
---
{kind: threat, id: rod, is: germ, lives_in: {blood: []}, carries: {pattern: "2"}}
---
{kind: threat, id: coccus, is: germ, lives_in: {blood: []}}
---
{kind: molecule, id: wall, unit: ng, lives_in: {blood: []}, carries: {pattern: "10 CFU/ng"}}
---
{kind: cell, id: eater, lives_in: {blood: [], skin: []}, flows: [{verb: die, of: at blood, hazard: "1 1/day", LAW}]}
"""


def test_a_class_with_a_unit_is_the_weighted_sum_of_what_is_carried() -> None:
    book = compiled(GERMS.replace("LAW", "needs: {signal: pattern at blood, half: '1 CFU/L'}"))
    assert signal_value(book, "pattern at blood", {"blood.rod": 50.0, "blood.coccus": 1e9, "blood.wall": 3.0}) == 26.0


def test_a_class_without_a_unit_is_the_concentration_of_its_members() -> None:
    book = compiled(GERMS.replace("LAW", "needs: {signal: germ at blood, half: '1 CFU/L'}"))
    assert signal_value(book, "germ at blood", {"blood.rod": 50.0, "blood.coccus": 5.0}) == 11.0


def test_a_class_of_which_nothing_is_there_is_zero_in_any_unit() -> None:
    at_skin = GERMS.replace("at blood, hazard", "at skin, hazard")
    for law in ("needs: {signal: germ at skin, half: '1 CFU/L'}", "with: [germ at skin]"):
        book = compiled(at_skin.replace("LAW", law))
        assert signal_value(book, "germ at skin") == 0.0


def test_what_is_carried_has_to_give_the_unit_of_the_class() -> None:
    text = GERMS.replace("LAW", "needs: {signal: pattern at blood, half: '1 CFU/L'}")
    refused(text.replace("10 CFU/ng", "10"), "E505", line="id: wall")
    refused(text.replace("unit: CFU/L", "unit: CFU/LL"), "E304", line="id: pattern")
    refused(GERMS.replace("LAW", "needs: {signal: 'germ at blood [rod]', half: '1 CFU/L'}"), "E405", line="id: eater")


def test_pools_of_a_state_of_a_class_are_not_taken_for_the_whole_of_its_first_member() -> None:
    book = compiled("""
{kind: class, id: germ}
---
{kind: threat, id: rod, is: germ, lives_in: {blood: [free, stuck]}}
---
{kind: threat, id: coccus, is: germ, lives_in: {blood: [free, stuck]}, flows: [
  {verb: die, of: free at blood, hazard: "1 1/day", needs: [
    {signal: rod at blood, half: "1 CFU/L"}, {signal: germ.free at blood, half: "1 CFU/L"}]}]}
""")
    amounts = {"blood.rod.free": 5.0, "blood.rod.stuck": 10.0, "blood.coccus.free": 20.0}
    first, second = (book.signals[law.signal].name for law in book.flows[0].laws)
    assert signal_value(book, first, amounts) == 3.0
    assert signal_value(book, second, amounts) == 5.0


# index sets --------------------------------------------------------------------------------------


def test_weights_by_an_index_and_by_a_matrix_reach_the_signals() -> None:
    book = example("germinal_centre.yaml")
    amounts = {"node.antibody[h1,1]": 100.0, "node.antibody[h1,4]": 3.0, "node.antibody[h3,2]": 10.0}
    potency = {"h1": 100 * 0.001 + 3 * 1.0, "h3": 10 * 0.01}
    for antigen, expected in potency.items():
        assert math.isclose(signal_value(book, f"potency at node[{antigen}]", amounts), expected)
    assert math.isclose(signal_value(book, "neutralising at node[h1]", amounts), potency["h1"] + 0.2 * potency["h3"])
    assert math.isclose(signal_value(book, "neutralising at node[h3]", amounts), 0.2 * potency["h1"] + potency["h3"])


DYES = """
{kind: set, id: dye, members: [a, b], matrix: {overlap: [["1", "0.2"], ["0.3", "1"]]}}
---
{kind: molecule, id: paint, unit: ng, over: dye, lives_in: {blood: []}}
---
kind: rules
id: r
signals:
  - {id: own, of: each dye, sum: [{of: "paint at blood [dye]", weight: "1 1/ng"}]}
  - {id: seen, of: each dye, sum: [{of: "SUMMED", weight: {use: "dye.overlap[dye, other]"}}]}
---
{kind: cell, id: eye, lives_in: {blood: []}, flows: [
  {verb: die, hazard: "1 1/day", needs: {signal: "SENSED", half: "1"}}]}
"""


def dyes(summed: str = "own [*dye as other]", sensed: str = "seen [a]") -> str:
    return DYES.replace("SUMMED", summed).replace("SENSED", sensed)


def test_a_matrix_is_read_by_row_then_column() -> None:
    book = compiled(dyes())
    assert math.isclose(signal_value(book, "seen[a]", {"blood.paint[a]": 1.0, "blood.paint[b]": 10.0}), 1 + 0.2 * 10)
    assert "seen[b]" not in book.signals.index  # nobody asked
    book = compiled(dyes(sensed="seen [b]"))
    assert math.isclose(signal_value(book, "seen[b]", {"blood.paint[a]": 1.0, "blood.paint[b]": 10.0}), 0.3 + 10)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (dyes(sensed="seen"), "E418"),
        (dyes(sensed="seen [c]"), "E404"),
        (dyes(sensed="seen [*dye]"), "E404"),  # a law cannot sum
        (dyes(sensed="seen [b+1]"), "E404"),
        (dyes(sensed="seen [a, b]"), "E418"),
        (dyes(summed="own [*dye]"), "E410"),  # `other` is not bound
        (dyes(summed="own [*die as other]"), "E404"),
    ],
)
def test_faults_of_indices_of_signals(text: str, code: str) -> None:
    refused(text, code)


def test_weights_of_different_units_in_one_sum_are_refused() -> None:
    text = dyes().replace('weight: "1 1/ng"', 'weight: {by: dye, values: ["1 1/ng", "1 1/CFU"]}')
    refused(
        text.replace('"paint at blood [dye]"', '"paint at blood [*dye]"')
        .replace('of: each dye, sum: [{of: "paint', 'sum: [{of: "paint')
        .replace("own [*dye as other]", "own")
        .replace('{use: "dye.overlap[dye, other]"}', "'1'"),
        "E510",
        line="id: own",
    )


def test_an_index_over_a_class_takes_any_entity_of_it_however_it_was_bound() -> None:
    text = """
{kind: class, id: germ}
---
{kind: class, id: round}
---
{kind: threat, id: coccus, is: [germ, round], lives_in: {blood: []}}
---
{kind: threat, id: ball, is: round, lives_in: {blood: []}}
---
kind: rules
id: r
signals: [{id: coat, of: each germ, sum: [{of: germ at blood, weight: "1 1/CFU"}]}]
flows: [{verb: die, of: each round as one at blood, hazard: "1 1/day", needs: {signal: "coat [one]", half: "1"}}]
"""
    refused(text, "E404", line="verb: die")  # a ball has no coat
    book = compiled(text.replace("id: ball, is: round", "id: ball, is: [germ, round]"))
    assert signal_value(book, "coat[ball]", {"blood.ball": 3.0, "blood.coccus": 5.0}) == 3.0


def test_functions_of_signals_bring_their_dimension() -> None:
    book = compiled(
        """
{kind: place, id: dish, volume: "1 mL"}
---
kind: cell
id: sheep
lives_in: {dish: [healthy, sick]}
initial: {"healthy at dish": "1000 cell"}
signals:
  - {id: flock, at: dish, sum: [sheep at dish], per: volume, unit: cell/mL}
  - {id: room, at: dish, log: {signal: flock at dish, of: "1e6 cell/mL"}}
flows:
  - verb: infect
    target: healthy at dish
    of: sick at dish
    into: sick at dish
    spares: true
    hazard: "1 1/day"
    divided_by: flock at dish
  - verb: die
    of: sick at dish
    hazard: "1 1/day"
    power: {signal: flock at dish, of: "1 cell/mL", exponent: 0.75}
    exp: {signal: time, of: "10 day"}
"""
    )
    infect, die = book.flows
    assert [(change.coefficient, book.space.rows[change.pool].pool.state) for change in infect.changes] == [
        (-1.0, "healthy"),
        (1.0, "sick"),
    ]
    assert [law.key for law in infect.laws] == ["of", "divided_by"]
    assert [law.key for law in die.laws] == ["power", "exp"]
    assert "sheep.die.flock.exponent" in book.numbers.index


def test_the_fourth_power_of_a_concentration() -> None:
    book = compiled(
        """
{kind: place, id: dish, volume: "1 mL"}
---
kind: cell
id: a
lives_in: {dish: []}
flows:
  - {verb: die, hazard: "1 mL^4/cell^4/day", with: [a at dish, a at dish, a at dish, a at dish]}
"""
    )
    assert len(book.flows[0].laws) == 4
