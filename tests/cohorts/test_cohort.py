"""Cohorts: the same bytes whatever the workers, hosts that do not disturb one another, resume, kills, Ctrl-C."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import zarr

from cohorts.cases import cells_and_drug, with_number
from immunity.cohorts import CURVES, WORKER_LOST, CohortInterrupted, run_case, run_cohort
from immunity.cohorts import batch as batch_module
from immunity.cohorts import cohort as cohort_module
from immunity.cohorts import host as host_module
from immunity.cohorts import place as place_module
from immunity.cohorts import process as process_module
from immunity.cohorts import tasks as tasks_module
from immunity.cohorts import workers as workers_module
from immunity.cohorts.workers import TRIES
from immunity.compiler.case import Chance, Past
from immunity.engine.status import HALTED
from immunity.language.errors import RuleError
from tests.processes import children_of, gone

SPREADS = (("feed.hazard", 0.2), ("die.hazard", 0.4))


def same_bytes(one, other, hosts=slice(None)):
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if a is None or b is None:
            continue  # not kept in files
        assert a[hosts].tobytes() == b[hosts].tobytes(), field.name


def whole(outcome):
    """What became of the hosts, with the curves that are in files."""
    curves = np.asarray(zarr.open_group(outcome.curves, mode="r")["readout"][:])
    return dataclasses.replace(outcome.batch, readouts=curves.swapaxes(0, 1))


@pytest.fixture(scope="module")
def case():
    return cells_and_drug(spreads=SPREADS, settle_days=5.0, days=4.0)


@pytest.fixture(scope="module")
def reference(case):
    return run_cohort(case, hosts=9, seed=3, stochastic=True).batch


@pytest.mark.parametrize(("workers", "batch_size"), [(1, 1), (1, 4), (2, None), (2, 2), (4, 1)])
def test_same_bytes_for_any_workers_and_batches(case, reference, workers, batch_size):
    batch = run_cohort(case, hosts=9, seed=3, stochastic=True, workers=workers, batch_size=batch_size).batch
    same_bytes(reference, batch)


def test_one_more_host_changes_no_other(case, reference):
    more = run_cohort(case, hosts=10, seed=3, stochastic=True).batch
    same_bytes(reference, more, slice(0, 9))
    assert len(more.host) == 10


def test_what_is_small_of_a_batch_does_not_hold_its_curves(reference):
    assert batch_module.without_curves(reference).readouts.base is None


def test_hosts_differ_and_seeds_differ(case, reference):
    assert len({row.tobytes() for row in reference.readouts}) == 9
    other = run_cohort(case, hosts=9, seed=4, stochastic=True).batch
    assert other.readouts.tobytes() != reference.readouts.tobytes()


def test_a_host_of_a_cohort_is_the_same_host_alone(case, reference):
    alone = run_case(case, stochastic=True, seed=3, host=6, vary=True).run
    assert alone.readouts.tobytes() == reference.readouts[6].tobytes()


def test_without_variation_deterministic_hosts_are_equal(case):
    batch = run_cohort(case, hosts=3, seed=3, vary=False).batch
    assert len({row.tobytes() for row in batch.readouts}) == 1
    assert batch.draws.shape == (3, 0)


def test_deterministic_run_follows_the_mathematics():
    run = run_case(cells_and_drug(cells=0.0), rtol=1e-6).run
    time = np.arange(0.0, 10.25, 0.5)
    assert run.readouts[:, 0] == pytest.approx(100.0 * (1.0 - np.exp(-0.2 * time)), abs=0.01)


def test_settling_comes_before_the_scenario():
    settled = run_case(cells_and_drug(cells=0.0, settle_days=200.0)).run
    assert settled.readouts[0, 0] == pytest.approx(100.0, rel=1e-3)


def test_settling_uses_the_hosts_own_numbers():
    settled = run_case(with_number(cells_and_drug(cells=0.0, settle_days=200.0), "die.hazard", 0.4)).run
    assert settled.readouts[0, 0] == pytest.approx(50.0, rel=1e-3)


def test_progress_counts_every_host(case):
    told = []
    run_cohort(case, hosts=5, seed=1, progress=lambda done, total: told.append((done, total)), batch_size=2)
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_numeric_failure_is_one_hosts_own(case, monkeypatch, reference):
    honest = batch_module.run_case

    def run_badly(case, *, host, **rest):
        if host == 4:
            raise ZeroDivisionError
        return honest(case, host=host, **rest)

    monkeypatch.setattr(batch_module, "run_case", run_badly)
    batch = run_cohort(case, hosts=9, seed=3, stochastic=True).batch
    assert batch.status.tolist() == [0, 0, 0, 0, batch_module.ARITHMETIC_FAILED, 0, 0, 0, 0]
    assert np.isnan(batch.readouts[4]).all()
    same_bytes(reference, batch, slice(0, 4))
    same_bytes(reference, batch, slice(5, 9))


@pytest.mark.parametrize("wrong", [{"hosts": 0}, {"workers": 0}, {"batch_size": 0}])
def test_nothing_to_do_is_refused(case, wrong):
    with pytest.raises(RuleError) as caught:
        run_cohort(case, **({"hosts": 2} | wrong))
    assert caught.value.code == "E721"


# folders ----------------------------------------------------------------------------------------


def interrupt_after(hosts):
    def progress(done, total):
        if done >= hosts:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_cohort_resumes_to_the_same_bytes(case, reference, tmp_path, workers):
    options = {"hosts": 9, "seed": 3, "stochastic": True, "out": tmp_path, "batch_size": 2, "workers": workers}
    with pytest.raises(CohortInterrupted, match=r"of 9 hosts are kept in .* --resume"):
        run_cohort(case, **options, progress=interrupt_after(4))
    kept = len(list((tmp_path / "parts").glob("hosts-*.npz")))
    assert 2 <= kept < 9
    told = []
    outcome = run_cohort(case, **options, resume=True, progress=lambda done, total: told.append(done))
    assert told[0] > 4  # what was kept was not run again
    same_bytes(reference, whole(outcome))
    assert not list((tmp_path / "parts").glob(".writing*"))


def test_interrupt_without_a_folder_says_that_nothing_is_kept(case):
    with pytest.raises(CohortInterrupted, match="nothing is kept"):
        run_cohort(case, hosts=4, progress=interrupt_after(1), batch_size=1)


def test_only_files_that_are_there_are_looked_at(case, tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(
        place_module, "can_be_read", lambda curves, hosts: (looked.append(len(hosts)), curves.exists())[1]
    )
    options = {"hosts": 2000, "out": tmp_path, "batch_size": 1}
    for before in (0, 2):
        with pytest.raises(CohortInterrupted):
            run_cohort(case, **options, resume=before > 0, progress=interrupt_after(before + 2))
        assert sum(looked) == before
        looked.clear()


def chance():
    return Chance("cold", 1.0, None, None, 0.0, 0.0, 0.0, 1.0, ((1.0, 0, 0, "cold"),), 1.0, 0.0)


def lived(case):
    past = Past(1.0, case.theta, case.events, (), (chance(),))
    return dataclasses.replace(case, past=past)


@pytest.mark.parametrize("said", ["[]", "7", "{}", '{"finished": true}', "{", '{"shard": "x"}'])
def test_a_manifest_that_is_none_is_refused(case, tmp_path, said):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "manifest.json").write_text(said)
    with pytest.raises(RuleError) as caught:
        run_cohort(case, hosts=2, out=tmp_path, resume=True)
    assert caught.value.code == "E724"


def test_an_interrupt_while_the_folder_is_opened_says_how_to_go_on(case, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cohort_module, "open_place", interrupted)
    with pytest.raises(CohortInterrupted, match=r"no host was begun.*--resume"):
        run_cohort(case, hosts=2, out=tmp_path)


def test_resume_refuses_another_cohort(case, tmp_path):
    options = {"hosts": 3, "seed": 3, "out": tmp_path, "batch_size": 1}
    with pytest.raises(CohortInterrupted):
        run_cohort(case, **options, progress=interrupt_after(1))
    changes = [
        (case, {"seed": 4}, "seed was 3 and is now 4"),
        (case, {"hosts": 2}, "hosts was 3 and is now 2"),
        (case, {"keep": ["drug"]}, "keep was"),
        (case, {"stochastic": True}, "stochastic"),
        (case, {"vary": False}, "vary"),
        (with_number(case, "die.hazard", 0.3), {}, "the scenario or the rule book has changed"),
        (lived(case), {}, "the scenario or the rule book has changed"),
        (dataclasses.replace(case, chances=(chance(),)), {}, "the scenario or the rule book has changed"),
    ]
    for changed, more, words in changes:
        with pytest.raises(RuleError, match=words) as caught:
            run_cohort(changed, **(options | more), resume=True)
        assert caught.value.code == "E724"
    manifest = tmp_path / "parts" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"code": "older"}))
    with pytest.raises(RuleError, match="code has changed"):
        run_cohort(case, **options, resume=True)


def test_unfinished_cohort_is_not_overwritten_unasked(case, tmp_path):
    with pytest.raises(CohortInterrupted):
        run_cohort(case, hosts=3, out=tmp_path, progress=interrupt_after(1), batch_size=1)
    with pytest.raises(RuleError) as caught:
        run_cohort(case, hosts=3, out=tmp_path)
    assert caught.value.code == "E723"


def test_folder_that_is_a_file_is_refused_before_anything_runs(case, tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(RuleError) as caught:
        run_cohort(case, hosts=2, out=tmp_path / "file", progress=lambda *_: pytest.fail("ran"))
    assert caught.value.code == "E701"
    assert (tmp_path / "file").read_text() == "here"


def test_full_disk_keeps_the_parts_that_are_there(case, tmp_path, monkeypatch):
    honest, written = np.savez, []

    def fill(file, **arrays):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(file)
        honest(file, **arrays)

    monkeypatch.setattr(np, "savez", fill)
    with pytest.raises(RuleError) as caught:
        run_cohort(case, hosts=4, out=tmp_path, batch_size=1)
    assert caught.value.code == "E702"
    assert len(list((tmp_path / "parts").glob("hosts-*.npz"))) == 2
    assert not list((tmp_path / "parts").glob(".writing*"))


def in_order(folder):
    return sorted(folder.glob("hosts-*.npz"))


def ran(case, **options):
    """Which hosts a cohort runs."""
    told = []
    outcome = run_cohort(case, **options, progress=lambda done, total: told.append(done))
    return outcome, told


@pytest.mark.parametrize("damage", ["cut part", "empty part", "cut shard", "no shard", "left over"])
def test_what_was_cut_is_run_again(case, reference, tmp_path, damage):
    options = {"hosts": 9, "seed": 3, "stochastic": True, "out": tmp_path, "batch_size": 3}
    run_cohort(case, **options)
    part = in_order(tmp_path / "parts")[1]
    shard = tmp_path / "parts" / CURVES / "readout" / "c" / "0" / "1" / "0"
    assert shard.exists()
    if damage == "cut part":
        part.write_bytes(part.read_bytes()[:-40])
    if damage == "empty part":
        part.write_bytes(b"")
    if damage == "cut shard":
        shard.write_bytes(shard.read_bytes()[:-40])
    if damage == "no shard":
        shard.write_bytes(b"")
    if damage == "left over":
        part.unlink()
        (tmp_path / "parts" / ".writing-x").write_bytes(b"half")
    outcome, told = ran(case, **options, resume=True)
    assert told == [9]  # those three hosts, and no others
    same_bytes(reference, whole(outcome))
    assert not list((tmp_path / "parts").glob(".writing*"))


def test_resume_of_a_complete_cohort_runs_nothing(case, reference, tmp_path):
    options = {"hosts": 9, "seed": 3, "stochastic": True, "out": tmp_path}
    run_cohort(case, **options)
    outcome, told = ran(case, **options, resume=True)
    assert told == []
    same_bytes(reference, whole(outcome))


@pytest.mark.parametrize("first", [1, 5, 8])
def test_more_hosts_are_added_and_the_others_stay(case, reference, tmp_path, first):
    options = {"seed": 3, "stochastic": True, "out": tmp_path}
    run_cohort(case, hosts=first, batch_size=2, **options)
    outcome, told = ran(case, hosts=9, resume=True, **options)
    assert len(told) == 9 // 2 + 1 - first // 2
    same_bytes(reference, whole(outcome))


def test_only_the_readouts_asked_for_are_kept(case, reference, tmp_path):
    kept = run_cohort(case, hosts=9, seed=3, stochastic=True, keep=["log_drug", "drug"]).batch
    assert kept.readouts.tobytes() == np.ascontiguousarray(reference.readouts[..., 1:]).tobytes()
    assert kept.jump_after.shape[-1] == 2
    outcome = run_cohort(case, hosts=9, seed=3, stochastic=True, keep=["log_drug", "drug"], out=tmp_path, workers=2)
    same_bytes(kept, whole(outcome))
    with pytest.raises(RuleError, match="drugg") as caught:
        run_cohort(case, hosts=9, keep=["drugg"])
    assert caught.value.code == "E726"
    assert caught.value.suggestion == "drug"


def test_a_process_with_a_folder_holds_no_curves(case, tmp_path):
    batch = run_cohort(case, hosts=9, out=tmp_path).batch
    assert batch.readouts.size == 0
    assert batch.state is None and batch.fired is None and batch.pools is None


def test_no_two_processes_write_to_one_file(case):
    work = tasks_module.Work(((case, None),), Path("parts"), shard=4)
    assert tasks_module.same_shard(work, (0, (1,)), (0, (3,)))
    assert not tasks_module.same_shard(work, (0, (3,)), (0, (4,)))
    left = [(0, (5,)), (0, (2,)), (0, (3,))]
    assert workers_module._next(work, left, {"one": (0, (1,))}, {}, "one") == (0, (5,))
    assert workers_module._next(work, left, {"one": (0, (1,))}, {}, "one") is None
    assert workers_module._next(work, left, {}, {}, "one") == (0, (3,))


# processes that end -------------------------------------------------------------------------------


def test_hosts_of_a_killed_worker_are_run_again(case, reference, tmp_path, started):
    killed = []

    def kill_one(done, total):
        if started and not killed and done >= 2:
            killed.append(started[0]._popen.pid)
            os.kill(killed[0], signal.SIGKILL)

    outcome = run_cohort(
        case, hosts=9, seed=3, stochastic=True, workers=2, out=tmp_path, batch_size=1, progress=kill_one
    )
    assert killed
    assert len(started) == 3  # it was replaced
    same_bytes(reference, whole(outcome))


POISONED = """
import immunity.cohorts.batch as batch
honest = batch.run_case
def poisoned(case, *, host, **rest):
    if host == 3:
        with open({tries!r}, "a") as file:
            file.write("x")
        os._exit(9)
    return honest(case, host=host, **rest)
batch.run_case = poisoned
main(output)
"""


def test_a_host_that_ends_every_process_is_the_only_one_lost(tmp_path, monkeypatch):
    tries = tmp_path / "tries"
    start = process_module.START.replace("main(output)", POISONED.format(tries=str(tries)))
    monkeypatch.setattr(process_module, "START", start)
    outcome = run_cohort(cells_and_drug(days=2.0), hosts=6, workers=2, batch_size=2)
    assert outcome.batch.status.tolist() == [0, 0, 0, WORKER_LOST, 0, 0]
    assert len(tries.read_text()) == TRIES


@pytest.mark.parametrize("start", ["import os; os._exit(7)", "raise ImportError", "import sys; sys.stdin.close()"])
def test_a_process_that_dies_while_starting_is_an_error(case, monkeypatch, start):
    monkeypatch.setattr(process_module, "START", start)
    with pytest.raises(RuleError, match="exit code") as caught:
        run_cohort(case, hosts=4, workers=2)
    assert caught.value.code == "E725"


def test_what_a_worker_cannot_write_is_an_error_here(case, tmp_path, monkeypatch):
    full = "import errno, numpy\ndef savez(*_, **__): raise OSError(errno.ENOSPC, 'full')\nnumpy.savez = savez\n"
    monkeypatch.setattr(process_module, "START", process_module.START.replace("main(output)", full + "main(output)"))
    with pytest.raises(RuleError) as caught:
        run_cohort(case, hosts=6, workers=2, out=tmp_path)
    assert caught.value.code == "E702"


SCRIPT = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from cohorts.cases import cells_and_drug
from immunity.cohorts import run_cohort
"""


def run_script(path, text):
    path.write_text(SCRIPT + text)
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=600)


def test_a_script_needs_no_main_guard(tmp_path):
    text = "print(run_cohort(cells_and_drug(days=1.0), hosts=4, workers=2).batch.status.tolist())"
    done = run_script(tmp_path / "unguarded.py", text)
    assert done.stdout == "[0, 0, 0, 0]\n", done.stderr  # once: no worker runs the script itself


def test_what_is_printed_in_a_worker_does_not_disturb(case, reference, monkeypatch):
    loud = process_module.START.replace("main(output)", "print('hello')\nos.system('echo hello')\nmain(output)")
    monkeypatch.setattr(process_module, "START", loud)
    same_bytes(reference, run_cohort(case, hosts=9, seed=3, stochastic=True, workers=2).batch)


def test_inside_a_daemonic_process(tmp_path):
    done = run_script(
        tmp_path / "daemonic.py",
        """
import multiprocessing
def work():
    print(run_cohort(cells_and_drug(days=1.0), hosts=4, workers=2).batch.status.tolist(), flush=True)
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=work, daemon=True)
    process.start()
    process.join()
""",
    )
    assert done.stdout == "[0, 0, 0, 0]\n", done.stderr


def test_a_run_that_was_halted_is_an_interrupt_and_keeps_the_hosts_before(case, monkeypatch):
    honest = host_module.run_host

    def halted_at_2(*arguments, host=0, **rest):
        return dataclasses.replace(honest(*arguments, host=host, **rest), status=HALTED if host == 2 else 0)

    monkeypatch.setattr(host_module, "run_host", halted_at_2)
    told = []
    with pytest.raises(CohortInterrupted, match="2 of 5"):
        run_cohort(case, hosts=5, batch_size=3, progress=lambda done, _: told.append(done))
    assert told == [2]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("parts", [0, 4])
def test_ctrl_c_keeps_what_is_finished_and_ends_the_workers(tmp_path, parts):
    """At every moment: while processes start, and while they work."""
    script, out = tmp_path / "long.py", tmp_path / "out"
    script.write_text(
        SCRIPT
        + f"""
run_cohort(cells_and_drug(days=400.0, every=0.1), hosts=100_000, workers=2, stochastic=True,
           out={str(out)!r}, batch_size=5)
"""
    )
    process = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        while not (out / "parts").exists() or len(list((out / "parts").glob("hosts-*.npz"))) < parts:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.05)
        started = children_of(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        assert gone({str(process.pid), *started})
        _, stderr = process.communicate()  # the workers hold the stream too: they are gone
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert "--resume" in stderr
    assert not list((out / "parts").glob(".writing*"))
    assert len(list((out / "parts").glob("hosts-*.npz"))) >= parts
    kept = list((out / "parts").glob("hosts-*.npz"))
    curves = zarr.open_group(out / "parts" / CURVES, mode="r")["readout"] if kept else None
    for path in kept:
        with np.load(path) as file:
            assert curves is not None and np.isfinite(curves[:, file["host"][0] : file["host"][-1] + 1]).all()


def test_the_public_function_is_not_hidden_by_a_package_of_its_name():
    import immunity
    import immunity.cohorts

    for name in ("case", "cohort", "compare", "load", "run"):
        assert callable(getattr(immunity, name)), name


def test_stochastic_numbers_of_hosts_spread_as_theory_says():
    batch = run_cohort(cells_and_drug(cells=100.0), hosts=400, seed=1, stochastic=True, vary=False).batch
    cells = batch.readouts[:, -1, 0]
    assert cells.mean() == pytest.approx(100.0, abs=3 * 10.0 / np.sqrt(400))
    assert cells.var() == pytest.approx(98.2, rel=3 * np.sqrt(2.0 / 399))  # 100 (1 - exp(-0.4 * 10))
