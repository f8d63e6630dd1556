"""Readouts as a static figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from immunity.language.errors import fail
from immunity.results.present import present

if TYPE_CHECKING:
    from immunity.compiler.case import ReadoutInfo
    from immunity.results import Cohort, Pair, Run
    from immunity.results.observed import ObservedData

COLUMNS = 3
PANEL_INCHES = (3.6, 2.4)
SPREAD = (0.05, 0.5, 0.95)


def plot_run(run: Run, names: Sequence[str], data: ObservedData | None = None) -> Any:
    """Draw readouts over time, one panel each, with the healthy range as a band.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RuleError
        E704 if matplotlib is not installed.
    """

    def draw(axes: Any, name: str) -> Any:
        values = run[name]
        axes.plot(values["time"], values, color="black")
        return values

    return _panels(names, draw, data, run.record.infos)


def plot_cohort(cohort: Cohort, names: Sequence[str], data: ObservedData | None = None) -> Any:
    """Draw median and 5 % to 95 % of the hosts alive at each time; see :func:`plot_run`."""

    def draw(axes: Any, name: str) -> Any:
        low, median, high = cohort.quantiles(name, SPREAD)
        axes.fill_between(median["time"], low, high, color="0.7", label="5 % to 95 % of hosts alive")
        axes.plot(median["time"], median, color="black")
        return median

    return _panels(names, draw, data, cohort.record.infos)


def plot_pair(pair: Pair, names: Sequence[str], data: ObservedData | None = None) -> Any:
    """Draw two runs over each other; see :func:`plot_run`."""

    def draw(axes: Any, name: str) -> Any:
        for run, label, style in zip(pair, pair.labels, ("-", "--"), strict=True):
            axes.plot(run[name]["time"], run[name], style, color="black" if style == "-" else "tab:orange", label=label)
        axes.legend(fontsize="x-small", frameon=False)
        return pair.first[name]

    return _panels(names, draw, data, pair.first.record.infos)


@lru_cache(maxsize=1)
def picture() -> Any:
    """A figure that a notebook shows even where pyplot was never imported."""
    try:
        figures = import_module("matplotlib.figure")
    except ImportError:
        raise fail("E704", text="matplotlib") from None

    def png(self: Any) -> bytes:
        stream = BytesIO()
        self.savefig(stream, format="png", dpi=100)
        return stream.getvalue()

    return type("Picture", (figures.Figure,), {"_repr_png_": png})


def _panels(
    names: Sequence[str],
    draw: Callable[[Any, str], Any],
    data: ObservedData | None,
    infos: Sequence[ReadoutInfo],
) -> Any:
    """A figure with a panel for each name, titled and labelled from what ``draw`` hands back."""
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = picture()(figsize=(PANEL_INCHES[0] * columns, PANEL_INCHES[1] * rows), layout="constrained")
    for position, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, position + 1)
        values = draw(axes, name)
        for series in data.of(name) if data is not None else ():
            shown = present(series.value, next(info for info in infos if info.id == name))
            line = "-" if series.subject else ""
            axes.plot(series.time, shown, line, color="tab:red", linewidth=0.5, alpha=0.5)
            for mark, chosen in (("o", ~series.below), ("v", series.below)):
                axes.plot(series.time[chosen], shown[chosen], mark, color="tab:red", markersize=3)
        healthy = values.attrs.get("healthy_range")
        if healthy is not None:
            axes.axhspan(*healthy, color="0.9", label="healthy", zorder=0)
        axes.set_title(values.attrs.get("long_name", name), fontsize="medium")
        axes.set_ylabel(values.attrs["units"])
        axes.set_xlabel("day")
        axes.ticklabel_format(axis="y", useOffset=False)
    return figure
