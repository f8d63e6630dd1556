"""A dish in which germs grow from few and end a host at many, and arms in which they grow more slowly."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import immunity as im
from immunity import api
from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.trials import Planned, read_trial

BOOK = """{kind: place, id: dish, volume: "1 mL"}
---
kind: threat
id: germ
unit: CFU
lives_in: {dish: []}
enters: {dish: at dish}
numbers:
  growth: {value: "1 1/day", status: assumed}
  loss: {value: "0.4 1/day", status: assumed}
flows:
  - {verb: divide, hazard: {use: germ.growth}}
  - {verb: die, hazard: {use: germ.loss}}
readouts:
  - {id: dish.germs, sum: [at dish], unit: CFU, scale: log10, limit_of_detection: "1 CFU"}
  - {id: dish.count, sum: [at dish], unit: CFU}
---
{kind: host, id: person, attributes: {age: "35 y"}, variation: [{number: germ.growth, gsd: "1.3"}]}
---
kind: scenario
id: growth
title: Growth in a dish
days: 10
every: "6 h"
exposures: [{threat: germ, site: dish, dose: "20 CFU"}]
ends_when: [{readout: dish.count, above: "1000 CFU", outcome: dead}]
show: [dish.germs]
"""

TRIAL = """\
id: small
kind: trial
title: Germs in a dish
scenario: growth
arms:
  placebo: {}
  drug: {title: A drug, with: {numbers.germ.growth: "0.4 1/day"}}
hosts: 12
seed: 3
endpoints:
  death: {title: Death, time_to: outcome is dead, better: less}
  crowded: {response: dish.count > 300 CFU before day 4}
  most: {readout: dish.count, statistic: maximum, between: ["0 d", "3 d"], compare: geometric_mean}
  decades: {readout: dish.germs, statistic: value_at, at: "2 d"}
  area: {readout: dish.count, statistic: area, between: ["0 d", "2 d"]}
"""


@lru_cache(maxsize=1)
def book() -> Compiled:
    path = Path(mkdtemp()) / "book.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return im.load(path)


def build(scenario: str, *, host: dict[str, Any], with_: dict[str, Any], days: float | None) -> Case:
    return api.case(scenario, host=host, changes=with_, days=days, book=book())


def write(folder: Path, text: str = TRIAL) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def planned(folder: Path, text: str = TRIAL, **changes: Any) -> Planned:
    return read_trial(write(folder, text), changes)
