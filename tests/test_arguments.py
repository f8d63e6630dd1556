"""Words of the command line and values from Python: what is refused, and where the fault is said to be."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

import immunity as im
from immunity.arguments import check_count, check_seed, parse_assignments, plain_data, under
from immunity.cli.main import run_command
from immunity.language.errors import RuleError, RuleErrors
from immunity.scenario import find_scenario, override


def refusal(changes: dict, scenario: str = "cut_finger") -> RuleError:
    book = im.load()
    with pytest.raises((RuleError, RuleErrors)) as caught:
        im.case(scenario, changes=changes, book=book)
    error = caught.value
    return error.errors[0] if isinstance(error, RuleErrors) else error


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("age=1000 y", "E620"),
        ("age=-1 y", "E620"),
        ("age=70 kg", "E305"),
        ("age=７0 y", "E306"),
        ("weight=7000 kg", "E620"),
        ("weight=70 g", "E620"),
        ("sex=neither", "E607"),
        ("shoe_size=43", "E607"),
        ("deficiencies=[c3_deficiency, c3_deficiency]", "E621"),
    ],
)
def test_a_fault_in_host_is_located_at_the_argument(word: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "healthy_adult", "--days", "0.01", "--host", word]) == 2
    said = capsys.readouterr().err
    assert said.startswith(code)
    assert f"--host {word.partition('=')[0]}=" in said.splitlines()[1]
    assert "healthy_adult.yaml" not in said


def test_a_newborn_is_allowed() -> None:
    assert im.case("healthy_adult", host={"age": "0 y"}).filled["host"]["age"] == "0 y"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exposures.0.dose": "1e30 CFU"}, "E622"),
        ({"exposures.0.dose": "1 mcg"}, "E606"),
        ({"events.²": 1}, "E608"),
        ({"events": [{"at": "1 d", "pool": "at skin", "set": "1 cell"}]}, "E400"),
        ({"numbers": True}, "E301"),
        ({"title": "half \ud800"}, "E120"),
        ({"key \ud800": "x"}, "E120"),
        ({"days": None}, "E211"),
        ({"days": math.nan}, "E302"),
        ({"host": {1, 2}}, "E203"),
        ({"therapies": [{"therapy": "flucloxacillin", "dose": "1 g", "route": "rectal"}]}, "E605"),
    ],
)
def test_a_fault_in_a_change_is_located_at_the_argument(changes: dict, code: str) -> None:
    error = refusal(changes)
    assert error.code == code
    assert error.location is not None and str(next(iter(changes)))[:4] in error.location.file
    assert "cut_finger.yaml" not in str(error.location)


def test_a_number_of_no_mapping_is_refused() -> None:
    assert refusal({"numbers": True, "numbers.x": "1"}).code == "E608"


def test_a_drug_is_never_guessed() -> None:
    error = refusal({"therapies": [{"therapy": "amoxicillin", "dose": "1 g"}]})
    assert error.code == "E604" and error.suggestion is None
    assert refusal({"therapies": [{"therapy": "Flucloxacillin", "dose": "1 g"}]}).suggestion == "flucloxacillin"


@pytest.mark.parametrize("name", ["half \ud800", "a\0b", "x" * 5000])
def test_a_name_that_no_file_can_have(name: str) -> None:
    with pytest.raises(RuleError) as caught:
        find_scenario(im.load(), name)
    assert caught.value.code in ("E120", "E601")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["cohort", "healthy_adult", "--hosts", "2.5"], "E626"),
        (["cohort", "healthy_adult", "--hosts", "１２"], "E626"),
        (["cohort", "healthy_adult", "--hosts", "1_000"], "E626"),
        (["cohort", "healthy_adult", "--hosts", "0"], "E612"),
        (["cohort", "healthy_adult", "--hosts", "99999999999999999999"], "E612"),
        (["run", "healthy_adult", "--seed", "18446744073709551616"], "E625"),
        (["run", "healthy_adult", "--seed", "-1"], "E625"),
        (["run", "healthy_adult", "--rtol", "0"], "E627"),
        (["compare", "healthy_adult", "healthy_adult", "--rtol", "2"], "E627"),
        (["cohort", "healthy_adult", "--hosts", "2", "--rtol", "1e-12"], "E627"),
        (["run", "healthy_adult", "--days", "nan"], "E626"),
        (["run", "healthy_adult", "--days", "１"], "E626"),
        (["run", "half \udcff"], "E120"),
    ],
)
def test_numbers_on_the_command_line(words: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(words) == 2
    assert capsys.readouterr().err.startswith(code)


def test_seeds_and_counts() -> None:
    assert check_seed(2**64 - 1) == 2**64 - 1
    assert check_seed(np.int64(3)) == 3
    assert check_count(np.int32(4), "hosts") == 4
    for bad in (2**64, -1, 1.0, True, "1", None):
        with pytest.raises(RuleError, match="E625"):
            check_seed(bad)
    for bad in (0, 2.5, "many", True, 10**9):
        with pytest.raises(RuleError, match="E612"):
            check_count(bad, "hosts")


def test_values_are_what_a_file_could_hold() -> None:
    assert plain_data({"a": (1, np.float64(2.5), ["x", None, True])}) == {"a": [1, 2.5, ["x", None, True]]}
    deep: list = []
    for _ in range(sys.getrecursionlimit() // 2):
        deep = [deep]
    with pytest.raises(RuleError, match="E115"):
        plain_data(deep)
    circle: list = []
    circle.append(circle)
    with pytest.raises(RuleError, match="E115"):
        plain_data(circle)


def test_words_remember_their_option() -> None:
    (key,) = parse_assignments(["age=1 y"], option="--other-host")
    assert under("host", key).option == "--other-host"
    with pytest.raises(RuleError, match="E608"):
        parse_assignments(["age=1 y", "age=2 y"], option="--host")
    with pytest.raises(RuleError) as caught:
        parse_assignments(["deficiencies=[a,"], option="--host")
    assert caught.value.location is not None and caught.value.location.file.startswith("--host deficiencies")


def test_what_was_not_changed_is_still_located_in_the_file() -> None:
    book = im.load()
    entry = override(find_scenario(book, "cut_finger"), {"days": 3})
    assert entry.at("title").file.endswith("cut_finger.yaml")
    assert entry.at("days").file == "days=3"


@pytest.mark.parametrize("changes", [{"days": 1e308}, {"exposures.0.at": "1e300 year"}, {"every": "1e300 year"}])
def test_times_beyond_all_history(changes: dict) -> None:
    try:
        im.case("cut_finger", changes=changes)
    except (RuleError, RuleErrors) as error:
        refused = error.errors[0] if isinstance(error, RuleErrors) else error
        assert refused.code in ("E609", "E302")


def test_one_more_of_a_list_is_given_whole() -> None:
    with pytest.raises(RuleError, match=r"therapies has no 1 yet.*therapies\.1='\{\.\.\.\}'"):
        im.case("endotoxin_2ng_per_kg", changes={"therapies.1.therapy": "paracetamol"})
    both = im.case("endotoxin_2ng_per_kg", changes={"therapies.1": {"therapy": "paracetamol", "dose": "1 g"}})
    assert [given["therapy"] for given in both.filled["therapies"]] == ["endotoxin", "paracetamol"]
