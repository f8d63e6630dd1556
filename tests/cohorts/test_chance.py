"""Exposures at a rate: how often, when, of what, how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import immunity as im
from immunity.cohorts.chance import draw_exposures, join_events, rate_at
from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.compiler.tables import EVENT_ADD_COUNTED, EVENT_PARAMETER_SCALE, EVENT_SCALE
from immunity.language.errors import RuleError
from tests.compiler.books import case_of, compiled

BOOK = """
kind: threat
id: cold
lives_in: {skin: []}
flows: [{verb: die, hazard: "1 1/day"}]
readouts: [{id: colds, sum: [at skin], unit: CFU}]
---
{kind: threat, id: flu, lives_in: {skin: []}, flows: [{verb: die, hazard: "1 1/day"}]}
---
{kind: host, id: adult, attributes: {age: "35 y", weight: "50 kg"}}
---
{kind: scenario, id: plain, title: Plain, days: 3652.5, every: "30 d"}
"""
SEVEN = {"threat": "cold", "site": "skin", "dose": "100 CFU"}


@pytest.fixture(scope="module")
def book() -> Compiled:
    return compiled(BOOK)


def at_rate(book: Compiled, rate: Any, **changes: Any) -> Case:
    return case_of(book, {"exposures": [{**SEVEN, "rate": rate}], **changes})


def drawn(case: Case, hosts: int = 200, seed: int = 1) -> list[np.ndarray]:
    return [draw_exposures(case.chances, seed, host, case.days)[0].time for host in range(hosts)]


def test_counts_are_poisson_and_times_even(book: Compiled) -> None:
    times = drawn(at_rate(book, "2 1/year"))
    counts = np.array([len(each) for each in times])
    assert abs(counts.mean() - 20.0) < 4.5 * np.sqrt(20.0 / len(counts))
    assert 0.7 < counts.var() / 20.0 < 1.4
    assert stats.kstest(np.concatenate(times) / 3652.5, "uniform").pvalue > 1e-4
    assert all((np.diff(each) >= 0).all() for each in times)


def test_a_host_draws_the_same_whoever_else_is_there_and_whatever_else_it_meets(book: Compiled) -> None:
    case = at_rate(book, "2 1/year")
    assert np.array_equal(drawn(case, 3)[2], draw_exposures(case.chances, 1, 2, case.days)[0].time)
    assert not np.array_equal(drawn(case, 1)[0], drawn(case, 1, seed=2)[0])
    more = case_of(book, {"exposures": [{**SEVEN, "rate": "2 1/year"}, {**SEVEN, "threat": "flu", "rate": "1 1/year"}]})
    first = draw_exposures(more.chances[:1], 1, 2, more.days)[0].time
    assert set(first.tolist()) <= set(draw_exposures(more.chances, 1, 2, more.days)[0].time.tolist())
    assert np.array_equal(first, drawn(case, 3)[2])


def test_rates_follow_age_and_season(book: Compiled) -> None:
    by_age = at_rate(book, {"value": "4 1/year", "by_age": [["0 y", "3"], ["38 y", "3"], ["38.001 y", "0"]]})
    times = np.concatenate(drawn(by_age, 50))
    assert times.max() < 3.01 * 365.25
    assert abs(len(times) / 50 - 36.0) < 4.5 * np.sqrt(36.0 / 50)
    winter = {"value": "4 1/year", "by_season": [["0 d", "1"], ["90 d", "1"], ["91 d", "0"], ["366 d", "0"]]}
    inside = np.concatenate(drawn(at_rate(book, winter), 50)) % 365.25
    assert inside.max() < 91.0
    later = np.concatenate(drawn(at_rate(book, {**winter, "day_of_year": "60 d"}), 50))
    assert (((later + 60.0) % 365.25) < 91.0).all()
    (chance,) = at_rate(book, winter).chances
    assert rate_at(chance, 10.0) == pytest.approx(4.0 / 365.25) and rate_at(chance, 200.0) == 0.0


def test_doses_and_strains_are_drawn_as_declared(book: Compiled) -> None:
    case = at_rate(book, {"value": "20 1/year", "gsd": "3", "strains": {"cold": "3", "flu": "1"}})
    events = [draw_exposures(case.chances, 5, host, case.days)[0] for host in range(20)]
    pools = np.concatenate([each.index for each in events])
    logs = np.log(np.concatenate([each.value for each in events]) / 100.0) / np.log(3.0)
    assert stats.kstest(logs, "norm").pvalue > 1e-4
    flu = case.model.tables.names.pool.index("skin.flu")
    n = len(pools)
    assert abs((pools == flu).mean() - 0.25) < 4.5 * np.sqrt(0.25 * 0.75 / n)
    assert all((each.kind == EVENT_ADD_COUNTED).all() for each in events)
    assert np.unique(at_rate(book, "9 1/year").chances[0].sigma) == 0.0


def test_they_begin_and_end_when_they_are_said_to(book: Compiled) -> None:
    times = np.concatenate(drawn(at_rate(book, {"value": "9 1/year", "from": "100 d", "until": "900 d"}), 20))
    assert 100.0 < times.min() < 200.0 and 800.0 < times.max() < 900.0
    assert not np.concatenate(drawn(at_rate(book, "0 1/year"), 5)).size


@pytest.mark.parametrize("stochastic", [False, True])
def test_a_run_meets_them_and_says_so(book: Compiled, stochastic: bool) -> None:
    changes = {"exposures": [{**SEVEN, "rate": "2 1/year"}]}
    run = im.run("plain", book=book, changes=changes, seed=4, stochastic=stochastic)
    told = [each for each in run.summary["happened"] if "exposed to 100 of cold" in each["what"]]
    assert run.record.jump_time is not None
    assert [each["day"] for each in told] == run.record.jump_time[0].tolist() and 8 < len(told) < 40
    assert any("drawn for each host from the seed" in warning for warning in run.summary["warnings"])
    again = im.run("plain", book=book, changes=changes, seed=4, stochastic=stochastic)
    assert again.record.readout.tobytes() == run.record.readout.tobytes()
    other = im.run("plain", book=book, changes=changes, seed=5, stochastic=stochastic)
    assert other.record.readout.tobytes() != run.record.readout.tobytes()


def test_events_of_one_instant_keep_their_order(book: Compiled) -> None:
    one = draw_exposures(at_rate(book, "1 1/year").chances, 1, 1, 3652.5)[0]
    assert join_events(one, type(one)(*(getattr(one, key)[:0] for key in ("time", "kind", "index", "value")))) is one
    both = join_events(one, one)
    assert np.array_equal(both.time[::2], both.time[1::2])


@pytest.mark.parametrize(
    ("rate", "code"),
    [
        ("2 1/kg", "E305"),
        ("-2 1/year", "E606"),
        ({"value": "1 1/year", "gsd": "0.5"}, "E514"),
        ({"value": "1 1/year", "strains": {"colt": "1"}}, "E602"),
        ({"value": "1 1/year", "strains": {"cold": "0"}}, "E606"),
        ({"value": "1 1/year", "by_age": [["1 y", "1"], ["0 y", "1"]]}, "E509"),
        ({"value": "1 1/year", "by_age": [["0 y", "-1"], ["1 y", "1"]]}, "E516"),
    ],
)
def test_faults_of_rates(book: Compiled, rate: Any, code: str) -> None:
    with pytest.raises(RuleError) as caught:
        at_rate(book, rate)
    assert caught.value.code == code


def test_a_rate_that_never_stops_is_refused(book: Compiled) -> None:
    case = at_rate(book, "1e3 1/day")
    with pytest.raises(RuleError) as caught:
        draw_exposures(case.chances, 1, 1, case.days)
    assert caught.value.code == "E609"


def test_what_comes_along_comes_each_time(book: Compiled) -> None:
    along = [{"threat": "flu", "site": "skin", "dose": "7 CFU"}]
    case = at_rate(book, {"value": "2 1/year", "along": along})
    events, told = draw_exposures(case.chances, 1, 0, case.days)
    assert len(events.time) == len(told) == 2 * len(drawn(at_rate(book, "2 1/year"), 1)[0])
    assert sorted(set(events.value.tolist())) == [7.0, 100.0]
    assert np.array_equal(np.unique(events.time), drawn(at_rate(book, "2 1/year"), 1)[0])


def test_a_birthday_that_is_drawn_differs_between_hosts_and_is_one_for_all_exposures(book: Compiled) -> None:
    winter = {"value": "9 1/year", "by_season": [["0 d", "1"], ["30 d", "1"], ["31 d", "0"], ["365.25 d", "0"]]}
    case = at_rate(book, {**winter, "day_of_year": "any"})
    seasons = [np.ptp(times % 365.25) for times in drawn(case, 20)]
    assert np.median(seasons) < 60.0 or np.median([365.25 - each for each in seasons]) < 60.0
    middles = {round(float(np.median(times % 365.25)) / 60.0) for times in drawn(case, 20)}
    assert len(middles) > 2


COATS = """
kind: set
id: coat
---
kind: molecule
id: memory
unit: mg
over: [coat]
lives_in: {blood: [young, old]}
flows: [{verb: clear, id: forget, of: "old at blood [each coat]", hazard: "0.01 1/day"}]
---
kind: threat
id: cold
lives_in: {skin: []}
flows: [{verb: die, hazard: "1 1/day"}]
brings: {coat: [{id: red}]}
readouts: [{id: colds, sum: [at skin], unit: CFU}]
---
{kind: threat, id: flu, lives_in: {skin: []}, flows: [{verb: die, hazard: "1 1/day"}], brings: {coat: [{id: blue}]}}
---
{kind: host, id: adult, attributes: {age: "35 y", weight: "50 kg"}}
---
{kind: scenario, id: plain, title: Plain, days: 3652.5, every: "30 d"}
"""


@pytest.mark.parametrize("every", [None, "1 year"])
def test_another_strain_is_known_less(every: str | None) -> None:
    book = compiled(COATS)
    renews = {"members": ["red", "blue"], "of": ["memory.old"], "keeps": "0.5"} | ({"every": every} if every else {})
    rate = {"value": "2 1/year", "strains": {"cold": "1", "flu": "1"}, "renews": renews}
    case = at_rate(book, rate)
    names = case.model.tables.names.pool
    events, told = draw_exposures(case.chances, 1, 0, case.days)
    rows = zip(*event_rows(events), strict=True)
    scaled = [(time, names[k], value) for time, kind, k, value in rows if kind == EVENT_SCALE]
    assert {value for *_, value in scaled} == {0.5}
    assert {name for _, name, _ in scaled} == {"blood.memory.old[red]", "blood.memory.old[blue]"}
    if every:
        assert len(scaled) == 2 * 9
        return
    met = {day: what.split(" of ")[1] for day, what in told}
    assert [{"cold": "red", "flu": "blue"}[met[time]] in name for time, name, _ in scaled] == [True] * len(told)


GRIPS = """
kind: threat
id: cold
lives_in: {skin: []}
numbers:
  grip: {value: "2", status: assumed}
  other: {value: "1", status: assumed}
  twice: {derived: "2 * g", where: {g: cold.other}}
  same: {value: "1", status: assumed}
flows: [{verb: die, hazard: "1 1/day", times: [cold.grip, cold.twice, cold.same]}]
readouts: [{id: colds, sum: [at skin], unit: CFU}]
---
kind: host
id: adult
attributes: {age: "35 y", weight: "50 kg"}
variation: [{number: cold.grip, gsd: "2"}, {number: cold.other, gsd: "2"}]
---
{kind: scenario, id: plain, title: Plain, days: 3652.5, every: "30 d"}
"""


@pytest.mark.parametrize(("draws", "median"), [("cold.grip", 1.0), ({"number": "cold.grip", "median": "0.3"}, 0.3)])
def test_each_meeting_draws_a_number_anew(draws: Any, median: float) -> None:
    book = compiled(GRIPS)
    case = at_rate(book, {"value": "2 1/year", "draws": [draws]})
    names = case.model.tables.names.parameter
    grip = names.index("cold.grip")
    begun = np.ones(len(names))
    begun[grip] = 3.0  # this host's own, until the first meeting
    drawn_after = []
    for host in range(150):
        events, told = draw_exposures(case.chances, 1, host, case.days, begun)
        rows = [
            (k, value) for _, kind, k, value in zip(*event_rows(events), strict=True) if kind == EVENT_PARAMETER_SCALE
        ]
        assert len(rows) == len(told)
        assert {k for k, _ in rows} <= {grip}
        drawn_after += list(3.0 * np.cumprod([value for _, value in rows]))
    logs = np.log(drawn_after)
    assert abs(logs.mean() - np.log(median)) < 4.5 * np.log(2.0) / np.sqrt(len(logs))
    assert 0.9 < logs.std() / np.log(2.0) < 1.1
    plain = at_rate(book, "2 1/year")
    assert draw_exposures(plain.chances, 1, 3, 3652.5)[1] == draw_exposures(case.chances, 1, 3, 3652.5)[1]


@pytest.mark.parametrize(("number", "code"), [("cold.same", "E609"), ("cold.other", "E615"), ("cold.none", "E410")])
def test_a_number_that_no_meeting_can_draw_is_refused(number: str, code: str) -> None:
    with pytest.raises(RuleError, match=code):
        at_rate(compiled(GRIPS), {"value": "2 1/year", "draws": [number]})


def test_a_median_of_what_is_drawn_is_positive() -> None:
    with pytest.raises(RuleError, match="E606"):
        at_rate(compiled(GRIPS), {"value": "2 1/year", "draws": [{"number": "cold.grip", "median": "0"}]})


def event_rows(events: Any) -> tuple[Any, ...]:
    return events.time.tolist(), events.kind.tolist(), events.index.tolist(), events.value.tolist()
