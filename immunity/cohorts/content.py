"""Fingerprints of what a case hands to the engine."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from immunity.compiler.tables import Tables


def tables_digest(tables: Tables) -> str:
    """The same for tables with the same content."""
    digest = hashlib.sha256()
    feed(digest, tables)
    return digest.hexdigest()


def feed(digest: Any, part: Any) -> None:
    """Add arrays, plain values and dataclasses of them to a digest."""
    if isinstance(part, np.ndarray):
        digest.update(f"{part.dtype}{part.shape}".encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    elif is_dataclass(part):
        for item in fields(part):
            # where a row was written down does not change a number
            if not item.name.endswith("_origin"):
                digest.update(item.name.encode())
                feed(digest, getattr(part, item.name))
    elif isinstance(part, tuple | list):
        digest.update(f"{len(part)}".encode())
        for item in part:
            feed(digest, item)
    else:
        digest.update(repr(part).encode())
