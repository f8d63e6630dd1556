"""An infection in one host, made with seven known numbers and noise, written as a table, and fitted again and again.

    python -m verification.within_host [--repetitions 50] [--first 0] [--noise 0.2] [--open] [--curvature]

Target cells, cells that wait, cells that shed, virus and killer cells, as a document of SBML that is imported. Virus,
shedding cells and killers are seen twice a day for ten days, with lognormal errors, whose size the table tells (from
replicates, say), or with ``--open`` does not, so that the fit has to find one for each of the three; each fit begins
at numbers that are not those that were planted. How long cells wait is given: what waits and what sheds leave in a
row, and curves of either order are so alike that a fit may take one for the other.

Printed: for each number how often its 95 % interval holds what was planted, how often all seven do at once, and how
often the planted numbers lie in the 95 % region of all seven together. An interval that is right holds it in 47.5 of
50, give or take 1.5.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import immunity as im
from immunity.calibrate import DataFit, fit_to_data
from immunity.results.observed import read_observed
from tests.interop.sbml_models import Toy, written

PLANTED = {"beta": 2.7e-8, "life": 0.3, "delta": 1.0, "p": 10.0, "c": 5.0, "a": 2e-3, "kappa": 3e-5}
ASIDE = {"beta": 1.5, "life": 0.7, "delta": 1.4, "p": 0.6, "c": 1.3, "a": 0.6, "kappa": 1.5}  # where a fit begins
SEEN = ("v", "i", "x")
TIMES = np.arange(1, 21) * 0.5


def model() -> Toy:
    """The infection, with the numbers where a fit begins."""
    return Toy(
        species={"t": 4e8, "e": 0.0, "i": 0.0, "v": 1e4, "x": 1e3},
        parameters={name: value * ASIDE[name] for name, value in PLANTED.items()} | {"k": 4.0},
        reactions={
            "infection": ({"t": 1}, {"e": 1}, ["v"], "beta * t * v"),
            "waiting": ({"e": 1}, {"i": 1}, [], "k * e"),
            "death": ({"i": 1}, {}, [], "delta * i"),
            "killing": ({"i": 1}, {}, ["x"], "kappa * i * x"),
            "shedding": ({}, {"v": 1}, ["i"], "p * i"),
            "clearance": ({"v": 1}, {}, [], "c * v"),
            "answer": ({}, {"x": 1}, ["i"], "a * i"),
            "leaving": ({"x": 1}, {}, [], "life * x"),
        },
    )


def write_table(file: Path, curves: dict[str, np.ndarray], noise: float, seed: int, *, told: bool) -> None:
    """A table as a laboratory would hand it in."""
    draw = np.random.default_rng(seed)
    with file.open("w", newline="", encoding="utf-8") as handle:
        table = csv.writer(handle)
        table.writerow(["time", "readout", "value", "sd"])
        for name, curve in curves.items():
            seen = curve * 10.0 ** (noise * draw.standard_normal(len(curve)))
            table.writerows(
                [f"{day:g}", f"model.{name}", f"{value:.4g}", f"{noise * math.log(10.0) * value:.4g}" if told else ""]
                for day, value in zip(TIMES, seen, strict=True)
            )


def planted_factors() -> dict[str, float]:
    """What was planted, as factors on where a fit begins."""
    return {f"model.{name}": 1.0 / factor for name, factor in ASIDE.items()}


def repeat(
    count: int, noise: float, folder: Path, *, profile: bool = True, first: int = 0, told: bool = True
) -> list[DataFit]:
    """Make tables and fit them."""
    (folder / "model.xml").write_text(written(model(), "day"), encoding="utf-8")
    book = im.load(im.import_sbml(folder / "model.xml", folder / "book", span=10.0, step=0.5))
    true = im.run("as_published", book=book, rtol=1e-8, changes={f"numbers.model.{n}": v for n, v in PLANTED.items()})
    curves = {name: true[f"model.{name}"].sel(time=TIMES, method="nearest").values for name in SEEN}
    case = im.case("as_published", book=book)
    found = []
    for repetition in range(first, first + count):
        table = folder / f"table_{repetition}.csv"
        write_table(table, curves, noise, repetition, told=told)
        data = read_observed(table, case.model.readouts)
        fitted = fit_to_data(
            {"as_published": case}, data, [f"model.{name}" for name in PLANTED], errors="log", profile=profile
        )
        found.append(fitted)
    return found


def held(fit: DataFit) -> list[bool]:
    """For each number, whether its interval holds what was planted."""
    planted = planted_factors()
    return [
        interval.least <= planted[number.name] <= interval.most
        for number, interval in zip(fit.numbers, fit.intervals, strict=True)
    ]


def main() -> int:
    """Print how often intervals hold what was planted; 1 if that of a number does in fewer than nine of ten."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="seed of the first table")
    parser.add_argument("--noise", type=float, default=0.2, help="decades")
    parser.add_argument("--curvature", action="store_true", help="intervals by the curvature, not by the profile")
    parser.add_argument("--open", action="store_true", help="sizes of errors are fitted, not told")
    asked = parser.parse_args()
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"profile": not asked.curvature, "told": not asked.open, "first": asked.first}
        fits = repeat(asked.repetitions, asked.noise, Path(folder), **settings)
    count, hits, planted = len(fits), np.array([held(fit) for fit in fits]), planted_factors()
    print(f"{'number':14} {'in its interval':>16} {'median off by':>14} {'median interval':>22}")
    for i, number in enumerate(fits[0].numbers):
        off = float(np.median([fit.factors[i] / planted[number.name] for fit in fits]))
        ends = [
            math.exp(np.median(np.log([max(getattr(f.intervals[i], e), 1e-9) / f.factors[i] for f in fits])))
            for e in ("least", "most")
        ]
        said = f"{off - 1.0:>+13.1%} {ends[0]:>11.3f} to {ends[1]:.3f}"
        print(f"{number.name:14} {hits[:, i].sum():>8} of {count:<5} {said}")
    print(f"all seven at once: {hits.all(axis=1).sum()} of {count} (0.95 ** 7 is {0.95**7:.2f})")
    print(f"in the 95 % region of all seven together: {sum(fit.within(planted) for fit in fits)} of {count}")
    found = [size for fit in fits for size in fit.sizes.values()]
    runs = np.mean([fit.problem.runs for fit in fits])
    if found:
        print(f"size of errors: {np.mean(found):.3f} decades on average, {asked.noise:g} planted")
    print(f"{runs:.0f} runs a fit")
    print(f"{time.process_time() - began:.0f} s of processor time")
    return 0 if (hits.sum(axis=0) >= 0.9 * count).all() else 1


if __name__ == "__main__":
    sys.exit(main())
