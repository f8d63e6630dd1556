"""Runs to within a percent: tests of the biology ask for signs and orders, not for digits."""

from __future__ import annotations

from typing import Any

import immunity as im


def hasty_run(scenario: str, **given: Any) -> Any:
    """As :func:`immunity.run`, with a coarser tolerance."""
    return im.run(scenario, **{"rtol": 1e-2, **given})
