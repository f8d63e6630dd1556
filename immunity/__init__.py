"""A whole-body, quantitative simulator of the human immune system. For research and teaching, not medical advice.

>>> import immunity as im
>>> run = im.run("cut_finger", host={"age": "70 y"}, seed=1)
>>> run["blood.neutrophils"].attrs["units"]
'1e9 cell/L'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from immunity._version import __version__ as __version__

if TYPE_CHECKING:
    from immunity.api import case as case
    from immunity.api import cohort as cohort
    from immunity.api import compare as compare
    from immunity.api import load as load
    from immunity.api import run as run
    from immunity.language.errors import RuleError as RuleError
    from immunity.language.errors import RuleErrors as RuleErrors
    from immunity.results import Cohort as Cohort
    from immunity.results import Run as Run
    from immunity.results import open_result as open_result

_HOMES = {
    "case": "immunity.api",
    "cohort": "immunity.api",
    "compare": "immunity.api",
    "load": "immunity.api",
    "run": "immunity.api",
    "RuleError": "immunity.language.errors",
    "RuleErrors": "immunity.language.errors",
    "Cohort": "immunity.results",
    "Run": "immunity.results",
    "open_result": "immunity.results",
}

__all__ = [
    "Cohort",
    "RuleError",
    "RuleErrors",
    "Run",
    "__version__",
    "case",
    "cohort",
    "compare",
    "load",
    "open_result",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line starts fast."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'immunity' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
