"""A scan as a static figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from immunity.language.errors import fail
from immunity.report.plot import PANEL_INCHES, picture
from immunity.scans.scan import middles, over_hosts

if TYPE_CHECKING:
    from immunity.scans import Scan


def plot_scan(scan: Scan, read: str) -> Any:
    """Draw a read over one axis, or as a heat map over the first two, at the first values of any others.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RuleError
        E852 for a read that there is not, E704 if matplotlib is not installed.
    """
    found = scan.found
    texts = [each.text for each in found.reads]
    if read not in texts:
        raise fail("E852", reason=f"{read!r} was not looked at, only {', '.join(texts)}")
    k = texts.index(read)
    figure = picture()(figsize=(1.4 * PANEL_INCHES[0], 1.4 * PANEL_INCHES[1]), layout="constrained")
    axes, values, first = figure.add_subplot(1, 1, 1), middles(found, k), found.axes[0]
    axes.set_title(read, fontsize="medium")
    axes.set_xlabel(f"{first.key}{f', {first.unit}' if first.unit else ''}")
    if found.shape is None or len(found.axes) == 1:
        where = np.array([float(str(p[0]).split()[0]) for p in found.points]) if first.numbers is not None else None
        x = np.arange(len(values)) if where is None else where
        axes.plot(x, values, "o" if found.shape is None else "o-", color="black")
        if found.shape is not None and found.values.shape[1] > 1 and not found.reads[k].is_share:
            spread = np.array([over_hosts(point[:, k]) for point in found.values])
            axes.fill_between(x, spread[:, 0], spread[:, 2], color="0.8")
        if where is None:
            axes.set_xticks(x, [str(point[0]) for point in found.points])
        elif first.log:
            axes.set_xscale("log")
        axes.set_ylabel(found.units[k])
        return figure
    second = found.axes[1]
    grid = values.reshape(found.shape)[(slice(None), slice(None), *(0 for _ in found.shape[2:]))]
    shown = axes.imshow(grid.T, origin="lower", aspect="auto", cmap="Blues")
    axes.set_xticks(range(len(first.values)), [first.label(i) for i in range(len(first.values))], rotation=30)
    axes.set_yticks(range(len(second.values)), [second.label(i) for i in range(len(second.values))])
    axes.set_ylabel(second.key)
    figure.colorbar(shown, label=found.units[k])
    return figure
