"""Infusions: what runs in, runs out, and is booked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import immunity as im
from immunity.compiler.build import Compiled
from immunity.compiler.host import build_case
from immunity.compiler.inflow import Inflow, with_inflows
from immunity.compiler.tables import Origin
from immunity.engine import prepare, run_host
from immunity.scenario import find_scenario, override
from tests.compiler.books import case_of, compiled
from tests.engine.checks import check_ledger, check_moments

BOOK = """
kind: therapy
id: drug
unit: mg
lives_in: {blood: []}
given: {intravenous: "at blood"}
flows:
  - {verb: clear, of: at blood, half_life: "1 h"}
readouts:
  - {id: level, sum: [at blood], per: volume of blood, unit: mg/L}
---
kind: threat
id: coccus
lives_in: {skin: []}
readouts:
  - {id: cocci, sum: [at skin], unit: CFU}
---
{kind: host, id: adult, attributes: {weight: "50 kg"}}
---
{kind: scenario, id: plain, title: Plain, days: 1, every: "1 h"}
"""


@pytest.fixture(scope="module")
def book() -> Compiled:
    return compiled(BOOK)


def drip(book: Compiled, **course: Any) -> Any:
    changes = {"therapies": [{"therapy": "drug", **course}]}
    return im.run("plain", book=book, changes=changes, rtol=1e-6)


def test_an_infusion_reaches_its_plateau_and_decays_from_its_end(book: Compiled) -> None:
    level = drip(book, rate="50 mg/h", until="12 h")["level"].values
    k = math.log(2.0)
    hours = np.arange(25.0)
    exact = 10.0 / k * np.where(hours <= 12, 1 - np.exp(-k * hours), (1 - np.exp(-12 * k)) * np.exp(-k * (hours - 12)))
    np.testing.assert_allclose(level, exact, atol=1e-4)


def test_a_loading_dose_reaches_the_plateau_at_once(book: Compiled) -> None:
    plateau = 50.0 / math.log(2.0)
    level = drip(book, rate="50 mg/h", loading=f"{plateau} mg", lasting="23 h")["level"].values
    np.testing.assert_allclose(level[:24], plateau / 5.0, rtol=1e-4)


def test_the_same_amount_over_ever_shorter_times_becomes_a_bolus(book: Compiled) -> None:
    bolus = drip(book, dose="100 mg").summary["readouts"]["level"]
    peaks = []
    for over in ("2 h", "1 h"):
        slow = drip(book, dose="100 mg", over=over).summary["readouts"]["level"]
        assert slow["area"] == pytest.approx(bolus["area"], rel=0.05)  # straight lines where it rises
        peaks.append(slow["maximum"])
    k = math.log(2.0)
    assert peaks == pytest.approx([20.0 * (1 - math.exp(-k * t)) / (k * t) for t in (2.0, 1.0)], rel=1e-4)
    assert bolus["maximum"] == 20.0


def test_what_runs_in_is_booked_and_overlapping_courses_add_up(book: Compiled) -> None:
    course = {"therapy": "drug", "dose": "24 mg", "over": "24 h"}
    case = case_of(book, {"therapies": [course, {**course, "from": "6 h", "over": "12 h"}]})
    tables = case.model.tables
    run = run_host(prepare(tables), case.theta, tables.initial, case.events, case.out_times, rtol=1e-6)
    check_ledger(tables, tables.initial, run)
    assert run.fired[-2:] == pytest.approx([24e6, 24e6], rel=1e-6)
    assert not run.added.any()


def test_infused_members_arrive_one_by_one(book: Compiled) -> None:
    case = case_of(book, {"exposures": [{"threat": "coccus", "site": "skin", "dose": "12 CFU", "over": "12 h"}]})
    tables = case.model.tables
    net = prepare(tables)
    cocci = tables.names.readout.index("cocci")
    ends = np.array(
        [
            run_host(
                net, case.theta, tables.initial, case.events, np.array([0.25, 1.0]), stochastic=True, host=k
            ).readouts[:, cocci]
            for k in range(400)
        ]
    )
    assert np.array_equal(ends, np.floor(ends))
    check_moments(ends[:, 0], 6.0, 6.0)
    check_moments(ends[:, 1], 12.0, 12.0)


def test_tables_without_infusions_are_the_same_object(book: Compiled) -> None:
    assert with_inflows(book.model.tables, []) is book.model.tables
    assert case_of(book).model is book.model
    more = with_inflows(book.model.tables, [Inflow(0, "x", Origin("f", 1, "x")), Inflow(0, "x", Origin("f", 1, "x"))])
    assert more.names.flow[-2:] == ("x", "x_2") and len(set(more.flows.key.tolist())) == more.n_flow
    assert len(more.names.parameter) == len(more.theta) == len(more.names.parameter_unit)


def test_built_in_infusions_go_by_the_hosts_weight() -> None:
    """Three ng per kg are 60 ng of a child of 20 kg and 420 ng of a man of 140 kg."""
    book = im.load()
    for weight in (20.0, 140.0):
        case = build_case(book, override(find_scenario(book, "il1_infusion"), {"host.weight": f"{weight:g} kg"}))
        rates = case.events.value[case.events.value > 0.0]
        assert rates == pytest.approx([3.0 * weight * 48.0])
