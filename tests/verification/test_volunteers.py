"""The curves of volunteers: bands are right for whom they are made of, and a shifted or narrow one is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from verification.volunteers import STUDIES, cover, main, read_table, sample, tell

STUDY = {
    "title": "T",
    "unit": "log10",
    "days": [1, 2, 3],
    "limit": 0.5,
    "infected": 1.0,
    "error": 0.3,
    "expected": 0.8,
    "note": "n",
}


def drawn(count: int, seed: int, shift: float = 0.0, spread: float = 1.0) -> np.ndarray:
    """People whose curves are a random height and a random walk about it."""
    draw = np.random.default_rng(seed)
    height = 4.0 + shift + spread * draw.standard_normal((count, 1))
    return height + 0.5 * spread * draw.standard_normal((count, 3))


def test_people_like_the_simulated_lie_inside_as_often_as_is_said() -> None:
    found = cover(drawn(2000, 1), drawn(2000, 2))
    assert found.in_band == pytest.approx(0.9, abs=0.02)
    assert found.in_middle == pytest.approx(0.5, abs=0.03)
    assert found.curves == pytest.approx(0.9 * 2000, abs=40)


@pytest.mark.parametrize(("shift", "spread"), [(2.0, 1.0), (0.0, 2.0)])
def test_others_lie_outside(shift: float, spread: float) -> None:
    found = cover(drawn(2000, 1), drawn(500, 2, shift, spread))
    assert found.in_band < 0.75
    assert found.curves < 0.75 * 500


def test_a_band_that_is_too_wide_shows_in_the_middle_half() -> None:
    found = cover(drawn(2000, 1, spread=3.0), drawn(500, 2))
    assert found.in_band > 0.98
    assert found.in_middle > 0.8


def test_what_nobody_can_count_agrees_with_nothing_found() -> None:
    gone = np.full((40, 3), 0.5)
    found = cover(gone, np.full((6, 3), 0.5))
    assert (found.in_band, found.curves) == (1.0, 6)
    assert cover(gone, np.array([[0.5, 2.0, 0.5]])).curves == 0


def test_only_the_infected_count_and_nothing_lies_below_the_limit() -> None:
    time = np.linspace(0.0, 4.0, 9)
    curves = np.stack([np.full(9, 0.2), 4.0 - time], axis=1)
    found = sample(curves, time, STUDY, np.random.default_rng(0))
    assert found.shape == (1, 3)
    assert found.min() >= STUDY["limit"]
    assert found[0, 0] == pytest.approx(3.0, abs=1.0)


def test_a_table_is_read_by_volunteer_and_day(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,log10_viral_load,time\na,2,1\na,9,1.5\na,4,2\nb,0,1\n")
    np.testing.assert_equal(read_table(file, STUDY), [[2.0, 4.0, np.nan], [0.5, np.nan, np.nan]])


def test_words_tell_shares_and_days() -> None:
    found = cover(drawn(200, 1), drawn(6, 2, shift=-9.0))
    text = tell(STUDY, 200, found, 6)
    assert "0% of samples in the band" in text
    assert text.splitlines()[-1].split()[-2:] == ["100%", "0%"]


def test_a_study_without_curves_asks_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["sars_cov_2"])
    assert stop.value.code == 2
    assert "--table" in capsys.readouterr().err


def test_rows_of_the_file_have_a_number_for_each_day() -> None:
    for study in yaml.safe_load(STUDIES.read_text(encoding="utf-8"))["studies"]:
        assert all(len(row) == len(study["days"]) for row in study.get("individuals", []))
        assert study["cite"]
        assert 0.0 < study["expected"] <= 0.9
