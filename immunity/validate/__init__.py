"""Published findings, judged by code."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from immunity._faces import face
from immunity.validate.judge import Verdict, judge, judge_series, unexpected
from immunity.validate.load import Published, load_findings, pick_findings
from immunity.validate.models import Finding
from immunity.validate.plan import BuildCase
from immunity.validate.run import run_findings
from immunity.validate.table import count_by_use, count_verdicts, headline, to_json, to_markdown, to_table

__all__ = [
    "BuildCase",
    "Finding",
    "Published",
    "Verdict",
    "count_by_use",
    "count_verdicts",
    "headline",
    "judge",
    "judge_series",
    "load_findings",
    "pick_findings",
    "run_findings",
    "to_json",
    "to_markdown",
    "to_table",
    "unexpected",
]


class _Judge(ModuleType):
    """The package can be called: ``im.validate("topic")`` judges findings, see :func:`immunity.ask.validate`."""

    def __call__(self, *ids: str, **options: Any) -> Any:
        return face("validate")(*ids, **options)


sys.modules[__name__].__class__ = _Judge
