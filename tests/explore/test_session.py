"""What the server keeps of runs that were asked about."""

from __future__ import annotations

import dataclasses

import pytest

from immunity.explore import session
from immunity.explore.asked import Asked
from immunity.explore.session import COURSES, Made


def test_only_the_runs_asked_about_last_are_ready_to_be_asked_why(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr("immunity.results.why.course_of_host", lambda record: made.append(record) or len(made))
    monkeypatch.setattr(session, "_courses", type(session._courses)())
    runs = [Made(str(k), Asked(), run=type("Run", (), {"record": k})()) for k in range(COURSES + 1)]  # type: ignore[arg-type]
    assert runs[0].course == runs[0].course and made == [0]
    for each in runs:
        _ = each.course
    assert len(session._courses) == COURSES and len(made) == COURSES + 1
    assert dataclasses.replace(runs[-1]).course == COURSES + 2  # another run, even if it was asked the same
