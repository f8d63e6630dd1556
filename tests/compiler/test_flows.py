"""Flows: stoichiometry of every verb, hazards and their units, chains, side effects, names and keys."""

from __future__ import annotations

import math
import zlib

import pytest

from immunity.compiler.flows import _keyed_apart
from immunity.language.verbs import VERBS
from tests.compiler.books import changes, compiled, flow, flows, hazard, refused, value

CAST = """
{kind: cell, id: rod, lives_in: {blood: [a, b]}}
---
{kind: cell, id: prey, lives_in: {blood: []}}
---
{kind: cell, id: ill, lives_in: {blood: []}}
---
{kind: threat, id: virus, unit: virion, lives_in: {blood: []}}
---
{kind: molecule, id: key, unit: pmol, lives_in: {blood: []}}
---
{kind: molecule, id: lock, unit: pmol, lives_in: {blood: []}}
---
{kind: molecule, id: pair, unit: pmol, lives_in: {blood: []}}
---
{kind: molecule, id: dust, unit: ng, lives_in: {blood: []}}
---
"""


def rules(*lines: str) -> str:
    return CAST + "kind: rules\nid: r\nflows:\n" + "\n".join(f"  - {line}" for line in lines)


MOVE = {"blood.rod.a": -1.0, "blood.rod.b": 1.0}
FROM_TO = "from: rod.a at blood, to: rod.b at blood, hazard: '1 1/day'"
STOICHIOMETRY = {
    "produce": ("to: rod.a at blood, hazard: '1 cell/day'", {"blood.rod.a": 1.0}),
    "secrete": ("by: rod.a at blood, to: key at blood, hazard: '1 pmol/cell/day'", {"blood.key": 1.0}),
    "shed": ("by: rod.a at blood, to: virus at blood, hazard: '1 virion/cell/day'", {"blood.virus": 1.0}),
    "divide": ("of: rod.a at blood, hazard: '1 1/day'", {"blood.rod.a": 1.0}),
    "replicate": ("of: virus at blood, hazard: '1 1/day'", {"blood.virus": 1.0}),
    "bind": (
        "of: key at blood, partner: lock at blood, to: pair at blood, hazard: '1 L/pmol/day'",
        {"blood.key": -1.0, "blood.lock": -1.0, "blood.pair": 1.0},
    ),
    "release": (
        "of: pair at blood, to: [key at blood, lock at blood], hazard: '1 1/day'",
        {"blood.pair": -1.0, "blood.key": 1.0, "blood.lock": 1.0},
    ),
    "infect": (
        "target: prey at blood, of: virus at blood, into: ill at blood, hazard: '1 L/virion/day'",
        {"blood.prey": -1.0, "blood.virus": -1.0, "blood.ill": 1.0},
    ),
    "phagocytose": ("target: virus at blood, by: rod.a at blood, hazard: '1 1/day'", {"blood.virus": -1.0}),
    "kill": (
        "target: prey at blood, by: rod.a at blood, into: ill at blood, hazard: '1 1/day'",
        {"blood.prey": -1.0, "blood.ill": 1.0},
    ),
    "heal": ("of: ill at blood, into: prey at blood, hazard: '1 1/day'", {"blood.ill": -1.0, "blood.prey": 1.0}),
}
for loss in ("take_up", "decay", "clear", "die"):
    STOICHIOMETRY[loss] = ("of: prey at blood, hazard: '1 1/day'", {"blood.prey": -1.0})
for move in VERBS:
    STOICHIOMETRY.setdefault(move, (FROM_TO, MOVE))


@pytest.mark.parametrize("verb", VERBS)
def test_one_verb_one_stoichiometry(verb: str) -> None:
    keys, expected = STOICHIOMETRY[verb]
    book = compiled(rules(f"{{verb: {verb}, {keys}}}"))
    assert len(book.flows) == 1
    assert changes(book, book.flows[0].name) == expected


@pytest.mark.parametrize("verb", VERBS)
def test_a_wrong_unit_of_the_hazard_is_refused_for_every_verb(verb: str) -> None:
    keys, _ = STOICHIOMETRY[verb]
    wrong = keys.partition("hazard:")[0] + "hazard: '1 ng'"
    refused(rules(f"{{verb: {verb}, {wrong}}}"), "E506", line=f"verb: {verb}")


def test_partners_are_sensed_and_are_in_the_jacobian() -> None:
    book = compiled(
        rules(f"{{verb: infect, {STOICHIOMETRY['infect'][0]}}}", f"{{verb: bind, {STOICHIOMETRY['bind'][0]}}}")
    )
    table, names = book.model.tables.flows, book.model.tables.names
    for row, partner in enumerate(("blood.virus", "blood.lock")):
        assert book.signals[book.flows[row].laws[0].signal].name == f"[{partner}]"
        entries = range(table.jac_ptr[row], table.jac_ptr[row + 1])
        assert [(names.pool[table.jac_pool[k]], names.signal[table.jac_signal[k]]) for k in entries] == [
            (partner, f"[{partner}]")
        ]


def test_each_stage_of_a_staged_partner_is_met_and_lost_on_its_own() -> None:
    book = compiled(
        CAST
        + """
{kind: threat, id: spore, lives_in: {blood: [ripe]}, stages: {ripe: 2}}
---
{kind: rules, id: r, flows: [
  {verb: infect, target: prey at blood, of: spore.ripe at blood, into: ill at blood, hazard: "1 L/CFU/day"}]}
"""
    )
    assert len(book.flows) == 2
    for row, stage in zip(book.flows, (1, 2), strict=True):
        assert changes(book, row.name)[f"blood.spore.ripe.{stage}"] == -1.0
        assert book.signals[row.laws[0].signal].name == f"[blood.spore.ripe.{stage}]"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{verb: dye, of: prey at blood, hazard: '1 1/day'}", "E500"),
        ("{verb: mature, from: rod.a at blood, hazard: '1 1/day'}", "E501"),
        ("{verb: die, hazard: '1 1/day'}", "E501"),
        ("{verb: die, of: prey at blood, target: prey at blood, hazard: '1 1/day'}", "E502"),
        ("{verb: die, of: prey at blood, yields: 2, hazard: '1 1/day'}", "E502"),
        (f"{{verb: mature, {FROM_TO.replace('to: rod.b at blood', 'to: [rod.a at blood, rod.b at blood]')}}}", "E502"),
        ("{verb: die, of: prey at blood}", "E504"),
        ("{verb: die, of: prey at blood, hazard: '1 1/day', half_life: '1 day'}", "E504"),
        ("{verb: differentiate, from: rod.a at blood, to: dust at blood, hazard: '1 1/day'}", "E508"),
        ("{verb: bind, of: key at blood, partner: dust at blood, to: pair at blood, hazard: '1 L/ng/day'}", "E508"),
        ("{verb: kill, target: prey at blood, by: rodd at blood, hazard: '1 1/day'}", "E401"),
        ("{verb: kill, target: prey at blood, by: rod at skin, hazard: '1 1/day'}", "E406"),
        ("{verb: produce, to: rod at blood, hazard: '1 cell/day'}", "E406"),
        ("{verb: mature, from: rod.a at blood, to: rod.a at blood, hazard: '1 1/day'}", "E507"),
        ("{verb: die, of: prey at blood, hazard: '1 1/day', also: [{pool: dust at blood, amount: '1 ng'}]}", "E508"),
        ("{verb: die, of: prey at blood, hazard: '1 1/day', times: [blood.volume]}", "E506"),
    ],
)
def test_faults_of_rules(rule: str, code: str) -> None:
    refused(rules(rule), code, line=rule)


def test_times_other_than_hazards() -> None:
    book = compiled(
        rules(
            "{verb: die, id: a, of: prey at blood, half_life: '6 h'}",
            "{verb: die, id: b, of: prey at blood, mean_time: '6 h'}",
            "{verb: divide, id: c, of: prey at blood, doubling_time: '6 h'}",
            "{verb: die, id: d, of: prey at blood, hazard: '4 1/day'}",
        )
    )
    found = [hazard(book, row.name) for row in book.flows]
    assert found == pytest.approx([4 * math.log(2), 4.0, 4 * math.log(2), 4.0], rel=1e-14)


# chains ------------------------------------------------------------------------------------------

CHAIN = """
kind: cell
id: rod
lives_in: {blood: [young, old]}
stages: {young: 3}
initial: {"young at blood": "30 cell", "old at blood": "5 cell"}
flows:
  - {verb: mature, from: young at blood, to: old at blood, mean_time: "6 day", yields: 2,
     also: [{pool: dust at blood, amount: "7 ng/cell"}]}
  - {verb: die, of: young at blood, hazard: "0.5 1/day"}
  - {verb: deactivate, from: old at blood, to: young at blood, hazard: "1 1/day"}
  - {verb: produce, to: young at blood, hazard: "9 cell/day"}
---
{kind: molecule, id: dust, unit: ng, lives_in: {blood: []}}
"""


def test_moving_on_runs_the_chain_and_its_mean_time_is_that_of_the_whole() -> None:
    book = compiled(CHAIN)
    steps = [name for name in flows(book) if name.startswith("rod.mature")]
    assert steps == [
        "rod.mature[blood.rod.young.1 > blood.rod.young.2]",
        "rod.mature[blood.rod.young.2 > blood.rod.young.3]",
        "rod.mature[blood.rod.young.3 > blood.rod.old]",
    ]
    assert sum(1 / hazard(book, name) for name in steps) == pytest.approx(6.0)
    assert changes(book, steps[0]) == {"blood.rod.young.1": -1.0, "blood.rod.young.2": 1.0}


def test_yields_and_side_effects_count_at_the_end_of_the_chain() -> None:
    last = "rod.mature[blood.rod.young.3 > blood.rod.old]"
    assert changes(compiled(CHAIN), last) == {"blood.rod.young.3": -1.0, "blood.rod.old": 2.0, "blood.dust": 7.0}


def test_other_verbs_act_on_every_stage_and_what_comes_in_enters_the_first() -> None:
    book = compiled(CHAIN)
    assert [name for name in flows(book) if name.startswith("rod.die")] == [
        f"rod.die[blood.rod.young.{k}]" for k in (1, 2, 3)
    ]
    assert all(hazard(book, f"rod.die[blood.rod.young.{k}]") == 0.5 for k in (1, 2, 3))
    assert "rod.deactivate[blood.rod.old > blood.rod.young.1]" in flows(book)
    assert changes(book, "rod.produce[blood.rod.young.1]") == {"blood.rod.young.1": 1.0}


def test_initial_amounts_are_shared_by_the_stages() -> None:
    assert list(compiled(CHAIN).model.tables.initial) == [10.0, 10.0, 10.0, 5.0, 0.0]


def test_a_hazard_on_a_chain_is_one_over_its_mean_time() -> None:
    book = compiled(CHAIN.replace('mean_time: "6 day"', 'hazard: "0.25 1/day"'))
    assert hazard(book, "rod.mature[blood.rod.young.1 > blood.rod.young.2]") == pytest.approx(0.75)


# side effects --------------------------------------------------------------------------------------


def test_side_effects_of_a_source_count_per_what_is_made() -> None:
    rule = (
        "{{verb: secrete, by: rod.a at blood, to: key at blood, hazard: '1 pmol/cell/day',"
        " also: [{{pool: dust at blood, amount: '{0}'}}]}}"
    )
    assert changes(compiled(rules(rule.format("3 ng/pmol"))), "r.secrete[blood.rod.a > blood.key]")["blood.dust"] == 3.0
    refused(rules(rule.format("3 ng/cell")), "E508", line="also")


def test_two_side_effects_on_one_entity_keep_their_own_amounts() -> None:
    effects = (("rod.a", -1), ("rod.a", 3), ("rod.b", 2))
    also = ", ".join(f"{{pool: {pool} at blood, amount: '{amount}'}}" for pool, amount in effects)
    rule = f"{{verb: die, of: prey at blood, hazard: '1 1/day', also: [{also}]}}"
    book = compiled(rules(rule))
    assert changes(book, "r.die[blood.prey]") == {"blood.prey": -1.0, "blood.rod.a": 2.0, "blood.rod.b": 2.0}
    assert value(book, "r.die.rod_a_2.amount") == 3.0


def test_what_a_side_effect_takes_is_in_the_jacobian() -> None:
    rule = (
        "{verb: die, of: prey at blood, hazard: '1 L/ng/day', with: dust at blood,"
        " also: [{pool: dust at blood, amount: 'AMOUNT ng/cell'}]}"
    )
    for amount, entries in (("-1", 1), ("1", 0)):
        assert len(compiled(rules(rule.replace("AMOUNT", amount))).model.tables.flows.jac_pool) == entries


# modifiers -----------------------------------------------------------------------------------------


DRUG = """
---
kind: therapy
id: drug
unit: mg
lives_in: {blood: []}
numbers: {half: "1 mg/L", third: "0.3"}
modifies:
  - {flow: "r.*", falls_with: {signal: at blood, half: {use: half}}, times: [third]}
  - {flow: r.die, falls_with: {signal: drug at blood, half: "2 mg/L"}}
  - {flow: r.die, falls_with: {signal: drug at blood, half: "3 mg/L"}}
"""


def test_modifiers_lay_their_own_laws_on_flows_of_others() -> None:
    book = compiled(
        rules(
            "{verb: die, of: prey at blood, hazard: '1 1/day', needs: {signal: dust at blood, half: '1 ng/L'}}",
            "{verb: divide, of: prey at blood, hazard: '10 1/day'}",
        )
        + DRUG
    )
    die, divide = flow(book, "r.die[blood.prey]"), flow(book, "r.divide[blood.prey]")
    assert [book.numbers[law.parameters[2]].value for law in die.laws] == [1.0, 1e6, 2e6, 3e6]
    assert [book.signals[law.signal].name for law in die.laws] == ["[blood.dust]"] + ["[blood.drug]"] * 3
    assert [book.numbers[i].name for i, _ in divide.factors] == ["r.divide.hazard", "drug.third"]
    assert hazard(book, "r.divide[blood.prey]") == pytest.approx(3.0)
    assert {"drug.r.die_2.drug.half", "drug.r.die_3.drug.half"} <= set(book.numbers.index)


def test_modifiers_use_what_the_flow_has_bound() -> None:
    book = compiled("""
{kind: class, id: germ}
---
{kind: threat, id: rod, is: germ, lives_in: {each site: []}, numbers: {weak: "1 mg/L"}}
---
{kind: rules, id: r, flows: [{verb: die, of: each germ as g at each site, hazard: "1 1/day"}]}
---
{kind: therapy, id: drug, unit: mg, lives_in: {each site: []}, modifies: [
  {flow: r.die, rises_with: {signal: drug at site, half: {use: g.weak}, up_to: 9}}]}
""")
    law = book.flows[0].laws[0]
    assert book.signals[law.signal].name == "[skin.drug]"
    assert book.numbers[law.parameters[2]].name == "rod.weak"


def test_a_modifier_of_nothing_is_refused() -> None:
    refused(
        rules("{verb: die, of: prey at blood, hazard: '1 1/day'}") + DRUG.replace("flow: r.die", "flow: r.dye", 1),
        "E411",
        line="r.dye",
        near="r.die",
    )


# names and keys --------------------------------------------------------------------------------------


def test_names_of_flows_are_unique_and_say_what_the_pools_do_not_show() -> None:
    book = compiled("""
{kind: place, id: lung, is: [site], volume: "1 L"}
---
{kind: molecule, id: scent, unit: ng, lives_in: {each site: []}}
---
{kind: cell, id: rod, lives_in: {blood: []}, flows: [
  {verb: die, of: at blood, hazard: "1 1/day", also: [{pool: scent at each site, amount: "1 ng/cell"}]}]}
""")
    assert flows(book) == ["rod.die[blood.rod; site=skin]", "rod.die[blood.rod; site=lung]"]


def test_instances_that_their_pools_do_not_tell_apart_are_named_by_all_bindings() -> None:
    book = compiled("""
{kind: place, id: lung, is: [site], volume: "1 L"}
---
{kind: molecule, id: scent, unit: ng, lives_in: {each site: []}}
---
{kind: cell, id: rod, lives_in: {each site: []}, flows: [
  {verb: home, from: each site as a, to: each site as b, hazard: "1 1/day",
   also: [{pool: scent at each site as c, amount: "1 ng/cell"}]}]}
""")
    assert len(book.flows) == 8  # two to two, and where the scent is; staying is only a side effect
    assert len(set(flows(book))) == 8
    assert "rod.home[skin.rod > lung.rod][a=skin, b=lung, c=skin]" in flows(book)


def test_two_flows_of_one_name_are_refused() -> None:
    rule = "{verb: die, of: prey at blood, hazard: '1 1/day'}"
    refused(rules(rule, rule), "E413", line=rule)


def test_keys_come_from_the_name_alone_and_never_collide() -> None:
    book = compiled(rules(*(f"{{verb: die, id: d{k}, of: prey at blood, hazard: '1 1/day'}}" for k in range(20))))
    assert [row.key for row in book.flows] == [zlib.crc32(row.name.encode()) for row in book.flows]
    # "plumless" and "buckeroo" are the textbook collision of CRC-32
    rows = [book.flows[0]._replace(name=name) for name in ("plumless", "buckeroo")]
    assert zlib.crc32(b"plumless") == zlib.crc32(b"buckeroo")
    keys = {row.name: row.key for row in _keyed_apart(rows)}
    assert keys == {row.name: row.key for row in _keyed_apart(rows[::-1])}
    assert keys["buckeroo"] == zlib.crc32(b"buckeroo") != keys["plumless"]


def test_a_wrong_unit_of_a_member_is_told_at_the_member() -> None:
    book = """
{kind: place, id: dish, volume: "1 mL"}
---
{kind: class, id: germ, requires: [uptake]}
---
kind: cell
id: eater
lives_in: {dish: []}
flows:
  - {verb: kill, target: each germ at dish, by: eater at dish, hazard: {use: germ.uptake}, with: [eater at dish]}
---
{kind: threat, id: good, is: [germ], lives_in: {dish: []}, numbers: {uptake: "1 mL/cell/day"}}
---
{kind: threat, id: wrong, is: [germ], lives_in: {dish: []}, numbers: {uptake: "5 mL"}}
"""
    refused(book, "E506", line="id: wrong")


def test_what_takes_from_an_empty_pool_is_refused() -> None:
    book = """
{kind: place, id: dish, volume: "1 mL"}
---
{kind: cell, id: fuel, lives_in: {dish: []}, initial: {"at dish": "10 cell"}}
---
kind: cell
id: ash
lives_in: {dish: []}
flows:
  - {verb: produce, to: at dish, hazard: "3 cell/day", also: [{pool: fuel at dish, amount: "-1"}]}
"""
    refused(book, "E518", line="verb: produce")
    sensed = book.replace('"3 cell/day"', '"3 mL/day"').replace("also:", "with: [fuel at dish], also:")
    assert len(compiled(sensed).flows) == 1
