"""Dose decides: the share of hosts who clear, along the dose, with and without a deficiency.

    python -m verification.dose_response [--hosts 21] [--workers 2] [--picture FILE]

A host clears who is alive at the end and has no bacteria left at the site nor in the blood (see ``deficiencies.yaml``).
Hosts vary as people do; host k is the same person with the same chance at every dose and with every deficiency.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from verification.expectations import Condition, Exposure, read_expectations
from verification.half_dose import share_failing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGE = "dose_decides.png"
KEPT = Path(__file__).parent / "curves.json"
HOSTS = 21
COLUMNS = ("staph_scrape", "pneumo_lung")
ROWS = (None, "diabetes", "corticosteroids", "c3_deficiency", "lad1", "severe_congenital_neutropenia")
DOSES = (3.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0)
FINER = (8.5, 9.5)  # where the healthy turn


@dataclass(frozen=True)
class Curve:
    """One person's defence along the dose.

    Attributes
    ----------
    doses : log10 of the dose, rising
    clear : share of hosts who clear at each
    """

    exposure: str
    condition: str
    hosts: int
    doses: tuple[float, ...]
    clear: tuple[float, ...]

    @property
    def half(self) -> float:
        """log10 of the dose at which half clear, by linear interpolation; infinite beyond the doses tried."""
        if self.clear[0] < 0.5:
            return -np.inf
        for low, high, a, b in zip(self.doses, self.doses[1:], self.clear, self.clear[1:], strict=False):
            if a >= 0.5 > b:
                return low + (high - low) * (a - 0.5) / (a - b)
        return np.inf

    @property
    def half_text(self) -> str:
        """The dose at half for a table."""
        if np.isfinite(self.half):
            return f"10^{self.half:.1f}"
        return f"under 10^{self.doses[0]:g}" if self.half < 0 else f"over 10^{self.doses[-1]:g}"

    @property
    def decides(self) -> bool:
        """Whether dose decides: over 95 % clear at the lowest, under 5 % at the highest."""
        return self.clear[0] > 0.95 and self.clear[-1] < 0.05


def measure_share(task: tuple[Exposure, Condition | None, float, int]) -> float:
    """Share of hosts who clear at one dose."""
    exposure, condition, dose, hosts = task
    return 1.0 - share_failing(exposure, condition, dose, hosts=range(hosts))


def measure_curves(
    *,
    hosts: int = HOSTS,
    workers: int = 1,
    columns: Sequence[str] = COLUMNS,
    rows: Sequence[str | None] = ROWS,
    doses: Sequence[float] = DOSES,
    finer: Sequence[float] = FINER,
) -> list[Curve]:
    """Curves of some conditions (None: healthy) at some exposures."""
    expectations = read_expectations()
    conditions = {row.id: row for row in expectations.conditions}
    keys = [(column, row) for column in columns for row in rows]
    every = sorted({*doses, *finer})
    tasks = [
        (expectations.exposure(column), conditions[row] if row else None, dose, hosts)
        for column, row in keys
        for dose in every
    ]
    if workers > 1:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            shares = list(pool.map(measure_share, tasks, chunksize=4))
    else:
        shares = [measure_share(task) for task in tasks]
    n = len(every)
    return [
        Curve(
            exposure=expectations.exposure(column).name,
            condition=conditions[row].name if row else "Healthy",
            hosts=hosts,
            doses=tuple(every),
            clear=tuple(shares[k * n : (k + 1) * n]),
        )
        for k, (column, row) in enumerate(keys)
    ]


def keep(curves: Sequence[Curve], file: Path = KEPT) -> None:
    """Write what was measured, a line a curve."""
    file.write_text("[\n" + ",\n".join(json.dumps(asdict(c)) for c in curves) + "\n]\n", encoding="utf-8")


def kept(file: Path = KEPT) -> list[Curve]:
    """Read what was measured last."""
    if not file.is_file():
        return []
    made = json.loads(file.read_text(encoding="utf-8"))
    return [Curve(**{**c, "doses": tuple(c["doses"]), "clear": tuple(c["clear"])}) for c in made]


def draw(curves: Sequence[Curve]) -> Figure:
    """One panel an exposure; lines told apart by marker and dash as well as by colour."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(curve.exposure for curve in curves))
    figure, axes = plt.subplots(
        1, len(names), figsize=(5.2 * len(names), 4.6), sharey=True, layout="constrained", squeeze=False
    )
    styles = {
        name: style
        for name, style in zip(
            dict.fromkeys(curve.condition for curve in curves),
            (
                ("#111111", "-", "o"), ("#1b6ca8", "--", "s"), ("#3d8b37", "-.", "^"), ("#b3341f", ":", "v"),
                ("#7a4fa3", "-", "D"), ("#c77c11", "--", "P"), ("#0f7f7f", "-.", "X"), ("#8c564b", ":", "*"),
            ),
            strict=False,
        )
    }  # fmt: skip
    for axis, name in zip(axes[0], names, strict=True):
        for curve in (c for c in curves if c.exposure == name):
            colour, dash, marker = styles[curve.condition]
            axis.plot(
                curve.doses, [100 * share for share in curve.clear],
                color=colour, linestyle=dash, marker=marker, markersize=4, linewidth=1.5, label=curve.condition,
            )  # fmt: skip
        axis.set_title(name, fontsize=11, loc="left")
        axis.set_xlabel("dose, log10 CFU")
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_ylim(-3, 103)
    axes[0, 0].set_ylabel("hosts who clear, %")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Share of hosts who clear, along the dose.")
    parser.add_argument("--hosts", type=int, default=HOSTS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--picture", type=Path)
    said = parser.parse_args(arguments)
    curves = measure_curves(hosts=said.hosts, workers=said.workers)
    keep(curves)
    for curve in curves:
        shares = " ".join(f"{100 * share:4.0f}" for share in curve.clear)
        print(f"{curve.exposure:26} {curve.condition:32} {shares}  half {curve.half_text}")
    print(f"{'dose, log10':59} " + " ".join(f"{dose:4g}" for dose in curves[0].doses))
    if said.picture:
        draw(curves).savefig(said.picture, dpi=110)
    return 0 if all(curve.decides for curve in curves if curve.condition == "Healthy") else 1


if __name__ == "__main__":
    sys.exit(main())
