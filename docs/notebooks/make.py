"""Execute the notebooks of this folder and keep what they show: ``python docs/notebooks/make.py``.

What is written in a notebook stays; its outputs are made anew. A test executes them too and keeps nothing.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def executed(file: Path, folder: Path) -> Any:
    """A notebook with the outputs that it has now, run in a folder."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(file, as_version=4)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    return client.execute()


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
