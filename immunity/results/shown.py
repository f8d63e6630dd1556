"""What an interpreter or a notebook shows of a result by itself: a few lines, never the arrays."""

from __future__ import annotations

import math
import warnings
from html import escape
from typing import Any

import numpy as np

from immunity.results.present import present, present_unit
from immunity.results.record import DISCLAIMER, Record
from immunity.results.summary import count_outcomes, host_outcomes, last, maximum, maximum_day, over_hosts, plain

ROWS = 6
POINTS, WIDE, TALL = 36, 96, 18  # of a course in a line of a table
NAME = 60


def ending(record: Record) -> str:
    """What became of one host or of many, in a few words."""
    if len(record.host) != 1:
        return f"{len(record.host)} hosts: {', '.join(f'{n} {word}' for word, n in count_outcomes(record).items())}"
    stopped = float(record.stopped_at[0])
    return host_outcomes(record)[0] + (f" on day {stopped:.2f}" if math.isfinite(stopped) else "")


def rows_of(record: Record) -> list[tuple[str, str, str, str, str]]:
    """Readouts the scenario shows first: name, unit, highest, its day, and end; medians over the hosts of a cohort."""
    infos = {info.id: index for index, info in enumerate(record.infos)}
    found = []
    time = record.time[:, None]
    for name in [name for name in record.show if name in infos][:ROWS]:
        info = record.infos[infos[name]]
        values = present(record.readout[:, :, infos[name]], info)
        numbers = (over_hosts(f(_wide(time, values), values))["median"] for f in (maximum, maximum_day, last))
        found.append((name, present_unit(info), *(_number(v) for v in numbers)))
    return found


def _wide(time: Any, values: Any) -> Any:
    return time + 0.0 * values[:1]


def _number(value: float | None) -> str:
    return "-" if value is None or plain(value) is None else f"{value:.4g}"


def _head(record: Record) -> str:
    seed = f", seed {record.seed}" if record.mode == "stochastic" or len(record.host) > 1 else ""
    return f"{record.days:g} days, {record.mode}{seed}"


def as_text(record: Record) -> str:
    """A result in a few lines of text."""
    lines = [f"{_cut(record.title)}: {ending(record)} ({_head(record)})"]
    rows = [("readout", "unit", "highest", "day", "end"), *rows_of(record)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        names = f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}"
        lines.append("  ".join([names, *(f"{cell:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True))]))
    more = len(record.infos) - (len(rows) - 1)
    return "\n".join([*lines, *([f"and {more} more readouts"] if more > 0 else [])])


def as_html(record: Record) -> str:
    """A result as a small table for a notebook."""
    header = "".join(f"<th>{name}</th>" for name in ("readout", "unit", "highest", "day", "end", "course"))
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_cut(cell))}</td>' for cell in row)}<td>{_course(record, row[0])}</td></tr>"
        for row in rows_of(record)
    )
    return (
        f"<div><strong>{escape(_cut(record.title))}: {escape(ending(record))}</strong><br>{escape(_head(record))}"
        f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table><small>{escape(DISCLAIMER)}</small></div>"
    )


def _course(record: Record, name: str) -> str:
    """A readout over time in a drawing as high as a line of text; of many hosts the median of those there."""
    info = next(info for info in record.infos if info.id == name)
    column = [each.id for each in record.infos].index(name)
    rows = np.unique(np.linspace(0, len(record.time) - 1, POINTS).astype(int))
    values = present(record.readout[:, :, column][rows], info)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.nanmedian(np.where(np.isfinite(values), values, np.nan), axis=1)
    there = np.flatnonzero(np.isfinite(middle))
    if len(there) < 2:
        return ""
    low, high = float(middle[there].min()), float(middle[there].max())
    reach = high - low or 1.0
    day = record.time[rows] / (float(record.time[-1]) or 1.0)
    points = " ".join(f"{WIDE * day[k]:.0f},{TALL - 1 - (TALL - 2) * (middle[k] - low) / reach:.0f}" for k in there)
    told = escape(f"{info.name}, from {low:.3g} to {high:.3g}", quote=True)
    return (
        f'<svg width="{WIDE}" height="{TALL}" role="img" aria-label="{told}">'
        f'<polyline points="{points}" fill="none" stroke="currentColor"/></svg>'
    )


def _cut(text: str) -> str:
    return text if len(text) <= 2 * NAME else f"{text[: 2 * NAME - 1]}…"
