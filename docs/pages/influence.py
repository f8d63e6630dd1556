"""Which numbers decide, and what is known of them: measured runs beside the rule book as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from immunity.calibrate import rank
from immunity.compiler.build import Compiled
from immunity.compiler.numbers import Parameter
from pages.links import cell, linked, value_cell

MEASURED = Path(__file__).parents[2] / "qc" / "influence.json"
GENERATED = "<!-- Written by docs/generate.py from the rule book and qc/influence.json; edit those instead. -->"


def influence_page(compiled: Compiled, file: Path = MEASURED) -> str:
    """Every number that moves a readout by a tenth of what it moves itself, the strongest first."""
    measured = json.loads(file.read_text(encoding="utf-8"))
    known = {row.name: row for row in compiled.numbers.rows}
    rows = [(known[name], scenario, said) for name, scenario, said in rank(measured) if name in known]
    lines = [
        GENERATED,
        "",
        "# What readouts hang on",
        "",
        f"`python -m qc.influence` raises every number by a tenth, one at a time, in {len(measured)} scenarios",
        f"({', '.join(f'`{name}`' for name in sorted(measured))}), and looks at",
        "the largest and smallest value and the area of every readout that the scenario shows. An effect of 1 means in",
        "proportion, -1 inversely. For a logarithm it is in decades per tenfold, for a temperature in degrees per",
        "2.7-fold.",
        "Effects of a tenth and more are listed. They are of the rule book as it was when they were measured last;",
        "status, paper and note are of today.",
        "",
        f"{said_of([row for row, _, _ in rows])}.",
        "",
        "| | number | value | effect | on | in | status | paper | note |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for place, (row, scenario, (effect, readout, statistic)) in enumerate(rows, start=1):
        papers = linked(", ".join(row.source), compiled.model.sources)
        lines.append(
            f"| {place} | `{row.name}` | {value_cell(row.text, row.where)}"
            f" | {effect:g} | {statistic} of `{readout}` | `{scenario}`"
            f" | {row.status} | {papers} | {cell(row.note or '')} |"
        )
    return "\n".join(lines) + "\n"


def said_of(rows: Sequence[Parameter]) -> str:
    """How many of some numbers have a paper, follow from others, or say what they were set by."""
    sourced = sum(bool(row.source) for row in rows)
    follow = sum(row.status == "derived" and not row.source for row in rows)
    noted = sum(bool(row.note) and not row.source and row.status != "derived" for row in rows)
    rest = len(rows) - sourced - follow - noted
    return (
        f"Of {len(rows)} such numbers {sourced} have a paper, {follow} follow from others or from units, "
        f"{noted} say what they were set by, and {rest} nothing"
    )
