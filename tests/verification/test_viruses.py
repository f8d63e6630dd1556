"""The table of deficiencies when a virus comes: every cell is filled in, and words follow the courses."""

from __future__ import annotations

import pytest

import immunity
from verification import viruses
from verification.tables import held_back
from verification.viruses import Course

WELL = Course(burden=20.0, left=0.0, oxygen=98.0, alive=1.0)


def test_every_cell_is_there_and_many_are_held_back() -> None:
    found = list(viruses.cells())
    rows, columns = {cell.row for cell in found}, {cell.column for cell in found}
    assert len(found) == len(rows) * len(columns) > 50
    assert 0.35 < sum(held_back(cell) for cell in found) / len(found) < 0.7


@pytest.mark.parametrize(
    ("here", "word"),
    [
        (Course(28.0, 0.0, 97.0, 1.0), "same"),
        (Course(40.0, 1.0, 97.0, 1.0), "worse"),
        (Course(20.0, 0.0, 93.0, 1.0), "worse"),
        (Course(20.0, 3.0, 98.0, 1.0), "grave"),
        (Course(20.0, 0.0, 85.0, 1.0), "grave"),
        (Course(20.0, 0.0, 98.0, 0.2), "grave"),
    ],
)
def test_words_follow_the_course(here: Course, word: str) -> None:
    assert viruses.classify(here, WELL) == word


def test_its_rows_and_columns_are_of_the_book() -> None:
    book = immunity.load()
    assert {cell.row for cell in viruses.cells()} <= set(book.book.entries["deficiency"])
    assert {cell.scenario for cell in viruses.cells()} <= set(book.book.entries["scenario"])


def test_who_has_no_t_cells_is_not_rid_of_influenza() -> None:
    lost = next(cell for cell in viruses.cells() if (cell.row, cell.column) == ("scid_il2rg", "flu"))
    course, word, agrees = viruses.judge(lost)
    assert (word, agrees) == ("grave", True)
    assert course.burden > viruses.course(lost.scenario, lost.host, lost.days, lost.virus).burden


def test_a_word_that_means_nothing_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "viruses.yaml"
    wrong.write_text(viruses.EXPECTED.read_text().replace("[same, ", "[some, ", 1))
    monkeypatch.setattr(viruses, "EXPECTED", wrong)
    with pytest.raises(ValueError, match="some"):
        list(viruses.cells())
