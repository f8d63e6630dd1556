"""Draw docs/images/viruses.png: what parts are for in influenza, dengue twice, and cytomegalovirus for life.

python docs/make_virus_picture.py        needs the extra `plots`
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

IMAGE = Path(__file__).parent / "images" / "viruses.png"
STYLES = (("#1b6ca8", "-"), ("#b3341f", "--"), ("#2e7d32", "-."), ("#4d4d4d", ":"))
PARTS = {
    "nothing": "",
    "no ear for interferon": "ifnar1_deficiency",
    "no T and NK cells": "scid_il2rg",
    "no B cells": "xla",
}
CARRIERS = "cytomegalovirus_after_transplantation"


def without(part: str) -> Run:
    """Influenza of somebody who never met it and lacks a part."""
    return im.run("influenza_in_the_naive", days=21, host={"deficiencies": [part] if part else []})


def draw(axes: Axes, runs: dict[str, Run], readout: str, title: str, unit: str, over: str = "days") -> None:
    """Curves of one readout, of each run."""
    for (name, run), (colour, style) in zip(runs.items(), STYLES, strict=False):
        curve = run[readout]
        days = np.asarray(curve.time) / (365.25 if over == "years" else 1.0)
        axes.plot(days, np.asarray(curve), color=colour, linestyle=style, label=name)
    axes.set(title=title, ylabel=unit, xlabel=over)
    if len(runs) > 1:
        axes.legend(frameon=False, fontsize=8)


def main() -> None:
    """Run what is shown and write the picture."""
    influenza = {name: without(part) for name, part in PARTS.items()}
    dengue = {name: im.run(f"dengue_{name}") for name in ("first", "second")}
    carried = {"": im.run("cytomegalovirus", changes={"every": "20 d"}, days=4000)}
    woken = {
        "on ganciclovir": im.run(CARRIERS),
        "without": im.run(CARRIERS, changes={"therapies.2.dose": "1e-6 mg/kg"}),
    }
    figure, panels = plt.subplots(2, 2, figsize=(10, 6.6), layout="constrained")
    draw(panels[0, 0], influenza, "nose.virus", "A first influenza, where a part is missing", "log10 TCID50/mL")
    draw(panels[0, 1], dengue, "body.temperature", "Dengue, and dengue by another serotype", "degC")
    draw(panels[1, 0], carried, "blood.cmv_share", "Memory CD8 cells that know cytomegalovirus", "%", "years")
    draw(panels[1, 1], woken, "blood.cmv", "Cytomegalovirus after a transplantation", "log10 copies/mL")
    figure.savefig(IMAGE, dpi=110)


if __name__ == "__main__":
    main()
