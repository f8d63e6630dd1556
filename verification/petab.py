"""Cases of the PEtab test suite, imported and held against the simulations that come with them.

    python -m verification.petab FOLDER     # petabtests/cases/v1.0.0/sbml of the suite, or v2.0.0/sbml; no part of this

A line each: agrees (all simulations within the suite's tolerance), differs, or refused, by which words.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import immunity as im
from immunity.interop.petab import import_petab
from immunity.language.errors import RuleError, RuleErrors

WITHIN = 1e-3  # as the suite says


def judge(case: Path, folder: Path) -> str:
    """How a case compares: a word, and what there is to say."""
    try:
        made = import_petab(next(case.glob("_????.yaml")), folder)
    except (RuleError, RuleErrors) as error:
        return f"refused: {str(error).splitlines()[0]}"
    with made.data.open(encoding="utf-8") as handle:
        asked = list(csv.DictReader(handle))
    with (case / "_simulations.tsv").open(encoding="utf-8") as handle:
        told = [float(row["simulation"]) for row in csv.DictReader(handle, delimiter="\t")]
    book = im.load(made.book)
    found = []
    for row in asked:
        run = im.run(row["scenario"], book=book, days=float(row["time"]) or 1e-6, rtol=1e-7)
        curve, info = run[row["readout"]].values, {i.id: i for i in run.record.infos}[row["readout"]]
        shown = float(curve[-1] if float(row["time"]) else curve[0])
        found.append(10.0**shown if info.scale == "log10" else shown)
    worst = float(np.max(np.abs(np.array(found) - told)))
    return f"agrees: {worst:.1e}" if worst <= WITHIN else f"differs: {worst:.3g}"


def main() -> int:
    """Print a line for each case, and how many of each; 1 if one differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    words: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as held:
        for case in sorted(each for each in parser.parse_args().folder.iterdir() if each.is_dir()):
            said = judge(case, Path(held) / case.name)
            words[said.split(":")[0]] += 1
            print(case.name, said)
    print(", ".join(f"{count} {word}" for word, count in words.items()))
    return 1 if words["differs"] else 0


if __name__ == "__main__":
    sys.exit(main())
