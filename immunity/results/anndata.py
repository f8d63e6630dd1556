"""Time courses in an AnnData file (.h5ad) as a long table: observations are moments, variables are readouts.

Read with h5py alone: the library ``anndata`` is not needed, which holds pandas back. What is read is the layout that it
has written since 0.7: ``obs`` and ``var`` as data frames, ``X`` and layers dense or sparse.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from immunity.language.errors import Location, fail

SUFFIX = ".h5ad"
SD = "sd"  # a layer with the standard deviation of each value
OF_READOUT = ("readout", "unit", "units", "lod", "lloq", "sd")  # columns of var
Rows = list[tuple[int, list[str]]]


def anndata_table(file: Path) -> tuple[list[str], Rows]:
    """The header and rows of a file, a row for each value that is there, with the number of its observation.

    Raises
    ------
    RuleError
        E704 without h5py, E708 for what cannot be read.
    """
    try:
        import h5py
    except ImportError as error:
        raise fail("E704", text="h5py", extra="anndata") from error
    try:
        with h5py.File(file, "r") as held:
            return _rows(held, file)
    except (OSError, KeyError, AttributeError, TypeError, IndexError) as error:
        raise _fault(file, f"it is not laid out as AnnData lays out its files ({error})") from error


def _rows(held: Any, file: Path) -> tuple[list[str], Rows]:
    observations, variables = _frame(held["obs"]), _frame(held["var"])
    names, about = variables.pop(""), {key.lower(): column for key, column in variables.items()}
    labels = observations.pop("")
    if "value" in map(str.lower, observations) or "readout" in map(str.lower, observations):
        raise _fault(file, "columns of obs are about moments; what is measured stands in var, its values in X")
    shape = (len(labels), len(names))
    values = _matrix(held["X"], shape, file)
    layers = held.get("layers", {})
    spread = _matrix(layers[SD], shape, file) if SD in layers else None
    given = [key for key in OF_READOUT if key in about and not (key == SD and spread is not None)]
    head = [*observations, "value", *([] if "readout" in given else ["readout"]), *given]
    head += [SD] if spread is not None else []
    rows = []
    for row, column in zip(*np.nonzero(~np.isnan(values)), strict=True):
        if "readout" in given and not about["readout"][column]:
            continue  # a variable that is no readout
        cells = [each[row] for each in observations.values()]
        cells += [repr(float(values[row, column]))]
        cells += [] if "readout" in given else [names[column]]
        cells += [about[key][column] for key in given]
        if spread is not None:
            cells.append(_text(spread[row, column]))
        rows.append((int(row) + 1, cells))
    return head, rows


def _frame(group: Any) -> dict[str, list[str]]:
    """The columns of a data frame as text, its index under an empty name; what is missing is empty."""
    index = group.attrs["_index"]
    columns = {"": _column(group[index])}
    return columns | {str(name): _column(group[name]) for name in group.attrs["column-order"]}


def _column(held: Any) -> list[str]:
    kind = str(held.attrs.get("encoding-type", "array"))
    if kind == "categorical":
        words = _column(held["categories"])
        return [words[code] if code >= 0 else "" for code in held["codes"][:]]
    if kind.startswith("nullable-"):
        return ["" if gone else _text(value) for value, gone in zip(held["values"][:], held["mask"][:], strict=True)]
    return [_text(value) for value in held[:]]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, str):
        return value
    if isinstance(value, np.floating):
        return "" if math.isnan(value) else repr(float(value))
    return str(value)


def _matrix(held: Any, shape: tuple[int, int], file: Path) -> np.ndarray:
    kind = str(held.attrs.get("encoding-type", "array"))
    if kind in ("csr_matrix", "csc_matrix"):
        from scipy.sparse import csc_matrix, csr_matrix

        parts = tuple(held[key][:] for key in ("data", "indices", "indptr"))
        whole = (csr_matrix if kind == "csr_matrix" else csc_matrix)(parts, shape=tuple(held.attrs["shape"])).toarray()
    else:
        whole = held[:]
    if whole.shape != shape:
        raise _fault(file, f"it has {shape[0]} observations of {shape[1]} variables, and {whole.shape} values")
    return np.asarray(whole, np.float64)


def _fault(file: Path, reason: str) -> Exception:
    return fail("E708", at=Location(str(file), 0), text=file.name, reason=reason)
