"""Draw docs/images/cut_finger.png: the same scrape in three people.

python docs/make_pictures.py        needs the extra `plots`
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

import immunity as im
from immunity import Run

PICTURE = Path(__file__).parent / "images" / "cut_finger.png"
PANELS = (
    ("skin.bacteria", "Bacteria in the dermis", "log10 CFU/mL"),
    ("skin.neutrophils", "Neutrophils in the dermis", "million/mL"),
    ("skin.damage", "Dead tissue", "mg"),
    ("blood.neutrophils", "Neutrophils in the blood", "10⁹/L"),
    ("blood.crp", "C-reactive protein", "mg/L"),
    ("body.temperature", "Body temperature", "°C"),
)
# told apart by dashes as well as by colour
STYLES = (("#1b6ca8", "-"), ("#b3341f", "--"), ("#4d4d4d", ":"))
DAYS = 7.0


def people() -> dict[str, Run]:
    """The three runs, by what the legend calls them."""
    neutropenic = {"deficiencies": ["severe_congenital_neutropenia"]}
    return {
        "healthy adult": im.run("cut_finger", days=DAYS),
        "without neutrophils": im.run("cut_finger", host=neutropenic, days=DAYS),
        "without neutrophils, flucloxacillin from day 1": im.run("cut_finger_flucloxacillin", days=DAYS),
    }


def draw(runs: dict[str, Run]) -> plt.Figure:
    """Six small panels on one axis of time."""
    figure, axes = plt.subplots(2, 3, figsize=(10, 5.2), sharex=True, layout="constrained")
    for axis, (readout, title, unit) in zip(axes.flat, PANELS, strict=True):
        for (name, run), (colour, dash) in zip(runs.items(), STYLES, strict=True):
            curve = run[readout]
            axis.plot(curve["time"], curve, color=colour, linestyle=dash, linewidth=1.8, label=name)
            there = np.flatnonzero(np.isfinite(curve.values))
            if run.outcome == "dead":
                axis.plot(curve["time"][there[-1]], curve[there[-1]], marker="x", color=colour, markersize=8)
        axis.set_title(f"{title} ({unit})", fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_xlim(0, DAYS)
    for axis in axes[1]:
        axis.set_xlabel("days after the scrape")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    return figure


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    draw(people()).savefig(PICTURE, dpi=110)
