"""What packages at the end of the line do for those before them, put in by `immunity` so that imports go one way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FACES: dict[str, Callable[..., Any]] = {}


def face(name: str) -> Callable[..., Any]:
    """What is put in under a name, such as the function that makes a page of a run."""
    return FACES[name]
