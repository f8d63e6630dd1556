"""What the stress suite found, for people and for machines."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from immunity.probe.judge import BOUND, ENDING, FAILED, ORDER, Judged

WORDS = {
    FAILED: "ran to their end",
    BOUND: "within the bounds of living and dying bodies",
    ORDER: "in the right order",
    ENDING: "over once the cause was gone",
}


def headline(judged: Judged) -> list[str]:
    """A line for each kind of invariant: how many checks, how many held."""
    lines = [f"{judged.trials} runs"]
    for kind, words in WORDS.items():
        checks, wrong = judged.checks[kind], judged.count(kind)
        excused = judged.count(kind, excused=True)
        share = 100.0 * (1.0 - (wrong + excused) / checks) if checks else 100.0
        extra = f", {excused} excused" if excused else ""
        lines.append(f"{checks} checks {words}: {wrong} not{extra} ({share:.1f} % hold)")
    return lines


def to_json(judged: Judged) -> str:
    """Everything, as a machine reads it."""
    contents: dict[str, Any] = {
        "runs": judged.trials,
        "checks": dict(judged.checks),
        "violations": [vars(violation) for violation in judged.violations],
    }
    return json.dumps(contents, indent=1)


def to_text(judged: Judged, *, most: int = 30) -> str:
    """The counts, then the violations without an excuse, each with the command that shows it."""
    open_ones = [violation for violation in judged.violations if not violation.excuse]
    lines = headline(judged)
    by_name = Counter((violation.kind, violation.invariant) for violation in open_ones)
    lines += [f"  {kind} {name}: {count}" for (kind, name), count in by_name.most_common()]
    for violation in open_ones[:most]:
        lines += ["", f"{violation.trial}: {violation.said}", *(f"  {c}" for c in violation.commands)]
    if len(open_ones) > most:
        lines += ["", f"and {len(open_ones) - most} more; --json lists all of them"]
    return "\n".join(lines)


def to_markdown(judged: Judged) -> str:
    """A table for the documentation: what holds, and every kind of violation with an example."""
    lines = [*(f"- {line}" for line in headline(judged)), ""]
    lines += ["| what does not hold | how often | for example | excuse |", "| --- | --- | --- | --- |"]
    groups: dict[tuple[str, str], list[Any]] = {}
    for violation in judged.violations:
        groups.setdefault((violation.invariant, violation.excuse), []).append(violation)
    for (name, excuse), several in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        first = several[0]
        lines.append(f"| {name} | {len(several)} | {first.trial}: {first.said} | {excuse or '-'} |")
    return "\n".join(lines) + "\n"
