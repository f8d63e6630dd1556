"""Published findings, judged by code."""

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
