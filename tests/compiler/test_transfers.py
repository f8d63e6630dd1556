"""Events that read pools: what they become, what they do to a person, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from immunity.compiler.build import Compiled
from immunity.compiler.tables import EVENT_ADD_HELD, EVENT_HOLD, EVENT_HOLD_MORE, EVENT_SET_HELD, EVENT_TAKE
from immunity.engine import prepare, run_host
from immunity.engine.run import HostRun
from immunity.interop.case import sbml_of_case
from immunity.language.errors import RuleError
from tests.compiler.books import PLAIN, argument, case_of, compiled, judged
from tests.elsewhere import simulate

BOOK = (
    PLAIN
    + """
---
{kind: cell, id: rod, lives_in: {blood: [young, old, dead], skin: [old]}, stages: {young: 2}}
---
{kind: molecule, id: wall, unit: ng, lives_in: {blood: []}}
---
{kind: threat, id: coccus, lives_in: {skin: []}}
---
{kind: place, id: gut, volume: "1 L", readouts: [{id: rods, name: Rods, sum: [rod.old at blood], unit: cell}]}
"""
)
START = {"pool": "rod.old at blood", "set": "1000 cell"}


@pytest.fixture(scope="module")
def book() -> Compiled:
    return compiled(BOOK)


def ended(book: Compiled, *events: dict[str, Any], stochastic: bool = False, **more: Any) -> dict[str, float]:
    """What is in every pool that is not empty at the end, and whether the ledger closed."""
    case = case_of(book, {"events": list(events), **more})
    tables = case.model.tables
    start = np.zeros(tables.n_pool)
    run: HostRun = run_host(
        prepare(tables), case.theta, start, case.events, case.out_times, plans=case.plans, stochastic=stochastic
    )
    np.testing.assert_allclose(run.state, run.added, rtol=1e-12)  # nothing flows: all there is came by events
    return {name: float(run.state[k]) for k, name in enumerate(tables.names.pool) if run.state[k]}


def test_a_pool_is_set_from_others(book: Compiled) -> None:
    wall = {"of": "rod.old at blood", "times": "2 ng/cell"}
    after = ended(book, START, {"at": "1 d", "pool": "wall at blood", "set_from": [wall]})
    assert after == {"blood.rod.old": 1000.0, "blood.wall": 2000.0}
    both = ["rod.old at blood", {"of": "rod.old at skin", "times": "0.5"}]
    skin = {"pool": "rod.old at skin", "set": "100 cell"}
    after = ended(book, START, skin, {"at": "1 d", "pool": "rod.dead at blood", "set_from": both})
    assert after["blood.rod.dead"] == 1050.0
    after = ended(book, START, {"at": "1 d", "pool": "rod.young at blood", "add_from": "rod.old at blood"})
    assert after["blood.rod.young.1"] == 1000.0


def test_a_pool_may_be_set_from_itself(book: Compiled) -> None:
    twice = {"of": "rod.old at blood", "times": "2"}
    assert ended(book, START, {"at": "1 d", "pool": "rod.old at blood", "set_from": [twice]}) == {
        "blood.rod.old": 2000.0
    }


@pytest.mark.parametrize("stochastic", [False, True])
def test_what_is_moved_is_neither_made_nor_lost(book: Compiled, stochastic: bool) -> None:
    move = {"at": "1 d", "pool": "rod.old at blood", "move_to": "rod.old at skin", "share": "0.25"}
    after = ended(book, START, move, stochastic=stochastic)
    assert after["blood.rod.old"] + after["skin.rod.old"] == 1000.0
    if stochastic:
        assert after["skin.rod.old"] % 1.0 == 0.0
        assert abs(after["skin.rod.old"] - 250.0) < 6.0 * np.sqrt(1000 * 0.25 * 0.75)
        assert after["skin.rod.old"] != 250.0
    else:
        assert after["skin.rod.old"] == 250.0
    assert ended(book, START, {**move, "share": "1"}, stochastic=stochastic) == {"skin.rod.old": 1000.0}


def test_it_may_wait_for_a_readout(book: Compiled) -> None:
    seen = {"readout": "rods", "above": "500 cell"}
    move = {"pool": "rod.old at blood", "move_to": "rod.dead at blood", "when": seen}
    assert ended(book, {**START, "at": "2 d"}, move) == {"blood.rod.dead": 1000.0}
    assert ended(book, {**START, "at": "2 d", "set": "400 cell"}, move) == {"blood.rod.old": 400.0}


def test_an_exposure_may_wait_too(book: Compiled) -> None:
    exposure = {"threat": "coccus", "site": "skin", "dose": "50 CFU", "when": {"readout": "rods", "above": "500 cell"}}
    assert ended(book, {**START, "at": "2 d"}, exposures=[exposure])["skin.coccus"] == 50.0
    assert "skin.coccus" not in ended(book, exposures=[exposure])
    late = {**exposure, "at": "3 d"}
    case = case_of(book, {"events": [START], "exposures": [late]})
    assert [plan.start for plan in case.plans] == [3.0]
    slow = case_of(book, {"exposures": [{**exposure, "over": "1 d", "at": "1 d"}]}).plans
    assert [(plan.start, plan.length, len(plan.steps[0][1])) for plan in slow] == [(1.0, 1.0, 2)]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"pool": "wall at blood", "set_from": ["rod.old at blood"]}, "E305"),
        ({"pool": "wall at blood", "set_from": [{"of": "rod.old at blood", "times": "-1 ng/cell"}]}, "E516"),
        ({"pool": "rod at blood", "set_from": ["rod.old at blood"]}, "E406"),
        ({"pool": "rod.old at blood", "move_to": "wall at blood"}, "E305"),
        ({"pool": "rod.old at blood", "move_to": "rod.dead at blood", "share": "1.5"}, "E609"),
        ({"pool": "rod.old at blood", "set": "1 cell", "share": "0.5"}, "E611"),
        ({"pool": "rod.old at blood", "set": "1 cell", "add_from": ["rod.old at skin"]}, "E611"),
        ({"number": "blood.volume", "set_from": ["rod.old at skin"]}, "E611"),
        ({"pool": "rod.old at blood", "move_to": "rod.dead at blood", "over": "1 d"}, "E609"),
    ],
)
def test_what_does_not_fit_is_refused(book: Compiled, event: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleError) as caught:
        case_of(book, {"events": [event]})
    judged(caught.value, argument(caught.value, {"events": [event]}), code)


def test_an_exposure_at_a_rate_waits_for_nothing(book: Compiled) -> None:
    exposure = {
        "threat": "coccus",
        "site": "skin",
        "dose": "5 CFU",
        "rate": "1 1/d",
        "when": {"readout": "rods", "above": "5 cell"},
    }
    with pytest.raises(RuleError) as caught:
        case_of(book, {"exposures": [exposure]})
    assert caught.value.code == "E619"


def test_steps_pass_on_what_is_held(book: Compiled) -> None:
    move = {"pool": "rod.young at blood", "move_to": "rod.old at blood", "share": "0.5"}
    events = case_of(book, {"events": [move]}).events
    assert events.kind.tolist() == [EVENT_HOLD, EVENT_TAKE, EVENT_TAKE, EVENT_ADD_HELD]
    spread = {"pool": "rod.young at blood", "set_from": ["rod.old at blood", "rod.dead at blood"]}
    events = case_of(book, {"events": [spread]}).events
    assert events.kind.tolist() == [EVENT_HOLD, EVENT_HOLD_MORE, EVENT_SET_HELD, EVENT_SET_HELD]
    assert events.value.tolist() == [1.0, 1.0, 0.5, 0.5]


def test_another_program_does_the_same(book: Compiled) -> None:
    events = [
        {**START, "at": "1 d"},
        {"at": "2 d", "pool": "rod.old at blood", "move_to": "rod.old at skin", "share": "0.25"},
        {"at": "2 d", "pool": "rod.old at blood", "scale": "0.5"},
        {"at": "3 d", "pool": "wall at blood", "set_from": [{"of": "rod.old at blood", "times": "2 ng/cell"}]},
        {"at": "4 d", "pool": "rod.old at skin", "add_from": ["rod.old at blood", "rod.old at skin"]},
    ]
    here = ended(book, *events)
    assert here == {"blood.rod.old": 375.0, "skin.rod.old": 875.0, "blood.wall": 750.0}
    document = sbml_of_case(case_of(book, {"events": events}))
    species = re.findall(r'<species [^>]*?\bid="(\w+)"', document)
    there = simulate(document, np.arange(11.0), species)[-1]
    assert {round(value, 6) for value in there if value} == set(here.values())
