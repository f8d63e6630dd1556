"""Which numbers of the rule book decide what scenarios show.

python -m qc.influence                      all scenarios named below, into qc/influence.json
python -m qc.influence cut_finger           some anew; the others keep what they had
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("influence.json")
FROM = 0.1  # a number ten per cent off, and what it moves most is one per cent off
SCENARIOS: dict[str, float | None] = {  # and how many days of them, where the first ones tell
    "healthy_adult": None,
    "chemotherapy_neutropenia": None,
    "prednisone_40mg": None,
    "endotoxin_2ng_per_kg": None,
    "bacteraemia": None,
    "cut_finger": 3.0,
    "pneumococcal_pneumonia": 4.0,
    "typhoid_in_milk": 14.0,
    "tetanus_primary_and_boosters": 60.0,
}
ELSEWHERE = ("threat", "therapy", "deficiency")  # their numbers do nothing in scenarios that do not name them


def measure(scenario: str, *, workers: int = 1) -> dict[str, list[Any]]:
    """Number -> effect, readout and statistic, the largest first, down to a tenth."""
    from immunity import api
    from immunity.calibrate import strongest_influences
    from immunity.progress import progress_bar

    case = api.case(scenario, days=SCENARIOS.get(scenario))
    with progress_bar(scenario, 1) as update:
        found = strongest_influences(case, patterns=can_matter(case), screen=True, workers=workers, progress=update)
    return {
        one.number.name: [round(one.effect, 2), one.readout, one.statistic] for one in found if abs(one.effect) >= FROM
    }


def can_matter(case: Any) -> list[str]:
    """Names of numbers that may do something: not where a body at rest begins, nor of germs and drugs not there."""
    from immunity import api
    from immunity.calibrate import numbers_of

    told = json.dumps(case.filled)
    entries = api.load().book.entries
    absent = {id for kind in ELSEWHERE for id in entries.get(kind, {}) if id not in told}
    names = [number.name for number in numbers_of(case, literals=True)]
    return [name for name in names if ".initial." not in name and name.split(".")[0] not in absent]


def read(file: Path = FILE) -> dict[str, dict[str, list[Any]]]:
    """Scenario -> number -> effect, readout, statistic, as measured last."""
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def write(measured: dict[str, dict[str, list[Any]]], file: Path = FILE) -> None:
    """A line for each number, so that changes are seen."""
    scenarios = [
        f"{json.dumps(scenario)}: {{\n"
        + ",\n".join(f"  {json.dumps(name)}: {json.dumps(said)}" for name, said in found.items())
        + "\n}"
        for scenario, found in sorted(measured.items())
    ]
    file.write_text("{\n" + ",\n".join(scenarios) + "\n}\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m qc.influence", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scenarios", nargs="*", default=[])
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    measured = read()
    for scenario in given.scenarios or SCENARIOS:
        measured[scenario] = measure(scenario, workers=given.workers)
        write(measured)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
