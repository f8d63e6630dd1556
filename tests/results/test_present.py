"""Values as a laboratory reports them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from immunity.results import Cohort, Run, UnknownName
from immunity.results.present import present
from results.records import INFOS, record


def test_linear_values_are_kept_in_their_unit():
    run = Run(record(1))
    assert run["line"].dims == ("time",)
    assert run["line"].attrs["units"] == "1e9 cell/L"
    assert run["line"].attrs["healthy_range"] == (1.0, 20.0)
    assert run["line"].sel(time=4.0).item() == 4.0


def test_below_the_limit_of_detection_reads_as_the_limit():
    run = Run(record(1))
    assert run["tent"].values[0] == 1.0
    assert run.raw("tent").values[0] == 0.0
    assert run["tent"].attrs["limit_of_detection"] == 1.0


def test_logarithms_are_taken_after_the_limit():
    run = Run(record(1))
    assert run["decay"].attrs["units"] == "log10 TCID50/mL"
    assert run["decay"].values[0] == pytest.approx(6.0)
    assert run.raw("decay").values[0] == pytest.approx(1e6)
    assert run.raw("decay").attrs["units"] == "TCID50/mL"
    assert present(np.array([0.0]), INFOS[2])[0] == pytest.approx(1.0)


def test_zero_has_no_logarithm():
    info = dataclasses.replace(INFOS[2], limit_of_detection=None)
    assert present(np.array([0.0]), info)[0] == -np.inf  # below every number, and not without a value


def test_missing_values_stay_missing():
    assert np.isnan(present(np.array([np.nan]), INFOS[2])[0])
    assert np.isnan(present(np.array([np.nan]), INFOS[1])[0])


def test_cohort_has_a_host_dimension():
    cohort = Cohort(record(3))
    assert cohort["line"].dims == ("time", "host")
    assert cohort.median("line").sel(time=2.0).item() == 3.0
    assert cohort.quantiles("line", [0.0, 1.0]).sel(time=0.0).values.tolist() == [0.0, 2.0]


@pytest.mark.parametrize(("name", "near"), [("lime", "line"), ("Decay", "decay"), ("nothing_like_it", None)])
def test_unknown_name_gets_the_nearest(name, near):
    with pytest.raises(KeyError) as caught:
        Run(record(1))[name]
    assert isinstance(caught.value, UnknownName)
    assert caught.value.near == near
    assert (f"did you mean {near!r}" in str(caught.value)) == (near is not None)


def test_pools_are_found_when_recorded():
    assert Run(record(1, pools=True))["neutrophil.reserve"].attrs["units"] == "cell"
    assert "neutrophil.reserve" in Run(record(1, pools=True))
    with pytest.raises(KeyError):
        Run(record(1))["neutrophil.reserve"]


def test_one_host_of_a_cohort_is_a_run():
    run = Cohort(record(3, pools=True)).host(2)
    assert run["line"].values[0] == 2.0
    assert run.record.draws["die.hazard"].tolist() == [1.2]
    assert run.record.fired.shape == (1, 2)
    with pytest.raises(KeyError):
        Cohort(record(3)).host(9)
