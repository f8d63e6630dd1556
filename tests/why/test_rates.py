"""What is computed once more in NumPy is what the kernels computed, and what made it is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import immunity as im
from immunity.cohorts import run_case
from immunity.compiler.build import Compiled, compile_book
from immunity.language.errors import RuleError
from immunity.language.load import load_book
from immunity.results.runs import Run
from immunity.results.why import course_of_host
from immunity.why import because
from immunity.why.rates import numbers_along, rates_along

# a germ rouses a watcher, who sends word through two stages to the blood, where it calls a guard from the store
BOOK = """
{kind: place, id: skin, volume: "1 mL"}
---
{kind: place, id: blood, volume: "1 L"}
---
{kind: cell, id: germ, name: Germ, lives_in: {skin: []}, flows: [{verb: divide, of: at skin, hazard: "0.5 1/day"}]}
---
kind: cell
id: guard
name: Guard
lives_in: {blood: [stored, loose]}
initial: {"stored at blood": "1e6 cell", "loose at blood": "1e4 cell"}
flows:
  - {verb: egress, id: leave, from: stored at blood, to: loose at blood, hazard: "0.01 1/day", rises_with: {signal: word at blood, half: "1 ng/mL", up_to: 100}}
  - {verb: die, of: loose at blood, hazard: "1 1/day"}
readouts: [{id: blood.guards, name: Guards, sum: [loose at blood], unit: cell}]
---
kind: molecule
id: word
name: Word
unit: ug
lives_in: {skin: [nascent], blood: []}
stages: {nascent: 2}
flows:
  - {verb: secrete, by: germ at skin, to: nascent at skin, hazard: "1 ng/cell/day"}
  - {verb: mature, id: arrive, from: nascent at skin, to: at blood, mean_time: "0.2 day"}
  - {verb: clear, of: at blood, hazard: "2 1/day"}
readouts: [{id: blood.word, name: Word, sum: [word at blood], per: volume of blood, unit: ng/mL}]
---
{kind: threat, id: graze, name: Graze, unit: cell, lives_in: {skin: []}}
---
kind: scenario
id: s
title: A germ comes
days: 5
every: "3 h"
events: [{pool: germ at skin, add: "1000 cell", at: "1 day"}]
"""  # noqa: E501


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path: Path = tmp_path_factory.mktemp("book") / "book.yaml"
    path.write_text(BOOK)
    return compile_book(load_book([path]))


@pytest.fixture(scope="module")
def run(book: Compiled) -> Run:
    return im.run("s", book=book)


@pytest.mark.parametrize("scenario", ["pneumococcal_pneumonia", "endotoxin_2ng_per_kg", "day_and_night"])
def test_signals_and_propensities_are_those_of_the_kernels(scenario: str) -> None:
    case = im.case(scenario, days=1.0)
    outcome, tables = run_case(case, record_pools=True).run, case.model.tables
    assert outcome.pools is not None
    numbers = numbers_along(case.theta, case.events, case.out_times)
    rates = rates_along(tables, numbers, outcome.pools, case.out_times)
    shown = rates.signals[:, tables.readouts.signal] * tables.readouts.scale + tables.readouts.offset
    np.testing.assert_allclose(shown, outcome.readouts, rtol=1e-9, atol=1e-12)
    brought = np.zeros(tables.n_pool)
    starts = tables.flows.stoich_ptr
    fired = np.trapezoid(rates.propensities, case.out_times, axis=0)
    for flow in range(tables.n_flow):
        rows = slice(starts[flow], starts[flow + 1])
        np.add.at(brought, tables.flows.stoich_pool[rows], rates.change[rows] * fired[flow])
    crp = tables.names.pool.index("plasma.crp")
    assert brought[crp] == pytest.approx(outcome.pools[-1, crp] - outcome.pools[0, crp], rel=0.05, abs=1e5)


def test_numbers_follow_events(book: Compiled) -> None:
    case = im.case("s", book=book)
    events = type(case.events)(
        np.array([1.0, 2.0]), np.array([4, 5], np.uint8), np.array([0, 0], np.int32), np.array([2.0, 7.0])
    )
    along = numbers_along(np.array([3.0, 5.0]), events, np.array([0.0, 1.0, 1.5, 2.0]))
    assert along.tolist() == [[3.0, 5.0], [6.0, 5.0], [6.0, 5.0], [7.0, 5.0]]


def test_the_way_back_leads_to_what_was_met(run: Run) -> None:
    found = run.why("blood.guards")
    ids = [cause.id for cause in found.cause.walk()]
    assert ids[0] == "blood.guard.loose"
    steps = ["guard.leave", "word", "arrive", "secrete", "germ"]
    text = repr(found).lower()
    assert [text.find(step) for step in steps] == sorted(text.find(step) for step in steps)
    assert all(step in text for step in steps)
    events = [cause for cause in found.cause.walk() if cause.kind == "event"]
    assert [(cause.id, cause.now, cause.day) for cause in events] == [("skin.germ", 1000.0, 1.0)]


def test_what_passes_between_states_moves_nothing(run: Run) -> None:
    flows = [cause.id for cause in run.why("blood.word").cause.walk() if cause.kind == "flow"]
    assert not any("nascent.1 > " in id and "nascent.2" in id for id in flows)


def test_what_stands_behind_is_something_else(run: Run) -> None:
    assert because(run.why("blood.word").cause, {"germ": "Germ"}).startswith("Germ in skin, ")


def test_amounts_are_told_in_the_units_beside_them(run: Run) -> None:
    word = next(cause for cause in run.why("blood.word", day=4.0).cause.walk() if cause.id == "blood.word")
    assert word.unit == "ug"
    assert word.now == pytest.approx(
        run["blood.word"].sel(time=4.0).item(), rel=1e-6
    )  # ng in a mL are ug in this litre


WAITING = (
    BOOK.replace(
        "{kind: threat, id: graze, name: Graze, unit: cell, lives_in: {skin: []}}",
        "{kind: threat, id: graze, name: Graze, unit: cell, lives_in: {skin: []}, enters: {skin: at skin},\n"
        " readouts: [{id: skin.graze, name: Graze, sum: [at skin], unit: cell}]}",
    )
    + """
---
{kind: therapy, id: balm, name: Balm, unit: ug, lives_in: {blood: []}, given: {intravenous: at blood},
 flows: [{verb: clear, of: at blood, hazard: "1 1/day"}],
 readouts: [{id: blood.balm, name: Balm, sum: [at blood], per: volume of blood, unit: ng/mL}]}
---
kind: scenario
id: waits
title: Balm once the word is out
days: 5
every: "3 h"
events: [{pool: germ at skin, add: "1000 cell", at: "1 day"}]
therapies:
  - {therapy: balm, dose: "100 ug", over: "6 h", when: {readout: blood.word, above: "1 ng/mL"}}
---
kind: scenario
id: gets
title: Balm at once when the word is out
days: 5
every: "3 h"
events: [{pool: germ at skin, add: "1000 cell", at: "1 day"}]
therapies:
  - {therapy: balm, dose: "100 ug", when: {readout: blood.word, above: "1 ng/mL"}}
---
kind: scenario
id: meets
title: Germs come when they come
days: 5
every: "3 h"
exposures: [{threat: graze, site: skin, dose: "1000 cell", rate: "2 1/day"}]
---
kind: scenario
id: lived
title: Germs divided faster once
days: 5
every: "3 h"
host: {history: [{before: "1 d", events: [{number: germ.divide.hazard, scale: "2", at: "0 d"}]}]}
events: [{pool: germ at skin, add: "1000 cell", at: "1 day"}]
"""
)


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path: Path = tmp_path_factory.mktemp("waiting") / "book.yaml"
    path.write_text(WAITING)
    return compile_book(load_book([path]))


def test_an_infusion_that_a_plan_starts_is_seen(waiting: Compiled) -> None:
    why = im.run("waits", book=waiting).why("blood.balm")
    (cause,) = [each for each in why.cause.walk() if each.kind == "flow"]
    assert cause.id == "infuse_balm.intravenous"
    assert (cause.start, cause.now) == (0.0, pytest.approx(400.0, rel=1e-3))  # ug a day
    late = im.run("waits", book=waiting).why("blood.balm", day=4.9)
    assert [each.now for each in late.cause.walk() if each.kind == "flow"] == [pytest.approx(400.0, rel=1e-3)]


def test_a_dose_that_a_plan_gives_is_seen(waiting: Compiled) -> None:
    why = im.run("gets", book=waiting).why("blood.balm")
    assert [(each.kind, each.now) for each in why.cause.causes] == [("event", 100.0)]


def test_an_exposure_that_is_drawn_is_seen(waiting: Compiled) -> None:
    run = im.run("meets", book=waiting)
    (event,) = run.why("skin.graze", day=5.0).cause.causes
    assert (event.kind, event.now) == ("event", run["skin.graze"][-1].item())
    assert event.now > 0.0


def test_numbers_are_those_that_a_history_left(waiting: Compiled) -> None:
    run = im.run("lived", book=waiting)
    course = course_of_host(run.record)
    index = waiting.numbers.index["germ.divide.hazard"]
    assert course.rates.numbers[0, index] == pytest.approx(2.0 * waiting.numbers[index].value)
    flow = waiting.model.tables.names.flow.index(next(n for n in waiting.model.tables.names.flow if "divide" in n))
    steady = (
        course.rates.propensities[-1, flow] / course.rates.pools[-1, waiting.model.tables.names.pool.index("skin.germ")]
    )
    assert steady == pytest.approx(1.0)  # a day, twice what the book says


def test_before_anything_came_nothing_moved(run: Run) -> None:
    assert "as at the start" in repr(run.why("blood.guards", day=0.5))


def test_it_can_be_read_by_programs(run: Run) -> None:
    told = run.why("blood.word", day=3.0).to_dict()
    assert told["day"] == 3.0
    assert told["cause"]["causes"][0]["kind"] == "flow"


@pytest.mark.parametrize("day", [-1.0, 6.0])
def test_a_day_outside_the_run_is_refused(run: Run, day: float) -> None:
    with pytest.raises(RuleError, match="E840"):
        run.why("blood.word", day=day)


def test_results_read_from_files_hold_no_rules(run: Run, tmp_path: Path) -> None:
    run.save(tmp_path / "out")
    read = im.open_result(tmp_path / "out")
    with pytest.raises(RuleError, match="E840"):
        read.why("blood.word")  # type: ignore[union-attr]
