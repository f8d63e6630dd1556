"""A Dask cluster: the same bytes as here, also when a worker is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial

import pytest

from cohorts.cases import cells_and_drug
from cohorts.test_cohort import SPREADS, same_bytes, whole
from immunity.cohorts import run_cohort
from immunity.language.errors import RuleError

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        yield made


@pytest.fixture(scope="module")
def case():
    return cells_and_drug(spreads=SPREADS, settle_days=5.0, days=4.0)


@pytest.fixture(scope="module")
def reference(case):
    return run_cohort(case, hosts=24, seed=3, stochastic=True).batch


@pytest.mark.parametrize("to_files", [False, True])
def test_same_bytes_as_local_though_a_worker_is_killed(case, reference, cluster, tmp_path, to_files):
    killed = []

    def kill_one(done, total):
        if not killed and done >= 2:
            worker = next(iter(cluster.workers.values()))
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    outcome = run_cohort(
        case,
        hosts=24,
        seed=3,
        stochastic=True,
        dask=cluster.scheduler_address,
        out=tmp_path if to_files else None,
        batch_size=1,
        progress=kill_one,
    )
    assert killed
    same_bytes(reference, whole(outcome) if to_files else outcome.batch)


def test_an_interrupt_keeps_what_is_finished_and_local_processes_go_on(case, reference, cluster, tmp_path):
    def interrupt(done, total):
        if done >= 5:
            raise KeyboardInterrupt

    options = {"hosts": 24, "seed": 3, "stochastic": True, "out": tmp_path, "batch_size": 1}
    with pytest.raises(KeyboardInterrupt):
        run_cohort(case, dask=cluster.scheduler_address, progress=interrupt, **options)
    told = []
    outcome = run_cohort(case, resume=True, progress=lambda done, _: told.append(done), **options)
    assert told[0] > 5
    same_bytes(reference, whole(outcome))


def test_inside_a_worker_of_a_cluster(case, reference, cluster):
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        work = client.submit(partial(run_cohort, case, hosts=24, seed=3, stochastic=True, workers=2), pure=False)
        same_bytes(reference, work.result().batch)


def test_no_scheduler_is_an_error(case, monkeypatch):
    monkeypatch.setattr("immunity.cohorts.dask.PATIENCE", 0.5)
    with pytest.raises(RuleError) as caught:
        run_cohort(case, hosts=2, dask="tcp://127.0.0.1:9")
    assert caught.value.code == "E727"


def test_a_scheduler_that_is_killed_loses_nothing_that_is_finished(case, reference, tmp_path):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = tmp_path / "scheduler.json"
    with ExitStack() as stack:

        def start(part, *words):
            begun = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{part}", *words, "--no-dashboard"],
                env=env,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(begun.wait)
            stack.callback(begun.kill)
            return begun

        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told))
        start("worker", "--scheduler-file", str(told), "--nthreads", "1", "--no-nanny")
        while not told.exists() or not told.read_text().rstrip().endswith("}"):
            assert scheduler.poll() is None
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]

        def kill_it(done, total):
            if done >= 5 and scheduler.poll() is None:
                scheduler.kill()
                scheduler.wait()

        options = {"hosts": 24, "seed": 3, "stochastic": True, "out": tmp_path / "out", "batch_size": 1}
        with pytest.raises(RuleError) as caught:
            run_cohort(case, dask=address, progress=kill_it, **options)
        assert caught.value.code == "E728"
    counts = []
    outcome = run_cohort(case, resume=True, progress=lambda done, _: counts.append(done), **options)
    assert counts[0] > 5
    same_bytes(reference, whole(outcome))
