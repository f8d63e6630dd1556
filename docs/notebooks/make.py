"""Execute the notebooks of this folder and keep what they show: ``python docs/notebooks/make.py``.

What is written in a notebook stays; its outputs are made anew. A test executes them too and keeps nothing.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def executed(file: Path, folder: Path, kernel: Any = None) -> Any:
    """A notebook with the outputs that it has now, run in a folder, without what is told of progress and of compiling.

    Parameters
    ----------
    kernel : KernelManager, optional
        One that runs already: it forgets all names first, but has the book and the machine code. By default a new one.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(file, as_version=4)
    where = {"metadata": {"path": str(folder)}}
    if kernel is None:
        made = NotebookClient(notebook, timeout=600, kernel_name="python3", resources=where).execute()
    else:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(f"import os\nos.chdir({str(folder)!r})\n%reset -f"))
        made = NotebookClient(notebook, km=kernel, timeout=600, resources=where).execute()
        del made.cells[0]
    for cell in made.cells:
        if "outputs" in cell:
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
    return made


def main(names: list[str]) -> int:
    """Write the notebooks that are named, or all."""
    import nbformat

    for file in sorted(HERE.glob("*.ipynb")):
        if names and file.stem not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            made = executed(file, Path(folder))
        for cell in made.cells:
            cell.metadata.pop("execution", None)  # when it ran: another at every run
        nbformat.write(made, file)
        print(f"{file.name}: {file.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
