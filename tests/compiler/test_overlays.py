"""A user's folder adds to a book, or replaces parts of it, without Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from immunity.compiler.build import compile_book
from immunity.language.errors import RuleErrors
from immunity.language.load import load_book
from tests.compiler.books import PLAIN, case_of, changes, write

BASE = (
    PLAIN
    + """
---
{kind: class, id: germ, requires: [speed], flows: [
  {verb: divide, of: each germ as g at each site, hazard: {use: g.speed}}]}
---
{kind: cell, id: eater, lives_in: {skin: []}, initial: {at skin: "10 cell"}, flows: [
  {verb: kill, target: each germ as g at each site, by: eater at site, hazard: "1 1/day"}]}
"""
)
ADDED = {
    "molecules/scent.yaml": """
id: scent
unit: ng
lives_in: {skin: []}
flows: [{verb: secrete, by: eater at skin, to: at skin, hazard: "1 ng/cell/day"}]
modifies: [{flow: eater.kill, rises_with: {signal: scent at site, half: "1 ng/L", up_to: 3}}]
""",
    "threats/coccus.yaml": 'id: coccus\nis: germ\nlives_in: {skin: []}\nnumbers: {speed: "3 1/day"}\n',
    "therapies/drug.yaml": "id: drug\nunit: mg\nlives_in: {skin: []}\ngiven: {cream: at skin}\n",
    "readouts/skin.yaml": "id: skin_readouts\nreadouts: [{id: skin.germs, sum: [germ at skin], unit: CFU}]\n",
    "scenarios/graze.yaml": """
id: graze
title: Graze
days: 1
exposures: [{threat: coccus, site: skin, dose: "5 CFU"}]
therapies: [{therapy: drug, dose: "1 mg"}]
show: [skin.germs]
""",
}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    base = write(BASE, tmp_path / "base")
    for name, text in ADDED.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip())
    return base, tmp_path / "mine"


def test_a_folder_adds_a_cytokine_a_pathogen_a_drug_and_a_readout(folders: tuple[Path, Path]) -> None:
    with pytest.raises(Exception, match="E507"):  # a class without members has no rule that applies
        compile_book(load_book([folders[0]]))
    book = compile_book(load_book(folders))
    assert changes(book, "germ.divide[skin.coccus]") == {"skin.coccus": 1.0}
    (kill,) = [row for row in book.flows if row.verb == "kill"]
    assert [law.key for law in kill.laws] == ["rises_with"]
    case = case_of(book, name="graze")
    assert [book.model.tables.names.pool[i] for i in case.events.index] == ["skin.coccus", "skin.drug"]
    assert case.show == ("skin.germs",)
    assert book.model.digest != ""


def test_an_entry_is_replaced_only_on_request(folders: tuple[Path, Path], tmp_path: Path) -> None:
    faster = ADDED["threats/coccus.yaml"].replace("3 1/day", "7 1/day")
    over = tmp_path / "over" / "threats" / "coccus.yaml"
    over.parent.mkdir(parents=True)
    over.write_text(faster)
    with pytest.raises(RuleErrors) as caught:
        load_book([*folders, tmp_path / "over"])
    assert caught.value.errors[0].code == "E413"
    over.write_text("replace: true\n" + faster)
    book = compile_book(load_book([*folders, tmp_path / "over"]))
    assert book.numbers[book.numbers.index["coccus.speed"]].value == 7.0
    over.write_text("replace: true\n" + faster.replace("coccus", "cocus"))
    with pytest.raises(RuleErrors) as caught:
        load_book([*folders, tmp_path / "over"])
    assert (caught.value.errors[0].code, caught.value.errors[0].suggestion) == ("E210", "coccus")
