"""A run in a page of numbers."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest

from immunity.results import Cohort, Run
from immunity.results.record import in_blocks
from results.records import record, with_death, with_failure


def test_statistics_of_a_run():
    entry = Run(record(1)).summary["readouts"]["tent"]
    assert entry == {
        "unit": "mg/L",
        "baseline": 1.0,
        "minimum": 1.0,
        "minimum_day": 0.0,
        "maximum": 10.0,
        "maximum_day": 5.0,
        "last": 1.0,
        # 26 of what rises, the limit in place of 0 at its end; falling, between 10, 8, 6, 4, 2 and 1 as decays do
        "area": pytest.approx(
            25.5 + sum((a - b) / np.log(a / b) for a, b in itertools.pairwise([10.0, 8, 6, 4, 2, 1]))
        ),
    }


def test_statistics_of_a_logarithmic_readout_are_presented():
    entry = Run(record(1)).summary["readouts"]["decay"]
    assert entry["unit"] == "log10 TCID50/mL"
    assert entry["baseline"] == pytest.approx(6.0)
    assert entry["last"] == pytest.approx(6.0 - 10 * np.log10(2.0))


def test_summary_says_what_the_contract_says():
    summary = Run(record(1)).summary
    wanted = {"title", "scenario", "mode", "seed", "days", "version", "rule_book_hash", "disclaimer", "host", "outcome"}
    assert wanted | {"stopped_at_day", "status", "readouts", "provenance", "warnings"} <= set(summary)
    assert summary["status"] == "ok"
    assert summary["stopped_at_day"] is None
    json.dumps(summary, allow_nan=False)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda r: r, "healthy"),
        (lambda r: with_death(r, 0, 4.0), "dead"),
        (lambda r: with_failure(r, 0, -1), "failed"),
        (lambda r: dataclasses.replace(r, readout=r.readout + 11.0), "healthy"),  # 21 where 20 is the bound
        (lambda r: dataclasses.replace(r, readout=r.readout + 40.0), "ill"),
        (lambda r: dataclasses.replace(r, infos=r.infos[1:], readout=r.readout[:, :, 1:]), "completed"),
    ],
)
def test_outcome(change, outcome):
    run = Run(change(record(1)))
    assert run.outcome == outcome
    assert run.summary["outcome"] == outcome


def test_dead_host_has_last_values_from_before():
    entry = Run(with_death(record(1), 0, 4.0)).summary["readouts"]["line"]
    assert (entry["last"], entry["maximum"], entry["maximum_day"]) == (4.0, 4.0, 4.0)


def test_host_without_values_has_none():
    summary = Run(with_failure(record(1), 0, -1)).summary
    entry = summary["readouts"]["line"]
    assert {entry[key] for key in ("baseline", "minimum", "maximum", "maximum_day", "last", "area")} == {None}
    json.dumps(summary, allow_nan=False)


def test_cohort_summary_is_over_hosts():
    cohort = Cohort(with_death(record(5), 1, 4.0))
    summary = cohort.summary
    assert summary["outcomes"] == {"healthy": 4, "dead": 1}
    assert summary["hosts"] == 5
    assert summary["readouts"]["tent"]["maximum"]["median"] == 12.0
    assert cohort.statistic("tent", "maximum")["median"] == 12.0
    json.dumps(summary, allow_nan=False)


def test_block_by_block_a_cohort_is_summarised_as_at_once(monkeypatch):
    made = with_death(record(7), 1, 4.0)
    at_once = Cohort(made).summary
    monkeypatch.setattr("immunity.results.summary.in_blocks", lambda whole: in_blocks(whole, 2))
    assert [len(block.host) for block in in_blocks(made, 2)] == [1, 2, 2, 2]
    assert Cohort(made).summary == at_once


def test_failed_hosts_are_counted_by_reason():
    summary = Cohort(with_failure(record(3), 2, -1)).summary
    assert summary["outcomes"] == {"healthy": 2, "failed": 1}
    assert summary["status"]["ok"] == 2
    assert len(summary["status"]) == 2


def test_a_population_that_died_out_has_no_last_logarithm():
    made = record(1)
    infos = (*made.infos[:2], dataclasses.replace(made.infos[2], limit_of_detection=None))
    readout = made.readout.copy()
    readout[6:, 0, 2] = 0.0
    entry = Run(dataclasses.replace(made, infos=infos, readout=readout)).summary["readouts"]["decay"]
    assert entry["last"] is None and entry["minimum"] is None
    assert entry["minimum_day"] == 6.0
    assert entry["maximum"] == pytest.approx(6.0)
    cohort = Cohort(dataclasses.replace(made, infos=infos, readout=readout)).summary["readouts"]["decay"]
    assert cohort["last"]["median"] is None


def laboratory(*ends, panel="blood"):
    """A record whose readouts, all with range 1 to 2, end at these values."""
    base = record(1)
    info = dataclasses.replace(base.infos[0], healthy=(1.0, 2.0))
    infos = tuple(dataclasses.replace(info, id=f"v{k}", panel=panel) for k in range(len(ends)))
    readout = np.ones((len(base.time), 1, len(ends)))
    readout[-1, 0] = ends
    return dataclasses.replace(base, infos=infos, readout=readout)


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (laboratory(2.9, 0.6, 2.9, 0.6), "healthy"),  # just outside, however many
        (laboratory(3.1, 1.5, 1.5), "healthy"),  # one far outside among several
        (laboratory(3.1, 0.4, 1.5), "ill"),
        (laboratory(3.1), "ill"),  # the only one there is
        (laboratory(2.1, 1.5, panel="symptoms"), "ill"),
    ],
)
def test_a_count_just_outside_its_range_makes_nobody_ill(made, outcome):
    assert Run(made).outcome == outcome
