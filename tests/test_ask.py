"""What a check of a rule book builds, and what it tells."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from immunity import api, ask
from immunity.compiler import build, cache, host, tries
from immunity.language import user_cache
from immunity.language.errors import RuleError, RuleErrors
from immunity.language.load import load_book
from tests.compiler.books import write

BOOK = """
{kind: set, id: antigen, open: true, unit: pmol/L}
---
kind: threat
id: germ
lives_in: {skin: []}
flows: [{verb: die, hazard: "1 1/day"}]
brings: {antigen: [{id: coat, amount: "2 pmol/CFU"}]}
---
{kind: cell, id: b, over: [antigen], lives_in: {blood: []}, flows: [{verb: die, hazard: "1 1/day"}]}
---
{kind: scenario, id: plain, title: P, days: 1}
---
{kind: scenario, id: infected, title: I, days: 1, exposures: [{threat: germ, site: skin, dose: "10 CFU"}]}
---
{kind: scenario, id: twice, title: germ twice, days: 1, exposures: [{threat: germ, site: skin, dose: "20 CFU"}]}
"""
NEW = "{kind: molecule, id: mine, unit: ng, lives_in: {blood: []}}"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the books that are compiled and the scenarios that are built."""
    count: Counter[str] = Counter()
    compile_book, build_case = build.compile_book, tries.build_case
    monkeypatch.setattr(
        cache, "compile_book", lambda book, **met: (count.update(books=1), compile_book(book, **met))[1]
    )
    monkeypatch.setattr(
        tries, "build_case", lambda *given, **how: (count.update(scenarios=1), build_case(*given, **how))[1]
    )
    return count


def test_an_overlay_that_adds_is_tried_on_what_meets_nothing_else(built: Counter[str], tmp_path: Path) -> None:
    base, above = write(BOOK, tmp_path / "base"), write(NEW, tmp_path / "above", body=False)
    found = ask.checked(api.load(base, overlays=[above]), api.load(base))
    assert any("mine" in note for note in found.notes) and not any("germ" in note for note in found.notes)
    assert built["scenarios"] == 1  # where nobody meets the germ
    assert built["books"] == 2  # what is met by nobody, of either book


def test_an_overlay_that_meets_somebody_is_tried_with_it(built: Counter[str], tmp_path: Path) -> None:
    more = NEW + "\n---\n{kind: deficiency, id: coatless, changes: [{number: germ.die.hazard, multiply: '2'}]}"
    base, above = write(BOOK, tmp_path / "base"), write(more, tmp_path / "above", body=False)
    ask.checked(api.load(base, overlays=[above]), api.load(base))
    assert built["scenarios"] == 3
    assert built["books"] == 4  # of either book: what is met by nobody, and with the germ


def test_an_overlay_that_replaces_is_tried_on_every_scenario(built: Counter[str], tmp_path: Path) -> None:
    other = "{kind: cell, id: b, replace: true, over: [antigen], lives_in: {blood: []}}"
    base, above = write(BOOK, tmp_path / "base"), write(other, tmp_path / "above", body=False)
    found = ask.checked(api.load(base, overlays=[above]), api.load(base))
    assert "class" not in " ".join(found.notes)
    assert built["scenarios"] == 3


def test_a_scenario_that_an_overlay_spoils_is_told(tmp_path: Path) -> None:
    spoilt = "{kind: cell, id: b, replace: true, lives_in: {skin: []}}"
    asked = BOOK + "\n---\n{kind: scenario, id: given, title: G, days: 1, events: [{pool: b at blood, set: 1 cell}]}"
    base, above = (
        write(asked.replace("over: [antigen], ", ""), tmp_path / "base"),
        write(spoilt, tmp_path / "a", body=False),
    )
    with pytest.raises(RuleError, match="E40"):
        ask.checked(api.load(base, overlays=[above]), api.load(base))


def test_what_is_wrong_with_scenarios_is_told_of_all_of_them(tmp_path: Path) -> None:
    text = BOOK.replace("threat: germ, site: skin", "threat: germ, site: skim")
    with pytest.raises(RuleErrors) as caught:
        ask.check(write(text, tmp_path), alone=True)
    assert [error.code for error in caught.value.errors] == ["E603", "E603"]


def test_of_the_built_in_book_what_is_met_is_kept_and_of_one_s_own_it_is_not(
    built: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_cache.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))
    path = write(BOOK, tmp_path / "base")
    for package, books, kept in ((cache.PACKAGE, 2, 0), (tmp_path, 1, 1)):
        monkeypatch.setattr(cache, "PACKAGE", package)
        built.clear()
        for _ in range(2):
            monkeypatch.setattr(host, "_MET", type(host._MET)())
            host.whole(cache.compile_book(load_book([path]), met=()))
        assert built["books"] - 2 == books
        assert len(list((tmp_path / "cache").rglob("*.met"))) == kept


def test_what_is_told_of_an_entry_needs_only_what_it_names(built: Counter[str], tmp_path: Path) -> None:
    coatless = "\n---\n{kind: deficiency, id: coatless, changes: [{number: germ.die.hazard, multiply: '2'}]}"
    book = api.load(write(BOOK + coatless, tmp_path))
    built.clear()
    assert "germ" in str(ask.explain("germ", book=book)) and "twice" in dict(ask.list_names("scenarios", book=book))
    assert built["books"] == 0
    assert "1 1/day" in str(ask.explain("coatless", book=book))  # what the number is without it
    assert built["books"] == 1
