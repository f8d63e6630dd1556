"""Compiled books as bytes and back, so that reading bytes somebody else wrote could make data, and do nothing.

The bytes are a pickle whose reader knows no function and no class but those of plain data in this package's language
and compiler; arrays stand beside it in NumPy's own format, without objects.
"""

from __future__ import annotations

import copyreg
import dataclasses
import importlib
import io
import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel

PACKAGES = ("immunity.language.", "immunity.compiler.")
CONTAINERS = {"builtins": {"set", "frozenset"}, "collections": {"OrderedDict", "Counter"}, "fractions": {"Fraction"}}


class Beside(int):
    """Which of the arrays beside the pickle stands here."""


def to_bytes(value: Any, named: Mapping[str, Any] | None = None) -> bytes:
    """Write plain data.

    Parameters
    ----------
    named : mapping, optional    what whoever reads it has too: only the name is written

    Raises
    ------
    pickle.PicklingError, TypeError, AttributeError
        If there is something in it that is no plain data.
    """
    arrays: list[np.ndarray] = []

    def put_beside(array: np.ndarray) -> tuple[type[Beside], tuple[int]]:
        arrays.append(array)
        return Beside, (len(arrays) - 1,)

    text, beside = io.BytesIO(), io.BytesIO()
    names = {id(each): name for name, each in (named or {}).items()}

    class Writer(pickle.Pickler):
        def persistent_id(self, obj: Any) -> str | None:
            return names.get(id(obj))

    writer = (Writer if names else pickle.Pickler)(text, protocol=pickle.HIGHEST_PROTOCOL)
    writer.dispatch_table = {**copyreg.dispatch_table, np.ndarray: put_beside}  # asked of each kind, not of each thing
    writer.dump(value)
    for array in arrays:
        np.lib.format.write_array(beside, array, allow_pickle=False)
    return len(arrays).to_bytes(8, "little") + beside.getvalue() + text.getvalue()


def from_bytes(content: bytes, named: Mapping[str, Any] | None = None) -> Any:
    """Read plain data.

    Parameters
    ----------
    named : mapping, optional    what was written by its name

    Raises
    ------
    pickle.UnpicklingError
        If it asks for anything else than plain data. Damaged bytes can raise anything.
    """
    known = named or {}
    stream = io.BytesIO(content)
    count = int.from_bytes(stream.read(8), "little")
    arrays = [np.lib.format.read_array(stream, allow_pickle=False) for _ in range(count)]

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            return arrays.__getitem__ if (module, name) == (__name__, Beside.__name__) else plain_class(module, name)

        def persistent_load(self, pid: Any) -> Any:
            if pid not in known:
                raise pickle.UnpicklingError(f"{pid!r} is not known here")
            return known[pid]

    return Reader(stream).load()


def plain_class(module: str, name: str) -> Any:
    """The class of plain data with this name.

    Raises
    ------
    pickle.UnpicklingError
        If it is a function, or a class that does more than hold data.
    """
    if name in CONTAINERS.get(module, ()):
        return getattr(importlib.import_module(module), name)
    if module.startswith(PACKAGES) and name.isidentifier():
        found = getattr(importlib.import_module(module), name, None)
        if isinstance(found, type) and found.__module__ == module and is_data(found):
            return found
    raise pickle.UnpicklingError(f"{module}.{name} is no plain data")


def is_data(kind: type) -> bool:
    """Whether a class only holds data: a dataclass, a record, a tuple with names, or one that says so."""
    return dataclasses.is_dataclass(kind) or issubclass(kind, BaseModel | tuple | dict | str)
