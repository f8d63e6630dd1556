"""What a run, a comparison and a cohort look like on the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from immunity.results import Cohort, Record, Run

NOTE = "For research and teaching, not medical advice."
NAMES = 2  # the first columns of a table are text, the others numbers
MOST_DONE = 7  # things done to a host that its line tells one by one; all are in the report


def number(value: float | None) -> str:
    """A number in at most four significant digits."""
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}"
    return f"{value:.2e}"


def output(*, stderr: bool = False) -> Console:
    """A console as wide as its terminal; wide enough for a table where there is none."""
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=120)


def print_rows(console: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whole: side by side where the terminal is wide enough, one entry under the other where not.

    Parameters
    ----------
    header : sequence of str    the first two name what is measured and its unit
    """
    columns = list(zip(header, *rows, strict=True))
    least = [max(len(word) for word in (*column[0].split(), *column[1:])) for column in columns]
    gap = 2 if sum(least) + 2 * (len(least) - 1) <= console.width else 1
    if sum(least) + gap * (len(least) - 1) <= console.width:
        table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0))
        for position, name in enumerate(header):
            table.add_column(
                Text(name),
                justify="left" if position < NAMES else "right",
                min_width=least[position],
                vertical="bottom",
            )
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
        return
    for row in rows:
        console.print(Text(f"{row[0]} ({row[1]})"))
        parts = [f"{name} {cell}" for name, cell in zip(header[NAMES:], row[NAMES:], strict=True)]
        console.print(Padding(Text("; ".join(parts)), (0, 0, 0, 2)))


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text), style=style)


def _ending(summary: dict[str, Any]) -> str:
    text = f"{summary['outcome']}"
    if summary.get("died_of"):
        text += f" of {summary['died_of']}"
    if summary.get("stopped_at_day") is not None:
        text += f" on day {summary['stopped_at_day']:.2f}"
    if summary.get("status", "ok") != "ok":
        text += f" ({summary['status']})"
    return text


def _who(record: Record) -> str:
    """The host and what was done, in a line."""
    from immunity.results.protocol import done_words, host_line

    done = [line for lines in done_words(record).values() for line in lines]
    told = done if len(done) <= MOST_DONE else [*done[: MOST_DONE - 1], f"and {len(done) - MOST_DONE + 1} more"]
    words = [text for text in (host_line(record), *told) if text]
    return ". ".join(words) + ". " if words else ""


def _how(summary: dict[str, Any]) -> str:
    seed = f", seed {summary['seed']}" if summary["mode"] == "stochastic" else ""
    return f"{summary['days']:g} days, {summary['mode']}{seed}."


def run_table(console: Console, run: Run) -> None:
    """What became of one host, what was done to it, and its readouts: start, lowest, highest, and when."""
    summary = run.summary
    _line(console, f"{summary['title']}: {_ending(summary)}", "bold")
    _line(console, f"{_who(run.record)}{_how(summary)}")
    rows = []
    for name in _shown(run.record, summary):
        row = summary["readouts"][name]
        keys = ("baseline", "minimum", "minimum_day", "maximum", "maximum_day", "last")
        rows.append((name, row["unit"], *(number(row[key]) for key in keys)))
    print_rows(console, ("readout", "unit", "start", "lowest", "day", "highest", "day", "end"), rows)
    _line(console, NOTE, "dim")


def _shown(record: Record, summary: dict[str, Any]) -> list[str]:
    return [name for name in record.show if name in summary["readouts"]] or list(summary["readouts"])


def comparison_table(console: Console, one: Run, two: Run) -> None:
    """What became of two, what each is, and their readouts side by side."""
    from immunity.results.protocol import labels_of_pair

    first, second = one.summary, two.summary
    labels = labels_of_pair(one.record, two.record)
    endings = [f"{label}: {_ending(s)}" for label, s in zip(labels, (first, second), strict=True)]
    _line(console, f"{one.record.filled.get('title', one.record.title)}. {'. '.join(endings)}.", "bold")
    for label, run in zip(labels, (one, two), strict=True):
        _line(console, f"{label}: {_who(run.record)}{_how(run.summary)}")
    names = dict.fromkeys((*_shown(one.record, first), *_shown(two.record, second)))
    rows = []
    for name in names:
        if name in first["readouts"] and name in second["readouts"]:
            a, b = first["readouts"][name], second["readouts"][name]
            values = (a["maximum"], b["maximum"], a["last"], b["last"])
            rows.append((name, a["unit"], *(number(value) for value in values)))
    print_rows(
        console, ("readout", "unit", *(f"{what}, {label}" for what in ("highest", "end") for label in labels)), rows
    )
    _line(console, NOTE, "dim")


def cohort_table(console: Console, cohort: Cohort) -> None:
    """How many became what, and the spread of each readout's highest value."""
    summary = cohort.summary
    outcomes = ", ".join(f"{count} {name}" for name, count in cohort.outcomes.items())
    _line(console, f"{summary['title']}: {outcomes} of {len(cohort)} hosts", "bold")
    _line(console, f"{_who(cohort.record)}{_how(summary)}")
    rows = []
    for name in _shown(cohort.record, summary):
        spread = cohort.statistic(name, "maximum")
        rows.append(
            (name, summary["readouts"][name]["unit"], *(number(spread.get(k)) for k in ("q05", "median", "q95")))
        )
    print_rows(console, ("readout", "unit", "highest: 5 %", "median", "95 %"), rows)
    _line(console, NOTE, "dim")
