"""What counts as an episode, and as an illness."""

from __future__ import annotations

import numpy as np

from immunity.lifetime.episodes import Episode, Trace, count_episodes, count_years, feel
from immunity.lifetime.load import counting

DAYS = np.arange(0.0, 100.0)


def trace(site: str, *spans: tuple[int, int], agent: str = "cold", amount: float = 1e9) -> Trace:
    values = np.zeros(len(DAYS))
    for first, last in spans:
        values[first : last + 1] = amount
    return Trace(agent, site, values)


def readouts(**spans: tuple[int, int, float]) -> dict[str, np.ndarray]:
    found = {"body.symptoms": np.zeros(len(DAYS)), "body.temperature": np.full(len(DAYS), 37.0)}
    found |= {"blood.oxygen": np.full(len(DAYS), 98.0)}
    for name, (first, last, value) in spans.items():
        found[name.replace("__", ".")][first : last + 1] = value
    return found


def count(traces: list[Trace], values: dict[str, np.ndarray] | None = None, died: float | None = None) -> list[Episode]:
    felt, names = feel(counting(), values or readouts(), len(DAYS)), {"cold": "Cold"}
    return count_episodes(counting(), DAYS, traces, felt, start=365.25, names=names, courses=[12.0], died=died)


def test_what_comes_back_within_a_week_is_one_episode() -> None:
    near, far = count([trace("nose", (10, 12), (19, 20))]), count([trace("nose", (10, 12), (20, 21))])
    assert [(each.start - 365.25, each.days) for each in near] == [(10.0, 11.0)]
    assert [each.first for each in far] == [True, False]


def test_the_deepest_site_names_it_and_how_ill_somebody_was_grades_it() -> None:
    traces = [trace("nose", (10, 20)), trace("lungs", (14, 15))]
    assert [(e.what, e.severity) for e in count(traces)] == [("pneumonia of a virus", "silent")]
    for values, severity in [
        (readouts(body__symptoms=(11, 12, 3.0)), "mild"),
        (readouts(body__temperature=(11, 13, 38.5)), "fever"),
        (readouts(blood__oxygen=(11, 12, 88.0)), "hospital"),
    ]:
        (found,) = count(traces, values)
        assert found.severity == severity
        assert found.fever_days == (3.0 if severity == "fever" else 0.0)
    assert count(traces, died=18.0)[0].severity == "death"


def test_too_little_is_no_infection_and_a_carrier_is_not_ill() -> None:
    assert count([trace("nose", (10, 20), amount=10.0)]) == []
    (carried,) = count([trace("carried", (10, 20))], readouts(body__temperature=(11, 13, 39.0)))
    assert (carried.carried, carried.ill, carried.antibiotics) == (True, False, False)


def test_years_add_up() -> None:
    traces = [trace("nose", (10, 12), (30, 31)), trace("bronchi", (50, 52), agent="flu"), trace("carried", (60, 69))]
    episodes = count(traces, readouts(body__temperature=(50, 51, 39.0)))
    (year,) = count_years(episodes, 365.25, 465.25)
    assert (year.age, year.infections, year.illnesses, year.fevers, year.fever_days) == (1, 3, 1, 1, 2.0)
    assert (year.antibiotics, year.carrier_days) == (1, 10.0)
    assert year.lived == np.float64(100 / 365.25)
