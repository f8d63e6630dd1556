"""Each kind of note is made where there is cause, and only there."""

from __future__ import annotations

import pytest

from immunity.compiler.review import review
from tests.compiler.books import compiled

TIDY = """
{kind: class, id: germ, requires: [speed]}
---
{kind: threat, id: coccus, is: germ, lives_in: {skin: []}, numbers: {speed: "1 1/day"}, flows: [
  {verb: divide, of: at skin, hazard: {use: speed}},
  {verb: die, of: at skin, hazard: "1 1/day", falls_with: {signal: crowd, half: "1 cell/L"}}]}
---
{kind: molecule, id: scent, unit: ng, lives_in: {blood: []}, flows: [
  {verb: secrete, by: rod at blood, to: at blood, hazard: "1 ng/cell/day"}, {verb: clear, hazard: "1 1/day"}]}
---
{kind: cell, id: rod, lives_in: {blood: []}, initial: {at blood: "5 cell"},
 signals: [{id: crowd, sum: [rod at blood], per: volume of blood, unit: cell/L}], flows: [
  {verb: die, of: rod at blood, hazard: "1 1/day", rises_with: {signal: scent at blood, half: "1 ng/L", up_to: 2}}]}
"""
NOTES = [
    ("{kind: cell, id: ghost, lives_in: {blood: []}}", "pool blood.ghost can never hold anything"),
    ("{kind: rules, id: r, numbers: {spare: '1'}}", "number r.spare is not used by any rule"),
    (
        "{kind: molecule, id: smoke, unit: ng, lives_in: {blood: []}, initial: {at blood: '1 ng'},"
        " flows: [{verb: clear, hazard: '1 1/day'}]}",
        "molecule smoke is not sensed by any rule",
    ),
    ("{kind: rules, id: r, signals: [{id: mood, constant: '1'}]}", "signal mood is not sensed by any rule"),
    (
        "{kind: class, id: wet, requires: [depth]}\n---\n"
        "{kind: threat, id: fish, is: wet, lives_in: {skin: []}, numbers: {depth: '1'}}",
        "class wet requires depth, which no rule uses",
    ),
    (
        "{kind: rules, id: r, flows: [{verb: die, of: rod at blood, hazard: '1 1/day',"
        " also: [{pool: coccus at skin, amount: '0.5 CFU/cell'}]}]}",
        "flow r.die[blood.rod] adds a fraction to a counted pool",
    ),
]


def test_a_tidy_book_has_no_notes() -> None:
    found = review(compiled(TIDY))
    assert found.lines() == ["number skin.volume is not used by any rule"]
    assert set(found.statuses) == {"assumed"}
    assert found.statuses["assumed"] == len(found.unsourced)


@pytest.mark.parametrize(("planted", "note"), NOTES)
def test_each_planted_fault_is_noted(planted: str, note: str) -> None:
    assert review(compiled(TIDY + "---\n" + planted)).lines().count(note) == 1


def test_what_is_read_out_or_turns_into_something_is_felt() -> None:
    smoke = NOTES[2][0]
    seen = smoke.replace("flows:", "readouts: [{id: smoke, sum: [at blood], unit: ng}], flows:")
    made = smoke.replace("[{verb: clear, hazard", "[{verb: distribute, from: at blood, to: scent at blood, hazard")
    for text in (seen, made):
        assert review(compiled(TIDY + "---\n" + text)).unsensed == ()


def test_a_pool_behind_an_unreachable_partner_is_unreachable() -> None:
    text = (
        TIDY
        + """
---
{kind: molecule, id: key, unit: ng, lives_in: {blood: []}, initial: {at blood: "1 ng"}}
---
{kind: molecule, id: lock, unit: ng, lives_in: {blood: []}}
---
{kind: molecule, id: pair, unit: ng, lives_in: {blood: []}, flows: [
  {verb: bind, of: key at blood, partner: lock at blood, to: at blood, hazard: "1 L/ng/day"}]}
"""
    )
    assert review(compiled(text)).unreachable == ("blood.lock", "blood.pair")


def test_a_number_under_where_counts_as_used() -> None:
    text = "{kind: rules, id: r, numbers: {a: '2', b: {derived: a, where: {a: r.a}}}}"
    assert review(compiled(TIDY + "---\n" + text)).unused == ("skin.volume", "r.b")
