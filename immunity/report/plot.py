"""Readouts as a static figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from immunity.language.errors import fail

if TYPE_CHECKING:
    from immunity.results import Run

COLUMNS = 3
PANEL_INCHES = (3.6, 2.4)


def plot_run(run: Run, names: Sequence[str]) -> Any:
    """Draw readouts over time, one panel each, with the healthy range as a band.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RuleError
        E704 if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise fail("E704", text="matplotlib", extra="plots") from None
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(PANEL_INCHES[0] * columns, PANEL_INCHES[1] * rows), layout="constrained")
    for position, name in enumerate(names):
        values = run.curve(name) if name in run.readouts else run[name]
        axes = figure.add_subplot(rows, columns, position + 1)
        healthy = values.attrs.get("healthy_range")
        if healthy is not None:
            axes.axhspan(*healthy, color="0.9", label="healthy")
        axes.plot(values["time"], values, color="black")
        axes.set_title(values.attrs.get("long_name", name), fontsize="medium")
        axes.set_ylabel(values.attrs["units"])
        axes.set_xlabel("day")
    return figure
