"""A command that can be pasted gives the same run: it is parsed here as the shell and the command line would."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from immunity.results.again import command_of, command_of_pair, python_of
from immunity.results.record import Record
from immunity.scenario import parse_assignments

from .records import record


def made(*, hosts: int = 1, mode: str = "deterministic", vary: bool = False, **changes: Any) -> Record:
    asked = {"scenario": "hand_made", "changes": changes, "files": []}
    draws = {"k": np.ones(hosts)} if vary else {}
    return replace(record(hosts), mode=mode, draws=draws, provenance={"asked": asked, "relative_tolerance": 1e-3})


def words_after(line: str, option: str) -> list[str]:
    """The words of an option, up to the next one."""
    words = shlex.split(line)
    found = []
    for word in words[words.index(option) + 1 :]:
        if word.startswith("--"):
            break
        found.append(word)
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"exposures.0.dose": "1e7 CFU"},
        {"numbers.a.b": "2 1/day", "every": "1 h"},
        {"therapies": [{"therapy": "x", "dose": "1 g", "at": "0 d"}]},
        {"show": ["a", "b"]},
    ],
)
def test_changes_come_back_as_they_were(changes: dict[str, Any]) -> None:
    assert parse_assignments(words_after(command_of(made(**changes)), "--with")) == changes


def test_host_days_and_seed() -> None:
    line = command_of(made(mode="stochastic", **{"host.age": "70 y", "host.deficiencies": ["a", "b"], "days": 5}))
    assert parse_assignments(words_after(line, "--host")) == {"age": "70 y", "deficiencies": ["a", "b"]}
    assert line.endswith("--days 5 --stochastic --seed 7")
    assert command_of(made()) == "immunity run hand_made"
    assert command_of(made(vary=True)) == "immunity run hand_made --vary --seed 7"


def test_a_cohort_and_python() -> None:
    assert command_of(made(hosts=3, mode="stochastic")) == "immunity cohort hand_made --hosts 3 --seed 7"
    assert command_of(made(hosts=3)).endswith("--hosts 3 --seed 7 --deterministic")
    assert python_of(made(hosts=3)) == "im.cohort('hand_made', hosts=3, stochastic=False, seed=7)"
    assert python_of(made(**{"host.age": "70 y"})) == "im.run('hand_made', host={'age': '70 y'})"


def test_a_pair_is_one_command_where_one_can_say_it() -> None:
    one, two = made(), made(**{"host.age": "70 y", "exposures.0.dose": "1e7 CFU"})
    line = command_of_pair(one, two)
    assert words_after(line, "--other-host") == ["age=70 y"] and words_after(line, "--with") == [
        "exposures.0.dose=1e7 CFU"
    ]
    assert command_of_pair(two, one).splitlines() == [command_of(two), command_of(one)]


def test_an_accuracy_that_was_asked_for_is_asked_for_again() -> None:
    one = made()
    finer = replace(one, provenance={**one.provenance, "relative_tolerance": 1e-5})
    assert "--rtol" not in command_of(one) and "rtol" not in python_of(one)
    assert words_after(command_of(finer), "--rtol") == ["1e-05"]
    assert "rtol=1e-05" in python_of(finer)
