"""Verdicts for people: a table for the console, one for the documentation, JSON for machines."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from immunity.validate.expectation import INDEX
from immunity.validate.judge import MISSED, NEAR, NOT_JUDGED, NOT_MEASURED, REPRODUCED, VERDICTS, JudgedPoint, Verdict

# a sign as well as a colour, for those who do not see colours
SIGNS = {REPRODUCED: "+", NEAR: "~", MISSED: "x", NOT_MEASURED: "?", NOT_JUDGED: "-"}
COLOURS = {REPRODUCED: "green", NEAR: "yellow", MISSED: "red", NOT_MEASURED: "magenta", NOT_JUDGED: "dim"}
USES = ("input", "calibration", "validation")
HEADINGS = ("finding", "published", "simulated", "unit", "verdict", "source")


def count_verdicts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many findings came out how, in a fixed order."""
    counted = Counter(verdict.verdict for verdict in verdicts)
    return {name: counted[name] for name in VERDICTS}


def count_by_use(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    """For inputs, calibration and validation: how many findings, how many were judged, how many reproduced."""
    counted = {}
    for use in USES:
        outcomes = [verdict.verdict for verdict in verdicts if verdict.finding.used_for == use]
        left_out = outcomes.count(NOT_JUDGED)
        judged, reproduced = len(outcomes) - left_out, outcomes.count(REPRODUCED)
        counted[use] = {"findings": len(outcomes), "judged": judged, "reproduced": reproduced}
    return counted


def headline(verdicts: Sequence[Verdict]) -> str:
    """The counts in a sentence: ``3 findings: 2 reproduced, 1 near; calibration 1 of 2, validation 1 of 1 reproduced``.

    What was fitted and what was not are counted apart, of those that were judged.
    """
    counted = count_verdicts(verdicts)
    parts = [f"{count} {name}" for name, count in counted.items() if count]
    text = f"{len(verdicts)} findings: {', '.join(parts) or 'none judged'}"
    uses = [
        f"{use} {count['reproduced']} of {count['judged']}"
        for use, count in count_by_use(verdicts).items()
        if count["judged"]
    ]
    return f"{text}; {', '.join(uses)} reproduced" if uses else text


def to_json(verdicts: Sequence[Verdict]) -> str:
    """All verdicts with their points."""
    contents = {
        "counts": count_verdicts(verdicts),
        "by_use": count_by_use(verdicts),
        "findings": [verdict.to_dict() for verdict in verdicts],
    }
    return json.dumps(contents, indent=2, allow_nan=False)


def to_table(verdicts: Sequence[Verdict]) -> Table:
    """A table for the console, sources in short."""
    table = Table()
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold", justify="left")
    for verdict in verdicts:
        name, published, simulated, unit, outcome, _ = _row(verdict)
        coloured = Text(outcome, style=COLOURS[verdict.verdict])
        source = Text(short_citation(verdict.finding.cite))
        table.add_row(Text(name), Text(published), Text(simulated), Text(unit), coloured, source)
    return table


def short_citation(cite: str) -> str:
    """First author and year, if the citation has a year: ``Carrat 2008``."""
    year = re.search(r"\b(1[89]|20)\d\d\b", cite)
    words = cite.split()
    return f"{words[0].rstrip(',.;:')} {year[0]}" if year and words else cite


def to_markdown(verdicts: Sequence[Verdict]) -> str:
    """A page for the documentation: a table per topic, then the gaps with their reasons."""
    lines = [headline(verdicts) + ".", ""]
    for topic in sorted({verdict.finding.topic for verdict in verdicts}):
        lines += [f"### {topic.replace('_', ' ').capitalize()}", ""]
        lines += ["| " + " | ".join(HEADINGS) + " |", "|" + " --- |" * len(HEADINGS)]
        for verdict in verdicts:
            if verdict.finding.topic == topic:
                lines.append("| " + " | ".join(_escape(cell) for cell in _row(verdict)) + " |")
        lines.append("")
    reasons = [(v.id, why) for v in verdicts if (why := _reason(v))]
    if reasons:
        lines += ["### Why some are not reproduced", ""]
        lines += [f"- `{name}`: {_escape(why)}" for name, why in reasons] + [""]
    return "\n".join(lines)


def _row(verdict: Verdict) -> tuple[str, str, str, str, str, str]:
    finding = verdict.finding
    outcome = f"{SIGNS[verdict.verdict]} {verdict.verdict}"
    if finding.known_gap and verdict.verdict == REPRODUCED:
        outcome += " (gap closed)"
    elif finding.known_gap:
        outcome += f" (known gap: {finding.known_gap})"
    elif verdict.reason:
        outcome += f" ({verdict.reason})"
    source = finding.cite + (f" doi:{finding.doi}" if finding.doi else "")
    name = finding.id + (f" ({finding.used_for})" if finding.used_for != "validation" else "")
    return name, _published(verdict), _simulated(verdict), verdict.unit, outcome, source


def _published(verdict: Verdict) -> str:
    points = verdict.points
    if not points:
        return ""
    if len(points) == 1 and points[0].x is None:
        return f"{_number(points[0].value)} ({_number(points[0].lo)} to {_number(points[0].hi)})"
    return "; ".join(f"{_x(verdict, point)}: {_number(point.lo)} to {_number(point.hi)}" for point in points)


def _simulated(verdict: Verdict) -> str:
    points = verdict.points
    if len(points) == 1 and points[0].x is None:
        return _number(points[0].measured)
    return "; ".join(f"{_x(verdict, point)}: {_number(point.measured)} {SIGNS[point.verdict]}" for point in points)


def _x(verdict: Verdict, point: JudgedPoint) -> str:
    if point.label:
        return point.label
    unit = "" if verdict.x_unit in ("", "1", INDEX) else f" {verdict.x_unit}"
    return _number(verdict.shown_x(point) or 0.0) + unit


def _reason(verdict: Verdict) -> str:
    if verdict.verdict == REPRODUCED:
        return ""
    return verdict.finding.known_gap or verdict.reason


def _number(value: float) -> str:
    if math.isinf(value):
        return "never" if value > 0 else "-inf"
    return f"{value:.3g}"


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
