"""A short life of the built-in book, and its page."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import pytest

import immunity as im
from immunity.cli.main import run_command
from immunity.lifetime import Life

BORN = {"changes": {"born": "10 d", "exposures.0.rate.value": "60 1/year"}, "schedule": "none"}


@lru_cache(maxsize=1)
def short_life() -> Life:
    """One for all tests of a process."""
    return im.life(to="25 d", seed=2, **BORN)


@pytest.fixture(scope="module")
def life() -> Life:
    return short_life()


def test_what_is_met_is_what_is_counted(life: Life) -> None:
    met = {what.split(" of ")[1] for _, what in life.run.record.happened}
    assert met & {"rhinovirus_a", "rhinovirus_b"}
    assert {each.agent for each in life.episodes} <= met
    assert any(each.agent.startswith("rhinovirus") for each in life.episodes)
    assert sum(year.infections for year in life.years) == sum(not each.carried for each in life.episodes)
    assert len(life.to_dataframe()) == len(life.episodes)


def test_only_pools_of_what_is_met_are_kept(life: Life) -> None:
    record = life.run.record
    assert record.pool is None or record.pool.shape[2] < len(record.pool_names) / 10


def test_many_lives_are_kept_and_gone_on_with(life: Life, tmp_path: Path) -> None:
    asked = {"to": "25 d", "seed": 2, "progress": False, "out": tmp_path, **BORN}
    many = im.lives(hosts=1, **asked)
    assert many.people[0].episodes
    assert {each.agent for each in many.people[0].episodes} <= {each.agent for each in life.episodes}
    assert many.bands[0].person_years == pytest.approx(25 / 365.25)
    assert im.lives(hosts=1, resume=True, **asked).people == many.people


def test_the_command_writes_what_it_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["life", "--to", "3 d", "--schedule", "none", "--json", "--out", str(tmp_path / "out")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "out" / "life.json").read_text(encoding="utf-8"))
    assert (told["schedule"], told["household"], told["vaccines"]) == (None, "typical", [])
    assert "A life" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert run_command(["life", "--to", "0 d"]) == 2
    assert "E860" in capsys.readouterr().err


def test_the_page_shows_every_episode(life: Life) -> None:
    from immunity.report.from_life import page_of_life

    page = page_of_life(life)
    assert page.count('<rect class="episode') >= len(life.episodes)
    assert "<script" not in page
    assert all(each.name in page for each in life.episodes)
    assert "Two lives" in page_of_life(life, life)
