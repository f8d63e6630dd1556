"""From a case to a result that explains itself."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from cohorts.cases import cells_and_drug, with_number

from immunity.cohorts import CohortInterrupted
from immunity.language.errors import RuleError
from immunity.results import Cohort, cite, open_result, simulate, simulate_cohort
from immunity.results import hosts as hosts_module
from immunity.results import lazy as lazy_module
from immunity.results.papers import parameters_behind, silent_signals

SPREADS = (("feed.hazard", 0.2), ("die.hazard", 0.4))


def test_run_has_labels_and_numbers():
    run = simulate(cells_and_drug(), rtol=1e-5)
    assert run["cells"].attrs["units"] == "cell"
    assert run["cells"].sel(time=10.0).item() == pytest.approx(100.0, rel=1e-3)
    assert run["drug"].sel(time=3.0).item() == pytest.approx(4.0, rel=1e-3)
    assert run["log_drug"].sel(time=0.0).item() == -2.0
    assert run.outcome == "healthy"
    assert run.record.seed == 0


def test_recorded_pools_are_in_base_units():
    run = simulate(cells_and_drug(), record_pools=True)
    assert run["cell"].attrs["units"] == "cell"
    assert run["cell"].values == pytest.approx(run["cells"].values)


def test_papers_are_those_of_flows_that_fired():
    run = simulate(cells_and_drug())
    assert [paper["key"] for paper in cite(run)] == ["jones2002", "smith2001"]
    assert cite(run)[1]["numbers"] == ["die.hazard"]
    assert cite(run)[1]["doi"] == "10.1/1"
    case = cells_and_drug()
    without_dose = dataclasses.replace(
        case, events=dataclasses.replace(case.events, **{f: getattr(case.events, f)[:0] for f in vars(case.events)})
    )
    assert [paper["key"] for paper in cite(simulate(without_dose))] == ["smith2001"]


def test_numbers_behind_laws_and_signals_are_found():
    from engine.nets import Builder, hill

    net = Builder()
    net.pool("a", 1.0)
    net.pool("b", 1.0)
    net.signal("level", ["a"], constant=3.0, divisor=7.0)
    net.signal("alarm", ["level"], laws=[hill("level", half=11.0)])
    net.flow("quiet", 1.0, {"a": 1.0})
    net.flow("loud", 2.0, {"b": 1.0}, laws=[hill("alarm", half=5.0)])
    net.read("level")
    tables = net.tables()
    values = {float(tables.theta[index]) for index in parameters_behind(tables, [1])}
    assert {2.0, 3.0, 5.0, 7.0, 11.0} <= values
    assert {float(tables.theta[index]) for index in parameters_behind(tables, [0])} == {1.0}
    # what was never there says nothing: neither in the pool at the end nor touched by a flow that fired
    assert silent_signals(tables, [1], np.array([1.0, 1.0])) == set()
    drug = Builder()
    drug.pool("drug", 0.0)
    drug.pool("b", 1.0)
    drug.signal("level", ["drug"])
    drug.flow("loud", 2.0, {"b": 1.0}, laws=[hill("level", half=5.0)])
    drug.flow("absorb", 3.0, {"drug": 1.0})
    drug.read("level")
    tables = drug.tables()
    assert silent_signals(tables, [0], np.array([0.0, 1.0])) == {0}
    assert silent_signals(tables, [0, 1], np.array([0.0, 1.0])) == set()
    behind = parameters_behind(tables, [0], silent={0})
    assert {float(tables.theta[index]) for index in behind} == {2.0}


def test_provenance_says_how_to_get_it_again():
    case = with_number(cells_and_drug(), "die.hazard", 0.4)
    run = simulate(case, stochastic=True, seed=11)
    origin = run.record.provenance
    assert origin["changed_numbers"] == {"die.hazard": {"reference": 0.2, "value": 0.4, "unit": "1"}}
    assert (origin["seed"], origin["mode"], origin["rule_book_hash"]) == (11, "stochastic", "d" * 64)
    assert origin["scenario"] == case.filled
    assert {"numpy", "numba"} <= set(origin["packages"])
    assert origin["sources"] == ["jones2002", "smith2001"]
    assert origin["date"].endswith("+00:00")
    json.dumps(run.summary, allow_nan=False)


def test_host_that_ends_has_no_values_after():
    run = simulate(with_number(cells_and_drug(stop_below=30.0), "feed.hazard", 0.0))
    stopped = run.record.stopped_at[0]
    assert run.outcome == "dead"
    assert stopped == pytest.approx(np.log(100.0 / 30.0) / 0.2, abs=0.6)
    shown = run["cells"]
    assert np.isnan(shown.sel(time=shown.time > stopped)).all()
    assert np.isfinite(shown.sel(time=shown.time <= stopped)).all()
    assert run.summary["stopped_at_day"] == stopped
    assert run.summary["status"] == "ok"


def test_cohort_is_kept(tmp_path):
    case = cells_and_drug(spreads=SPREADS)
    cohort = simulate_cohort(case, hosts=5, seed=2, stochastic=True, out=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts", "result.zarr", "summary.json"]
    in_memory = simulate_cohort(case, hosts=5, seed=2, stochastic=True)
    for opened in (open_result(tmp_path), cohort):
        assert isinstance(opened, Cohort)
        assert opened.record.readout.tobytes() == in_memory.record.readout.tobytes()
        assert opened.record.papers == in_memory.record.papers
        assert opened.summary["readouts"] == in_memory.summary["readouts"]
    assert set(opened.record.draws) == {"feed.hazard", "die.hazard"}
    assert len(set(opened.record.draws["die.hazard"])) == 5


@pytest.mark.parametrize("workers", [1, 2])
def test_hosts_are_added_to_a_finished_cohort(tmp_path, workers):
    case = cells_and_drug(spreads=SPREADS)
    simulate_cohort(case, hosts=60, seed=2, stochastic=True, out=tmp_path)
    told = []
    simulate_cohort(
        case, hosts=60, seed=2, stochastic=True, out=tmp_path, resume=True, progress=lambda *_: told.append(1)
    )
    assert told == []  # it was finished
    more = simulate_cohort(case, hosts=80, seed=2, stochastic=True, out=tmp_path, resume=True, workers=workers)
    expected = simulate_cohort(case, hosts=80, seed=2, stochastic=True)
    for cohort in (more, open_result(tmp_path)):
        assert cohort.record.readout.tobytes() == expected.record.readout.tobytes()
        assert cohort.record.host.tolist() == list(range(80))
    alone = simulate(case, stochastic=True, seed=2, host=70, vary=True)
    assert alone["cells"].values.tolist() == more.host(70)["cells"].values.tolist()


def test_large_curves_stay_in_their_file(tmp_path, monkeypatch):
    case = cells_and_drug(spreads=SPREADS)
    expected = simulate_cohort(case, hosts=7, seed=2, stochastic=True)
    whole_frame = expected.to_dataframe("cells", "drug")
    left = expected["cells"]
    attributes = {**left.attrs, "over": "hosts alive at each time"}
    there = ("time", np.isfinite(left.values).sum(axis=1))
    whole_quantiles = left.quantile([0.1, 0.5], dim="host", skipna=True).assign_coords(hosts=there)
    whole_quantiles = whole_quantiles.assign_attrs(attributes)
    whole_median = left.median(dim="host", skipna=True).assign_coords(hosts=there).assign_attrs(attributes)
    monkeypatch.setattr(lazy_module, "LARGE", 0)
    cohort = simulate_cohort(case, hosts=7, seed=2, stochastic=True, out=tmp_path, keep=["cells", "drug"])
    for opened in (cohort, open_result(tmp_path)):
        assert isinstance(opened.record.readout, lazy_module.Curves)
        assert opened.readouts == ("cells", "drug")
        assert opened["cells"].values.tobytes() == expected["cells"].values.tobytes()
        assert opened.host(3)["drug"].values.tobytes() == expected.host(3)["drug"].values.tobytes()
        assert opened.summary["readouts"]["cells"] == expected.summary["readouts"]["cells"]
        monkeypatch.setattr(hosts_module, "MOST", 8 * 7 * 3)  # three times in memory, of two hosts after the others
        monkeypatch.setattr(hosts_module.host_parts, "__defaults__", (2,))
        assert opened.quantiles("cells", [0.1, 0.5]).identical(whole_quantiles)
        assert opened.median("cells").identical(whole_median)
        assert opened.to_dataframe("cells", "drug").equals(whole_frame)
        frames = list(opened.dataframes("cells", "drug", hosts=3))
        assert [len(frame.index.levels[0]) for frame in frames] == [3, 3, 1] and frames[2].attrs == whole_frame.attrs
        assert pd.concat(frames).equals(whole_frame)
        with pytest.raises(KeyError, match="cells"):
            opened.dataframes("cell")
        opened.save(tmp_path / "again")
        assert open_result(tmp_path / "again")["drug"].values.tobytes() == expected["drug"].values.tobytes()


def test_interrupted_cohort_keeps_an_earlier_result(tmp_path):
    case = cells_and_drug(spreads=SPREADS)
    simulate_cohort(case, hosts=2, seed=2, out=tmp_path)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(CohortInterrupted):
        simulate_cohort(case, hosts=4, seed=2, out=tmp_path, progress=interrupt)
    assert len(open_result(tmp_path).record.host) == 2
    with pytest.raises(RuleError):
        simulate_cohort(case, hosts=4, seed=2, out=tmp_path)
    simulate_cohort(case, hosts=4, seed=2, out=tmp_path, resume=True)
    assert len(open_result(tmp_path).record.host) == 4
