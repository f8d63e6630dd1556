"""From a world and a schedule to a scenario: rates by stage, doses by age, what is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from immunity.language.errors import RuleError
from immunity.lifetime.doses import doses_of, treatment_of
from immunity.lifetime.load import FOLDERS, read_schedule, read_world
from immunity.lifetime.plan import plan_life, scenario_of_life

YEAR = 365.25
LAID = {"world": "temperate_high_income", "schedule": "who_epi", "to": "20 y"}


def plan(host: dict[str, Any] | None = None, **changes: str) -> Any:
    return plan_life(**LAID, host=host or {}, changes=changes)[0]


def rate(made: Any, position: int, age: float) -> float:
    """Exposures a year at an age."""
    held = made.entry.record.exposures[position].rate
    ages, factors = np.array([[float(a.split()[0]), float(f)] for a, f in held.by_age]).T
    return float(held.value.split()[0]) * YEAR * float(np.interp(age * YEAR, ages, factors))


def test_rates_are_those_of_the_stage_of_life() -> None:
    cold = read_world(LAID["world"]).record.meets["rhinovirus"].per_year
    years = {stage: float(text.split()[0]) for stage, text in cold.items()}
    typical, early = plan(), plan(household="day_care")
    assert rate(typical, 0, 1.0) == pytest.approx(years["home"])
    assert rate(early, 0, 1.0) == pytest.approx(years["day_care"])
    assert rate(typical, 0, 10.0) == rate(early, 0, 10.0) == pytest.approx(years["school"])


def test_what_age_does_multiplies_the_stage() -> None:
    made = plan()
    scrape = next(k for k, each in enumerate(made.entry.record.exposures) if each.threat == "scrape")
    assert rate(made, scrape, 0.1) < 0.2 * rate(made, scrape, 1.99)
    assert made.entry.record.exposures[scrape].rate.along[0].threat == "staphylococcus_aureus"


def ages(changes: dict[str, str], name: str = "tetanus_toxoid", last: float = 100 * YEAR) -> list[float]:
    doses = doses_of(read_schedule("germany"), last, changes)
    return [round(dose.age / YEAR, 2) for dose in doses if dose.therapy == name]


def test_doses_are_skipped_late_and_more() -> None:
    usual = ages({})
    assert usual[:6] == [0.17, 0.25, 0.33, 1.0, 5.5, 12.0]
    assert usual[6:] == [22.0 + 10 * k for k in range(8)]
    assert ages({"tetanus_toxoid": "skip 2, 3"}) == [usual[0], *usual[3:]]
    assert ages({"tetanus_toxoid": "skip"}) == []
    assert ages({"all": "late 1 y"})[0] == pytest.approx(usual[0] + 1.0)
    assert ages({"tetanus_toxoid": "skip 1; late 1 y; extra 3 y"})[:2] == [1.25, 1.33]
    assert 3.0 in ages({"tetanus_toxoid": "skip 1; late 1 y; extra 3 y"})
    assert ages({"tetanus_toxoid": "skip"}, "diphtheria_toxoid") == ages({}, "diphtheria_toxoid")


@pytest.mark.parametrize("text", ["skip two", "later 3 d", "late soon", "extra -3 y"])
def test_what_cannot_be_followed_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        ages({"tetanus_toxoid": text})
    with pytest.raises(RuleError, match="tetanus_toxoid"):
        ages({"tetanus": "skip"})


def test_a_treatment_for_years() -> None:
    assert treatment_of("ivig", "400 mg/kg every 28 d from 4 y until 6 y") == {
        "therapy": "ivig",
        "dose": "400 mg/kg",
        "every": "28 d",
        "from": 4 * YEAR,
        "until": 6 * YEAR,
    }
    with pytest.raises(RuleError):
        treatment_of("ivig", "400 mg/kg now and then")


def test_a_life_that_begins_later_gets_later_doses() -> None:
    made = plan({"age": "4 y"})
    assert made.start == pytest.approx(4 * YEAR)
    assert all(dose.age >= made.start for dose in made.doses)
    lived = made.entry.record.host["history"]
    assert sum("age" in item for item in lived) == len(plan().doses) - len(made.doses)
    assert {item["exposures"][0]["threat"] for item in lived if "exposures" in item} >= {"influenza_a", "rhinovirus_b"}
    assert "history" not in plan().entry.record.host
    first = next(each for each in made.entry.record.therapies if each.therapy == "tetanus_toxoid")
    assert float(first.at.split()[0]) == pytest.approx(1 * YEAR, abs=0.1)


def test_a_live_vaccine_is_met_at_its_ages_after_all_that_chance_brings() -> None:
    made = plan()
    drops = [each for each in made.entry.record.exposures if each.threat == "rotavirus_vaccine"]
    assert [(each.at, each.site) for each in drops] == [("42 d", "gut_wall"), ("70 d", "gut_wall")]
    by_chance = sum(not each.optional for each in read_world(LAID["world"]).record.meets.values())
    assert all(each.rate is not None for each in made.entry.record.exposures[:by_chance])
    assert "rotavirus_vaccine" not in made.agents
    assert not [e for e in plan(None, **{"doses.rotavirus_vaccine": "skip"}).entry.record.exposures if e.rate is None]
    lived = plan({"age": "4 y"}).entry.record.host["history"]
    assert sum(item.get("exposures", [{}])[0].get("threat") == "rotavirus_vaccine" for item in lived) == 2


def test_what_is_optional_is_met_by_who_asks_for_it_and_changes_nobody_elses_luck(tmp_path: Path) -> None:
    text = (FOLDERS["world"] / "temperate_high_income.yaml").read_text(encoding="utf-8")
    what = 'threat: measles_virus, site: nasopharynx, dose: "1 TCID50", per_year: {home: "1 1/year"}'
    more = f"  measles: {{{what}, optional: true, status: assumed}}\n"
    world = tmp_path / "world.yaml"
    world.write_text(text.replace("meets:\n", "meets:\n" + more), encoding="utf-8")
    laid = {**LAID, "world": world, "host": {}}
    without, asked = (plan_life(**laid, changes=changes)[0] for changes in ({}, {"also": "measles"}))
    assert "measles_virus" not in without.agents
    assert "measles_virus" in asked.agents
    names = [each.threat for each in asked.entry.record.exposures if each.rate is not None]
    assert names == [*(each.threat for each in without.entry.record.exposures if each.rate), "measles_virus"]
    for also in ("rhinovirus", "smallpox"):
        with pytest.raises(RuleError, match=f"no .{also}"):
            plan_life(**laid, changes={"also": also})


def test_lives_are_scenarios_by_name() -> None:
    entry = scenario_of_life("life.none.day_care.from_30_y")
    assert entry.id == "life.none.day_care.from_30_y"
    assert entry.record.days == pytest.approx(7 * YEAR)
    assert all(each.when is not None for each in entry.record.therapies)  # the doctor's, no vaccines
    with pytest.raises(RuleError, match="day_care"):
        scenario_of_life("life.daycare")
