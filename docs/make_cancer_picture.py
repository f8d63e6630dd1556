"""Draw docs/images/cancer.png: one melanoma in three people, and on four treatments.

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

PICTURE = Path(__file__).parent / "images" / "cancer.png"
STYLES = (("#1b6ca8", "-"), ("#b3341f", "--"), ("#4d4d4d", ":"), ("#2e7d32", "-."))
START = {"threat": "melanoma", "site": "soft_tissue_metastases", "dose": "1e5 cell"}
# how well T cells reach it, relative to the middle of people
PEOPLE = {"poorly reached": "0.1", "better reached": "8", "best reached": "40"}
TREATMENTS = ("untreated", "ipilimumab", "nivolumab", "both")
LONG = 1500.0  # days


def people() -> dict[str, Run]:
    """The same start in people whom T cells serve differently."""
    changes: dict[str, Any] = {"exposures": [START], "every": "5 d", "events": []}
    return {
        name: im.run(
            "melanoma_untreated",
            host={"history": []},
            days=LONG,
            changes={**changes, "numbers": {"melanoma.access": access}},
        )
        for name, access in PEOPLE.items()
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


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    draw().savefig(PICTURE, dpi=110)
