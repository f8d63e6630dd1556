"""The table of tumours where a part of immunity is missing: every cell is filled in, and words follow the courses."""

from __future__ import annotations

import pytest

import immunity
from verification import tumours
from verification.tables import held_back
from verification.tumours import Course

WHOLE = Course(burden=9.0, alive=0.9)


def test_every_cell_is_there_and_many_are_held_back() -> None:
    found = list(tumours.cells())
    rows, columns = {cell.row for cell in found}, {cell.column for cell in found}
    assert len(found) == len(rows) * len(columns) > 50
    assert 0.35 < sum(held_back(cell) for cell in found) / len(found) < 0.7


@pytest.mark.parametrize(
    ("here", "word"),
    [
        (Course(9.2, 0.9), "same"),
        (Course(9.4, 0.9), "worse"),
        (Course(8.6, 0.9), "better"),
        (Course(8.6, 0.3), "worse"),
    ],
)
def test_words_follow_the_course(here: Course, word: str) -> None:
    assert tumours.classify(here, WHOLE) == word


def test_its_rows_and_columns_are_of_the_book() -> None:
    entries = immunity.load().book.entries
    assert {cell.scenario for cell in tumours.cells()} <= set(entries["scenario"])
    for row in {cell.row for cell in tumours.cells()}:
        deficiencies, changes = tumours.lacks(row)
        assert set(deficiencies) <= set(entries["deficiency"])
        assert bool(deficiencies) != bool(changes)


def test_who_has_no_killers_gains_nothing_of_nivolumab() -> None:
    lost = next(cell for cell in tumours.cells() if (cell.row, cell.column) == ("cd8", "nivolumab"))
    course, word, agrees = tumours.judge(lost)
    assert (word, agrees) == ("worse", True)
    assert course.burden > tumours.course(lost.scenario, lost.readout, lost.day).burden


def test_a_word_that_means_nothing_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "tumours.yaml"
    wrong.write_text(tumours.EXPECTED.read_text().replace("[same, ", "[some, ", 1))
    monkeypatch.setattr(tumours, "EXPECTED", wrong)
    with pytest.raises(ValueError, match="some"):
        list(tumours.cells())
