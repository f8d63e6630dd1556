"""What references mean: variables, default places, links, states and indices."""

from __future__ import annotations

import pytest

from tests.compiler.books import changes, compiled, flows, refused, signal_value

SETS = """
{kind: set, id: clone, members: [red, blue]}
---
{kind: set, id: grade, members: 3}
---
"""
CELL = (
    SETS
    + """
kind: cell
id: walker
over: [clone, grade]
lives_in: {blood: []}
flows:
"""
)


def test_each_binds_places_and_links_follow() -> None:
    book = compiled("""
{kind: place, id: lung, is: [site], volume: "1 L", links: {node: blood}}
---
{kind: cell, id: walker, lives_in: {blood: [], each site: []}, flows: [
  {verb: home, from: each site, to: site.node, hazard: "1 1/day"},
  {verb: extravasate, from: blood, to: each site as there, hazard: "1 1/day"}]}
""")
    assert flows(book) == [
        "walker.home[skin.walker > blood.walker]",
        "walker.home[lung.walker > blood.walker]",
        "walker.extravasate[blood.walker > skin.walker]",
        "walker.extravasate[blood.walker > lung.walker]",
    ]


def test_each_binds_entities_and_numbers_of_the_bound_one_are_used() -> None:
    book = compiled("""
{kind: class, id: germ, requires: [speed], flows: [
  {verb: replicate, of: each germ as g at each site, hazard: {use: g.speed}}]}
---
{kind: threat, id: rod, is: germ, lives_in: {each site: []}, numbers: {speed: "2 1/day"}}
---
{kind: threat, id: coccus, is: germ, lives_in: {each site: []}, numbers: {speed: "3 1/day"}}
""")
    rows = {row.name: book.numbers[row.factors[0][0]].value for row in book.flows}
    assert rows == {"germ.replicate[skin.rod]": 2.0, "germ.replicate[skin.coccus]": 3.0}


def test_a_rule_that_mentions_no_index_runs_over_all_members() -> None:
    assert len(compiled(CELL + "  - {verb: die, hazard: '1 1/day'}").flows) == 6


def test_steps_stop_at_the_end_of_an_ordered_set() -> None:
    rule = "  - {verb: mutate, from: 'blood [each clone, each grade]', to: 'blood [clone, grade+1]', hazard: '1 1/day'}"
    assert flows(compiled(CELL + rule)) == [
        f"walker.mutate[blood.walker[{clone},{grade}] > blood.walker[{clone},{grade + 1}]]"
        for clone in ("red", "blue")
        for grade in (1, 2)
    ]


def test_without_brackets_a_law_sums_all_members_but_a_move_keeps_the_member() -> None:
    book = compiled(CELL + "  - {verb: die, hazard: '1 1/day', falls_with: {signal: at blood, half: '1 cell/L'}}")
    laws = {law.signal for row in book.flows for law in row.laws}
    assert len(laws) == 1
    assert (
        signal_value(book, "[blood.walker]", {f"blood.walker[{c},{g}]": 5.0 for c in ("red", "blue") for g in "123"})
        == 6.0
    )


def test_a_star_in_a_law_means_all_members_even_where_the_rule_has_bound_the_set() -> None:
    rule = (
        "  - {verb: die, of: 'blood [each clone, each grade]', hazard: '1 1/day',"
        " falls_with: {signal: 'at blood [clone, *grade]', half: '1 cell/L'}}"
    )
    book = compiled(CELL + rule)
    assert len({law.signal for row in book.flows for law in row.laws}) == 2  # one for each clone
    name = book.signals[book.flows[0].laws[0].signal].name
    assert signal_value(book, name, {"blood.walker[red,1]": 5.0, "blood.walker[red,3]": 10.0}) == 3.0


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{verb: die, of: 'blood [each grade, each clone]', hazard: '1 1/day'}", "E404"),  # in the wrong order
        ("{verb: die, of: 'blood [each clone]', hazard: '1 1/day'}", "E416"),
        ("{verb: die, of: 'blood [green, 1]', hazard: '1 1/day'}", "E404"),
        ("{verb: die, of: 'blood [red, 4]', hazard: '1 1/day'}", "E404"),
        ("{verb: die, of: 'blood [*grade, 1]', hazard: '1 1/day'}", "E404"),
        ("{verb: die, of: at each grade, hazard: '1 1/day'}", "E407"),
        ("{verb: die, of: at site, hazard: '1 1/day'}", "E408"),
        ("{verb: die, of: skin.walker at blood, hazard: '1 1/day'}", "E401"),
        ("{verb: die, of: walker.sleepy at blood, hazard: '1 1/day'}", "E403"),
        ("{verb: die, of: at skin.nod, hazard: '1 1/day'}", "E409"),
        ("{verb: die, of: each sit as s at blood, hazard: '1 1/day'}", "E407"),
        ("{verb: die, at: each site as blood, hazard: '1 1/day'}", "E415"),
        ("{verb: home, from: each site as s, to: each clone as s, hazard: '1 1/day'}", "E415"),
        ("{verb: die, of: at skin, hazard: '1 1/day'}", "E507"),  # a place where it does not live
        ("{verb: home, from: blood, to: skin, hazard: '1 1/day'}", "E406"),
        ("{verb: die, of: blood @ skin, hazard: '1 1/day'}", "E400"),
    ],
)
def test_faults_of_references_are_told_where_they_stand(rule: str, code: str) -> None:
    refused(CELL + "  - " + rule, code, line=rule)


def test_a_primary_pool_without_a_place_is_each_of_its_places_and_laws_sense_its_own() -> None:
    book = compiled("""
{kind: molecule, id: scent, unit: ng, lives_in: {blood: [], skin: []}}
---
kind: cell
id: walker
lives_in: {blood: [], skin: []}
flows: [{verb: die, hazard: "1 1/day", rises_with: {signal: scent, half: "1 ng/L", up_to: 2}}]
""")
    sensed = {row.name: book.signals[row.laws[0].signal].name for row in book.flows}
    assert sensed == {"walker.die[blood.walker]": "[blood.scent]", "walker.die[skin.walker]": "[skin.scent]"}


def test_the_place_under_at_is_the_default_of_everything() -> None:
    book = compiled("""
{kind: molecule, id: scent, unit: ng, lives_in: {blood: [], skin: []}}
---
kind: cell
id: walker
lives_in: {blood: [], skin: []}
flows: [{verb: secrete, at: each site, by: walker, to: scent, hazard: "1 ng/cell/day",
  falls_with: {signal: scent, half: "1 ng/L"}}]
""")
    assert flows(book) == ["walker.secrete[skin.walker > skin.scent]"]
    assert changes(book, "walker.secrete[skin.walker > skin.scent]") == {"skin.scent": 1.0}
    assert book.signals[book.flows[0].laws[0].signal].name == "[skin.scent]"


def test_what_is_made_goes_to_the_place_of_the_primary_pool() -> None:
    book = compiled("""
{kind: cell, id: walker, lives_in: {blood: [calm, angry], skin: [calm, angry]}, flows: [
  {verb: activate, from: calm, to: angry, hazard: "1 1/day"}]}
""")
    assert flows(book) == [
        "walker.activate[blood.walker.calm > blood.walker.angry]",
        "walker.activate[skin.walker.calm > skin.walker.angry]",
    ]


def test_members_of_different_sets_are_never_paired_by_their_names() -> None:
    two = """
{kind: set, id: grade, members: 2}
---
{kind: set, id: age_group, members: 2}
---
{kind: cell, id: old, over: age_group, lives_in: {blood: []}}
---
{kind: cell, id: walker, over: grade, lives_in: {blood: []}, flows: [
  {verb: differentiate, from: "blood [each grade]", to: old at blood, hazard: "1 1/day"}]}
"""
    refused(two, "E406", line="differentiate")
    refused(two.replace("old at blood", "'old at blood [grade]'"), "E404", line="differentiate")
