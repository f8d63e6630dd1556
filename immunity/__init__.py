"""A whole-body, quantitative simulator of the human immune system. For research and teaching, not medical advice.

>>> import immunity as im
>>> run = im.run("cut_finger", host={"age": "70 y"}, seed=1)
>>> run["blood.neutrophils"].attrs["units"]
'1e9 cell/L'
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from immunity._faces import FACES
from immunity._version import __version__ as __version__

if TYPE_CHECKING:
    from immunity.api import case as case
    from immunity.api import cohort as cohort
    from immunity.api import compare as compare
    from immunity.api import load as load
    from immunity.api import run as run
    from immunity.ask import check as check
    from immunity.ask import explain as explain
    from immunity.ask import export as export
    from immunity.ask import list_names as list  # noqa: F401
    from immunity.ask import number as number
    from immunity.ask import trace as trace
    from immunity.ask import validate as validate
    from immunity.experiments import life as life
    from immunity.experiments import lives as lives
    from immunity.experiments import scan as scan
    from immunity.experiments import trial as trial
    from immunity.interop.sbml_import import import_sbml as import_sbml
    from immunity.language.errors import RuleError as RuleError
    from immunity.language.errors import RuleErrors as RuleErrors
    from immunity.results import Cohort as Cohort
    from immunity.results import Pair as Pair
    from immunity.results import Run as Run
    from immunity.results import cite as cite
    from immunity.results import open_result as open_result

_HOMES = {
    "case": "immunity.api",
    "cohort": "immunity.api",
    "compare": "immunity.api",
    "load": "immunity.api",
    "run": "immunity.api",
    "life": "immunity.experiments",
    "lives": "immunity.experiments",
    "scan": "immunity.experiments",
    "trial": "immunity.experiments",
    "check": "immunity.ask",
    "explain": "immunity.ask",
    "export": "immunity.ask",
    "import_sbml": "immunity.interop.sbml_import",
    "list": "immunity.ask",
    "number": "immunity.ask",
    "trace": "immunity.ask",
    "RuleError": "immunity.language.errors",
    "RuleErrors": "immunity.language.errors",
    "Cohort": "immunity.results",
    "Pair": "immunity.results",
    "Run": "immunity.results",
    "cite": "immunity.results",
    "open_result": "immunity.results",
}
_THERE = {"list": "list_names"}  # by another name at home, where it would hide Python's own

__all__ = [
    "Cohort",
    "Pair",
    "RuleError",
    "RuleErrors",
    "Run",
    "__version__",
    "case",
    "check",
    "cite",
    "cohort",
    "compare",
    "explain",
    "export",
    "import_sbml",
    "life",
    "lives",
    "load",
    "number",
    "open_result",
    "run",
    "scan",
    "trace",
    "trial",
    "validate",
]


def _later(module: str, name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **options)

    return call


FACES.update(
    {
        "page_of_run": _later("immunity.report.from_run", "page_of_run"),
        "page_of_pair": _later("immunity.report.from_run", "page_of_pair"),
        "page_of_cohort": _later("immunity.report.from_run", "page_of_cohort"),
        "page_of_trial": _later("immunity.report.from_trial", "page_of_trial"),
        "scenario_of_life": _later("immunity.lifetime.plan", "scenario_of_life"),
        "page_of_life": _later("immunity.report.from_life", "page_of_life"),
        "page_of_scan": _later("immunity.report.from_scan", "page_of_scan"),
        "charts_of_scan": _later("immunity.report.from_scan", "charts_of_scan"),
        "plot_scan": _later("immunity.report.plot_scan", "plot_scan"),
        "plot_trial": _later("immunity.report.plot_trial", "plot_trial"),
        "plot_run": _later("immunity.report.plot", "plot_run"),
        "plot_pair": _later("immunity.report.plot", "plot_pair"),
        "plot_cohort": _later("immunity.report.plot", "plot_cohort"),
        "validate": _later("immunity.ask", "validate"),
    }
)


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line starts fast."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), _THERE.get(name, name))
    if name == "validate":  # a package that can be called
        return import_module("immunity.validate")
    raise AttributeError(f"module 'immunity' has no attribute {name!r}")


def __dir__() -> builtins.list[str]:
    return sorted((*_HOMES, "validate", "__version__"))
