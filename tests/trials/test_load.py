"""What is wrong with a trial is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from immunity.language.errors import RuleError, RuleErrors
from immunity.trials import built_in_trials, find_trial, read_trial
from immunity.trials.check import check_against
from tests.trials.cases import TRIAL, build, planned


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "said"),
    [
        ("hosts: 12", "hostss: 12", "E201", 8, "hosts"),
        ("placebo: {}", "Placebo!: {}", "E208", 6, "Placebo!"),
        ("seed: 3", "reference: sugar", "E850", 9, "no 'sugar' among the arms"),
        ("seed: 3", "primary: sugar", "E850", 9, "no 'sugar' among the endpoints"),
        ("time_to: outcome is dead", "time_to: outcome dead", "E806", 11, "is"),
        ("time_to: outcome is dead", "time_to: not outcome is dead", "E850", 11, "have no day"),
        ("time_to: outcome is dead", "time_to: dish.count > 3 CFU at day 2", "E850", 11, "no time to come"),
        ("time_to: outcome is dead", "response: outcome is dead, at: '1 d'", "E850", 11, "takes no 'at'"),
        ("statistic: value_at, at: \"2 d\"", "statistic: value_at", "E850", 14, "needs 'at'"),
        ("statistic: area,", "statistic: area, level: '3 CFU',", "E850", 15, "takes no 'level'"),
        ("readout: dish.germs, statistic: value_at, at: \"2 d\"", "better: less", "E850", 14, "exactly one of"),
        ("seed: 3", "dropout: '3 d'", "E305", 9, "hazard"),
        ("seed: 3", "enrolment: {at: '1 d', eligible: dish.count > 3 CFU}", "E850", 9, "beyond enrolment"),
        ("placebo: {}", "placebo: {hosts: 3}", "E850", 6, "same hosts"),
        ("{title: Death,", "{title: Death, adjust: [age],", "E850", 11, "say 'ages'"),
        ("{title: Death,", "{title: Death, adjust: [sugar],", "E850", 11, "no 'sugar'"),
        ("{title: Death,", "{title: Death, adjust: [most],", "E850", 11, "not known at enrolment"),
        ("{title: Death,", "{title: Death, adjust: [decades],", "E850", 11, "not known at enrolment"),
        ("{response:", "{adjust: [decades], response:", "E850", 12, "takes no 'adjust'"),
        ("seed: 3", "people: {a: {ages: {from: 9 y, to: 3 y}}}", "E850", 9, "later than"),
        ("seed: 3", "people: {a: {ages: {from: 1 y, to: 3 y, mean: 2 y}}}", "E850", 9, "go together"),
        ("seed: 3", "people: {a: {ages: {from: 1 y, to: 3 y}, host: {age: 2 y}}}", "E850", 9, "same thing"),
        ("seed: 3", "people: {a: {ages: {from: 1 kg, to: 3 y}}}", "E305", 9, ""),
    ],
)  # fmt: skip
def test_a_fault_has_its_code_and_line(old: str, new: str, code: str, line: int, said: str, tmp_path: Path) -> None:
    assert old in TRIAL
    with pytest.raises((RuleError, RuleErrors)) as caught:
        planned(tmp_path, TRIAL.replace(old, new))
    error = caught.value if isinstance(caught.value, RuleError) else caught.value.errors[0]
    assert error.location is not None
    assert (error.code, error.location.line) == (code, line), str(error)
    assert said in str(error)


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "said"),
    [
        ("readout: dish.germs", "readout: dish.germ", "E850", 14, "did you mean 'dish.germs'"),
        ("dish.count > 300 CFU", "dish.counts > 300 CFU", "E850", 12, "dish.count"),
        ("dish.count > 300 CFU", "dish.count > 300 mg", "E809", 12, ""),
        ("before day 4", "before day 40", "E850", 12, "outside the run"),
        ('at: "2 d"', 'at: "20 d"', "E850", 14, "outside the run"),
        ("seed: 3", "enrolment: {at: '10 d'}", "E850", 9, "the run ends on day 10"),
        ("seed: 3", "show: [dish.nothing]", "E850", 9, "dish.nothing"),
    ],
)
def test_what_the_scenario_lacks_is_said_before_a_run(
    old: str, new: str, code: str, line: int, said: str, tmp_path: Path
) -> None:
    assert old in TRIAL
    plan = planned(tmp_path, TRIAL.replace(old, new))
    case = build("growth", host={}, with_={}, days=None)
    with pytest.raises(RuleError) as caught:
        check_against(plan, case, tuple(plan.trial.show))
    assert caught.value.location is not None
    assert (caught.value.code, caught.value.location.line) == (code, line)
    assert said in str(caught.value)


def test_built_in_trials_fit_their_scenarios() -> None:
    from immunity import api

    assert len(built_in_trials()) >= 2
    for name in built_in_trials():
        plan = read_trial(find_trial(name))
        for arm in plan.trial.arms.values():
            case = api.case(plan.trial.scenario, changes=arm.with_, days=plan.trial.days)
            check_against(plan, case, tuple(plan.trial.show))


def test_an_unknown_trial_has_a_near_miss() -> None:
    with pytest.raises(RuleError) as caught:
        find_trial("early_antibiotics_in_pneumonia")
    assert (caught.value.code, caught.value.suggestion) == ("E851", "early_antibiotic_in_pneumonia")
