"""Lessons are sound: names exist, what they say of a run holds of it, and mistakes are told with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from immunity import api
from immunity.explore.lessons import BUILT_IN, LEVELS, Lesson, Setting, load_lessons
from immunity.language.errors import RuleErrors
from immunity.results import Run
from immunity.results.condition import fraction_true, parse_condition

BOOK = api.load()
DOCS = Path(__file__).parents[2] / "docs"
LESSONS = load_lessons(BOOK.book)
STEPS = [(lesson, k) for lesson in LESSONS for k in range(len(lesson.lesson.steps))]


def run_of(setting: Setting) -> Run:
    return api.run(setting.scenario, host=setting.host, changes=setting.changes, record_pools=False, book=BOOK)


@pytest.mark.parametrize(("lesson", "k"), STEPS, ids=[f"{lesson.lesson.id}-{k}" for lesson, k in STEPS])
def test_what_a_step_says_holds_of_its_run(lesson: Lesson, k: int) -> None:
    step = lesson.lesson.steps[k]
    run = run_of(step.set)
    known = {info.id for info in run.record.infos}
    assert set(step.look.readouts) <= known
    assert step.look.place is None or step.look.place in run.record.places
    assert step.look.day <= run.record.days
    for text in step.holds:
        assert fraction_true(parse_condition(text), run.record) == 1.0, text
    if step.beside is not None:
        api.case(step.beside.scenario, host=step.beside.host, changes=step.beside.changes, book=BOOK)


def test_there_is_a_lesson_for_each_great_theme() -> None:
    ids = {lesson.lesson.id for lesson in LESSONS}
    assert ids >= {"the_cut", "overwhelmed", "influenza", "second_meeting", "missing_part", "growing_old", "cancer"}
    assert sum(len(lesson.lesson.steps[0].holds) > 0 for lesson in LESSONS) >= 4


def test_the_page_is_sent_words_for_every_level() -> None:
    for lesson in LESSONS:
        for step in lesson.to_dict()["steps"]:
            assert "holds" not in step
            assert all(set(step[key]) == set(LEVELS) for key in ("say", "ask", "answer"))


@pytest.mark.parametrize("lesson", LESSONS, ids=[each.lesson.id for each in LESSONS])
def test_a_lesson_has_a_small_picture_in_the_docs(lesson: Lesson) -> None:
    """Drawn by docs/make_explorer_pictures.py."""
    told = (DOCS / "howto" / "explore.md").read_text(encoding="utf-8")
    assert f"(../images/lessons/{lesson.lesson.id}.webp)" in told and f"**{lesson.lesson.title}**" in told
    assert 5_000 < (DOCS / "images" / "lessons" / f"{lesson.lesson.id}.webp").stat().st_size < 60_000


GOOD = (BUILT_IN / "1_the_cut.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("scenario: cut_finger}", "scenario: cut_fingr}", "E733"),
        ("[severe_congenital_neutropenia]", "[severe_neutropenia]", "E733"),
        ("skin.wound]", "skin.wounds]", "E733"),
        ("place: liver", "place: livre", "E733"),
        ("order: 1", "ordre: 1", "E201"),
        ("day: 0.25", "day: soon", "E203"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert old in GOOD
    file = tmp_path / "lesson.yaml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleErrors) as caught:
        load_lessons(BOOK.book, tmp_path)
    error = next(each for each in caught.value.errors if each.code == code)
    line = next(k for k, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if new in text)
    assert error.location is not None and error.location.line == line
