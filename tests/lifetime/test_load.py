"""Worlds and schedules: those that come with the package, and bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from immunity.language.errors import RuleError, RuleErrors
from immunity.lifetime.load import FOLDERS, built_in, read_schedule, read_world

WORLD = """kind: world
id: tiny
title: A small world
stages: {home: at home, out: outside}
households: {plain: [["0 d", home], ["2 y", out]]}
meets:
  cold: {threat: cold, site: nose, dose: "9 CFU", per_year: {home: "2 1/year", out: "6 1/year"}, status: assumed}
"""
SCHEDULE = """kind: schedule
id: tiny
title: Two doses
cite: Nobody
doses:
  - {therapy: tetanus_toxoid, dose: "10 ug", at: ["6 weeks", "10 weeks"]}
"""


@pytest.mark.parametrize("kind", ["world", "schedule"])
def test_those_of_the_package_are_whole(kind: str) -> None:
    names = built_in(kind)
    assert len(names) == len(list(FOLDERS[kind].glob("*.yaml"))) > 0
    for name in names:
        assert (read_world if kind == "world" else read_schedule)(name).record.id == name


WORLDS = [
    ('["2 y", out]', '["2 y", school]', "E860", 5),
    ('["0 d", home]', '["1 d", home]', "E860", 5),
    ('out: "6 1/year"', 'outside: "6 1/year"', "E860", 7),
    ('home: "2 1/year"', 'home: "2 d"', "E305", 7),
    ('home: "2 1/year"', 'home: "-2 1/year"', "E860", 7),
    ("status: assumed", "status: guessed", "E20", 7),
    ("dose:", "doze:", "E20", 7),
]


@pytest.mark.parametrize(("old", "new", "code", "line"), WORLDS)
def test_a_bad_world_is_refused_where_it_is_bad(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    assert old in WORLD
    check(tmp_path, WORLD.replace(old, new), "world", code, line)


SCHEDULES = [
    ('at: ["6 weeks", "10 weeks"]', 'every: "0 d"', "E860", 6),
    ('at: ["6 weeks", "10 weeks"]', 'dose_at: "6 weeks"', "E20", 6),
    ('at: ["6 weeks", "10 weeks"]', 'at: ["6 mg"]', "E305", 6),
    (', at: ["6 weeks", "10 weeks"]', "", "E860", 6),
    ("therapy:", "threat:", "E860", 6),
    ("therapy: tetanus_toxoid, ", "", "E860", 6),
    ("dose:", "site: gut_wall, dose:", "E860", 6),
]


@pytest.mark.parametrize(("old", "new", "code", "line"), SCHEDULES)
def test_a_bad_schedule_is_refused_where_it_is_bad(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    assert old in SCHEDULE
    check(tmp_path, SCHEDULE.replace(old, new), "schedule", code, line)


def check(folder: Path, text: str, kind: str, code: str, line: int) -> None:
    file = folder / "tiny.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises((RuleError, RuleErrors)) as caught:
        (read_world if kind == "world" else read_schedule)(file)
    fault = caught.value.errors[0] if isinstance(caught.value, RuleErrors) else caught.value
    assert fault.code.startswith(code)
    assert fault.location is not None
    assert fault.location.line == line


def test_names_that_are_none_have_a_near_miss() -> None:
    with pytest.raises(RuleError, match="who_epi") as caught:
        read_schedule("who_ep")
    assert caught.value.code == "E861"
