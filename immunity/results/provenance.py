"""Where a result comes from: everything needed to get it again."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np

from immunity._version import __version__
from immunity.cohorts import Options
from immunity.compiler.case import Case

PACKAGES = ("numpy", "numba", "xarray", "zarr")


def describe_origin(case: Case, options: Options, papers: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """Collect versions, settings, the scenario with all defaults, and what differs from the reference."""
    return {
        "version": __version__,
        "python": platform.python_version(),
        "packages": dict(_versions()),
        "platform": platform.platform(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(sys.argv),
        "rule_book_hash": case.model.digest,
        "mode": "stochastic" if options.stochastic else "deterministic",
        "seed": options.seed,
        "varied_between_hosts": options.vary,
        "relative_tolerance": options.rtol,
        "asked": case.asked,
        "scenario": case.filled,
        "names": case.names,
        "changed_numbers": changed_numbers(case),
        "sources": [paper["key"] for paper in papers],
    }


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    """Versions of what results rest on; looking them up reads folders."""
    return {name: version(name) for name in PACKAGES}


def changed_numbers(case: Case) -> dict[str, dict[str, Any]]:
    """Numbers of this case that differ from the rule book's reference host."""
    tables = case.model.tables
    return {
        tables.names.parameter[index]: {
            "reference": float(tables.theta[index]),
            "value": float(case.theta[index]),
            "unit": tables.names.parameter_unit[index],
        }
        for index in np.flatnonzero(case.theta != tables.theta)
    }
