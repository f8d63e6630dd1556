"""The catalogue is complete and kind; errors show where they are and survive the way between processes."""

from __future__ import annotations

import pickle
import re
import string
from pathlib import Path

import pytest

from immunity.language.catalogue import RANGES
from immunity.language.errors import (
    CATALOGUE,
    Location,
    RuleError,
    RuleErrors,
    catalogue_markdown,
    fail,
    near_miss,
    render,
)

PACKAGE = Path(__file__).parents[2] / "immunity"


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_kind_says_what_why_and_how_to_mend(code: str) -> None:
    kind = CATALOGUE[code]
    assert re.fullmatch(r"E\d{3}", code) and kind.code == code
    assert f"{code[:2]}xx" in RANGES
    assert 0 < len(kind.title) < 50 and not kind.title.endswith(".")
    for text in (kind.message, kind.mend, kind.explanation):
        assert text.rstrip().endswith((".", "'", "?", ")")), text
        assert list(string.Formatter().parse(text))


def called_codes() -> dict[str, list[str]]:
    """Codes the package raises, with the files that do."""
    found: dict[str, list[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for code in re.findall(r"(?:fail|Fault)\(\s*\"(E\d{3})\"", path.read_text(encoding="utf-8")):
            found.setdefault(code, []).append(path.name)
    return found


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    codes = called_codes()
    assert len(codes) > 60
    assert {code: files for code, files in codes.items() if code not in CATALOGUE} == {}


def test_location_prints_only_what_is_known() -> None:
    assert str(Location("a.yaml", 3, 7)) == "a.yaml:3:7"
    assert str(Location("a.yaml", 3)) == "a.yaml:3"
    assert str(Location("a.yaml", 0)) == "a.yaml"


def test_error_carries_everything() -> None:
    at = Location("a.yaml", 3, 7)
    error = fail("E602", at=at, text="influensa", known=["influenza", "measles"])
    assert (error.code, error.location, error.text, error.suggestion) == ("E602", at, "influensa", "influenza")
    assert str(error) == "E602 a.yaml:3:7: There is no threat 'influensa'. Did you mean 'influenza'?"


def test_errors_survive_pickling() -> None:
    error = fail("E602", at=Location("a.yaml", 3), text="x", known=["y"])
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.mend, again.known, again.location) == (
        str(error),
        error.mend,
        error.known,
        error.location,
    )
    several = pickle.loads(pickle.dumps(RuleErrors([error, error])))
    assert isinstance(several, RuleErrors) and len(several.errors) == 2


def test_a_field_that_was_not_given_shows_its_name_instead_of_hiding_the_error() -> None:
    assert "<verb>" in fail("E501", text="by").message


def test_unknown_code_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        fail("E000")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("hazrad", "hazard"), ("Hazard", "hazard"), ("half-life", "half_life"), ("zzz", None), ("", None)],
)
def test_near_miss(wrong: str, right: str | None) -> None:
    assert near_miss(wrong, ["hazard", "half_life", "mean_time"]) == right


def test_near_miss_of_a_very_long_text_is_quick() -> None:
    assert near_miss("x" * 1_000_000, [f"name{i}" for i in range(500)]) is None


def test_render_points_at_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("kind: cell\nid: alga\nhazrad: 1\n")
    text = render(fail("E201", at=Location(str(path), 3, 1), text="hazrad", known=["hazard"], owner="The entry"))
    assert text.splitlines() == [
        "E201 Unknown key",
        f"  {path}:3:1",
        "  3 | hazrad: 1",
        "    | ^",
        "  The entry has no key 'hazrad'.",
        "  Did you mean 'hazard'?",
        "  To mend it: Use one of: hazard.",
    ]


def test_render_points_into_a_very_long_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("x" * 10_000 + "!" + "x" * 10_000)
    lines = render(fail("E106", at=Location(str(path), 1, 10_001), reason="so")).splitlines()
    assert len(lines[2]) < 200
    assert lines[2][lines[3].index("^")] == "!"


def test_render_does_without_the_file(tmp_path: Path) -> None:
    assert "gone.yaml:3" in render(fail("E113", at=Location(str(tmp_path / "gone.yaml"), 3)))


def test_nothing_that_is_shown_can_steer_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("id: \x1b[2Jx\n")
    text = render(fail("E208", at=Location(str(path), 1, 5), text="\x1b[2Jx"))
    assert "\x1b" not in text


def test_long_lists_of_errors_are_cut() -> None:
    text = render(RuleErrors([fail("E113")] * 50))
    assert text.count("E113") == 20
    assert text.endswith("... and 30 more.")


def test_known_names_are_listed_when_nothing_is_near() -> None:
    error = fail("E605", text="zzz", known=["oral", "nasal"], therapy="x")
    assert "Known here: nasal, oral." in render(error)
    assert isinstance(error, RuleError)


def test_markdown_lists_every_code_once() -> None:
    page = catalogue_markdown()
    for code, kind in CATALOGUE.items():
        assert page.count(f"### {code}: {kind.title}\n") == 1
    assert "!r}" not in page


def test_no_code_means_two_things() -> None:
    from immunity.language.catalogue import KINDS

    assert len({kind.code for kind in KINDS}) == len(KINDS)
