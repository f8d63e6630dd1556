"""Dated events: exposures, doses and their times, changes of pools and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from immunity.compiler.build import Compiled
from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    EVENT_SCALE,
    EVENT_SET,
)
from immunity.language.errors import RuleError
from tests.compiler.books import PLAIN, argument, case_of, compiled, judged, refused

BOOK = (
    PLAIN
    + """
---
{kind: place, id: nose, is: [site], volume: "1 mL", links: {beneath: skin}}
---
{kind: threat, id: coccus, lives_in: {each site: []}}
---
{kind: threat, id: worm, lives_in: {skin: [egg, adult]}, enters: {nose: egg at skin}}
---
{kind: threat, id: spore, lives_in: {each site: []}, enters: {each site: at skin}}
---
{kind: cell, id: rod, lives_in: {blood: [young, old]}, stages: {young: 2}, numbers: {speed: "1 1/day"}, flows: [
  {verb: die, of: old at blood, hazard: {use: speed}}]}
---
{kind: therapy, id: pill, unit: mg, lives_in: {blood: [], skin: [depot]}, given: {oral: depot at skin, vein: at blood}}
---
{kind: therapy, id: cells, unit: cell, countable: true, lives_in: {blood: []}, given: {vein: at blood}}
---
{kind: host, id: adult, attributes: {weight: "50 kg", surface: "1.5 m2"}}
"""
)


@pytest.fixture(scope="module")
def book() -> Compiled:
    return compiled(BOOK)


def dated(book: Compiled, **changes: Any) -> list[tuple[float, int, str, float]]:
    """Events of the scenario, with the names of what they change."""
    events, names = case_of(book, changes).events, book.model.tables.names
    rows = zip(events.time.tolist(), events.kind.tolist(), events.index.tolist(), events.value.tolist(), strict=True)
    return [(t, k, (names.parameter if k >= EVENT_PARAMETER_SCALE else names.pool)[i], v) for t, k, i, v in rows]


def refuse(book: Compiled, code: str, near: str | None = None, **changes: Any) -> None:
    with pytest.raises(RuleError) as caught:
        case_of(book, changes)
    judged(caught.value, argument(caught.value, changes), code, near=near)


# exposures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("threat", "site", "pool"),
    [
        ("coccus", "skin", "skin.coccus"),
        ("coccus", "nose", "nose.coccus"),
        ("worm", "nose", "skin.worm.egg"),
        ("spore", "nose", "skin.spore"),
    ],
)
def test_a_dose_goes_to_the_site_or_where_the_threat_enters(book: Compiled, threat: str, site: str, pool: str) -> None:
    exposure = {"threat": threat, "site": site, "dose": "100 CFU", "at": "12 h"}
    assert dated(book, exposures=[exposure]) == [(0.5, EVENT_ADD_COUNTED, pool, 100.0)]


@pytest.mark.parametrize(
    ("change", "code", "near"),
    [
        ({"threat": "cocus"}, "E602", "coccus"),
        ({"site": "blood"}, "E603", None),
        ({"site": "skinn"}, "E603", "skin"),
        ({"threat": "worm"}, "E603", None),  # two states there: no single pool to enter
        ({"dose": "1 ng"}, "E606", None),
        ({"dose": "-5 CFU"}, "E606", None),
        ({"dose": "nan CFU"}, "E606", None),
        ({"dose": "5"}, "E606", None),
        ({"at": "-1 d"}, "E609", None),
        ({"at": "1 kg"}, "E305", None),
    ],
)
def test_faults_of_exposures(book: Compiled, change: dict[str, str], code: str, near: str | None) -> None:
    refuse(book, code, near, exposures=[{"threat": "coccus", "site": "skin", "dose": "1 CFU", **change}])


# therapies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("course", "times"),
    [
        ({}, [0]),
        ({"at": "3 d"}, [3]),
        ({"every": "1 d", "from": "2 d", "until": "5 d"}, [2, 3, 4]),
        ({"every": "8 h", "from": "0 d", "until": "1 d"}, [0, 1 / 3, 2 / 3]),
        ({"every": "2 d", "from": "2 d", "until": "5 d"}, [2, 4]),
        ({"every": "4 d"}, [0, 4, 8]),
        ({"every": "5 d"}, [0, 5]),  # not at the very end
        ({"every": "4 d", "until": "100 d"}, [0, 4, 8]),
        ({"every": "4 d", "at": "3 d"}, [3, 7]),
    ],
)
def test_doses_fall_from_the_first_on_before_until_and_the_end(
    book: Compiled, course: dict[str, str], times: list[float]
) -> None:
    found = dated(book, therapies=[{"therapy": "pill", "dose": "1 mg", **course}])
    assert [time for time, *_ in found] == pytest.approx(times)
    assert {(kind, pool, amount) for _, kind, pool, amount in found} == {(EVENT_ADD, "skin.pill.depot", 1e6)}


def test_the_route_says_where_a_dose_goes_and_is_put_on_record(book: Compiled) -> None:
    dose = {"therapy": "pill", "dose": "1 mg"}
    assert dated(book, therapies=[{**dose, "route": "vein"}])[0][2] == "blood.pill"
    assert case_of(book, {"therapies": [dose]}).filled["therapies"][0]["route"] == "oral"
    assert dated(book, therapies=[{"therapy": "cells", "dose": "7 cell"}]) == [
        (0.0, EVENT_ADD_COUNTED, "blood.cells", 7.0)
    ]


def test_a_dose_per_kg_is_multiplied_by_the_weight(book: Compiled) -> None:
    course = {"therapy": "pill", "dose": "10 mg/kg"}
    assert dated(book, therapies=[course])[0][3] == pytest.approx(500e6)
    assert dated(book, therapies=[course], **{"host.weight": "100 kg"})[0][3] == pytest.approx(1000e6)
    per_cell = {"therapy": "cells", "dose": "2e6 cell/kg"}
    assert dated(book, therapies=[per_cell])[0][3] == pytest.approx(1e8)


def test_a_dose_per_m2_is_multiplied_by_the_surface(book: Compiled) -> None:
    assert dated(book, therapies=[{"therapy": "pill", "dose": "10 mg/m2"}])[0][3] == pytest.approx(15e6)
    assert dated(book, therapies=[{"therapy": "pill", "dose": "10 mg/m^2"}])[0][3] == pytest.approx(15e6)


@pytest.mark.parametrize(
    ("course", "times", "amounts"),
    [
        ({"doses": 3, "every": "8 h"}, [0, 1 / 3, 2 / 3], [1, 1, 1]),
        ({"doses": 3, "every": "8 h", "from": "9.5 d"}, [9.5, 9.5 + 1 / 3, 9.5 + 2 / 3], [1, 1, 1]),
        ({"lasting": "1 d", "every": "8 h", "from": "2 d"}, [2, 2 + 1 / 3, 2 + 2 / 3], [1, 1, 1]),
        ({"doses": 2, "every": "8 h", "loading": "5 mg"}, [0, 1 / 3], [5, 1]),
        ({"dose": "0 mg", "every": "8 h"}, [], []),
        ({"dose": "0 mg", "loading": "2 mg"}, [0], [2]),
        ({"doses": 1}, [0], [1]),
    ],
)
def test_courses_are_counted_loaded_or_placebo(
    book: Compiled, course: dict[str, Any], times: list[float], amounts: list[float]
) -> None:
    found = dated(book, therapies=[{"therapy": "pill", "dose": "1 mg", **course}])
    assert [time for time, *_ in found] == pytest.approx(times)
    assert [amount / 1e6 for *_, amount in found] == pytest.approx(amounts)


def rates(book: Compiled, **changes: Any) -> list[tuple[float, str, float]]:
    """When the rates of infusions change, and to what."""
    case = case_of(book, changes)
    events, names = case.events, case.model.tables.names.parameter
    assert set(events.kind.tolist()) <= {EVENT_PARAMETER_SET}
    rows = zip(events.time.tolist(), events.index.tolist(), events.value.tolist(), strict=True)
    return [(t, names[i], v) for t, i, v in rows]


def test_an_infusion_is_a_rate_that_is_switched_on_and_off(book: Compiled) -> None:
    name = "infuse_pill.vein.rate"
    drip = {"therapy": "pill", "route": "vein", "dose": "12 mg", "over": "6 h"}
    assert rates(book, therapies=[drip]) == [(0.0, name, 48e6), (0.25, name, 0.0)]
    back_to_back = rates(book, therapies=[{**drip, "every": "6 h", "doses": 2}])
    assert back_to_back == [(0.0, name, 48e6), (0.25, name, 0.0), (0.25, name, 48e6), (0.5, name, 0.0)]
    rate = {"therapy": "pill", "route": "vein", "rate": "2 mg/h"}
    assert rates(book, therapies=[{**rate, "until": "1 d"}]) == [(0.0, name, 48e6), (1.0, name, 0.0)]
    assert rates(book, therapies=[{**rate, "lasting": "1 d", "from": "1 d"}]) == [(1.0, name, 48e6), (2.0, name, 0.0)]
    assert rates(book, therapies=[rate]) == [(0.0, name, 48e6), (10.0, name, 0.0)]
    assert rates(book, therapies=[{**rate, "rate": "1 mg/kg/h", "over": "1 h"}])[0][2] == pytest.approx(1200e6)
    both = rates(book, therapies=[drip, drip])
    assert {each for _, each, _ in both} == {name, "infuse_pill.vein_2.rate"}
    assert case_of(book, {"therapies": [drip]}).warnings == case_of(book, {"therapies": [rate]}).warnings == ()


def test_exposures_and_additions_may_take_time(book: Compiled) -> None:
    exposure = {"threat": "coccus", "site": "skin", "dose": "100 CFU", "at": "12 h", "over": "12 h"}
    name = "expose_coccus.skin.rate"
    assert rates(book, exposures=[exposure]) == [(0.5, name, 200.0), (1.0, name, 0.0)]
    added = {"pool": "pill at blood", "add": "2 mg/kg", "at": "1 d", "over": "12 h"}
    name = "infuse_blood.pill.rate"
    assert rates(book, events=[added]) == [(1.0, name, pytest.approx(200e6)), (1.5, name, 0.0)]
    refuse(book, "E609", events=[{"pool": "pill at blood", "set": "2 mg", "over": "1 h"}])


@pytest.mark.parametrize(
    ("change", "code", "near"),
    [
        ({"therapy": "pil"}, "E604", None),
        ({"route": "orall"}, "E605", None),
        ({"dose": "10"}, "E606", None),  # a bare number is no dose per kg
        ({"dose": "10 mL"}, "E606", None),
        ({"dose": "-1 mg"}, "E606", None),
        ({"dose": "10 mg/m"}, "E606", None),
        ({"rate": "1 mg/h"}, "E618", None),
        ({"dose": None}, "E618", None),
        ({"dose": None, "rate": "1 mg", "over": "1 h"}, "E606", None),
        ({"over": "0 h"}, "E609", None),
        ({"over": "9 h", "every": "8 h"}, "E609", None),
        ({"doses": 3}, "E609", None),
        ({"doses": 3, "every": "1 d", "until": "2 d"}, "E609", None),
        ({"lasting": "0 d", "every": "1 d"}, "E609", None),
        ({"every": "1 h", "doses": 100_001}, "E609", None),
        ({"loading": "1 mL"}, "E606", None),
        ({"every": "0 h"}, "E609", None),
        ({"every": "1e-9 h"}, "E609", None),
        ({"every": "1 d", "from": "3 d", "until": "3 d"}, "E609", None),
        ({"until": "3 d"}, "E609", None),
        ({"from": "3 d", "at": "2 d"}, "E609", None),
    ],
)
def test_faults_of_therapies(book: Compiled, change: dict[str, str], code: str, near: str | None) -> None:
    refuse(book, code, near, therapies=[{"therapy": "pill", "dose": "1 mg", **change}])


# changes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"pool": "rod.old at blood", "add": "3 cell"}, [(EVENT_ADD, "blood.rod.old", 3.0)]),
        ({"pool": "rod.young at blood", "add": "3 cell"}, [(EVENT_ADD, "blood.rod.young.1", 3.0)]),
        (
            {"pool": "rod.young at blood", "set": "3 cell"},
            [(EVENT_SET, "blood.rod.young.1", 1.5), (EVENT_SET, "blood.rod.young.2", 1.5)],
        ),
        (
            {"pool": "rod at blood", "scale": "0.1"},
            [(EVENT_SCALE, f"blood.rod.{state}", 0.1) for state in ("young.1", "young.2", "old")],
        ),
        ({"number": "rod.speed", "set": "3 1/day"}, [(EVENT_PARAMETER_SET, "rod.speed", 3.0)]),
        ({"number": "rod.speed", "scale": "3"}, [(EVENT_PARAMETER_SCALE, "rod.speed", 3.0)]),
    ],
)
def test_each_kind_of_change(book: Compiled, event: dict[str, str], expected: list[tuple[int, str, float]]) -> None:
    assert dated(book, events=[{"at": "2 d", **event}]) == [(2.0, *each) for each in expected]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"pool": "rod.old at blood"}, "E611"),
        ({"pool": "rod.old at blood", "add": "1 cell", "scale": "1"}, "E611"),
        ({"pool": "rod.old at blood", "number": "rod.speed", "scale": "1"}, "E611"),
        ({"scale": "1"}, "E611"),
        ({"number": "rod.speed", "add": "1 1/day"}, "E611"),
        ({"pool": "rod at blood", "add": "1 cell"}, "E406"),
        ({"pool": "rod at skin", "scale": "1"}, "E406"),
        ({"pool": "rod.old at blood", "add": "1 ng"}, "E305"),
        ({"pool": "rod.old at blood", "scale": "1 ng"}, "E305"),
        ({"pool": "rod.old at blood", "scale": "-1"}, "E516"),
        ({"pool": "rod.old at blood", "add": "-1 cell"}, "E516"),
        ({"number": "rod.speed", "set": "-1 1/day"}, "E516"),
        ({"number": "rod.sped", "scale": "1"}, "E410"),
        ({"pool": "rod.old at blood", "scale": "1", "at": "-1 d"}, "E609"),
    ],
)
def test_faults_of_changes(book: Compiled, event: dict[str, str], code: str) -> None:
    refuse(book, code, events=[event])


def test_events_are_in_order_of_time_and_those_after_the_end_are_told(book: Compiled) -> None:
    exposure = {"threat": "coccus", "site": "skin", "dose": "1 CFU"}
    changes = {
        "exposures": [{**exposure, "at": "4 d"}, exposure],
        "events": [{"at": "2 d", "number": "rod.speed", "scale": "2"}],
    }
    case = case_of(book, changes)
    assert case.events.time.tolist() == [0.0, 2.0, 4.0]
    assert case.warnings == ()
    late = case_of(book, {**changes, "days": 3})
    assert np.all(late.events.time == case.events.time)
    assert late.warnings == ("1 event from day 3 on, when the scenario ends, never happen",)


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("enters: {nose: egg", "enters: {nosse: egg", "E402", "id: worm"),
        ("egg at skin", "eg at skin", "E401", "id: worm"),
        ("enters: {each site: at skin}", "enters: {each sit: at skin}", "E407", "id: spore"),
        ("oral: depot at skin", "oral: depot at blood", "E406", "id: pill"),
    ],
)
def test_ways_in_and_routes_that_lead_nowhere_are_told_when_the_book_is_compiled(
    old: str, new: str, code: str, line: str
) -> None:
    assert old in BOOK
    refused(BOOK.replace(old, new, 1), code, line=line)
