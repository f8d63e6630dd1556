"""Draw docs/images/lymphoma.png: CAR-T cells against lumps that hold them back more or less, and rituximab.

python docs/make_lymphoma_picture.py        needs the extra `plots`
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

import immunity as im
from immunity import Run

IMAGE = Path(__file__).parent / "images" / "lymphoma.png"
STYLES = (("#1b6ca8", "-"), ("#2e7d32", "-."), ("#b3341f", "--"), ("#4d4d4d", ":"))
# how far the nodes and the mass hold back CAR-T cells that divide
PEOPLE = {"hardly": ("0.01", "0.05"), "the mass does": ("0.03", "1.2"), "both do": ("0.7", "1.2"), "much": ("2", "3")}
DOSES = {"none": 0, "four doses": 4, "eight doses": 8}


def on_car_t(nodes: str, mass: str) -> Run:
    """A lymphoma on CAR-T cells, whose lumps hold these back as far as is said."""
    held = {"lymphoma_nodes.holds_off": nodes, "lymphoma_mass.holds_off": mass}
    return im.run("lymphoma_car_t", days=120, changes={"numbers": held})


def on_rituximab(doses: int) -> Run:
    """A follicular lymphoma on so many doses."""
    if not doses:
        return im.run("follicular_lymphoma_untreated", days=365)
    return im.run("follicular_lymphoma_rituximab", days=365, changes={"therapies.0.doses": doses})


def draw(axes: Axes, runs: dict[str, Run], readout: str, title: str, unit: str) -> None:
    """Curves of one readout, of each run."""
    for (name, run), (colour, style) in zip(runs.items(), STYLES, strict=False):
        curve = run[readout]
        axes.plot(curve.time, 10.0 ** np.asarray(curve), color=colour, linestyle=style, label=name)
    axes.set(title=title, ylabel=unit, xlabel="days", yscale="log")
    axes.legend(frameon=False, fontsize=8)


def main() -> None:
    """Run what is shown and write the picture."""
    treated = {name: on_car_t(*held) for name, held in PEOPLE.items()}
    marked = {name: on_rituximab(doses) for name, doses in DOSES.items()}
    figure, panels = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    draw(panels[0], treated, "lymphoma.volume", "CAR-T cells, held back by the lumps", "mL of lumps")
    draw(panels[1], treated, "blood.car_t", "CAR-T cells of the blood", "cells/uL")
    draw(panels[2], marked, "lymphoma.volume", "A follicular lymphoma on rituximab", "mL of lumps")
    figure.savefig(IMAGE, dpi=110)


if __name__ == "__main__":
    main()
