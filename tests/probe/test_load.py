"""Physiology is read strictly, and the built-in one fits the built-in book."""

from __future__ import annotations

from pathlib import Path

import pytest

import immunity as im
from immunity.api import HERE
from immunity.language.errors import RuleError, RuleErrors
from immunity.probe import judge_book, load_physiology, plan_trials

DESIGN = """kind: physiology
id: design
design: {factors: [0.1, 1], hosts: {adult: {}}, adult: adult, rest: "1 d", microbes: body.microbes, clean: 0.0}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "p.yaml"
    path.write_text(text)
    return path


def test_the_built_in_physiology_is_whole() -> None:
    held = load_physiology([HERE / "physiology"])
    assert len(held.bounds) > 20 and len(held.orders) > 10 and len(held.endings) > 10
    assert len({order.id for order in held.orders}) == len(held.orders)
    book = im.load().book
    assert set(held.design.leave_out) <= set(book.entries["scenario"])
    whole = len(plan_trials(book, held))
    assert whole > 3000
    assert 100 < len(plan_trials(book, held, quick=True)) < whole / 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kind: physiology\nid: a\nbounds: [{readout: x, hi: '1', why: w, status: guessed}]\n", "E2"),
        ("kind: physiology\nid: a\nbound: []\n", "E2"),
        ("kind: physiology\nid: a\n", "E811"),
        ("[1, 2]\n", "E205"),
    ],
)
def test_mistakes_are_coded(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(RuleErrors) as caught:
        load_physiology([write(tmp_path, text)])
    assert caught.value.errors[0].code.startswith(code)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises((RuleError, RuleErrors)):
        load_physiology([tmp_path / "none"])


def test_a_history_that_the_book_lacks(tmp_path: Path) -> None:
    text = DESIGN.replace("clean: 0.0", "clean: 0.0, histories: {no_such_jab: [streptococcus_pneumoniae]}")
    held = load_physiology([write(tmp_path, text)])
    with pytest.raises(RuleError, match="no_such_jab"):
        plan_trials(im.load().book, held, only=["cut_finger"])


def test_a_readout_that_the_book_lacks(tmp_path: Path) -> None:
    text = DESIGN + "bounds: [{readout: no.such, hi: '1 cell', why: w, status: assumed}]\n"
    held = load_physiology([write(tmp_path, text)])
    with pytest.raises(RuleError, match=r"no\.such"):
        judge_book(im.load().book, (), [], {}, held)


def test_a_scenario_that_the_book_lacks(tmp_path: Path) -> None:
    with pytest.raises(RuleError) as caught:
        plan_trials(im.load().book, load_physiology([write(tmp_path, DESIGN)]), only=["cut_fingre"])
    assert caught.value.code == "E601"
