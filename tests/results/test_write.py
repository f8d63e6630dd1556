"""Results on disk: everything back, or nothing changed."""

from __future__ import annotations

import dataclasses
import json
import os

import numpy as np
import pytest
import xarray as xr

from immunity.language.errors import RuleError
from immunity.results import Cohort, Run, all_or_nothing, open_result
from immunity.results import write as write_module
from results.records import record, with_death


def same(one, other):
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("state", "fired", "flow_names", "flow_units"):
            continue  # not kept in files
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype, field.name
            assert a.tobytes() == b.tobytes(), field.name
        elif field.name == "draws":
            assert {k: v.tolist() for k, v in a.items()} == {k: v.tolist() for k, v in b.items()}
        else:
            assert a == b, field.name


@pytest.mark.parametrize("hosts", [1, 3, 250])
def test_what_is_saved_comes_back(tmp_path, hosts):
    made = with_death(record(hosts, pools=True), 0, 4.0)
    Cohort(made).save(tmp_path / "out")
    opened = open_result(tmp_path / "out")
    assert isinstance(opened, Cohort)
    same(made, opened.record)
    assert opened.summary == Cohort(made).summary


def test_a_run_comes_back_as_a_run(tmp_path):
    made = dataclasses.replace(record(1), pool_names=(), pool_units=())
    Run(made).save(tmp_path)
    opened = open_result(tmp_path)
    assert isinstance(opened, Run)
    same(made, opened.record)
    assert json.loads((tmp_path / "summary.json").read_text()) == json.loads(json.dumps(opened.summary))


def test_no_text_in_arrays_and_few_files(tmp_path):
    Cohort(record(250)).save(tmp_path)
    with xr.open_zarr(tmp_path / "result.zarr", chunks=None) as dataset:
        assert {v.dtype.kind for v in dataset.variables.values()} <= {"f", "i"}
        assert dataset["readout"].dims == ("time", "host", "readout")
        assert json.loads(dataset.attrs["readout_names"]) == ["line", "tent", "decay"]
        assert json.loads(dataset.attrs["readout_units"]) == ["1e9 cell/L", "mg/L", "TCID50/mL"]
        assert dataset["readout"].encoding["chunks"] == (11, 100, 3)
    files = [path for path in (tmp_path / "result.zarr").rglob("*") if path.is_file()]
    assert len(files) < 40


def test_other_files_of_the_folder_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    Run(record(1)).save(tmp_path)
    Run(record(1)).save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "result.zarr", "summary.json"]


def test_earlier_result_is_replaced(tmp_path):
    Run(record(1)).save(tmp_path)
    Run(dataclasses.replace(record(1), seed=99)).save(tmp_path)
    assert open_result(tmp_path).record.seed == 99


def failing(error, after=0):
    """A stand-in for writing JSON that raises after the zarr is there."""

    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError(28, "No space left on device"), "E702"), (PermissionError(13, "Permission denied"), "E701")],
)
@pytest.mark.parametrize("where", ["dataset", "summary"])
def test_failure_leaves_the_earlier_result_intact(tmp_path, monkeypatch, error, code, where):
    folder = tmp_path / "out"
    Run(record(1)).save(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if where == "dataset":
        monkeypatch.setattr(xr.Dataset, "to_zarr", failing(error))
    else:
        monkeypatch.setattr(write_module.Path, "write_text", failing(error))
    with pytest.raises(RuleError) as caught:
        Run(dataclasses.replace(record(1), seed=99)).save(folder)
    assert caught.value.code == code
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_failure_while_moving_in_puts_everything_back(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    Run(record(1)).save(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    honest = write_module.Path.rename

    def rename(self, target):
        if self.name == "summary.json" and "writing" in str(self.parent) and self.parent.name != ".earlier":
            raise OSError(5, "Input/output error")
        return honest(self, target)

    monkeypatch.setattr(write_module.Path, "rename", rename)
    with pytest.raises(RuleError):
        Run(dataclasses.replace(record(1), seed=99)).save(folder)
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert open_result(folder).record.seed == 7


def test_interruption_leaves_nothing_behind(tmp_path):
    with pytest.raises(KeyboardInterrupt), all_or_nothing(tmp_path / "out") as staging:
        (staging / "half").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RuleError) as caught:
        Run(record(1)).save(tmp_path / "out")
    assert caught.value.code == "E701"


def test_folder_under_a_file(tmp_path):
    (tmp_path / "file").write_text("here")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(RuleError) as caught:
            Run(record(1)).save(folder)
        assert caught.value.code == "E701"
    assert (tmp_path / "file").read_text() == "here"


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(RuleError) as caught:
        open_result(tmp_path / "nowhere")
    assert caught.value.code == "E101"
    Run(record(1)).save(tmp_path)
    (tmp_path / "summary.json").unlink()
    with pytest.raises(RuleError) as caught:
        open_result(tmp_path)
    assert caught.value.code == "E705"
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(RuleError) as caught:
        open_result(tmp_path)
    assert caught.value.code == "E705"
