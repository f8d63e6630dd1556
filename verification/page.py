"""The page of the documentation that shows the table and the curves: ``page.md`` filled in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from string import Template

from verification.deficiencies import Measured, agrees, judge, known
from verification.dose_response import IMAGE, Curve
from verification.expectations import Cell, Condition, Expectations
from verification.half_dose import HOSTS, HalfDose

TEMPLATE = Path(__file__).parent / "page.md"
COMMAND = "python -m verification.deficiencies --workers 2 --page docs/explanation/deficiencies_and_bacteria.md"
READ = {
    "read": "the page or table itself",
    "abstract": "its abstract",
    "second_hand": "figures checked at the source for the published findings",
    "memory": "textbook knowledge that nobody looked up for this table",
}


def write_page(
    expectations: Expectations, table: Sequence[Measured], curves: Sequence[Curve], *, hosts: int = HOSTS
) -> str:
    """The whole page."""
    score = judge(expectations, table)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        command=COMMAND,
        image=IMAGE,
        hosts=hosts,
        agree=score.agree,
        cells=score.cells,
        share=f"{score.share:.0%}",
        changing=score.changing,
        changing_agree=score.changing_agree,
        changing_share=f"{score.changing_agree / max(score.changing, 1):.0%}",
        direction=score.direction,
        healthy=_healthy(expectations, table),
        grid=_grid(expectations, table),
        disagreements=_disagreements(expectations, table),
        curves=_curves(curves),
        cell_by_cell=_cells(expectations, table),
        sources=_sources(expectations),
    )


def dose_text(dose: HalfDose) -> str:
    """A dose as a power of ten."""
    beyond = {1: "over ", -1: "under "}.get(dose.beyond, "")
    return f"{beyond}10^{dose.log10:.1f}"


def _row(expectations: Expectations, measured: Measured) -> Condition:
    return next(row for row in expectations.conditions if row.id == measured.row)


def _healthy(expectations: Expectations, table: Sequence[Measured]) -> str:
    doses = {m.column: m.healthy for m in table if m.column not in _row(expectations, m).through}
    return ", ".join(f"{x.name} {dose_text(doses[x.id])}" for x in expectations.exposures if x.id in doses)


def _lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    table = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(row) + " |" for row in table]


def _grid(expectations: Expectations, table: Sequence[Measured]) -> str:
    found = {(m.row, m.column): m for m in table}
    rows = []
    for row in expectations.conditions:
        cells = [_short(found.get((row.id, x.id)), row.cells[x.id]) for x in expectations.exposures]
        rows.append([row.name if known(row) else f"{row.name} (not in the model yet)", *cells])
    return "\n".join(_lines(["", *(x.name for x in expectations.exposures)], rows))


def _short(measured: Measured | None, cell: Cell) -> str:
    if measured is None:
        return "not measured"
    text = f"{_sign(measured)}{measured.shift:+.1f} {measured.happens}"
    return f"{text} =" if agrees(measured.happens, cell) else f"**{text}; medicine: {cell.medicine}**"


def _sign(measured: Measured) -> str:
    return {1: "at most ", -1: "at least "}.get(measured.here.beyond, "")


def _disagreements(expectations: Expectations, table: Sequence[Measured]) -> str:
    lines = []
    for m in table:
        row = _row(expectations, m)
        cell = row.cells[m.column]
        if not agrees(m.happens, cell):
            column = expectations.exposure(m.column).name
            lines.append(
                f"- **{row.name}, {column}**: here {m.happens} ({_sign(m)}{m.shift:+.1f}),"
                f" medicine says {cell.medicine}: {cell.why}. {cell.gap or 'The reason is not known'}."
            )
    return "\n".join(lines) or "Nowhere."


def _cells(expectations: Expectations, table: Sequence[Measured]) -> str:
    found = {(m.row, m.column): m for m in table}
    lines = []
    for row in expectations.conditions:
        rows = []
        for x in expectations.exposures:
            cell, m = row.cells[x.id], found.get((row.id, x.id))
            here = ["", "not measured"] if m is None else [dose_text(m.here), f"{m.happens} ({_sign(m)}{m.shift:+.1f})"]
            rows.append([x.name, *here, cell.medicine, f"{cell.why} [{cell.source or row.source}]"])
        lines += [f"### {row.name}", "", *_lines(["bacterium", "dose at half", "here", "medicine", "why"], rows), ""]
    return "\n".join(lines).rstrip()


def _curves(curves: Sequence[Curve]) -> str:
    lines = []
    for name in dict.fromkeys(curve.exposure for curve in curves):
        some = [curve for curve in curves if curve.exposure == name]
        header = [f"clear, of {some[0].hosts}", *(f"10^{dose:g}" for dose in some[0].doses), "half at"]
        rows = [[c.condition, *(f"{share:.0%}" for share in c.clear), c.half_text] for c in some]
        lines += [f"### {name}", "", *_lines(header, rows), ""]
    return "\n".join(lines).rstrip()


def _sources(expectations: Expectations) -> str:
    counts = Counter(source.read for source in expectations.sources.values())
    known_by = "; ".join(f"{counts[kind]} by {text}" for kind, text in READ.items())
    lines = [
        f"- [{key}] {source.cite} ({source.read.replace('_', ' ')})"
        for key, source in sorted(expectations.sources.items())
    ]
    return "\n".join([f"{sum(counts.values())} in all: {known_by}.", "", *lines])
