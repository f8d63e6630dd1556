"""Hosts of several cases through one pool: the same bytes as one case after the other, each handed over once."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from cohorts.cases import cells_and_drug, with_number
from cohorts.test_cohort import same_bytes
from immunity.cohorts import Options, Wanted, run_cohort, run_several
from immunity.cohorts import host as host_module
from immunity.cohorts import several as several_module
from immunity.cohorts import workers as workers_module
from immunity.cohorts.tasks import Work
from immunity.language.errors import RuleError

DRAWN = Options(seed=3, stochastic=True, vary=True, record_pools=False, rtol=1e-3)
EXPECTED = Options(seed=0, stochastic=False, vary=False, record_pools=False, rtol=1e-3)


@pytest.fixture(scope="module")
def wanted() -> list[Wanted]:
    case = cells_and_drug(spreads=(("feed.hazard", 0.2),), days=4.0)
    other = with_number(case, "die.hazard", 0.4)
    return [Wanted(case, DRAWN, 9), Wanted(case, EXPECTED, 1), Wanted(other, DRAWN, 4), Wanted(other, EXPECTED, 1)]


@pytest.fixture(scope="module")
def alone(wanted):
    """Each case on its own, one host after the other."""
    return [
        run_cohort(w.case, hosts=w.hosts, seed=w.options.seed, stochastic=w.options.stochastic, vary=w.options.vary)
        for w in wanted
    ]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_same_bytes_as_one_after_the_other(wanted, alone, workers, monkeypatch):
    monkeypatch.setattr(several_module, "HOSTS_WORTH_A_PROCESS", 1)
    batches, told = {}, []

    def finished(task, batch, seconds):
        assert task not in batches  # handed over once
        assert seconds > 0.0
        batches[task] = batch

    run_several(wanted, workers=workers, finished=finished, progress=lambda *done: told.append(done))
    assert sorted(batches) == [0, 1, 2, 3]
    for task, outcome in enumerate(alone):
        same_bytes(outcome.batch, batches[task])
    assert told == sorted(told)
    assert told[-1] == (15, 15)


def test_the_comparison_sees_a_changed_number(wanted, alone):
    batches = {}
    changed = [Wanted(with_number(wanted[0].case, "die.hazard", 0.21), DRAWN, 9)]
    run_several(changed, finished=lambda task, batch, _: batches.update({task: batch}))
    with pytest.raises(AssertionError):
        same_bytes(alone[0].batch, batches[0])


def test_hosts_of_a_killed_worker_are_run_again(wanted, alone, monkeypatch, started):
    monkeypatch.setattr(several_module, "HOSTS_WORTH_A_PROCESS", 1)
    batches, killed = {}, []

    def kill_one(done, total):
        if started and not killed and done >= 3:
            killed.append(started[0]._popen.pid)
            os.kill(killed[0], signal.SIGKILL)

    run_several(wanted, workers=2, finished=lambda task, batch, _: batches.update({task: batch}), progress=kill_one)
    assert killed
    for task, outcome in enumerate(alone):
        same_bytes(outcome.batch, batches[task])


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_gets_through(wanted, workers, monkeypatch, started):
    monkeypatch.setattr(several_module, "HOSTS_WORTH_A_PROCESS", 1)
    finished = []

    def interrupt(done, total):
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_several(wanted, workers=workers, finished=lambda task, *_: finished.append(task), progress=interrupt)
    assert len(finished) < len(wanted)
    assert not any(process._thread.is_alive() for process in started)


@pytest.mark.parametrize(("hosts", "workers"), [(0, 1), (1, 0)])
def test_nothing_to_do_is_refused(wanted, hosts, workers):
    with pytest.raises(RuleError) as caught:
        run_several([Wanted(wanted[0].case, DRAWN, hosts)], workers=workers, finished=lambda *_: None)
    assert caught.value.code == "E721"


def test_a_little_work_starts_no_process(wanted, monkeypatch):
    monkeypatch.setattr(several_module, "run_on_processes", lambda *_, **__: pytest.fail("started processes"))
    run_several(wanted, workers=4, finished=lambda *_: None)


def test_people_who_meet_several_things_settle_once(monkeypatch):
    case = cells_and_drug(spreads=(("feed.hazard", 0.2),), days=2.0)
    tables = replace(case.model.tables, settle_days=5.0)
    resting = replace(case, model=replace(case.model, tables=tables))
    longer = replace(resting, out_times=np.arange(0.0, 4.0, 0.5), days=3.5)
    strangers = with_number(resting, "die.hazard", 0.4)
    settled = []
    settle = host_module.settle

    def counted(*arguments, **named):
        settled.append(arguments[1].tobytes())
        return settle(*arguments, **named)

    monkeypatch.setattr(host_module, "settle", counted)
    every = [Wanted(resting, DRAWN, 40), Wanted(strangers, DRAWN, 3), Wanted(longer, DRAWN, 36)]
    run_several(every, workers=1, finished=lambda *_: None)
    assert len(settled) == len(set(settled)) == 43


def test_a_process_gets_people_whom_it_has_met_then_those_whom_nobody_has():
    case = cells_and_drug(days=1.0)
    work = Work(((case, DRAWN),) * 3, people=(0, 0, 1))
    left = [(2, (0, 1)), (1, (2, 3)), (1, (0, 1)), (0, (2, 3))]  # the next stands last
    met = {"one": {(0, 0)}, "other": {(0, 2)}}
    assert workers_module._next(work, left, {}, met, "one") == (1, (0, 1))
    assert workers_module._next(work, left, {}, met, "one") == (2, (0, 1))
    assert workers_module._next(work, left, {}, met, "one") == (0, (2, 3))
    assert workers_module._next(work, left, {}, met, "other") == (1, (2, 3))
    assert workers_module._next(work, left, {}, met, "other") is None
