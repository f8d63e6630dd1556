"""A life in a table, as a doctor would keep it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from immunity.lifetime.episodes import YEAR, Episode

if TYPE_CHECKING:
    from immunity.lifetime.life import Life, Lives

EPISODE_HEADER = ("age", "agent", "what", "days", "severity", "fever days", "")
YEAR_HEADER = (
    "year of age",
    "infections",
    "illnesses",
    "with fever",
    "fever days",
    "hospital",
    "antibiotics",
    "days a carrier",
)
BAND_HEADER = (
    "age",
    "person-years",
    "infections",
    "illnesses",
    "middle half",
    "fevers",
    "hospital",
    "carriers",
    "deaths",
)


def age_words(days: float) -> str:
    """An age as people say it."""
    if days < 60:
        return f"{days:.0f} d"
    return f"{days * 12 / YEAR:.0f} months" if days < 2 * YEAR else f"{days / YEAR:.1f} y"


def episode_row(episode: Episode) -> tuple[str, ...]:
    """A line of the table of episodes."""
    beside = [
        *(["first"] if episode.first and not episode.carried else []),
        *(["antibiotics"] if episode.antibiotics else []),
    ]
    severity = "" if episode.carried else episode.severity
    fever = f"{episode.fever_days:.0f}" if episode.fever_days else ""
    return (
        age_words(episode.start),
        episode.name,
        episode.what,
        f"{episode.days:.0f}",
        severity,
        fever,
        ", ".join(beside),
    )


def year_rows(life: Life) -> Iterator[tuple[str, ...]]:
    """A line for each year of age."""
    for year in life.years:
        counts = (year.infections, year.illnesses, year.fevers, year.fever_days, year.hospital, year.antibiotics)
        yield (str(year.age + 1), *(f"{count:.0f}" for count in counts), f"{year.carrier_days:.0f}")


def band_rows(lives: Lives) -> Iterator[tuple[str, ...]]:
    """A line for each age: per person and year."""
    for band in lives.bands:
        low, high = band.ages
        yield (
            f"{low} to {high} y" if high < 150 else f"{low} y and older",
            f"{band.person_years:.0f}",
            f"{band.infections:.1f}",
            f"{band.illnesses:.1f}",
            f"{band.low:.1f} to {band.high:.1f}",
            f"{band.fevers:.1f}",
            f"{band.hospital:.2g}",
            f"{band.carrying:.0%}",
            f"{band.deaths:.2g}",
        )


def headline(life: Life) -> str:
    """A life in a sentence."""
    plan = life.plan
    given = "no vaccines" if plan.schedule is None else plan.schedule.record.title
    end = f"died at {age_words(life.lived.ended)}" if life.lived.died else f"followed to {age_words(life.lived.ended)}"
    return f"{plan.world.record.title}, household {plan.household.replace('_', ' ')}; {given}; {end}"


def life_lines(life: Life) -> Iterator[str]:
    """A life as text."""
    yield headline(life)
    yield from ("  ".join(episode_row(each)).rstrip() for each in life.episodes if not each.carried)


def lives_lines(lives: Lives) -> Iterator[str]:
    """Many lives as text."""
    yield f"{len(lives)} lives, {lives.plan.world.record.title}, household {lives.plan.household.replace('_', ' ')}"
    yield "  ".join(BAND_HEADER)
    yield from ("  ".join(row) for row in band_rows(lives))
