"""Every invalid example is refused in time for its own reason, and the judge of that can itself fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from immunity.language.errors import CATALOGUE, RuleError, RuleErrors, render
from immunity.language.load import load_book
from immunity.language.read import MAX_DEPTH
from tests.work import calls_of

from .judge import BODY, HERE, expected, judge, refusals_of

MOST_CALLS = 600_000  # of functions, half a second on an idle machine
EXAMPLES = sorted((HERE / "invalid").glob("*.yaml"))
VALID = sorted((HERE / "valid").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_refused_for_its_own_reason(path: Path) -> None:
    wrong: list[str] = []
    assert calls_of(lambda: wrong.extend(judge(path, expected(path)))) < MOST_CALLS
    assert wrong == []


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_example_is_accepted(path: Path) -> None:
    assert refusals_of(path, "load") == []


def test_the_body_that_examples_are_laid_over_compiles(tmp_path: Path) -> None:
    harmless = tmp_path / "harmless.yaml"
    harmless.write_text("{kind: set, id: clone, members: 2}\n")
    assert refusals_of(harmless, "case") == []


def test_there_are_enough_examples_and_they_cover_the_codes() -> None:
    covered = {expected(path).code for path in EXAMPLES}
    assert len(EXAMPLES) >= 45
    assert {code[:2] for code in covered} >= {"E1", "E2", "E3", "E4", "E5", "E6"}
    assert covered <= set(CATALOGUE)


# the judge itself ---------------------------------------------------------------------------------


def test_judge_sees_every_way_in_which_a_refusal_can_be_wrong() -> None:
    path = HERE / "invalid" / "key_misspelt.yaml"
    wanted = expected(path)
    assert judge(path, wanted) == []
    assert "code E201" in judge(path, replace(wanted, code="E202"))[0]
    assert "line 6" in judge(path, replace(wanted, line=5))[0]
    assert "suggests hazard" in judge(path, replace(wanted, near="half_life"))[0]


def test_judge_fails_a_file_that_is_not_refused() -> None:
    wanted = expected(HERE / "invalid" / "key_misspelt.yaml")
    assert judge(HERE / "valid" / "birth_death.yaml", wanted)[0].startswith("0 refusals")


def test_judge_fails_a_second_refusal(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    text = (HERE / "invalid" / "key_misspelt.yaml").read_text()
    path.write_text(text + "colour: green\n")
    assert judge(path, expected(path))[0].startswith("2 refusals")


# examples that are better made than kept ------------------------------------------------------------


def refused(path: Path) -> RuleError:
    caught: list[RuleErrors] = []

    def load() -> None:
        with pytest.raises(RuleErrors) as raised:
            load_book([path])
        caught.append(raised.value)

    assert calls_of(load) < MOST_CALLS
    assert len(caught[0].errors) == 1
    error = caught[0].errors[0]
    assert error.code in render(error)
    assert error.mend
    return error


def write(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "made.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("content", ["", "\n\n", "# only a remark\n", "\ufeff"])
def test_empty_file(tmp_path: Path, content: str) -> None:
    error = refused(write(tmp_path, content))
    assert (error.code, error.location and error.location.line) == ("E113", 1)


def test_file_of_50_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "made.yaml"
    with path.open("wb") as stream:
        for _ in range(50):
            stream.write(b"- {kind: cell, id: alga}  # filler\n" * 30_000)
    assert path.stat().st_size > 50e6
    error = refused(path)
    assert error.code == "E103"
    assert "52.5 MB" in error.message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting(tmp_path: Path, opening: str) -> None:
    error = refused(write(tmp_path, opening * 50_000))
    assert error.code in ("E112", "E115")  # "? " nests mappings as keys


def test_nesting_below_the_limit_is_read(tmp_path: Path) -> None:
    depth = MAX_DEPTH - 1
    error = refused(write(tmp_path, "{kind: cell, id: a, flows: " + "[" * (depth - 1) + "]" * (depth - 1) + "}"))
    assert error.code == "E203"


def test_not_utf8(tmp_path: Path) -> None:
    error = refused(write(tmp_path, b"kind: cell\nid: \xff\n"))
    assert (error.code, error.location and error.location.line) == ("E104", 2)
    assert refused(write(tmp_path, "kind: cell".encode("utf-16"))).code == "E104"


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f"])
def test_control_character(tmp_path: Path, character: str) -> None:
    error = refused(write(tmp_path, f"kind: cell\nid: a{character}b\n"))
    assert error.code == "E105"
    assert str(error.location).endswith(":2:6")
    assert character not in render(error)


def test_path_that_does_not_exist(tmp_path: Path) -> None:
    assert refused(tmp_path / "nothing.yaml").code == "E101"


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").symlink_to("two.yaml")
    (tmp_path / "two.yaml").symlink_to("one.yaml")
    assert refused(tmp_path / "one.yaml").code == "E101"
    with pytest.raises(RuleErrors) as caught:
        load_book([tmp_path])
    assert {error.code for error in caught.value.errors} == {"E101"}


def test_device_instead_of_a_file() -> None:
    assert refused(Path("/dev/zero")).code == "E102"


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "kind: cell")

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(RuleErrors) as caught:
        load_book([path])
    assert caught.value.errors[0].code == "E102"
    assert "permission denied" in caught.value.errors[0].message


def test_folder_without_rule_files(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "E117"


def test_folder_with_far_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("immunity.language.load.MAX_FILES", 3)
    for i in range(5):
        (tmp_path / f"{i}.yaml").write_text("{kind: set, id: a, members: 2}")
    assert refused(tmp_path).code == "E118"


def test_overlay_must_say_that_it_replaces(tmp_path: Path) -> None:
    again = write(tmp_path, "{kind: set, id: affinity, members: 2}")
    with pytest.raises(RuleErrors) as caught:
        load_book([BODY, again])
    assert [error.code for error in caught.value.errors] == ["E413"]
