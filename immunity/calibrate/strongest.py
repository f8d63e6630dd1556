"""Which numbers matter at all: the largest effect of each on any readout that a scenario shows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from immunity.calibrate.sensitivity import Progress, measure
from immunity.calibrate.vary import Number, numbers_of, with_factors
from immunity.compiler.case import Case, ReadoutInfo
from immunity.language.errors import fail
from immunity.results.present import find_readout

Said = tuple[float, str, str]  # effect, readout, statistic

CURVE = ("maximum", "minimum", "area")  # what of each curve is watched
SCREENED_OUT = 0.05  # an entry whose numbers together do less than this is left out, where entries are screened


@dataclass(frozen=True)
class Strongest:
    """The largest effect that a number has on what a scenario shows.

    Attributes
    ----------
    effect : float       of the statistic of the readout that it moves most, in proportion: 1 if both double, -1 if
                         one doubles and the other halves; in decades per tenfold for a logarithm, in degrees per
                         2.7-fold for a temperature
    """

    number: Number
    effect: float
    readout: str
    statistic: str


def strongest_influences(
    case: Case,
    *,
    patterns: Sequence[str] = ("*",),
    step: float = 0.1,
    workers: int = 1,
    rtol: float = 3e-4,
    screen: bool = False,
    progress: Progress | None = None,
) -> tuple[Strongest, ...]:
    """Raise every number by a step, one at a time, and look at every readout that the scenario shows.

    Numbers that only follow from others are left out; a formula that holds numbers of its own counts as one number.

    Parameters
    ----------
    step : float    relative; one run for each number
    screen : bool   first change all numbers of an entry of the book at once, every other one up and the rest down, and
                    leave out the entries that move nothing; half the runs, and numbers that undo each other are missed

    Returns
    -------
    tuple of Strongest    by size, the largest first

    Raises
    ------
    RuleError
        E831 for unknown numbers, E832 for a step that is not between 0 and 1.
    """
    if not 0.0 < step < 1.0:
        raise fail("E832", reason=f"a step of {step:g} is not between 0 and 1")
    numbers = numbers_of(case, patterns, literals=True)
    infos = case.model.readouts
    shown = [infos[find_readout(infos, name)] for name in case.show or [info.id for info in infos]]
    wanted = [(info, statistic) for info in shown for statistic in CURVE]

    def effects_of(factors: Sequence[Mapping[int, float]]) -> list[list[float]]:
        cases = [case, *(with_factors(case, each) for each in factors)]
        values = measure(cases, [(i.id, s) for i, s in wanted], workers=workers, rtol=rtol, progress=progress)
        return [
            [
                effect_of(info, statistic, before, after, step, case.days)
                for (info, statistic), before, after in zip(wanted, values[0], row, strict=True)
            ]
            for row in values[1:]
        ]

    if screen:
        entries = sorted({_entry(number) for number in numbers})
        together = effects_of([_up_and_down(numbers, entry, step) for entry in entries])
        kept = {e for e, row in zip(entries, together, strict=True) if max(map(abs, row)) >= SCREENED_OUT}
        numbers = tuple(number for number in numbers if _entry(number) in kept)
    found = []
    for number, effects in zip(numbers, effects_of([{n.index: 1.0 + step} for n in numbers]), strict=True):
        most = int(np.argmax(np.abs(effects)))
        found.append(Strongest(number, effects[most], wanted[most][0].id, wanted[most][1]))
    return tuple(sorted(found, key=lambda one: -abs(one.effect)))


def _entry(number: Number) -> str:
    return number.name.split(".")[0]


def _up_and_down(numbers: Sequence[Number], entry: str, step: float) -> dict[int, float]:
    """All numbers of an entry, every other one raised and the rest lowered."""
    own = [number for number in numbers if _entry(number) == entry]
    return {number.index: 1.0 + step if i % 2 == 0 else 1.0 / (1.0 + step) for i, number in enumerate(own)}


def rank(measured: Mapping[str, Mapping[str, Iterable[float | str]]]) -> list[tuple[str, str, Said]]:
    """Each number once, with the scenario in which it does most: by size, the largest first.

    Parameters
    ----------
    measured : mapping    scenario -> number -> effect, readout, statistic

    Returns
    -------
    list of (number, scenario, (effect, readout, statistic))
    """
    best: dict[str, tuple[str, Said]] = {}
    for scenario, found in measured.items():
        for name, said in found.items():
            effect, readout, statistic = said
            here = (float(effect), str(readout), str(statistic))
            if name not in best or abs(here[0]) > abs(best[name][1][0]):
                best[name] = (scenario, here)
    return sorted(((name, *where) for name, where in best.items()), key=lambda row: (-abs(row[2][0]), row[0]))


def effect_of(info: ReadoutInfo, statistic: str, before: float, after: float, step: float, days: float) -> float:
    """How far a statistic goes with a number that rises by a step, in proportion; 0 where it has no value."""
    if not (math.isfinite(before) and math.isfinite(after)) or before == after:
        return 0.0
    per_day = days if statistic == "area" else 1.0
    if info.scale == "log10":
        return (after - before) / per_day / math.log10(1.0 + step)
    if info.unit == "degC":
        return (after - before) / per_day / math.log(1.0 + step)
    if before > 0.0 and after > 0.0:
        return math.log(after / before) / math.log(1.0 + step)
    return (after - before) / abs(before) / math.log(1.0 + step) if before else 0.0
