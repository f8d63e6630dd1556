"""The notebooks of the gallery run, and what is wrong in one is noticed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("matplotlib")
import nbformat

HERE = DOCS / "notebooks"
NOTEBOOKS = sorted(HERE.glob("*.ipynb"))
spec = importlib.util.spec_from_file_location("notebooks", HERE / "make.py")
assert spec is not None and spec.loader is not None
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    """One for all: what takes long to begin with is the same."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs_and_shows_what_it_keeps(file: Path, tmp_path: Path, kernel: Any) -> None:
    kept = nbformat.read(file, as_version=4)
    made = make.executed(file, tmp_path, kernel)
    for before, now in zip(kept.cells, made.cells, strict=True):
        kinds = [[sorted(out.get("data", {out.output_type: 0})) for out in c.get("outputs", [])] for c in (before, now)]
        assert kinds[0] == kinds[1]
    pictures = [out for cell in made.cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert pictures
    assert file.stat().st_size < 300_000


@pytest.mark.parametrize("fault", ["import immunity\nimmunity.no_such_name", "NOTEBOOKS_SHARE_NO_NAMES"])
def test_a_notebook_with_a_fault_is_noticed(fault: str, tmp_path: Path, kernel: Any) -> None:
    from nbclient.exceptions import CellExecutionError

    for k, text in enumerate(("NOTEBOOKS_SHARE_NO_NAMES = 1", fault)):
        file = tmp_path / f"{k}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text)]), file)
        if k == 0:
            make.executed(file, tmp_path, kernel)
        else:
            with pytest.raises(CellExecutionError, match=fault.rpartition(".")[2]):
                make.executed(file, tmp_path, kernel)
