"""Time courses in AnnData files: as the library wrote one, sparse, and what is refused."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from immunity.cli.main import run_command
from immunity.language.errors import RuleError
from immunity.results.observed import read_observed

from .records import INFOS

h5py = pytest.importorskip("h5py")
WRITTEN = Path(__file__).parent / "written_by_anndata.h5ad"  # by anndata 0.12.19


def test_a_file_of_anndata() -> None:
    found = read_observed(WRITTEN, INFOS)
    a, b = found.of("tent")
    assert (a.subject, b.subject, a.scenario) == ("a", "b", "challenge")
    assert (a.time.tolist(), a.value.tolist()) == ([0.0], [1500.0])  # the value of 24 h is missing
    assert (b.time.tolist(), b.value.tolist(), b.below.tolist()) == ([0.0, 1.0], [500.0, 7000.0], [True, False])
    assert [series.value.tolist() for series in found.of("decay")] == [[2.0, 4.0], [6.0, 8.0]]
    assert b.sd.tolist() == [250.0, 250.0]
    assert len(found.series) == 4  # and none of what is no readout


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_matrix"])
def test_sparse_values_are_zero_where_there_is_none(tmp_path: Path, kind: str) -> None:
    import scipy.sparse

    file = Path(shutil.copy(WRITTEN, tmp_path / "sparse.h5ad"))
    with h5py.File(file, "a") as held:
        values = getattr(scipy.sparse, kind)(np.nan_to_num(held["X"][:]))
        del held["X"], held["layers"]
        held.create_group("X").attrs.update({"encoding-type": kind, "shape": values.shape})
        for key in ("data", "indices", "indptr"):
            held["X"][key] = getattr(values, key)
    a, _ = read_observed(file, INFOS).of("tent")
    assert a.value.tolist() == [1500.0, 500.0] and a.below.tolist() == [False, True] and np.isnan(a.sd).all()


def _renamed(held, old: str, new: str) -> None:
    held["obs"].move(old, new)
    held["obs"].attrs["column-order"] = [new if name == old else name for name in held["obs"].attrs["column-order"]]


def _said(held, what: str) -> None:
    held["var/readout"][0] = what


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda held: _renamed(held, "time_h", "hours_after"), "E708", "no column 'time'"),
        (lambda held: _renamed(held, "n", "value"), "E708", "stands in var"),
        (lambda held: _said(held, "tents"), "E610", "tent"),
        (lambda held: held.__delitem__("var"), "E708", "not laid out"),
        (lambda held: (held.__delitem__("X"), held.create_dataset("X", data=np.ones((2, 3)))), "E708", "observations"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change, code: str, said: str) -> None:
    file = Path(shutil.copy(WRITTEN, tmp_path / "wrong.h5ad"))
    with h5py.File(file, "a") as held:
        change(held)
    with pytest.raises(RuleError) as caught:
        read_observed(file, INFOS)
    assert caught.value.code == code and said in str(caught.value)


def test_no_file_of_anndata_and_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "text.h5ad"
    file.write_text("time,value\n")
    with pytest.raises(RuleError, match="E708"):
        read_observed(file, INFOS)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(RuleError, match="E704"):
        read_observed(file, INFOS)


def test_it_is_written_as_a_table_of_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["import", str(WRITTEN), "--out", str(tmp_path / "out")]) == 0
    table = tmp_path / "out" / "data.csv"
    assert str(table) in capsys.readouterr().out.replace("\n", "")
    again, first = read_observed(table, INFOS), read_observed(WRITTEN, INFOS)
    assert [s.value.tolist() for s in again.series] == [s.value.tolist() for s in first.series]
    assert [s.sd.tolist() for s in again.series] == [s.sd.tolist() for s in first.series]
    assert run_command(["import", str(WRITTEN), "--out", str(tmp_path / "out")]) == 2  # not written over
    assert run_command(["import", str(WRITTEN), "--out", str(tmp_path), "--span", "3"]) == 2
