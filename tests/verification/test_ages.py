"""The table of ages and weights: every cell is filled in, and words follow what happened."""

from __future__ import annotations

import math

import pytest

from verification import ages
from verification.ages import Course


def test_every_body_meets_every_number_of_bacteria() -> None:
    found = list(ages.cells())
    rows, columns = {cell.row for cell in found}, {cell.column for cell in found}
    assert len(found) == len(rows) * len(columns) > 40
    assert all(cell.host for cell in found)


@pytest.mark.parametrize(
    ("alive", "died", "word"),
    [
        (0.97, math.nan, "nearly all live"),
        (0.7, math.nan, "most live"),
        (0.3, math.nan, "most die"),
        (0.505, 8.0, "most die"),
    ],
)
def test_words_follow_the_course(alive: float, died: float, word: str) -> None:
    assert ages.classify(Course(alive, died, 40.0, 60.0, 1.0)) == word


def test_a_body_that_dies_has_a_day_and_one_that_lives_has_none() -> None:
    by_name = {(cell.row, cell.column): cell for cell in ages.cells()}
    dead = ages.run(by_name["newborn", "1e8 E. coli in the blood"])
    alive = ages.run(by_name["35 years", "1e8 E. coli in the blood"])
    assert 0.0 < dead.died < 21.0
    assert math.isnan(alive.died)
    assert alive.alive > 0.9


def test_a_word_that_means_nothing_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "ages.yaml"
    wrong.write_text(ages.EXPECTED.read_text().replace("[most die, ", "[some die, ", 1))
    monkeypatch.setattr(ages, "EXPECTED", wrong)
    with pytest.raises(ValueError, match="some die"):
        list(ages.cells())
