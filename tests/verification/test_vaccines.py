"""The table of deficiencies after vaccines: every cell is filled in, and words follow the levels."""

from __future__ import annotations

import pytest

import immunity
from verification import vaccines
from verification.tables import held_back


def test_every_cell_is_there_and_many_are_held_back() -> None:
    found = list(vaccines.cells())
    rows, columns = {cell.row for cell in found}, {cell.column for cell in found}
    assert len(found) == len(rows) * len(columns) > 40
    assert 0.35 < sum(held_back(cell) for cell in found) / len(found) < 0.7


@pytest.mark.parametrize(("shift", "word"), [(0.4, "as health"), (-0.2, "as health"), (-1.0, "less"), (-3.0, "none")])
def test_words_follow_the_levels(shift: float, word: str) -> None:
    assert vaccines.classify(shift) == word


def test_its_rows_are_deficiencies_of_the_book() -> None:
    known = set(immunity.load().book.entries["deficiency"])
    assert {cell.row for cell in vaccines.cells()} <= known


def test_a_word_that_means_nothing_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "vaccines.yaml"
    wrong.write_text(vaccines.EXPECTED.read_text().replace("[less, ", "[some, ", 1))
    monkeypatch.setattr(vaccines, "EXPECTED", wrong)
    with pytest.raises(ValueError, match="some"):
        list(vaccines.cells())
