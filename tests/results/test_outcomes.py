"""What became of each host, in a doctor's words."""

from __future__ import annotations

import dataclasses

from immunity.results.condition import hosts_true, parse_condition
from immunity.results.outcomes import causes_of_end, host_outcomes, outcome_words, word_since
from results.records import record, with_death


def _bearing(changed, *endings, index=0):
    infos = list(changed.infos)
    infos[index] = dataclasses.replace(infos[index], endings=endings)
    return dataclasses.replace(changed, infos=tuple(infos))


def test_the_gravest_word_counts():
    made = _bearing(record(2), ("cold", -1e9, None, 1), ("organ failure", -1e9, None, 5))
    assert host_outcomes(made) == ["organ failure"] * 2
    assert {"cold", "organ failure"} < outcome_words(made)
    assert hosts_true(parse_condition("outcome is organ_failure"), made).all()
    assert not hosts_true(parse_condition("outcome is cold"), made).any()


def test_a_word_needs_its_value():
    made = _bearing(record(2), ("cold", 1e9, None, 1))
    assert "cold" not in host_outcomes(made)
    made = _bearing(record(2), ("cold", None, 1e9, 1))
    assert host_outcomes(made) == ["cold"] * 2


def test_who_died_died_of_something_and_is_dead():
    made = _bearing(with_death(record(2), 0, 4.0), ("shock", -1e9, None, 1))
    assert host_outcomes(made) == ["dead", "shock"]
    assert causes_of_end(made) == ["shock", None]


def test_whoever_was_outside_and_is_not_any_more_has_recovered():
    made = record(2)  # the second starts inside the range of its first readout, 1 to 20
    values = made.readout.copy()
    values[1, 1, 0] = 40.0
    assert host_outcomes(made)[1] == "healthy"
    assert host_outcomes(dataclasses.replace(made, readout=values))[1] == "recovered"


def test_a_word_holds_since_the_day_on_which_it_came_to_stay():
    made = record(1)
    values = made.readout.copy()
    values[:, 0, 0] = 0.0
    values[0, 0, 0] = values[-2:, 0, 0] = 40.0
    there = _bearing(dataclasses.replace(made, readout=values), ("cold", 30.0, None, 1))
    assert word_since(there, "cold") == made.time[-2]
    assert word_since(there, "warm") is None
    values[:, 0, 0] = 40.0
    assert word_since(_bearing(dataclasses.replace(made, readout=values), ("cold", 30.0, None, 1)), "cold") is None
