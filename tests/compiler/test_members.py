"""Open sets: carriers bring members, a scenario has those it meets, and an index may exist in some places only."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from immunity.compiler.build import compile_book, compile_readouts
from immunity.compiler.cache import load_compiled
from immunity.compiler.host import build_case, meeting, whole
from immunity.compiler.members import met_in
from immunity.compiler.plain import from_bytes, to_bytes
from immunity.engine import prepare, run_host
from immunity.language.errors import RuleError
from immunity.language.load import load_book
from tests.compiler.books import EXAMPLES, PLAIN, compiled, flows, signal_value, value, write

BOOK = (
    PLAIN
    + """
---
{kind: class, id: sweet}
---
{kind: set, id: antigen, open: true, unit: pmol/L, members: [own], requires: [size], numbers: {size: "1"}}
---
kind: threat
id: germ
lives_in: {skin: []}
brings:
  antigen:
    - {id: coat, is: [sweet], amount: "2 pmol/CFU", numbers: {size: "5"}}
    - {id: flagellum, amount: "1 pmol/CFU"}
---
kind: therapy
id: jab
unit: pmol
lives_in: {skin: []}
given: {in_skin: at skin}
brings: {antigen: [{of: coat, amount: "3"}]}
---
{kind: therapy, id: unleashing, unit: pmol, meets: [stored], lives_in: {blood: []}, given: {intravenous: at blood}}
---
{kind: members, id: kept, of: antigen, members: [stored]}
---
kind: cell
id: b
over: [antigen]
lives_in: {blood: []}
flows:
  - {verb: die, hazard: "1 1/day", times: [antigen.size]}
  - verb: divide
    id: sweet_tooth
    of: "at blood [each sweet as antigen]"
    hazard: "1 1/day"
    needs: {signal: "antigen at skin [antigen]", half: "1 pmol/L"}
  - {verb: die, id: by_coat, of: "at blood [coat]", hazard: "1 1/day"}
  - verb: die
    id: all_by_coat
    of: "at blood [each antigen]"
    hazard: "1 1/day"
    falls_with: {signal: "antigen at skin [coat]", half: "1 pmol/L"}
readouts:
  - {id: blood.b, sum: [at blood], unit: cell}
  - {id: blood.b_coat, sum: ["at blood [coat]"], unit: cell}
---
{kind: deficiency, id: self_harm, meets: [stored]}
---
{kind: scenario, id: infected, title: I, days: 1, exposures: [{threat: germ, site: skin, dose: "10 CFU"}]}
---
kind: scenario
id: pricked
title: J
days: 1
therapies: [{therapy: jab, dose: "1 pmol"}]
show: [blood.b, blood.b_coat]
---
{kind: scenario, id: ill, title: K, days: 1, host: {deficiencies: [self_harm]}, show: [blood.b, blood.b_coat]}
---
{kind: scenario, id: unleashed, title: L, days: 1, therapies: [{therapy: unleashing, dose: "1 pmol"}]}
---
{kind: scenario, id: asked, title: germ and coat in prose are not met, days: 1, meets: [flagellum]}
"""
)


def met(name: str) -> list[str]:
    book = load_compiled([write(BOOK)], cached=False)
    case = build_case(book, book.book.entries["scenario"][name])
    return [pool.partition("[")[2].rstrip("]") for pool in case.model.tables.names.pool if "[" in pool]


def test_a_scenario_has_the_members_that_it_meets_and_those_that_the_set_lists() -> None:
    assert met("plain") == ["own"]
    assert met("infected") == ["own", "coat", "flagellum"]
    assert met("pricked") == ["own", "coat"]
    assert met("ill") == ["own", "stored"]
    assert met("unleashed") == ["own", "stored"]
    assert met("asked") == ["own", "flagellum"]


def test_readouts_are_those_of_the_whole_book_though_nothing_else_is_compiled() -> None:
    book = load_compiled([write(BOOK)], cached=False)
    rows = compile_readouts(book.book)
    assert [row.info for row in rows] == list(whole(book).model.readouts)
    assert "blood.b_coat" in {row.info.id for row in rows}


def test_what_is_met_follows_deficiencies_and_ignores_prose() -> None:
    book = load_book([write(BOOK)])
    scenarios = book.entries["scenario"]
    assert met_in(book, scenarios["ill"]) == {"stored"}
    assert met_in(book, scenarios["asked"]) == {"flagellum"}
    assert met_in(book, scenarios["infected"]) == {"germ"}


def test_rules_and_readouts_about_a_member_that_is_not_met_are_left_out() -> None:
    book = load_compiled([write(BOOK)], cached=False)
    assert [row.info.id for row in book.readouts] == ["blood.b"]
    assert not any("by_coat[" in name and "all" not in name for name in flows(book))
    whole = compiled(BOOK)
    assert {row.info.id for row in whole.readouts} == {"blood.b", "blood.b_coat"}
    case = build_case(book, book.book.entries["scenario"]["ill"])
    assert case.show == ("blood.b",)


def test_what_is_sensed_of_a_member_that_is_not_met_is_nothing() -> None:
    book = load_compiled([write(BOOK)], cached=False)
    assert [name for name in flows(book) if "all_by_coat" in name] == ["b.all_by_coat[blood.b[own]]"]
    case = build_case(book, book.book.entries["scenario"]["plain"])
    net = prepare(case.model.tables)
    state = np.full(case.model.tables.n_pool, 100.0)
    run = run_host(net, case.theta, state, case.events, case.out_times, stochastic=False, seed=0, host=0)
    assert run.readouts[-1, 0] < 100.0 * np.exp(-2 * 9.0)  # dies by both rules, none of them held back


def test_carriers_make_a_signal_of_what_they_bring() -> None:
    book = compiled(BOOK)
    amounts = {"skin.germ": 10.0, "skin.jab": 4.0}
    assert signal_value(book, "antigen at skin[coat]", amounts) == pytest.approx((10.0 * 2 + 4.0 * 3) / 2.0)
    assert value(book, "jab.antigen.coat") == 3.0


CARRIED = """
---
{kind: class, id: threat_like}
---
kind: rules
id: seen
signals:
  - {id: size_at, of: each antigen, constant: {use: antigen.size}}
  - id: weighed
    of: each threat_like as carrier
    sum: [{of: "size_at [*antigen as one]", weight: {use: "carrier.antigen[one]"}}]
    unit: pmol/CFU
readouts:
  - {id: germ.weighed, signal: "weighed [germ]", unit: pmol/CFU}
"""


def weighing(sum_over: str, weight: str) -> str:
    rules = CARRIED.replace("[*antigen as one]", sum_over).replace("carrier.antigen[one]", weight)
    return BOOK.replace("id: germ\n", "id: germ\nis: [threat_like]\n", 1) + rules


def test_a_sum_may_be_weighed_by_what_a_bound_carrier_brings() -> None:
    book = compiled(weighing("[*antigen as one]", "carrier.antigen[one]"))
    assert signal_value(book, "weighed[germ]", {}) == pytest.approx(2.0 * 5.0 + 1.0 * 1.0)  # `own` is not brought


def test_such_a_sum_over_a_class_of_members_leaves_out_the_others() -> None:
    book = compiled(weighing("[*sweet as one]", "carrier.antigen[one]"))
    assert signal_value(book, "weighed[germ]", {}) == pytest.approx(2.0 * 5.0)  # nor `flagellum`, which is not sweet


def test_a_carrier_weighs_nothing_that_it_does_not_bring() -> None:
    with pytest.raises(RuleError, match=r"E410.*germ\.antigen"):
        compiled(weighing("[own]", "carrier.antigen[own]"))


def test_numbers_of_members_are_their_own_before_those_of_the_set() -> None:
    book = compiled(BOOK)
    assert value(book, "antigen.size[coat]") == 5.0
    assert value(book, "antigen.size[flagellum]") == 1.0
    row = next(row for row in book.flows if row.name == "b.die[blood.b[coat]]")
    assert [book.numbers[index].value for index, _ in row.factors] == [1.0, 5.0]


def test_a_class_of_members_is_what_each_runs_over() -> None:
    assert [name for name in flows(compiled(BOOK)) if "sweet_tooth" in name] == ["b.sweet_tooth[blood.b[coat]]"]


def test_an_overlay_brings_a_member_without_touching_the_set(tmp_path: Path) -> None:
    base = write(BOOK, tmp_path / "base")
    mine = write(
        '{kind: threat, id: other_germ, brings: {antigen: [{id: pilus, amount: "1 pmol/CFU"}]}}',
        tmp_path / "mine",
        body=False,
    )
    assert compile_book(load_book([base, mine])).space.sets["antigen"] == [
        "own",
        "stored",
        "coat",
        "flagellum",
        "pilus",
    ]


def test_a_book_of_many_carriers_costs_what_is_met() -> None:
    many = "\n---\n".join(
        f'{{kind: threat, id: g{k}, lives_in: {{skin: []}}, brings: {{antigen: [{{id: m{k}, amount: "1 pmol/CFU"}}]}}}}'
        for k in range(100)
    )
    doses = ", ".join(f'{{threat: g{k}, site: skin, dose: "1 CFU"}}' for k in (7, 70))
    meets = f"{{kind: scenario, id: two, title: T, days: 1, exposures: [{doses}]}}"
    book = load_compiled([write(f"{BOOK}\n---\n{many}\n---\n{meets}")], cached=False)
    case = build_case(book, book.book.entries["scenario"]["two"])
    pools = [name for name in case.model.tables.names.pool if ".b[" in name]
    assert pools == ["blood.b[own]", "blood.b[m7]", "blood.b[m70]"]


# indices that some places do not know ------------------------------------------------------------------

PARTLY = (
    PLAIN
    + """
---
{kind: set, id: antigen, members: [h1, h3]}
---
{kind: set, id: affinity, members: 3}
---
kind: cell
id: b
over: {antigen: [], affinity: [skin]}
lives_in: {skin: [], blood: []}
initial: {"at skin": "60 cell", "at blood [h1]": "7 cell"}
flows:
  - {verb: die, hazard: "1 1/day"}
  - {verb: egress, from: "at skin [each antigen, each affinity]", to: "at blood [antigen]", hazard: "1 1/day"}
  - {verb: home, from: "at blood [each antigen]", to: "at skin [antigen, 1]", hazard: "1 1/day"}
readouts:
  - {id: all.b, sum: ["b at blood", "b at skin"], unit: cell}
  - {id: blood.h1, sum: ["b at blood [h1]"], unit: cell}
  - {id: skin.h1, sum: ["b at skin [h1, *]"], unit: cell}
"""
)


def test_an_index_exists_in_the_places_that_tell_it_apart() -> None:
    book = compiled(PARTLY)
    names = list(book.model.tables.names.pool)
    assert names == [*(f"skin.b[{a},{k}]" for a in ("h1", "h3") for k in (1, 2, 3)), "blood.b[h1]", "blood.b[h3]"]
    assert list(book.model.tables.initial) == [10.0] * 6 + [7.0, 0.0]


def test_a_rule_without_brackets_runs_once_over_what_is_not_told_apart() -> None:
    names = [name for name in flows(compiled(PARTLY)) if name.startswith("b.die")]
    assert len(names) == 8
    assert sum("blood" in name for name in names) == 2


def test_flows_lead_out_of_and_into_the_places_that_know_an_index() -> None:
    names = flows(compiled(PARTLY))
    assert "b.egress[skin.b[h3,2] > blood.b[h3]]" in names
    assert [name for name in names if name.startswith("b.home")] == [
        "b.home[blood.b[h1] > skin.b[h1,1]]",
        "b.home[blood.b[h3] > skin.b[h3,1]]",
    ]
    assert len([name for name in names if name.startswith("b.egress")]) == 6


def test_rules_of_places_that_do_not_know_an_index_run_once_whatever_is_met() -> None:
    text = (
        PLAIN
        + """
---
{kind: set, id: antigen, open: true}
---
{kind: threat, id: germ, lives_in: {skin: []}, brings: {antigen: [{id: coat}, {id: flagellum}]}}
---
kind: molecule
id: m
unit: ng
over: {antigen: [skin]}
lives_in: {skin: [], blood: []}
flows:
  - {verb: produce, to: at blood, hazard: "2 ng/day"}
  - {verb: clear, of: at blood, half_life: "1 day"}
  - {verb: secrete, by: "germ at skin", to: "at skin [each antigen]", hazard: "1 ng/CFU/day"}
  - {verb: drain, from: "at skin [each antigen]", to: at blood, hazard: "1 1/day"}
  - {verb: decay, hazard: "3 1/day"}
readouts: [{id: skin.m, sum: [at skin], unit: ng}]
---
{kind: scenario, id: nothing, title: N, days: 1}
---
{kind: scenario, id: infected, title: I, days: 1, exposures: [{threat: germ, site: skin, dose: "10 CFU"}]}
"""
    )
    book = load_compiled([write(text)], cached=False)
    for scenario, at_skin in (("nothing", 0), ("infected", 2)):
        names = build_case(book, book.book.entries["scenario"][scenario]).model.tables.names.flow
        for rule, count in (("produce", 1), ("clear", 1), ("secrete", at_skin), ("drain", at_skin)):
            assert sum(name.startswith(f"m.{rule}") for name in names) == count, (scenario, rule, names)
        assert sum(name.startswith("m.decay") for name in names) == 1 + at_skin


def test_an_index_of_a_place_that_does_not_know_it_is_refused() -> None:
    wrong = PARTLY.replace("[antigen, 1]", "[antigen]")
    with pytest.raises(RuleError, match="E416"):
        compiled(wrong)


# the example -------------------------------------------------------------------------------------------


def test_the_example_runs_and_antibody_reaches_the_drifted_strain_less() -> None:
    book = load_compiled([EXAMPLES / "open_sets.yaml"], cached=False)
    case = build_case(book, book.book.entries["scenario"]["strain_a_then_b"])
    net = prepare(case.model.tables)
    run = run_host(
        net, case.theta, case.model.tables.initial, case.events, case.out_times, stochastic=False, seed=0, host=0
    )
    names = [info.id for info in case.model.readouts]
    before_b = int(np.searchsorted(case.out_times, 29.0))
    reach_a, reach_b = (run.readouts[before_b, names.index(f"blood.reach_{k}")] for k in "ab")
    assert 0 < reach_b < reach_a
    assert reach_b / reach_a == pytest.approx(np.exp(-5 / 4))


def test_a_book_with_open_sets_comes_back_from_the_cache() -> None:
    book = load_compiled([write(BOOK)], cached=False)
    back = from_bytes(to_bytes(book))
    assert back.space.membership.rows.keys() == book.space.membership.rows.keys()
    assert [row.name for row in back.flows] == [row.name for row in book.flows]
    case = build_case(back, back.book.entries["scenario"]["infected"])
    assert "blood.b[coat]" in case.model.tables.names.pool


def test_as_a_scenario_meets_it_a_book_comes_back_with_the_entries_that_are_there() -> None:
    book = load_compiled([write(BOOK)], cached=False)
    met = meeting(book, book.book.entries["scenario"]["infected"])
    named = {id: entry for entries in book.book.entries.values() for id, entry in entries.items()}
    named["(book)"] = book.book
    content = to_bytes(met, named)
    assert len(content) < 0.9 * len(to_bytes(met))
    back = from_bytes(content, named)
    assert back.book is book.book and back.space.book is book.book
    assert [row.name for row in back.flows] == [row.name for row in met.flows]
    for missing in ({}, {name: each for name, each in named.items() if name != "(book)"}):
        with pytest.raises(pickle.UnpicklingError, match="not known"):
            from_bytes(content, missing)


def test_what_is_listed_and_traced_is_the_whole_book() -> None:
    book = load_compiled([write(BOOK)], cached=False)
    assert whole(book).space.sets["antigen"] == ["own", "stored", "coat", "flagellum"]
    assert whole(whole(book)) is whole(book)
    closed = compiled(PARTLY)
    assert whole(closed) is closed


ABSENT = (
    PLAIN
    + """
---
{kind: class, id: shining, name: Shining, open: true}
---
kind: molecule
id: glow
unit: pmol
only_with: [shining]
lives_in: {blood: []}
flows:
  - {verb: produce, id: warm, to: heat at blood, hazard: "1 pmol/day"}
modifies:
  - {flow: heat.decay, falls_with: {signal: heat at blood, half: "1 pmol/L"}}
---
kind: molecule
id: heat
unit: pmol
lives_in: {blood: []}
flows:
  - {verb: decay, of: at blood, hazard: "1 1/day"}
---
kind: therapy
id: lamp
unit: pmol
is: [shining]
lives_in: {blood: []}
given: {intravenous: at blood}
flows:
  - {verb: clear, of: at blood, hazard: "1 1/day"}
"""
)


def test_what_is_not_there_does_nothing_to_what_is(tmp_path: Path) -> None:
    book = load_book([write(ABSENT, tmp_path)])
    with_lamp = flows(compile_book(book, met=frozenset({"lamp"})))
    without = flows(compile_book(book, met=frozenset()))
    assert any("glow.warm" in name for name in with_lamp)
    assert not any("glow" in name for name in without)
    assert any("heat.decay" in name for name in without)
