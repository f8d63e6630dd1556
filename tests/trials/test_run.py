"""A trial as a whole: the same hosts or others in each arm, screening, leaving, failing, going on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from immunity.cohorts import CohortInterrupted, batch
from immunity.language.errors import RuleError
from immunity.trials import Trial, endpoints, run_trial
from tests.trials.cases import TRIAL, book, build, planned, write


def found(folder: Path, text: str = TRIAL, **changes) -> Trial:
    return Trial(run_trial(planned(folder, text, **changes), build))


def numbers(trial: Trial) -> str:
    told = trial.summary
    del told["provenance"]
    return json.dumps([told, trial.hosts.to_csv()])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return found(tmp_path_factory.mktemp("small"))


def test_the_same_hosts_are_in_every_arm_and_are_compared_as_pairs(small: Trial) -> None:
    placebo, drug = small.findings.arms.values()
    assert placebo.host.tolist() == drug.host.tolist() == list(range(12))
    (effect,) = [e for e in small.summary["effects"] if e["endpoint"] == "most"]
    assert effect["paired"] and effect["n"] == 12
    ratios = drug.rows["value most"] / placebo.rows["value most"]
    assert effect["value"] == pytest.approx(np.exp(np.log(ratios).mean()), rel=1e-5)
    assert effect["high"] < 1.0  # germs that grow more slowly are fewer


def test_who_died_is_counted_once_and_alive_until_then(small: Trial) -> None:
    placebo = small.findings.arms["placebo"]
    died = np.isfinite(placebo.rows["stopped_at"])
    assert 0 < died.sum() == placebo.flow.died == small.summary["endpoints"][0]["events"]
    steps = small.survival("death", "placebo")
    assert steps["free"].values[-1] == pytest.approx(1.0 - died.mean())
    assert steps["at_risk"].values[0] == 12
    with pytest.raises(KeyError, match="no curve"):
        small.survival("area", "placebo")


def test_the_dead_have_no_value_afterwards_and_respond_to_nothing(tmp_path: Path) -> None:
    text = TRIAL.replace('at: "2 d"', 'at: "10 d"')
    made = found(tmp_path, text)
    placebo = made.findings.arms["placebo"]
    gone = np.isfinite(placebo.rows["stopped_at"])
    assert np.isnan(placebo.rows["value decades"][gone]).all()
    (row,) = [e for e in made.summary["endpoints"] if (e["endpoint"], e["arm"]) == ("decades", "placebo")]
    assert (row["left_out"], row["n"]) == (gone.sum(), 12 - gone.sum())


def test_randomised_hosts_are_others_in_each_arm(tmp_path: Path) -> None:
    made = found(tmp_path, TRIAL + "allocation: randomised\n")
    placebo, drug = (set(arm.host.tolist()) for arm in made.findings.arms.values())
    assert not placebo & drug and len(placebo) == len(drug) == 12
    assert all(len({2 * k, 2 * k + 1} & placebo) == 1 for k in range(12))  # one of every block
    assert not any(effect["paired"] for effect in made.summary["effects"])


def test_screening_goes_on_until_enough_are_eligible(tmp_path: Path) -> None:
    text = TRIAL + 'enrolment: {at: "1 d", eligible: dish.count > 30 CFU at day 1}\n'
    made = found(tmp_path, text)
    placebo, drug = made.findings.arms.values()
    flow = placebo.flow
    assert flow.enrolled == 12 and flow.screened == 12 + flow.not_eligible > 12
    assert placebo.host.tolist() == drug.host.tolist()
    assert (placebo.rows["value death"] >= 1.0)[np.isfinite(placebo.rows["value death"])].all()
    assert any("differ before enrolment" in warning for warning in made.findings.warnings)  # the drug acts from day 0


def test_nobody_eligible_is_said(tmp_path: Path) -> None:
    text = TRIAL + "enrolment: {eligible: dish.count > 1e6 CFU at day 0, screen_at_most: 15}\n"
    with pytest.raises(RuleError, match="none of 15 hosts") as caught:
        found(tmp_path, text)
    assert caught.value.code == "E850"


def test_who_drops_out_is_censored_and_has_no_later_value(tmp_path: Path, small: Trial) -> None:
    made = found(tmp_path, TRIAL + 'dropout: "0.2 1/day"\n')
    placebo = made.findings.arms["placebo"]
    left = np.isfinite(placebo.dropout)
    assert 0 < left.sum() == placebo.flow.dropped_out
    before = small.findings.arms["placebo"]
    assert np.array_equal(before.rows["value most"], placebo.rows["value most"])  # the same hosts with the same luck
    (row,) = [e for e in made.summary["endpoints"] if (e["endpoint"], e["arm"]) == ("area", "placebo")]
    assert row["left_out"] == (placebo.dropout < 2.0).sum()
    counted = sum(e["events"] for e in made.summary["endpoints"] if (e["endpoint"], e["arm"]) == ("death", "placebo"))
    assert counted == (placebo.rows["stopped_at"] <= placebo.dropout).sum()


def test_groups_of_people_have_their_shares_and_results_of_their_own(tmp_path: Path) -> None:
    text = TRIAL + 'people: {slow: {share: 1, with: {numbers.germ.loss: "0.9 1/day"}}, quick: {share: 2}}\n'
    made = found(tmp_path, text)
    placebo = made.findings.arms["placebo"]
    assert 3 <= (placebo.group == "slow").sum() <= 5
    assert np.median(placebo.rows["value area"][placebo.group == "slow"]) < np.median(
        placebo.rows["value area"][placebo.group == "quick"]
    )
    assert {row["group"] for row in made.summary["effects"]} == {"all", "slow", "quick"}


def test_ages_are_drawn_and_told_of_every_host(tmp_path: Path) -> None:
    made = found(tmp_path, TRIAL + "people: {adults: {ages: {from: 20 y, to: 80 y, classes: 3}}}\n")
    hosts = made.hosts
    assert sorted(set(hosts["age"])) == [30.0, 50.0, 70.0] and set(hosts["group"]) == {"adults"}
    assert hosts["age"][hosts["arm"] == "drug"].tolist() == hosts["age"][hosts["arm"] == "placebo"].tolist()
    assert {row["group"] for row in made.summary["effects"]} == {"all"}


def test_times_have_a_ratio_of_hazards_that_is_of_pairs(small: Trial) -> None:
    (row,) = [e for e in small.summary["effects"] if e["measure"] == "hazard ratio"]
    assert row["paired"] and row["test"] == "Cox" and row["value"] < 1.0
    deaths = [e for e in small.summary["effects"] if e["endpoint"] == "death"]
    assert all(e["paired"] for e in deaths)
    assert {e["test"] for e in deaths} >= {"log-rank of pairs, exact", "Cox by host, exact", "McNemar, exact"}


def test_hazards_are_adjusted_for_what_is_known_at_enrolment(tmp_path: Path) -> None:
    text = TRIAL.replace("death: {", "death: {adjust: [early, age], ").replace("hosts: 12", "hosts: 20")
    text += '  early: {readout: dish.count, statistic: value_at, at: "1 d"}\nenrolment: {at: "1 d"}\n'
    made = found(tmp_path, text + "stochastic: false\npeople: {adults: {ages: {from: 20 y, to: 80 y, classes: 3}}}\n")
    rows = {e["measure"]: e for e in made.summary["effects"] if e["endpoint"] == "death"}
    plain, adjusted = rows["hazard ratio"], rows["adjusted hazard ratio"]
    assert adjusted["test"] == "Cox, with early, age" and plain["value"] < 1.0
    assert adjusted["value"] != plain["value"]


def test_a_host_whose_numbers_fail_is_left_out_and_the_others_go_on(tmp_path: Path, monkeypatch) -> None:
    real = batch.run_case

    def fails(case, *, host, **options):
        if host == 5:
            raise FloatingPointError
        return real(case, host=host, **options)

    monkeypatch.setattr(batch, "run_case", fails)
    made = found(tmp_path)
    placebo = made.findings.arms["placebo"]
    assert placebo.flow.failed == 1 and placebo.flow.enrolled == 12 and 5 not in placebo.host
    assert any("failed" in warning for warning in made.findings.warnings)


def test_the_same_from_any_number_of_processes_which_keep_the_curves(tmp_path: Path, small: Trial, monkeypatch) -> None:
    monkeypatch.setattr(endpoints, "label", lambda *_: pytest.fail("curves came to this process"))
    made = Trial(run_trial(planned(tmp_path), build, workers=2))
    assert numbers(made) == numbers(small)


def test_an_interrupted_trial_goes_on_to_the_same_result(tmp_path: Path, small: Trial) -> None:
    plan = planned(tmp_path)

    def stop(done: int, total: int) -> None:
        if done >= 3:
            raise KeyboardInterrupt

    with pytest.raises(CohortInterrupted, match="kept"):
        run_trial(plan, build, out=tmp_path / "out", progress=stop)
    with pytest.raises(RuleError) as caught:
        run_trial(plan, build, out=tmp_path / "out")
    assert caught.value.code == "E723"
    runs: list[int] = []
    made = run_trial(plan, build, out=tmp_path / "out", resume=True, progress=lambda done, _: runs.append(done))
    assert numbers(Trial(made)) == numbers(small) and runs[0] > 3
    with pytest.raises(RuleError) as caught:
        run_trial(planned(tmp_path, seed=4), build, out=tmp_path / "out", resume=True)
    assert caught.value.code == "E724"


def test_a_cut_part_is_run_again(tmp_path: Path, small: Trial) -> None:
    plan = planned(tmp_path)
    run_trial(plan, build, out=tmp_path / "out")
    part = next((tmp_path / "out" / "parts").glob("drug*.npz"))
    part.write_bytes(part.read_bytes()[:100])
    again = run_trial(plan, build, out=tmp_path / "out", resume=True)
    assert numbers(Trial(again)) == numbers(small)


def test_from_python_with_files(tmp_path: Path) -> None:
    import immunity as im

    made = im.trial(write(tmp_path), hosts=6, out=tmp_path / "out", book=book(), progress=False)
    assert made.arms == ("placebo", "drug") and len(made.hosts) == 12
    told = json.loads((tmp_path / "out" / "trial.json").read_text())
    assert told == json.loads(json.dumps(made.summary))
    assert (tmp_path / "out" / "effects.csv").read_text().count("\n") == 1 + len(told["effects"])
    assert "Germs in a dish" in (tmp_path / "out" / "report.html").read_text()
    assert "Germs in a dish" in repr(made) and "<li>" in made._repr_html_()
    more = im.trial(write(tmp_path), hosts=8, out=tmp_path / "out", resume=True, book=book(), progress=False)
    assert len(more.hosts) == 16


def test_the_same_from_a_cluster(tmp_path: Path, small: Trial) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        made = Trial(run_trial(planned(tmp_path), build, dask=cluster.scheduler_address))
    assert numbers(made) == numbers(small)
