"""A short life of the built-in book, and its page."""

from __future__ import annotations

import pytest

import immunity as im
from immunity.lifetime import Life

BORN = {"changes": {"born": "10 d", "exposures.0.rate.value": "60 1/year"}, "schedule": "none"}


@pytest.fixture(scope="module")
def life() -> Life:
    return im.life(to="25 d", seed=2, **BORN)


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


def test_many_lives_of_few_days_are_those_that_each_would_be(life: Life) -> None:
    many = im.lives(hosts=1, to="25 d", seed=2, progress=False, **BORN)
    assert many.people[0].episodes
    assert {each.agent for each in many.people[0].episodes} <= {each.agent for each in life.episodes}
    assert many.bands[0].person_years == pytest.approx(25 / 365.25)


def test_the_page_shows_every_episode(life: Life) -> None:
    from immunity.report.from_life import page_of_life

    page = page_of_life(life)
    assert page.count('<rect class="episode') >= len(life.episodes)
    assert "<script" not in page
    assert all(each.name in page for each in life.episodes)
    assert "Two lives" in page_of_life(life, life)
