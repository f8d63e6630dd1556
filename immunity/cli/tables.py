"""What a run, a comparison and a cohort look like on the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from immunity.results import Cohort, Run

NOTE = "For research and teaching, not medical advice."


def number(value: float | None) -> str:
    """A number in at most four significant digits."""
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}"
    return f"{value:.2e}"


def _table() -> Table:
    """A plain table that never cuts a name."""
    return Table(box=None, pad_edge=False, padding=(0, 1))


def output(*, stderr: bool = False) -> Console:
    """A console as wide as its terminal; wide enough for a table where there is none."""
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=120)


def _ending(summary: dict[str, Any]) -> str:
    text = f"Outcome: {summary['outcome']}"
    if summary.get("stopped_at_day") is not None:
        text += f" on day {summary['stopped_at_day']:.2f}"
    if summary.get("status", "ok") != "ok":
        text += f" ({summary['status']})"
    return text


def _head(console: Console, summary: dict[str, Any]) -> None:
    console.print(f"{summary['title']}", style="bold", markup=False, highlight=False)
    seed = f", seed {summary['seed']}" if summary["mode"] == "stochastic" else ""
    console.print(
        f"{summary['days']:g} days, {summary['mode']}{seed}. {_ending(summary)}", markup=False, highlight=False
    )


def run_table(console: Console, run: Run) -> None:
    """Readouts of one run: start, lowest, highest, and when."""
    summary = run.summary
    _head(console, summary)
    table = _table()
    for name, justify in (
        ("readout", "left"),
        ("unit", "left"),
        ("start", "right"),
        ("lowest", "right"),
        ("day", "right"),
        ("highest", "right"),
        ("day", "right"),
        ("end", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name in _shown(run, summary):
        row = summary["readouts"][name]
        table.add_row(
            name,
            row["unit"],
            number(row["baseline"]),
            number(row["minimum"]),
            number(row["minimum_day"]),
            number(row["maximum"]),
            number(row["maximum_day"]),
            number(row["last"]),
        )
    console.print(table)
    console.print(NOTE, style="dim")


def _shown(run: Any, summary: dict[str, Any]) -> list[str]:
    show = run.record.show
    return [name for name in show if name in summary["readouts"]] or list(summary["readouts"])


def comparison_table(console: Console, one: Run, two: Run) -> None:
    """Two runs side by side."""
    first, second = one.summary, two.summary
    for label, summary in (("first ", first), ("second", second)):
        console.print(f"{label}: {summary['title']}. {_ending(summary)}", markup=False, highlight=False)
    table = _table()
    table.add_column("readout")
    table.add_column("unit")
    for name in ("highest, first", "second", "end, first", "second"):
        table.add_column(name, justify="right")
    for name in _shown(one, first):
        if name in second["readouts"]:
            a, b = first["readouts"][name], second["readouts"][name]
            table.add_row(
                name, a["unit"], number(a["maximum"]), number(b["maximum"]), number(a["last"]), number(b["last"])
            )
    console.print(table)
    console.print(NOTE, style="dim")


def cohort_table(console: Console, cohort: Cohort) -> None:
    """Outcomes, and the spread of each readout's highest value."""
    summary = cohort.summary
    console.print(f"{summary['title']}", style="bold", markup=False, highlight=False)
    outcomes = ", ".join(f"{count} {name}" for name, count in cohort.outcomes.items())
    console.print(
        f"{len(cohort)} hosts, {summary['days']:g} days, seed {summary['seed']}: {outcomes}",
        markup=False,
        highlight=False,
    )
    table = _table()
    table.add_column("readout")
    table.add_column("unit")
    for name in ("highest: 5 %", "median", "95 %"):
        table.add_column(name, justify="right")
    for name in _shown(cohort, summary):
        row = summary["readouts"][name]
        spread = cohort.statistic(name, "maximum")
        table.add_row(name, row["unit"], *(number(spread.get(key)) for key in ("q05", "median", "q95")))
    console.print(table)
    console.print(NOTE, style="dim")
