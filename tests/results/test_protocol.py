"""What was done to whom, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from immunity.results import Record
from immunity.results.protocol import done_words, host_line, host_words, labels_of_pair, title_of, title_of_pair

from .records import record

BUGS = {"threat": "s_aureus", "site": "skin", "dose": "1e5 CFU", "at": "0 day"}
SCRAPE = {"threat": "scrape", "site": "skin", "dose": "1 cm2", "at": "0 day"}
DRUG = {
    "therapy": "flucloxacillin", "dose": "1 g", "every": "6 h", "from": "1 d", "until": "8 d", "route": "oral",
    "at": None,
}  # fmt: skip
NAMES = {"s_aureus": "Staphylococcus aureus", "skin": "Skin patch", "asplenia": "Asplenia", "c3": "C3 deficiency"}
HOST = {"age": "35 y", "sex": "male", "deficiencies": []}


def made(*, title: str = "A scrape", host: dict[str, Any] | None = None, **filled: Any) -> Record:
    said = {"host": {**HOST, **(host or {})}, "title": "A scrape", "exposures": [BUGS, SCRAPE], **filled}
    return replace(record(1), title=title, filled=said, provenance={"names": NAMES})


def test_a_host_in_words() -> None:
    assert host_words(made()) == {"age": "35 years", "sex": "male"}
    assert "gestation" not in host_words(made(host={"gestation": "40 week"}))
    assert host_words(made(host={"gestation": "28 week"}))["gestation"] == "28 week"
    assert host_line(made(host={"breast_fed": "0 day"})) == "35 years, male"
    assert host_line(made(host={"breast_fed": "180 day"})) == "35 years, male, breast fed 180 day"
    ill = made(host={"deficiencies": ["asplenia", "c3", "low_something"]})
    assert host_words(ill)["deficiencies"] == "asplenia, C3 deficiency, low something"


def test_what_was_lived_through_is_told_unless_it_is_long() -> None:
    flu = {"before": "365 d", "exposures": [{"threat": "influenza_a"}]}
    jab = {"age": "5 y", "therapies": [{"therapy": "tetanus_toxoid"}]}
    told = [
        host_words(made(host={"history": items})).get("history") for items in ([flu, jab], ["a_vaccine"], [flu] * 3, [])
    ]
    assert told == ["Influenza a 365 d before; Tetanus toxoid at 5 y", "A vaccine", "3 things met before", None]


def test_titles_that_begin_alike_are_told_once() -> None:
    one, two = (made(title=f"A tumour, spread, {end}", exposures=[], end=end) for end in ("untreated", "on a drug"))
    two.filled["therapies"] = [{**DRUG, "therapy": f"drug_{k}"} for k in range(3)]
    assert labels_of_pair(one, two) == ("untreated", "on a drug")
    assert title_of_pair(one, two) == "A tumour, spread: untreated or on a drug"
    assert (
        title_of_pair(one, replace(two, title="Something else"))
        == "A tumour, spread, untreated \N{EN DASH} or: Something else"
    )


def test_exposures_and_therapies_say_dose_place_and_time() -> None:
    event = {"at": "2 d", "pool": "s_aureus at blood", "add": "100 CFU"}
    done = done_words(made(therapies=[DRUG], events=[event], numbers={"a.b": "2 1/day"}))
    assert done == {
        "exposures": [
            "Staphylococcus aureus, 1e5 CFU, skin patch, at the start", "Scrape, 1 cm2, skin patch, at the start"
        ],
        "therapies": ["Flucloxacillin, 1 g, oral, every 6 h from 1 d until 8 d"],
        "events": ["Staphylococcus aureus, 100 CFU, blood, at 2 d"],
        "numbers": ["a.b = 2 1/day"],
    }  # fmt: skip


def test_what_differs_in_nothing_but_time_is_told_once() -> None:
    event = {"pool": "s_aureus at blood", "add": "100 CFU"}
    dated = [event | {"at": at} for at in ("2 d", "9 d", "16 d")]
    done = done_words(made(events=[*dated, event, event, event | {"at": "3 d", "add": "1 CFU"}]))
    assert done["events"] == [
        "Staphylococcus aureus, 100 CFU, blood, at 2 d, 9 d and 16 d",
        "Staphylococcus aureus, 100 CFU, blood, at the start",
        "Staphylococcus aureus, 100 CFU, blood, at the start",
        "Staphylococcus aureus, 1 CFU, blood, at 3 d",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "A scrape"),
        ({"days": 3, "every": "1 h", "show": ["x"]}, "A scrape"),
        ({"title": "Mine", "exposures.0.dose": "1 CFU"}, "A scrape"),
        ({"exposures.0.dose": "1 CFU"}, "Staphylococcus aureus (1e5 CFU) and scrape (1 cm2), skin patch"),
        ({"host.age": "35 y"}, "Staphylococcus aureus (1e5 CFU) and scrape (1 cm2), skin patch; 35 years"),
    ],
)
def test_a_title_that_a_change_made_untrue_is_made_anew(changes: dict[str, Any], expected: str) -> None:
    assert title_of("A scrape", changes, made()) == expected


def test_a_derived_title_names_drugs_deficiencies_and_numbers() -> None:
    ill = made(host={"deficiencies": ["asplenia"]}, therapies=[DRUG], numbers={"k": "2"})
    assert title_of("A scrape", {"numbers.k": "2", "days": 3}, ill) == "A scrape; k = 2"
    told = title_of("A scrape", {"numbers.k": "2", "exposures.0.dose": "1 CFU"}, ill)
    assert told.endswith("skin patch, on flucloxacillin (1 g, every 6 h); asplenia; k = 2")
    assert (
        title_of("A healthy adult", {"host.age": "8 y"}, made(exposures=[], host={"age": "8 y"})) == "At rest; 8 years"
    )


@pytest.mark.parametrize(
    ("second", "labels"),
    [
        (made(exposures=[{**BUGS, "dose": "1e7 CFU"}, SCRAPE]), ("1e5 CFU", "1e7 CFU")),
        (made(host={"deficiencies": ["asplenia"]}), ("no deficiency", "asplenia")),
        (made(host={"age": "70 y"}), ("35 years", "70 years")),
        (made(exposures=[BUGS]), ("Scrape, 1 cm2, skin patch, at the start", "no scrape")),
        (made(therapies=[DRUG]), ("without flucloxacillin", "on flucloxacillin")),
        (made(numbers={"k": "2"}), ("k as in the reference", "k 2")),
        (replace(made(), seed=8), ("seed 7", "seed 8")),
    ],
)
def test_two_runs_are_called_by_what_differs(second: Record, labels: tuple[str, str]) -> None:
    assert labels_of_pair(made(), second) == labels
    assert labels_of_pair(second, made()) == labels[::-1]
    assert title_of_pair(made(), second) == f"A scrape: {labels[0]} or {labels[1]}"


def test_one_drug_more_among_several_is_named_alone() -> None:
    others = [{**DRUG, "therapy": f"drug_{k}"} for k in range(3)]
    one, two = made(therapies=others), made(therapies=[*others, {**DRUG, "therapy": "tocilizumab"}])
    assert labels_of_pair(one, two) == ("without tocilizumab", "on tocilizumab")
    again = made(therapies=[*others, {**DRUG, "therapy": "drug_1", "dose": "2 g"}])
    assert labels_of_pair(one, again)[0] == "no Drug 1"  # more of what both are given is told in full


def test_two_runs_that_differ_in_much_are_called_by_their_titles() -> None:
    other = made(title="A pneumonia", exposures=[{**BUGS, "threat": "x" * 40, "site": "lung"}], therapies=[DRUG])
    assert labels_of_pair(made(), other) == ("A scrape", "A pneumonia")
    same = made(exposures=other.filled["exposures"], therapies=[DRUG])
    assert labels_of_pair(made(), same)[0] != labels_of_pair(made(), same)[1]
