"""What a check of a rule book builds, and what it tells."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from immunity import api, ask
from immunity.compiler import build, cache, host
from immunity.language import user_cache
from immunity.language.errors import RuleErrors
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
    compile_book, build_case = build.compile_book, host.build_case
    monkeypatch.setattr(
        cache, "compile_book", lambda book, **met: (count.update(books=1), compile_book(book, **met))[1]
    )
    monkeypatch.setattr(
        host, "build_case", lambda *given, **how: (count.update(scenarios=1), build_case(*given, **how))[1]
    )
    return count


def test_a_check_of_an_overlay_builds_its_scenarios_once_and_none_of_the_book_below(
    built: Counter[str], tmp_path: Path
) -> None:
    base, above = write(BOOK, tmp_path / "base"), write(NEW, tmp_path / "above", body=False)
    found = ask.checked(api.load(base, overlays=[above]), api.load(base))
    assert any("mine" in note for note in found.notes) and not any("germ" in note for note in found.notes)
    assert built["scenarios"] == 3
    assert built["books"] == 4  # of either book: what is met by nobody, and by somebody, which is all there is


def test_no_note_depends_on_scenarios_having_been_built(tmp_path: Path) -> None:
    book = api.load(write(BOOK, tmp_path / "base"))
    assert ask.review_of(book, scenarios=False) == ask.review_of(book)


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
            monkeypatch.setattr(host, "_MET", {})
            host.whole(cache.compile_book(load_book([path]), met=()))
        assert built["books"] - 2 == books
        assert len(list((tmp_path / "cache").rglob("*.met"))) == kept
