"""Curves of single volunteers against those of simulated people: how many lie inside the band of nine in ten?

    python -m verification.volunteers influenza [--hosts 500] [--workers 1] [--seed 0] [--picture FILE]
    python -m verification.volunteers sars_cov_2 --table covid_challenge.csv
    python docs/renew.py volunteers.png

``volunteers.yaml`` tells what was measured, and the share of samples that were expected inside before the first run.
Simulated people differ and are drawn, only those who are infected count, and the scatter of a sample is added to each.
Two shares are printed, since a band can be too wide as well: 0.9 of all samples should be in the band of nine in ten,
and a half in the middle half. Samples of one person go together, so whole curves are counted too: a curve is inside if
it is nowhere further out than the furthest place of nine in ten simulated ones.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import immunity
from immunity.compiler.tables import Floats

STUDIES = Path(__file__).parent / "volunteers.yaml"
BAND, MIDDLE = (0.05, 0.95), (0.25, 0.75)


@dataclass(frozen=True)
class Coverage:
    """Where the samples of volunteers lie among those of simulated people.

    Attributes
    ----------
    in_band : float       share of samples in the band of nine in ten
    in_middle : float     share of samples in the middle half
    curves : int          volunteers whose whole curve is inside
    low, high : array     edges of the band, of each day
    by_day : array        share of volunteers inside, of each day
    below : array         share of volunteers below the band, of each day
    """

    in_band: float
    in_middle: float
    curves: int
    low: Floats
    high: Floats
    by_day: Floats
    below: Floats


def cover(simulated: Floats, observed: Floats) -> Coverage:
    """Place volunteers among simulated people.

    Parameters
    ----------
    simulated : array (people, days)
    observed : array (volunteers, days)    nan where nothing was measured
    """
    low, high = (np.quantile(simulated, q, axis=0) for q in BAND)
    first, third = (np.quantile(simulated, q, axis=0) for q in MIDDLE)
    there = ~np.isnan(observed)
    inside = there & (observed >= low) & (observed <= high)
    middle = there & (observed >= first) & (observed <= third)
    furthest = np.quantile(_depth(simulated, simulated), 1.0 - (BAND[1] - BAND[0]))
    return Coverage(
        in_band=float(inside.sum() / there.sum()),
        in_middle=float(middle.sum() / there.sum()),
        curves=int((_depth(simulated, observed) >= furthest).sum()),
        low=low,
        high=high,
        by_day=inside.sum(axis=0) / np.maximum(there.sum(axis=0), 1),
        below=(there & (observed < low)).sum(axis=0) / np.maximum(there.sum(axis=0), 1),
    )


def _depth(people: Floats, curves: Floats) -> Floats:
    """How many of ``people``, as a share, are at least as far out as a curve is, on the day when that is fewest."""
    least = np.full(len(curves), 1.0)
    for day in range(people.shape[1]):
        ranked = np.sort(people[:, day])
        value = curves[:, day]
        under = np.searchsorted(ranked, value, side="right") / len(ranked)
        over = 1.0 - np.searchsorted(ranked, value, side="left") / len(ranked)
        least = np.where(np.isnan(value), least, np.minimum(least, np.minimum(under, over)))
    return least


def simulate(study: Mapping[str, Any], hosts: int, workers: int, seed: int) -> Floats:
    """Samples of the infected among simulated people, as a laboratory would have found them.

    Returns
    -------
    array (people, days)    decades
    """
    where, what = study["readout"].split(".")
    found = immunity.cohort(
        study["scenario"],
        hosts=hosts,
        days=study["days"][-1] + 0.5,
        workers=workers,
        seed=seed,
        keep=[study["readout"]],
    )
    curves = getattr(getattr(found, where), what)
    return sample(curves.to_numpy(), curves.time.to_numpy(), study, np.random.default_rng(seed))


def sample(curves: Floats, time: Floats, study: Mapping[str, Any], draw: np.random.Generator) -> Floats:
    """Samples of those who are infected, with their scatter, none below what can be counted.

    Parameters
    ----------
    curves : array (time, people)    decades
    time : array (time,)             days
    """
    seen = np.array([np.interp(study["days"], time, curve) for curve in curves.T])
    seen = seen[seen.max(axis=1) > study["infected"]]
    return np.maximum(seen + study["error"] * draw.standard_normal(seen.shape), study["limit"])


def read_table(file: Path, study: Mapping[str, Any]) -> Floats:
    """Volunteers of a table with the columns id, time and log10_viral_load; samples of a day are averaged.

    Returns
    -------
    array (volunteers, days)    decades, nan where there is no sample
    """
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with file.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            day = float(row["time"])
            if day == int(day):
                found[row["id"]][int(day)].append(max(float(row["log10_viral_load"]), study["limit"]))
    return np.array(
        [[np.mean(samples[day]) if day in samples else np.nan for day in study["days"]] for samples in found.values()]
    )


def tell(study: Mapping[str, Any], people: int, coverage: Coverage, volunteers: int) -> str:
    """The coverage in words, and where by day volunteers lie."""
    lines = [
        f"{study['title']}: {volunteers} volunteers, {people} simulated people who are infected.",
        f"{coverage.in_band:.0%} of samples in the band of nine in ten (90 % if all is right; {study['expected']:.0%} "
        f"expected), {coverage.in_middle:.0%} in the middle half; "
        f"{coverage.curves} of {volunteers} whole curves inside.",
        f"{'day':>4} {'band, ' + study['unit']:>26} {'in':>5} {'below':>6} {'above':>6}",
    ]
    for k, day in enumerate(study["days"]):
        inside, below = coverage.by_day[k], coverage.below[k]
        band = f"{coverage.low[k]:.1f} to {coverage.high[k]:.1f}"
        lines.append(f"{day:>4} {band:>26} {inside:>5.0%} {below:>6.0%} {abs(1 - inside - below):>6.0%}")
    return "\n".join(lines)


def draw_picture(study: Mapping[str, Any], simulated: Floats, observed: Floats, file: Path) -> None:
    """Bands of simulated people, and the curves of volunteers over them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for (low, high), shade in ((BAND, 0.18), (MIDDLE, 0.35)):
        edges = np.quantile(simulated, (low, high), axis=0)
        axes.fill_between(study["days"], *edges, color="#0a6", alpha=shade, linewidth=0)
    axes.plot(study["days"], observed.T, color="#333", linewidth=0.8, marker=".", markersize=3)
    axes.set(xlabel="day", ylabel=study["unit"], title=study["title"])
    axes.title.set_fontsize(9)
    figure.savefig(file, dpi=150)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one study; 1 if fewer samples than were expected are inside."""
    studies = {study["id"]: study for study in yaml.safe_load(STUDIES.read_text(encoding="utf-8"))["studies"]}
    parser = argparse.ArgumentParser(description="Curves of volunteers against simulated people.")
    parser.add_argument("study", choices=sorted(studies))
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, help="curves of the volunteers, where volunteers.yaml has none")
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args(arguments)
    study = studies[asked.study]
    if asked.table is None and "individuals" not in study:
        parser.error(f"{asked.study} wants --table FILE with id, time and log10_viral_load: {study['note']}")
    observed = read_table(asked.table, study) if asked.table else np.array(study["individuals"], float)
    simulated = simulate(study, asked.hosts, asked.workers, asked.seed)
    coverage = cover(simulated, observed)
    print(tell(study, len(simulated), coverage, len(observed)))
    if asked.picture:
        draw_picture(study, simulated, observed, asked.picture)
    return int(coverage.in_band < study["expected"])


if __name__ == "__main__":
    sys.exit(main())
