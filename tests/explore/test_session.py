"""What the server keeps of runs that were asked about, and how it sketches."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from immunity.compiler.host import keep_met, met_lately
from immunity.explore import deeper, sketch
from immunity.explore import session as sessions
from immunity.explore.asked import Asked
from immunity.explore.session import COURSES, Made, Session
from immunity.explore.sketch import rounded


def test_only_the_runs_asked_about_last_are_ready_to_be_asked_why(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr("immunity.results.why.course_of_host", lambda record, most: made.append(record) or len(made))
    monkeypatch.setattr(sessions, "_courses", type(sessions._courses)())
    runs = [Made(str(k), Asked(), run=type("Run", (), {"record": k})()) for k in range(COURSES + 1)]  # type: ignore[arg-type]
    assert runs[0].course == runs[0].course and made == [0]
    for each in runs:
        _ = each.course
    assert len(sessions._courses) == COURSES and len(made) == COURSES + 1
    assert dataclasses.replace(runs[-1]).course == COURSES + 2  # another run, even if it was asked the same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"host.age": "30 y"}, {"host.age": "31 y"}, True),
        ({"host.age": "30 y"}, {"host.age": "50 y"}, False),
        ({"host.age": "360 month"}, {"host.age": "30 y"}, True),
        ({"host.age": "30 y", "host.weight": "70 kg"}, {"host.age": "30 y", "host.weight": "120 kg"}, False),
    ],
)
def test_people_who_are_near_one_another_share_a_past(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert (rounded(one) == rounded(other)) is same
    assert set(rounded(one)) == set(one)


def test_the_whole_book_is_not_kept_for_one_word(session: Session) -> None:
    """A readout of what was not met is told of all that can be met, which takes 200 MB."""
    keep_met(0)  # what other tests met
    session.run(Asked(scenario="cut_finger", days=0.5))
    kept = met_lately(session.book)
    assert all(row.info.id != "nose.influenza" for met in kept for row in met.readouts)
    assert deeper.explain(session, "nose.influenza")["lines"] and met_lately(session.book) == kept
    place = deeper.explain(session, "lung")["lines"]
    assert any(line.startswith("Found here:") for line in place) and met_lately(session.book) == kept


def test_what_cannot_be_rounded_is_left_alone() -> None:
    assert rounded({"host.sex": "female", "host.age": "soon", "host.weight": 3, "host.deficiencies": []}) == {}


def test_a_sketch_lives_the_past_of_somebody_near(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for all who are near, and the sketch is near the exact answer, for a child and an adult."""
    lived: list[str] = []
    live = sketch.begin_host
    monkeypatch.setattr(
        sketch, "begin_host", lambda case, *a, **k: lived.append(case.filled["host"]["age"]) or live(case, *a, **k)
    )
    scrape = {"threat": "scrape", "site": "skin", "dose": "1 cm2"}
    past = [{"before": "20 d", "exposures": [scrape]}]
    for age in ("5.2 y", "29 y", "30 y", "31 y"):
        asked = Asked(scenario="cut_finger", changes={"host.age": age, "host.history": past}, days=3)
        rough, exact = (session.run(asked.model_copy(update={"sketch": flag})).run for flag in (True, False))
        assert len(rough.record.time) <= sketch.ROWS + 2
        for name in ("skin.neutrophils", "blood.crp"):
            peaks = [float(run.raw(name).max()) for run in (rough, exact)]
            assert peaks[0] == pytest.approx(peaks[1], rel=0.1), (age, name)
        first = [float(run.raw("blood.lymphocytes")[0]) for run in (rough, exact)]
        assert first[0] == pytest.approx(first[1], rel=0.01), age
    assert len(lived) == 2


def test_a_sketch_begins_where_somebody_near_rests(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but who stands for all that are near comes to rest from the rule book's amounts, and nothing is lost."""
    rested: list[str] = []
    rest = sketch.start_host
    monkeypatch.setattr(
        sketch, "start_host", lambda case, *a, **k: rested.append(case.filled["host"]["age"]) or rest(case, *a, **k)
    )
    for age in ("26 y", "36 y"):
        asked = Asked(scenario="cut_finger", changes={"host.age": age}, days=1)
        rough, exact = (session.run(asked.model_copy(update={"sketch": flag})).run for flag in (True, False))
        pools = [run.record.pool[0, 0] for run in (rough, exact)]
        assert pools[0] == pytest.approx(pools[1], rel=3e-3, abs=1.0), age
    assert len(rested) == 1
