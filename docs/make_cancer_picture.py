"""Draw docs/images/cancer.png: one melanoma in three people, and on four treatments; and leukaemia.png.

python docs/make_cancer_picture.py        needs the extra `plots`
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

import immunity as im
from immunity import Run

IMAGES = Path(__file__).parent / "images"
STYLES = (("#1b6ca8", "-"), ("#b3341f", "--"), ("#4d4d4d", ":"), ("#2e7d32", "-."))
LESIONS = ("soft_tissue_metastases", "second_metastasis", "third_metastasis")
START = [{"threat": "melanoma", "site": site, "dose": "3.3e4 cell"} for site in LESIONS]
# how well T cells reach it, relative to the middle of people, and how far what dies in it rouses dendritic cells,
# of what could
PEOPLE = {
    "poorly reached": {"melanoma.access": "0.1"},
    "better reached, and heard": {"melanoma.access": "4", "melanoma.alarm": "0.5"},
    "best reached, and heard": {"melanoma.access": "20", "melanoma.alarm": "1"},
}
TREATMENTS = ("untreated", "ipilimumab", "nivolumab", "both")
LONG = 1500.0  # days


def people() -> dict[str, Run]:
    """The same start in people whom T cells serve differently."""
    changes: dict[str, Any] = {"exposures": START, "every": "5 d", "events": []}
    return {
        name: im.run(
            "melanoma_untreated",
            host={"history": []},
            days=LONG,
            changes={**changes, "numbers": numbers},
        )
        for name, numbers in PEOPLE.items()
    }


def draw() -> Figure:
    """Volume in three people; diameters and T cells on four treatments."""
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    for (name, run), (colour, dash) in zip(people().items(), STYLES, strict=False):
        axes[0].plot(run["tumour.volume"]["time"], run["tumour.volume"], color=colour, linestyle=dash, label=name)
    for name, (colour, dash) in zip(TREATMENTS, STYLES, strict=True):
        run = im.run(f"melanoma_{name}")
        for axis, readout in zip(axes[1:], ("tumour.diameters", "tumour.cd8"), strict=True):
            axis.plot(run[readout]["time"], run[readout] + 0.1, color=colour, linestyle=dash, label=name)
    titles = ("Volume of a melanoma (log10 mL)", "Sum of diameters (mm)", "CD8 cells in it (per mm²)")
    for axis, title, days in zip(axes, titles, ("it settled", "the first scan", "the first scan"), strict=True):
        axis.set_title(title, fontsize=10, loc="left")
        axis.set_xlabel(f"days since {days}")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=8)
    axes[2].set_yscale("log")
    axes[2].set_ylim(1, 1e4)
    return figure


def draw_leukaemia() -> Figure:
    """A leukaemia on three treatments; CAR-T cells, IL-6 and fever by how much of it there is."""
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
    for name, (colour, dash) in zip(("untreated", "blinatumomab", "car_t"), STYLES, strict=False):
        run = im.run(f"leukaemia_{name}", days=84)
        cells = run["leukaemia.cells"]
        axes[0].plot(cells["time"], cells, color=colour, linestyle=dash, label=name.replace("_", "-"))
    for burden, (colour, dash) in zip(("1e9 cell", "1e11 cell", "1e12 cell"), STYLES, strict=False):
        run = im.run("leukaemia_car_t", days=40, changes={"exposures.0.dose": burden})
        for axis, readout in zip(axes[1:], ("blood.car_t_copies", "blood.il6", "body.temperature"), strict=True):
            axis.plot(run[readout]["time"], run[readout], color=colour, linestyle=dash, label=burden.split()[0])
    titles = ("Leukaemic cells (log10)", "CAR-T cells (log10 copies/µg)", "IL-6 (pg/mL)", "Temperature (°C)")
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, fontsize=10, loc="left")
        axis.set_xlabel("days")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=8)
    axes[2].set_yscale("log")
    return figure


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    draw().savefig(IMAGES / "cancer.png", dpi=110)
    draw_leukaemia().savefig(IMAGES / "leukaemia.png", dpi=110)
