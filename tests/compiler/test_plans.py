"""Things that happen by themselves, in a book whose every crossing can be worked out on paper."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import immunity as im
from immunity.compiler.build import Compiled
from immunity.language.errors import RuleError
from immunity.results import Run
from tests.compiler.books import case_of, compiled

# germs grow tenfold in ln 10 days; the drug only clears, at ln 2 a day
BOOK = """
kind: cell
id: germ
lives_in: {blood: []}
initial: {at blood: "1e6 cell"}
flows:
  - {verb: divide, of: at blood, hazard: "1 1/day"}
readouts:
  - {id: germs, sum: [at blood], unit: 1e6 cell}
  - {id: warmth, sum: [{of: at blood, weight: "1e-6 degC/cell"}], offset: "37 degC", unit: degC}
---
kind: therapy
id: drug
unit: mg
lives_in: {blood: []}
given: {vein: at blood}
flows:
  - {verb: clear, of: at blood, half_life: "1 day"}
readouts:
  - {id: level, sum: [at blood], unit: mg}
---
{kind: host, id: adult, attributes: {weight: "50 kg"},
 ends_when: {signal: germs_there, below: "0.5 cell", outcome: cured}}
---
{kind: rules, id: stop, signals: [{id: germs_there, sum: [germ at blood], unit: cell}]}
---
{kind: scenario, id: plain, title: Plain, days: 10, every: "1 h"}
"""
TENFOLD = math.log(10.0)


@pytest.fixture(scope="module")
def book() -> Compiled:
    return compiled(BOOK)


def run(book: Compiled, **changes: Any) -> Run:
    options = {key: changes.pop(key) for key in ("stochastic", "seed") if key in changes}
    return im.run("plain", book=book, changes=changes, rtol=1e-6, **options)


def jumps(made: Run) -> list[float]:
    assert made.record.jump_time is not None
    return made.record.jump_time[0].tolist()


RESET = {"pool": "germ at blood", "set": "1e6 cell"}
HIGH = {"readout": "germs", "above": "1e7 cell"}


def test_a_change_happens_when_a_readout_crosses_its_level(book: Compiled) -> None:
    made = run(book, events=[{**RESET, "when": HIGH}])
    assert jumps(made) == pytest.approx([TENFOLD], rel=1e-5)
    entry = made.summary["readouts"]["germs"]
    assert entry["last"] == pytest.approx(math.exp(10.0 - TENFOLD), rel=1e-4)
    assert [each["what"] for each in made.summary["happened"]] == ["change of germ at blood began"]


def test_an_offset_counts_and_so_does_the_side(book: Compiled) -> None:
    assert jumps(run(book, events=[{**RESET, "when": {"readout": "warmth", "above": "47 degC"}}])) == pytest.approx(
        [TENFOLD], rel=1e-5
    )
    waits = run(
        book, events=[{"pool": "germ at blood", "scale": "0.5", "when": {**HIGH, "above": None, "below": "1e5 cell"}}]
    )
    assert jumps(waits) == []
    at_once = run(book, events=[{**RESET, "when": {"readout": "germs", "below": "1e7 cell"}, "at": "2 d"}])
    assert jumps(at_once) == [2.0]


@pytest.mark.parametrize("at_most", [1, 3])
def test_it_happens_no_more_often_than_it_may(book: Compiled, at_most: int) -> None:
    when = {**HIGH, "at_most": at_most, "rearm": "5e6 cell"}
    assert jumps(run(book, events=[{**RESET, "when": when}])) == pytest.approx(
        [TENFOLD * k for k in range(1, at_most + 1)], rel=1e-4
    )


def test_without_falling_below_the_lower_level_it_does_not_happen_again(book: Compiled) -> None:
    halve = {"pool": "germ at blood", "scale": "0.5"}
    often = run(book, events=[{**halve, "when": {**HIGH, "at_most": 9, "rearm": "7e6 cell"}}])
    assert len(jumps(often)) == 9 and jumps(often)[1] == pytest.approx(TENFOLD + math.log(2.0), rel=1e-4)
    once = run(book, events=[{**halve, "when": {**HIGH, "at_most": 9, "rearm": "3e6 cell"}}])
    assert len(jumps(once)) == 1


COURSE = {"therapy": "drug", "dose": "8 mg"}


def test_a_course_begins_after_a_delay_and_keeps_its_schedule(book: Compiled) -> None:
    course = {**COURSE, "every": "12 h", "doses": 3, "when": {**HIGH, "delay": "6 h"}}
    assert jumps(run(book, therapies=[course])) == pytest.approx([TENFOLD + 0.25 + k * 0.5 for k in range(3)], rel=1e-5)


def test_a_dose_is_repeated_while_it_is_needed(book: Compiled) -> None:
    """As an antipyretic: whenever it is hot, and not again within a quarter of a day."""
    course = {**COURSE, "when": {**HIGH, "at_most": 4, "again_after": "6 h"}}
    assert jumps(run(book, therapies=[course])) == pytest.approx([TENFOLD + k * 0.25 for k in range(4)], rel=1e-5)


def test_a_course_stops_when_it_may(book: Compiled) -> None:
    course = {**COURSE, "every": "1 d", "stop_when": HIGH}
    made = run(book, therapies=[course])
    assert jumps(made) == [0.0, 1.0, 2.0]
    assert made.summary["happened"][1] == {"day": pytest.approx(TENFOLD, rel=1e-5), "what": "drug stopped"}


def test_an_infusion_that_is_stopped_runs_no_further(book: Compiled) -> None:
    made = run(book, therapies=[{"therapy": "drug", "rate": "1 mg/h", "stop_when": HIGH}])
    k = math.log(2.0)
    peak = 24.0 / k * (1.0 - math.exp(-k * TENFOLD))
    level = made["level"].values
    assert level.max() == pytest.approx(peak, rel=0.03)
    assert level[-1] == pytest.approx(peak * math.exp(-k * (10.0 - TENFOLD)), rel=1e-3)


def test_the_next_course_is_given_only_if_the_counts_allow(book: Compiled) -> None:
    low = {"readout": "germs", "below": "1e7 cell"}
    course = {**COURSE, "every": "1 d", "doses": 5}
    assert jumps(run(book, therapies=[{**course, "only_if": low}])) == [0.0, 1.0, 2.0]
    fall = {**RESET, "at": "4.5 d"}
    waits = {**course, "only_if": {**low, "wait": "6 h"}}
    put_off = jumps(run(book, therapies=[waits], events=[fall]))
    assert put_off == pytest.approx([0.0, 1.0, 2.0, 4.5, 5.5], rel=1e-9)


def test_named_end_points_halt_and_name_the_outcome(book: Compiled, tmp_path: Path) -> None:
    ends = [
        {"readout": "germs", "above": "1e9 cell", "outcome": "overwhelmed"},
        {"readout": "germs", "above": "1e7 cell", "outcome": "seen"},
    ]
    made = run(book, ends_when=ends)
    assert (made.outcome, made.summary["stopped_at_day"]) == ("seen", pytest.approx(TENFOLD, rel=1e-5))
    assert run(book, ends_when=ends[:1]).outcome == "overwhelmed"
    assert (
        run(book, ends_when=ends, events=[{"at": "1 d", "pool": "germ at blood", "set": "0 cell"}]).outcome == "cured"
    )
    made.save(tmp_path / "out")
    assert im.open_result(tmp_path / "out").summary["outcome"] == "seen"
    cohort = im.cohort("plain", hosts=3, book=book, changes={"ends_when": ends}, stochastic=False)
    assert cohort.outcomes == {"seen": 3}


def test_chance_is_watched_step_by_step(book: Compiled) -> None:
    made = run(book, events=[{**RESET, "when": {**HIGH, "at_most": 3, "rearm": "5e6 cell"}}], stochastic=True, seed=3)
    assert jumps(made) == pytest.approx([TENFOLD * k for k in range(1, 4)], rel=0.02)
    sides = np.asarray(made.record.jump_before)[0, :, 0]
    assert ((sides > 10.0) & (sides < 10.5)).all()


def test_what_waits_in_vain_changes_nothing(book: Compiled) -> None:
    never = {**RESET, "when": {"readout": "germs", "above": "1e15 cell"}}
    plain, watched = run(book), run(book, events=[never])
    assert plain.record.readout.tobytes() == watched.record.readout.tobytes()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"events": [{**RESET, "when": {"readout": "germ", "above": "1 cell"}}]}, "E610"),
        ({"events": [{**RESET, "when": {"readout": "germs", "above": "1 mg"}}]}, "E305"),
        ({"events": [{**RESET, "when": {"readout": "germs"}}]}, "E619"),
        ({"events": [{**RESET, "when": {"readout": "germs", "above": "1 cell", "below": "2 cell"}}]}, "E619"),
        ({"events": [{**RESET, "when": {**HIGH, "at_most": 2}}]}, "E619"),
        ({"events": [{**RESET, "when": {**HIGH, "again_after": "0 h"}}]}, "E609"),
        ({"therapies": [{**COURSE, "only_if": {**HIGH, "wait": "0 h"}}]}, "E609"),
        ({"ends_when": [{"readout": "germs", "outcome": "x"}]}, "E619"),
    ],
)
def test_faults_of_conditions(book: Compiled, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleError) as caught:
        case_of(book, changes)
    assert caught.value.code == code
