"""Measures taken of hand-made records."""

from __future__ import annotations

import math

import pytest
from results.records import record, with_death, with_failure

from immunity.language.quantity import parse_unit
from immunity.validate.models import Measure
from immunity.validate.take import NotMeasured, take_measure


def take(day=None, made=None, **keys):
    return take_measure(Measure.model_validate(keys), lambda name: made or record(3), day)


def readout(name, statistic, **keys):
    return {"run": "r", "readout": name, "statistic": statistic, **keys}


# in hosts k = 0, 1, 2 line: k + t (1e9 cell/L), tent: 10 + k - 2|t - 5| at or above 1 (mg/L), decay: log10(1e6 / 2^t)
@pytest.mark.parametrize(
    ("keys", "unit", "value"),
    [
        (readout("line", "value_at", at="2.5 d"), "1e9 cell/L", 3.5),
        (readout("line", "value_at", at="60 h", across_hosts="max"), "1e9 cell/L", 4.5),
        (readout("line", "baseline"), "1e9 cell/L", 1.0),
        (readout("line", "last"), "1e9 cell/L", 11.0),
        (readout("tent", "maximum"), "mg/L", 11.0),
        (readout("tent", "maximum", between=["7 d", "10 d"]), "mg/L", 7.0),
        (readout("tent", "minimum"), "mg/L", 1.0),
        (readout("tent", "time_of_maximum"), "day", 5.0),
        (readout("tent", "time_of_minimum", between=["2 d", "9 d"]), "day", 9.0),
        (readout("line", "mean", across_hosts="mean"), "1e9 cell/L", 6.0),
        (readout("line", "area", between=["0 d", "2 d"]), "1e9 cell/L*day", 4.0),
        (readout("tent", "fold_of_baseline"), "1", 10.0),
        (readout("line", "fold_of_baseline", at="9 d", across_hosts="max"), "1", 10.0),
        (readout("tent", "rise_over_baseline"), "mg/L", 10.0),
        (readout("decay", "half_life", between=["0 d", "10 d"]), "day", 1.0),
        (readout("decay", "half_life", between=["0 d", "10 d"]), "h", 24.0),
        (readout("decay", "fold_of_baseline", at="2 d"), "1", 0.25),
        (readout("decay", "time_to_cross", level="1e3 TCID50/mL"), "day", math.log2(1e3)),
        (readout("decay", "time_to_cross", level="3 log10 TCID50/mL"), "day", math.log2(1e3)),
        (readout("line", "time_to_cross", level="99 1e9 cell/L"), "day", math.inf),
        (readout("line", "duration_above", level="8e9 cell/L", across_hosts="max"), "day", 4.0),
        (readout("line", "duration_below", level="8e9 cell/L", across_hosts="max"), "day", 8.0),
        (readout("tent", "episodes", level="8 mg/L"), "1", 1.0),
        (readout("tent", "episodes", level="99 mg/L"), "1", 0.0),
        ({"run": "r", "fraction_of_hosts": "line > 11.5"}, "1", 1.0 / 3.0),
        ({"run": "r", "flux": "neutrophil.produce"}, "cell/day", 200.0),
        ({"run": "r", "flux": "neutrophil.*", "across_hosts": "max"}, "cell/day", 450.0),
        ({"run": "r", "flux": ["neutrophil.produce", "neutrophil.egress"], "across_hosts": "min"}, "cell/h", 6.25),
        ({"run": "r", "mean_residence": {"pool": "neutrophil.reserve", "flux": "neutrophil.produce"}}, "day", 3.0),
        ({"run": "r", "mean_residence": {"pool": "neutrophil.*", "flux": "neutrophil.produce"}}, "day", 3.1),
        ({"ratio": [readout("tent", "maximum"), readout("line", "baseline")]}, "mg/(1e9 cell)", None),
        ({"ratio": [readout("tent", "maximum"), readout("tent", "baseline")]}, "1", 11.0),
        ({"difference": [readout("line", "last"), readout("line", "baseline")]}, "1e9 cell/L", 10.0),
        ({"difference": [readout("decay", "baseline"), readout("decay", "value_at", at="1 d")]}, "1", math.log10(2.0)),
        ({"sum": [readout("line", "last"), readout("line", "baseline")]}, "1e9 cell/L", 12.0),
        ({"ratio": [{"run": "r", "flux": "neutrophil.produce"}, {"constant": "50 kg"}]}, "cell/kg/day", 4.0),
    ],
)
def test_measures(keys, unit, value):
    if value is None:
        assert take(**keys).value > 0
        return
    factor, dimension = parse_unit(unit)
    measured = take(**keys)
    assert measured.dimension == dimension
    assert not measured.log
    assert measured.value / factor == pytest.approx(value)


def test_logarithmic_readouts_are_logarithms_of_base_units():
    measured = take(**readout("decay", "maximum"))
    assert measured.log
    assert measured.value == pytest.approx(6.0 + math.log10(parse_unit("TCID50/mL")[0]))


def test_rise_of_a_logarithm_is_in_decades():
    measured = take(**readout("decay", "rise_over_baseline", at="10 d"))
    assert (measured.log, measured.value) == (False, pytest.approx(-10 * math.log10(2.0)))


def test_series_looks_at_the_day_of_the_point():
    assert take(day=3.0, run="r", readout="line").value == pytest.approx(4e9)
    fold = take(day=3.0, **readout("line", "fold_of_baseline"))
    assert fold.value == pytest.approx(3.25)  # of 4 / 1 and 5 / 2; a host that starts from nothing has no fold


def test_dead_hosts_count_as_long_as_they_live():
    dead = with_death(record(3), 2, 4.0)
    assert take(made=dead, **readout("line", "maximum", across_hosts="max")).value == pytest.approx(11e9)
    assert take(made=dead, **readout("line", "value_at", at="9 d", across_hosts="max")).value == pytest.approx(10e9)
    assert take(made=dead, run="r", flux="neutrophil.egress", across_hosts="max").value == pytest.approx(1500 / 4.0)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (readout("lime", "maximum"), "line"),
        (readout("line", "value_at", at="11 d"), "outside the run"),
        (readout("line", "maximum", between=["5 d", "11 d"]), "outside the run"),
        ({"run": "r", "flux": "neutrophil.egres"}, "neutrophil.egress"),
        ({"run": "r", "mean_residence": {"pool": "nothing", "flux": "*"}}, "no pool"),
        ({"run": "r", "fraction_of_hosts": "lime > 3"}, "line"),
        ({"ratio": [readout("decay", "maximum"), readout("decay", "baseline")]}, "difference"),
        ({"difference": [readout("line", "maximum"), readout("tent", "baseline")]}, "cannot be added"),
        ({"sum": [readout("line", "maximum"), readout("decay", "baseline")]}, "logarithm"),
    ],
)
def test_what_cannot_be_measured_says_why(keys, words):
    with pytest.raises(NotMeasured, match=words):
        take(**keys)


def test_failed_hosts_are_not_passed_over():
    with pytest.raises(NotMeasured, match="1 of 3 hosts failed"):
        take(made=with_failure(record(3), 1, -1), **readout("line", "maximum"))
