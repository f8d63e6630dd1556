"""Conditions on hosts."""

from __future__ import annotations

import dataclasses

import pytest

from immunity.language.errors import RuleError
from immunity.results import Cohort
from immunity.results.condition import NotCovered, parse_condition
from results.records import record, with_death

# line is 0..10, 1..11, 2..12, 3..13 in hosts 0..3; tent peaks at 10, 11, 12, 13 on day 5; decay falls from 1e6


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("line > 12", 0.25),
        ("line >= 12", 0.5),
        ("line < 1", 0.25),
        ("line <= 1", 0.5),
        ("line > 3 before day 1", 0.25),
        ("line > 3 before 24 h", 0.25),
        ("line < 3 after day 2", 0.25),
        ("line > 4.4 at day 2.5", 0.5),
        ("line > 5 from day 2 to 3 d", 0.25),
        ("line > 12e9 cell/L", 0.25),
        ("line > 12 1e9 cell/L", 0.25),
        ("line > 12000 cell/uL", 0.25),
        ("tent > 11500 ug/L", 0.5),
        ("decay > 5.9", 1.0),
        ("decay > 5.9 log10 TCID50/mL", 1.0),
        ("decay > 5e6 TCID50/mL", 0.0),
        ("decay > 5e5 TCID50/mL after day 2", 0.0),
        ("not line > 12", 0.75),
        ("line > 12 or line < 1", 0.5),
        ("line > 11 and line < 3", 0.25),
        ("line > 12 or line < 3 and tent > 100", 0.25),
        ("(line > 12 or line < 3) and tent > 100", 0.0),
        ("not (line > 12 or line < 1)", 0.5),
        ("outcome is dead", 0.25),
        ("outcome is not dead", 0.75),
        ("outcome is dead before day 3", 0.0),
        ("outcome is dead before day 5", 0.25),
        ("outcome is dead after day 5", 0.0),
        ("line > 9 and outcome is dead", 0.0),
    ],
)
def test_fraction_of_hosts(text, fraction):
    cohort = Cohort(with_death(record(4), 1, 4.0)) if "dead" in text else Cohort(record(4))
    assert cohort.fraction_of_hosts(text) == fraction


@pytest.mark.parametrize(
    "text",
    [
        "",
        "line",
        "line >",
        "line > high",
        "line = 3",
        "line > 3 before",
        "line > 3 before noon",
        "line > 3 before 5 mL",
        "line > 3 from day 2",
        "line > 3 4 5 and",
        "(line > 3",
        "line > 3)",
        "outcome dead",
        "outcome is",
        "outcome is dead at day 3",
        "two words > 3",
        "__import__('os') > 3",
        "not " * 400 + "line > 3",
        "(" * 200 + "line > 3" + ")" * 200 + " x",
    ],
)
def test_unreadable_conditions_are_refused(text):
    with pytest.raises(RuleError) as caught:
        parse_condition(text)
    assert caught.value.code == "E806"


@pytest.mark.parametrize("text", ["line > 3 mg/L", "decay > 0 TCID50/mL", "tent > 3 log10 cell"])
def test_units_that_do_not_fit_are_refused(text):
    with pytest.raises(RuleError) as caught:
        Cohort(record(2)).fraction_of_hosts(text)
    assert caught.value.code == "E809"


def test_unknown_readout_is_refused_with_the_nearest():
    with pytest.raises(KeyError, match="'line'"):
        Cohort(record(2)).fraction_of_hosts("lines > 3")


@pytest.mark.parametrize(
    "text",
    [
        "line > 3 after day 30",
        "line > 3 at day 99",
        "line > 3 before day 30",
        "line > 3 from day 2 to day 30",
        "not line > 3 at day 99",
        "line > 0 or line > 3 at day 99",
        "outcome is deceased",
        "outcome is not deceased",
        "outcome is dead after day 30",
    ],
)
def test_what_a_run_does_not_cover_is_not_judged(text):
    with pytest.raises(NotCovered, match=r"day 10|no outcome 'deceased'"):
        Cohort(record(2)).fraction_of_hosts(text)


@pytest.mark.parametrize(
    "text", ["line > -inf", "line > ３", "line > 1_0", "line > nan", "line > 3 from day 3 to day 2"]
)
def test_numbers_are_finite_and_in_plain_digits(text):
    with pytest.raises(RuleError) as caught:
        parse_condition(text)
    assert caught.value.code == "E806"


def test_an_extinct_population_is_below_every_value():
    made = record(1)
    infos = (*made.infos[:2], dataclasses.replace(made.infos[2], limit_of_detection=None))
    readout = made.readout.copy()
    readout[6:, 0, 2] = 0.0
    extinct = Cohort(dataclasses.replace(made, infos=infos, readout=readout))
    assert extinct.fraction_of_hosts("decay < -3 log10 TCID50/mL at day 9") == 1.0
    assert extinct.fraction_of_hosts("decay < -3 log10 TCID50/mL before day 5") == 0.0
