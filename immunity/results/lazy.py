"""Curves that stay in their files until somebody looks at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

LARGE = 50e6  # bytes; less is read at once


class Curves:
    """A float64[time, host, column] in a Zarr array, read piece by piece where it is indexed."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape: tuple[int, ...] = array.shape
        self.dtype = array.dtype
        self.ndim = len(self.shape)
        self.size = int(np.prod(self.shape))

    def __getitem__(self, key: Any) -> Any:
        key = key if isinstance(key, tuple) else (key,)
        return self._array.oindex[(*key, *(slice(None),) * (self.ndim - len(key)))]

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self._array[:], dtype=dtype)


def open_curves(folder: Path, name: str) -> Any:
    """Read the curves of a result, or leave them in their file if they are large."""
    import zarr

    array: Any = zarr.open_group(folder, mode="r", use_consolidated=False)[name]
    return array[:] if array.nbytes <= LARGE else Curves(array)
