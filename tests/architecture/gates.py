"""Gates: what no file of the package may do. Each takes a folder laid out as the package, and lists what is wrong."""

from __future__ import annotations

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

PACKAGE = Path(__file__).parents[2] / "immunity"

# a package may import those before it in this order, and itself
ORDER = {
    "_version": 0,
    "_faces": 0,
    "language": 1,
    "compiler": 2,
    "arguments": 2,
    "beside": 2,
    "scenario": 3,
    "engine": 3,
    "cohorts": 4,
    "why": 4,
    "results": 5,
    "validate": 6,
    "interop": 6,
    "probe": 7,
    "calibrate": 7,
    "trials": 7,
    "lifetime": 7,
    "scans": 8,
    "report": 9,
    "progress": 7,
    "api": 10,
    "ask": 11,
    "experiments": 11,
    "explore": 12,
    "": 12,  # immunity itself
    "cli": 13,
}
ENGINE_MAY = ("immunity.compiler.tables", "immunity.engine", "immunity.language.user_cache")
RANDOM_ONLY_IN = ("engine/rng.py",)
STATISTICS_ONLY_IN = (
    "trials/analyse.py",
    "trials/power.py",
    "trials/ranks.py",
    "scans/points.py",
)  # where nothing is drawn without a seed
UNIT_LIBRARIES = ("pint", "unyt", "astropy", "quantities", "sympy")

# words that ids of the rule book share with plain English, with the grammar, or with mathematics
PLAIN_WORDS = frozenset({"site", "sources", "person", "body", "node", "filter", "surface", "plain"})
OTHER_MEANINGS = frozenset({("engine/rng.py", "c3")})  # the last counter word of Philox

MODULE = {"median": 150, "p90": 400, "max": 600}
DATA = {"median": 40, "p90": 120, "max": 300}


def modules(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def ids_of(biology: Path) -> set[str]:
    """Every id of an entry of a rule book."""
    found: set[str] = set()
    for path in sorted(biology.rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found.add(document["id"])
    return found


# sizes ---------------------------------------------------------------------------------------------


def _percentile(values: list[int], share: float) -> int:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def size_faults(files: Iterable[Path], limits: dict[str, int]) -> list[str]:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    lengths = {path: length for path, length in lengths.items() if length}
    values = list(lengths.values())
    faults = [f"{path} has {n} lines, more than {limits['max']}" for path, n in lengths.items() if n > limits["max"]]
    if values and statistics.median(values) > limits["median"]:
        faults.append(f"the median has {statistics.median(values)} lines, more than {limits['median']}")
    if values and _percentile(values, 0.9) > limits["p90"]:
        faults.append(f"the 90th percentile has {_percentile(values, 0.9)} lines, more than {limits['p90']}")
    return faults


# imports -------------------------------------------------------------------------------------------


def imported(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file names in an import or hands to ``import_module``, relative ones made absolute."""
    package = ["immunity", *path.relative_to(root).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            whole = ".".join(part for part in (base, node.module) if part)
            yield from ((node.lineno, f"{whole}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            given = node.args[0] if node.args else None
            if isinstance(given, ast.Constant):
                yield node.lineno, str(given.value)


def _part(module: str) -> str:
    words = module.split(".")
    return words[1] if len(words) > 1 and words[1] in ORDER else ""


def import_faults(root: Path) -> list[str]:
    faults = []
    for path in modules(root):
        relative = path.relative_to(root)
        own = relative.parts[0].removesuffix(".py")
        own = own if own in ORDER else "cli" if own == "__main__" else ""
        for line, module in imported(path, root):
            if module.split(".")[0] != "immunity":
                continue
            other = _part(module)
            if other != own and ORDER[other] >= ORDER[own]:
                faults.append(f"{relative}:{line}: {own or 'immunity'} may not import {module}")
            elif own == "engine" and not module.startswith(ENGINE_MAY):
                faults.append(f"{relative}:{line}: the engine imports {module}, not only the tables")
    return faults


def library_faults(root: Path) -> list[str]:
    """Libraries of units outside the language."""
    return [
        f"{path.relative_to(root)}:{line}: {module} is imported outside the language"
        for path in modules(root)
        if path.relative_to(root).parts[0] != "language"
        for line, module in imported(path, root)
        if module.split(".")[0] in UNIT_LIBRARIES
    ]


# randomness -----------------------------------------------------------------------------------------


def random_faults(root: Path) -> list[str]:
    """Random numbers that do not come from the streams of the engine."""
    faults = []
    for path in modules(root):
        relative = path.relative_to(root).as_posix()
        if relative in RANDOM_ONLY_IN:
            continue
        for line, module in imported(path, root):
            if module.startswith("scipy.stats") and relative in STATISTICS_ONLY_IN:
                continue
            if re.match(r"(random|secrets|numpy\.random|scipy\.stats)\b", module):
                faults.append(f"{relative}:{line}: {module} is imported")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("np.random", "numpy.random"):
                faults.append(f"{relative}:{node.lineno}: {ast.unparse(node)} is used")
    return faults


# words ----------------------------------------------------------------------------------------------


def word_faults(root: Path, ids: set[str]) -> list[str]:
    """Ids of the rule book in the code, the texts or the comments of the engine and the compiler."""
    forbidden = {id for id in ids if id not in PLAIN_WORDS}
    faults = []
    for package in ("engine", "compiler"):
        for path in sorted((root / package).rglob("*.py")):
            relative = path.relative_to(root).as_posix()
            with tokenize.open(path) as stream:
                text = stream.read()
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type not in (tokenize.NAME, tokenize.STRING, tokenize.COMMENT):
                    continue
                for word in re.findall(r"[a-z0-9_]+", token.string.lower()):
                    if word in forbidden and (relative, word) not in OTHER_MEANINGS:
                        faults.append(f"{relative}:{token.start[0]}: {word}")
    return faults
