"""Which trials are made of a scenario."""

from __future__ import annotations

import pytest

from immunity.probe.design import gathered, items_of, pairs_of, scaled, trials_of, with_untouched
from immunity.probe.models import Design

DESIGN = Design(
    factors=[0.1, 1.0, 10.0],
    adult="adult",
    hosts={"adult": {}, "old": {"age": "80 y"}},
    rest="10 day",
    microbes="dish.germs",
    survival="dish.alive",
    clean=0.0,
    histories={"jab": ["germ"]},
)
SICK = {
    "exposures": [{"threat": "germ", "site": "dish", "dose": "1e3 CFU", "at": "2 d"}],
    "therapies": [{"therapy": "drug", "dose": "5 mg/kg", "every": "1 d", "from": "3 d", "until": "5 d"}],
}


def trials(data=SICK, *, quick=False, lacking=("no_guard",)):
    return {t.id: t for t in gathered(trials_of("sick", data, DESIGN, deficiencies=lacking, quick=quick))}


@pytest.mark.parametrize(
    ("text", "factor", "wanted"),
    [
        ("1e5 CFU", 0.01, "1000 CFU"),
        ("2 ng/kg", 100, "200 ng/kg"),
        ("0.5", 2, "1"),
        ("1 cm2", 1 / 24, "0.0416666666667 cm2"),
    ],
)
def test_doses_are_scaled_in_their_own_unit(text: str, factor: float, wanted: str) -> None:
    assert scaled(text, factor) == wanted


def test_everything_with_a_dose_is_an_item() -> None:
    data = SICK | {
        "events": [
            {"at": "0 d", "pool": "germ.inside at blood", "add": "10 CFU"},
            {"at": "0 d", "pool": "a", "set": "0 CFU"},
        ]
    }
    assert [(item.kind, item.subject, item.dose) for item in items_of(data)] == [
        ("exposures", "germ", "1e3 CFU"),
        ("therapies", "drug", "5 mg/kg"),
        ("events", "germ", "10 CFU"),
    ]


def test_each_dose_is_compared_with_the_one_below() -> None:
    made = trials()
    assert made["sick, 0.1 x germ"].changes == {"exposures.0.dose": "100 CFU"}
    assert ("dose", "germ", "sick") in made["sick, 10 x germ"].along
    assert "dose" not in [along for along, _, _ in made["sick, 0.1 x germ"].along]


def test_a_host_a_defect_and_a_drug_are_compared_with_none() -> None:
    made = trials()
    assert ("host", "old", "sick") in made["sick, old"].along
    assert made["sick, no_guard"].host == {"deficiencies": ["no_guard"]}
    assert ("deficiency", "no_guard", "sick") in made["sick, no_guard"].along
    assert made["sick with drug (0)"].along == (("therapy", "drug", "sick without drug (0)"),)
    assert made["sick without drug (0)"].changes == {"therapies": []}


def test_what_helps_against_a_germ_is_had_before_each_dose_host_and_defect_but_not_before_others() -> None:
    made = trials()
    after = made["sick, old, 10 x germ, after jab"]
    assert after.host == {"age": "80 y", "history": ["jab"]}
    assert after.changes == {"exposures.0.dose": "10000 CFU"}
    assert after.along == (("history", "jab", "sick, old, 10 x germ"),)
    assert made["sick, no_guard, after jab"].host == {"deficiencies": ["no_guard"], "history": ["jab"]}
    assert not any("after jab" in name for name in made if "month" in name or "with" in name)
    assert not any("after" in name for name in trials({"exposures": [{"threat": "worm", "dose": "1 CFU"}]}))


def test_schedules_give_the_same_in_all_or_the_same_each_time() -> None:
    made = trials()
    over = made["sick, germ over a day"].changes["exposures"]
    assert len(over) == 24
    assert sum(float(each["dose"].split()[0]) for each in over) == pytest.approx(1e3)
    daily = made["sick, germ daily for a month"]
    assert len(daily.changes["exposures"]) == 30
    assert daily.changes["exposures"][0]["at"] == "48 h"
    assert daily.days >= 31 + 10


def test_quick_takes_a_part() -> None:
    assert set(trials(quick=True)) < set(trials())
    assert "sick, old" in trials(quick=True)


def test_nothing_lives_in_a_scenario_of_drugs_alone() -> None:
    made = trials({"therapies": SICK["therapies"]})
    assert not any("no_guard" in name for name in made)


def test_pairs_begin_a_day_apart() -> None:
    (pair,) = pairs_of({"a": SICK, "b": {"exposures": [{"threat": "worm", "site": "dish", "dose": "1 CFU"}]}}, DESIGN)
    assert [each["threat"] for each in pair.changes["exposures"]] == ["germ", "worm"]
    assert pair.changes["exposures"][1]["at"] == "24 h"


def test_the_command_can_be_pasted() -> None:
    command = trials()["sick, germ over a day"].command
    assert command.startswith("immunity run sick --days ") and "'exposures=[{" in command


def test_every_trial_has_the_same_host_with_nothing_given_and_scenarios_share_it() -> None:
    scenarios = {"sick": SICK, "ill": SICK | {"exposures": []}, "apart": SICK | {"numbers": {"germ.growth": "1"}}}
    plan = [t for name, data in scenarios.items() for t in trials_of(name, data, DESIGN, deficiencies=())]
    made = {t.id: t for t in gathered(with_untouched(plan, scenarios))}
    quiet = made[made["sick, old"].untouched]
    assert (quiet.host, quiet.days) == ({"age": "80 y"}, made["sick, old"].days)
    assert quiet.changes == {"exposures": [], "therapies": []}
    assert made["ill, old"].untouched == quiet.id
    assert made["apart, old"].untouched != quiet.id


def test_the_last_of_so_many_doses_counts_even_if_each_is_put_off_once() -> None:
    drug = {"therapy": "drug", "dose": "5 mg", "every": "21 d", "doses": 4}
    assert trials({"therapies": [drug]})["sick"].days == 63 + 10
    put_off = drug | {"only_if": {"readout": "count", "above": "1", "wait": "7 d"}}
    assert trials({"therapies": [put_off]})["sick"].days == 84 + 10
