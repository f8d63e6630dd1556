"""Whole entries in English: each kind says what only it can say."""

from __future__ import annotations

from pathlib import Path

import pytest

import immunity
from immunity.compiler.build import Compiled
from immunity.language.explain import Explanation, explain_entry, explain_readout, explain_rule, explain_source

BOOK = """
kind: place
id: dish
name: Culture dish
is: [vessel]
volume: {value: "1 mL", status: measured, source: smith2019}
links: {next: tube}
---
{kind: place, id: tube, volume: "2 mL"}
---
{kind: class, id: vessel, name: Vessel, story: Holds a culture.}
---
{kind: class, id: germ, requires: [growth], flows: [{verb: die, of: each germ as g at dish, hazard: "0.1 1/day"}]}
---
kind: threat
id: bacillus
name: Bacillus test
xref: {ncbitaxon: "NCBITaxon:1386"}
story: Grows in dishes.
is: [germ]
lives_in: {dish: [], tube: []}
initial: {"at dish": "100 CFU"}
enters: {each vessel: at vessel}
numbers:
  growth: {value: "2 1/day", status: measured, source: smith2019, note: in broth}
  crowd: {derived: "limit / size", where: {limit: "1e6 CFU", size: "1 mL"}, status: fitted}
flows:
  - verb: divide
    of: at dish
    hazard: {use: bacillus.growth}
    falls_with: {signal: bacillus at dish, half: {use: bacillus.crowd}}
  - {verb: spread, from: at dish, to: at tube, hazard: "0.5 1/day"}
readouts:
  - id: dish.bacillus
    name: Count
    sum: [at dish]
    per: volume of dish
    unit: CFU/mL
    healthy: {lo: "0 CFU/mL", hi: "10 CFU/mL", source: smith2019}
---
kind: therapy
id: penicillin
unit: mg
lives_in: {dish: []}
given: {intravenous: at dish}
flows: [{verb: decay, of: at dish, half_life: "1 h"}]
modifies: [{flow: bacillus.divide, falls_with: {signal: penicillin at dish, half: "1 mg/L"}}]
---
kind: host
id: nobody
attributes: {weight: "70 kg"}
settle: "2 day"
variation: [{number: bacillus.growth, gsd: "1.3"}]
---
kind: deficiency
id: slow
name: Slow growth
story: Half the growth.
changes: [{number: bacillus.growth, multiply: {value: "0.5", status: assumed}}]
events: [{at: "1 day", pool: bacillus at tube, scale: "0.5"}]
---
kind: scenario
id: culture
title: A culture
days: 3
host: {deficiencies: [slow]}
exposures: [{threat: bacillus, site: dish, dose: "10 CFU", at: "1 day"}]
therapies: [{therapy: penicillin, dose: "5 mg", route: intravenous, every: "6 h", from: "1 day", until: "2 day"}]
events: [{at: "2 day", pool: bacillus at dish, set: "0 CFU"}]
---
{kind: sources, id: papers, sources: {smith2019: {cite: Smith 2019, doi: 10.1/x}}}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    file: Path = tmp_path_factory.mktemp("book") / "book.yaml"
    file.write_text(BOOK, encoding="utf-8")
    return immunity.load(file)


def told(book: Compiled, kind: str, id: str) -> Explanation:
    return explain_entry(book.book.entries[kind][id], book)


def test_a_threat_says_what_it_is_where_it_enters_and_which_rules_its_classes_bring(book: Compiled) -> None:
    explained = told(book, "threat", "bacillus")
    assert explained.title == "Bacillus test (threat bacillus); ncbitaxon NCBITaxon:1386"
    assert explained.story == "Grows in dishes."
    assert "It belongs to: germ." in explained.facts
    assert "An exposure at each vessel adds to Bacillus test in vessel." in explained.facts
    assert "In the scenario culture: A culture." in explained.facts
    assert explained.as_member == {"germ": ("Each germ in culture dish dies at 0.1 per day [assumed]. (germ)",)}
    assert explained.readouts == ()  # its own readout is among its own rules


def test_numbers_that_rules_use_are_told_by_value_and_formulas_by_name(book: Compiled) -> None:
    divide, *_ = told(book, "threat", "bacillus").rules
    assert "divides at 2 per day" in divide
    assert "half at bacillus.crowd [fitted]" in divide
    numbers = told(book, "threat", "bacillus").numbers
    assert numbers[0] == "bacillus.growth = 2 per day [measured; smith2019]. In broth."


def test_a_place_says_its_volume_links_and_who_lives_there(book: Compiled) -> None:
    facts = told(book, "place", "dish").facts
    assert "Volume: 1 mL [measured; smith2019]." in facts
    assert "Its next is tube." in facts
    assert "Found here: Bacillus test, penicillin." in facts


def test_a_class_lists_its_members(book: Compiled) -> None:
    assert "Members: Bacillus test." in told(book, "class", "germ").facts
    assert "Every member declares these numbers: growth." in told(book, "class", "germ").facts
    assert "Members: culture dish." in told(book, "class", "vessel").facts


def test_a_therapy_says_its_routes_and_what_it_changes(book: Compiled) -> None:
    explained = told(book, "therapy", "penicillin")
    assert "Given intravenous: a dose goes to penicillin in culture dish." in explained.facts
    assert any(line.startswith("The flow bacillus.divide is changed") for line in explained.rules)


def test_a_deficiency_says_what_it_changes_and_what_it_was(book: Compiled) -> None:
    facts = told(book, "deficiency", "slow").facts
    assert facts[0] == "bacillus.growth is multiplied by 0.5 [assumed], where it is 2 1/day otherwise."
    assert facts[1] == "At 1 day: Bacillus test in tube is multiplied by 0.5."


def test_a_host_says_attributes_and_variation(book: Compiled) -> None:
    facts = told(book, "host", "nobody").facts
    assert "Weight: 70 kg." in facts
    assert "bacillus.growth varies between people by a factor of 1.3." in facts


def test_a_scenario_says_who_meets_what_when(book: Compiled) -> None:
    facts = told(book, "scenario", "culture").facts
    assert "Host: deficiencies slow growth." in facts
    assert "At 1 day: 10 CFU of Bacillus test on culture dish." in facts
    assert "From 1 day: 5 mg of penicillin, intravenous every 6 h until 2 day." in facts
    assert "At 2 day: Bacillus test in culture dish is set to 0 CFU." in facts


def test_a_rule_a_readout_and_a_paper_are_told(book: Compiled) -> None:
    rules = {rule.name: rule for rule in book.rules}
    lines = explain_rule(rules["bacillus.divide"], book)
    assert any("penicillin in culture dish" in line and line.endswith("(penicillin)") for line in lines)
    assert "- smith2019: Smith 2019 doi:10.1/x" in lines
    assert "in health 0 CFU/mL to 10 CFU/mL [smith2019]" in explain_readout("dish.bacillus", book)[1]
    paper = explain_source("smith2019", book)
    assert "- bacillus.growth = 2 1/day [measured] in broth" in paper
    assert "- dish.volume = 1 mL [measured]" in paper


def test_lines_put_headings_over_parts(book: Compiled) -> None:
    lines = told(book, "threat", "bacillus").lines()
    assert lines.index("Rules:") < lines.index("Numbers:") < lines.index("As germ:") < lines.index("Papers:")
    assert lines[-1] == "- smith2019: Smith 2019 doi:10.1/x"


def test_every_built_in_entry_can_be_explained() -> None:
    built_in = immunity.load()
    for kind, entries in built_in.book.entries.items():
        for entry in entries.values():
            lines = explain_entry(entry, built_in).lines()
            assert lines[0].endswith(f"({kind} {entry.id})") or f"({kind} {entry.id}); " in lines[0]
