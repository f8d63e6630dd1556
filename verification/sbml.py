"""Models in SBML that others wrote, brought in, run, and held against libRoadRunner or the suite's own curves.

    python -m verification.sbml models FOLDER          # every *.xml, against libRoadRunner, over 100 units of time
    python -m verification.sbml suite FOLDER           # cases/semantic of the SBML Test Suite, against its results

A line each: agrees, differs (by how much, in what), refused (by which words) or fails. Needs the extras ``test`` and
the files, which are not part of this repository.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import immunity as im
from immunity.compiler.tables import Floats
from immunity.interop.sbml_import import import_sbml
from immunity.interop.sbml_read import read_document
from immunity.language.errors import RuleError, RuleErrors
from tests.elsewhere import simulate

SPAN = 100.0
WITHIN = 1e-4
DUST = 1e-20  # less than that is what rounding left


def curves(file: Path, folder: Path, span: float, steps: int) -> dict[str, Floats]:
    """Curves [time] of a document by SBML's ids, on a grid of steps; what is no amount in the units of its name."""
    book = im.load(import_sbml(file, folder, span=span, step=span / steps))
    run = im.run("as_published", book=book, rtol=1e-8)
    shown = read_document(file).shown
    found = {}
    for key, info in zip(shown, book.model.readouts, strict=True):
        curve = run.curve(info.id)
        days = curve.time.values
        grid = np.linspace(0.0, days[-1], steps + 1)
        found[key] = curve.values[np.searchsorted(days, grid + 1e-9 * days[-1], side="right") - 1]
    return found


def against_roadrunner(file: Path, folder: Path) -> str:
    """How a model compares with libRoadRunner: a word, and what there is to say."""
    import libsbml

    here = curves(file, folder, SPAN, 100)
    model = libsbml.readSBMLFromFile(str(file)).getModel()
    species = [model.getSpecies(k) for k in range(model.getNumSpecies())]
    plain = {each.getId(): each.getHasOnlySubstanceUnits() for each in species}
    names = [key for key in here if key in plain]
    columns = [key if plain[key] else f"[{key}]" for key in names]
    try:
        there = simulate(file.read_text(encoding="utf-8"), np.arange(101.0), columns, relative=1e-12, absolute=1e-20)
    except Exception as fault:  # whatever another program says
        return f"unmeasured: {' '.join(str(fault).split())[:100]}"
    worst, where = 0.0, ""
    for k, key in enumerate(names):
        size = np.abs(there[:, k]).max()
        if size > DUST:
            off = float(np.abs(here[key] - there[:, k]).max() / size)
            worst, where = (worst, where) if off <= worst else (off, key)
    return "agrees" if worst <= WITHIN else f"differs: by {worst:.1e} in {where}"


def against_results(file: Path, folder: Path) -> str:
    """How a case of the suite compares with its results, by its own tolerances."""
    case = file.parent.name
    said = (file.parent / f"{case}-settings.txt").read_text(encoding="utf-8")
    settings = dict(re.findall(r"^(\w+):[ \t]*(.*?)\s*$", said, re.MULTILINE))
    if settings["start"] not in ("", "0", "0.0"):
        return "unmeasured: it starts after zero"
    with (file.parent / f"{case}-results.csv").open(encoding="utf-8") as rows:
        header, *body = csv.reader(rows)
    wanted = np.array([[float(cell) for cell in row] for row in body if row])
    if not settings["duration"]:
        return "unmeasured: it has no course in time"
    here = curves(file, folder, float(settings["duration"]), int(settings["steps"]))
    constants = read_document(file).constants
    amounts = {name.strip() for name in settings.get("amount", "").split(",")}
    import libsbml

    model = libsbml.readSBMLFromFile(str(file)).getModel()
    for k, name in enumerate(header[1:], 1):
        key = name.strip()
        expected = wanted[:, k]
        if key not in here:
            if key not in constants:
                return f"unmeasured: {key} is not shown"
            found = np.full(len(expected), constants[key])
        else:
            found = here[key]
        species = model.getSpecies(key)
        if species is not None:
            size = constants[species.getCompartment()]
            if key in amounts and not species.getHasOnlySubstanceUnits():
                found = found * size
            if key not in amounts and species.getHasOnlySubstanceUnits():
                found = found / size
        allowed = float(settings["absolute"]) + float(settings["relative"]) * np.abs(expected)
        if not (np.abs(found - expected) <= allowed).all():
            return f"differs: in {key}, by {np.nanmax(np.abs(found - expected)):.1e}"
    return "agrees"


def suite_files(folder: Path) -> Iterator[Path]:
    """The newest core document of each case."""
    for case in sorted(path for path in folder.iterdir() if path.is_dir()):
        for level in ("l3v2", "l3v1", "l2v4"):
            file = case / f"{case.name}-sbml-{level}.xml"
            if file.is_file():
                yield file
                break


def judged(file: Path, how: Callable[[Path, Path], str]) -> str:
    """What comes of one file."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return how(file, Path(folder) / "book")
        except (RuleError, RuleErrors) as fault:
            error = fault.errors[0] if isinstance(fault, RuleErrors) else fault
            return f"refused: {error.message}"
        except Exception as fault:  # an escape, which is what this looks for
            return f"fails: {type(fault).__name__} {fault}"


def main(argv: list[str] | None = None) -> int:
    """Judge every file; exit with 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["models", "suite"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="files whose name holds one of these")
    given = parser.parse_args(argv)
    files = sorted(given.folder.glob("*.xml")) if given.what == "models" else list(suite_files(given.folder))
    how = against_roadrunner if given.what == "models" else against_results
    counts: Counter[str] = Counter()
    for file in files:
        if given.only and not any(word in file.name for word in given.only):
            continue
        said = judged(file, how)
        counts[said.partition(":")[0]] += 1
        print(file.stem, said, flush=True)
    print(", ".join(f"{word} {count}" for word, count in counts.most_common()), f"of {sum(counts.values())}")
    return 1 if counts["fails"] else 0


if __name__ == "__main__":
    sys.exit(main())
