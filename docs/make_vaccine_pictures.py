"""Draw docs/images/vaccines.png: what doses, intervals, capsules, years and missing parts do to an answer.

python docs/make_vaccine_pictures.py        needs the extra `plots`
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

import immunity as im

PICTURE = Path(__file__).parent / "images" / "vaccines.png"
TOXOID, ANTITOXIN, IGG = "tetanus_primary_and_boosters", "serum.tetanus_antitoxin", "serum.tetanus_igg"
ALONE = {f"therapies.{dose}.dose": "0 ug" for dose in (1, 2, 3)}
TWO = {f"therapies.{dose}.dose": "0 ug" for dose in (2, 3)}
COLOURS = ("#1b6ca8", "#b3341f", "#4d4d4d", "#5a8f29", "#8e5aa8", "#c98a1b")
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
LACKS: Mapping[str, Mapping[str, Any]] = {
    "in health": {},
    "no spleen": {"host": {"deficiencies": ["asplenia"]}},
    "no AID": {"host": {"deficiencies": ["aid_deficiency"]}},
    "no CD40 ligand": {"host": {"deficiencies": ["hyper_igm"]}},
    "hardly any CD4 cells (AIDS)": {"host": {"deficiencies": ["aids"]}},
    "no dendritic cells": {"changes": {"numbers.displayed_antigen.carrying": "0 point/day"}},
}


def curve(
    scenario: str, readout: str, days: float, *, since: float = 0.0, **told: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Days since a dose, and a readout on them."""
    values = im.run(scenario, days=days, **told)[readout]
    return values["time"].values - since, values.values


def first_and_second(axis: Axes) -> None:
    """One dose, and two."""
    axis.plot(*curve(TOXOID, ANTITOXIN, 150, changes=ALONE), label="one dose", linestyle="--")
    axis.plot(*curve(TOXOID, ANTITOXIN, 150, changes=TWO), label="a second after 28 days")


def intervals(axis: Axes) -> None:
    """A second dose after more or fewer days."""
    for days in (180, 60, 28, 7):
        changes = {**TWO, "therapies.1.at": f"{days} d"}
        axis.plot(
            *curve(TOXOID, ANTITOXIN, days + 120.0, since=days, changes=changes), label=f"second dose after {days} days"
        )
    axis.set_xlim(0, 120)


def affinity(axis: Axes) -> None:
    """Antitoxin for the IgG that there is, by dose."""
    for dose in ("3 ug", "100 ug", "1000 ug"):
        run = im.run(TOXOID, days=70, changes={**ALONE, "therapies.0.dose": dose})
        seen = run[IGG].values > -2.9
        axis.plot(run[IGG]["time"].values[seen], (run[ANTITOXIN] - run[IGG]).values[seen], label=dose)


def capsules(axis: Axes) -> None:
    """A capsule alone and one with a protein, at two ages."""
    for name in ("conjugate", "polysaccharide"):
        for age, word in (("35 y", "adult"), ("1 y", "one year old")):
            scenario, host = f"pneumococcal_{name}_twice", {"age": age}
            axis.plot(*curve(scenario, "serum.anti_capsule", 450, host=host), label=f"{name}, {word}")


def decades(axis: Axes) -> None:
    """A toxoid and a live vaccine, relative to two years after."""
    for scenario, readout, name in (
        ("yellow_fever_vaccine", "serum.yf_neutralisation", "yellow fever, alive"),
        (TOXOID, ANTITOXIN, "tetanus toxoid"),
    ):
        changes = {"every": "30 d"} | ({"therapies.3.dose": "0 ug"} if scenario == TOXOID else {})
        days, values = curve(scenario, readout, 30 * 365.0, changes=changes)
        axis.plot(days / 365.25, values - np.interp(730.0, days, values), label=name)
    axis.set_xlim(1, 30)
    axis.set_ylim(-1.5, 0.5)
    axis.set_xlabel("years")


def strains(axis: Axes) -> None:
    """A strain that has drifted, given to those who met an earlier one."""
    for readout, name in (
        ("serum.influenza_hi_earlier", "against the strain met before"),
        ("serum.influenza_hi", "against the strain in the vaccine"),
    ):
        axis.plot(*curve("influenza_vaccine", readout, 120), label=name)
    naive = {"history": []}
    axis.plot(
        *curve("influenza_vaccine", "serum.influenza_hi", 120, host=naive), label="the same, who has met none before"
    )


def ages(axis: Axes) -> None:
    """Three doses at four ages."""
    for age in ("5 y", "35 y", "70 y", "85 y"):
        axis.plot(*curve(TOXOID, ANTITOXIN, 300, host={"age": age}), label=age)


def knocked_out(axis: Axes) -> None:
    """Three doses without a part."""
    for name, told in LACKS.items():
        axis.plot(*curve(TOXOID, ANTITOXIN, 300, **told), label=name)


PANELS = (
    (first_and_second, "First and second answer", "log10 IU/mL of tetanus antitoxin"),
    (intervals, "A longer interval, a better booster", "log10 IU/mL"),
    (affinity, "Affinity, by dose", "log10 IU/mL for a ug/mL of IgG"),
    (capsules, "Capsule alone, capsule with protein", "log10 ug/mL"),
    (decades, "Decades", "log10, relative to two years after"),
    (strains, "The first strain is answered best", "log10 titre after a vaccine of a later strain"),
    (ages, "Age", "log10 IU/mL of tetanus antitoxin"),
    (knocked_out, "What is missing", "log10 IU/mL of tetanus antitoxin"),
)


def draw() -> plt.Figure:
    """Eight panels, told apart by dashes as well as by colour."""
    figure, axes = plt.subplots(2, 4, figsize=(15, 7), layout="constrained")
    for axis, (panel, title, unit) in zip(axes.flat, PANELS, strict=True):
        axis.set_xlabel("days")
        panel(axis)
        for line, colour, dash in zip(axis.lines, COLOURS, DASHES, strict=False):
            line.set(color=colour, linestyle=dash, linewidth=1.8)
        axis.set_title(f"{title}\n{unit}", fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(fontsize=7, frameon=False)
    return figure


if __name__ == "__main__":
    draw().savefig(PICTURE, dpi=100)
