"""What an unfinished cohort was started with, so that it is only ever continued as the same cohort."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from immunity._version import __version__
from immunity.cohorts.batch import Options, cannot_write
from immunity.compiler.case import Case
from immunity.language.errors import fail

MANIFEST = "manifest.json"
PACKAGES_BEHIND_NUMBERS = ("compiler", "engine", "cohorts")


def describe_cohort(case: Case, hosts: int, options: Options) -> dict[str, Any]:
    """Everything that decides the numbers of a cohort."""
    return {
        "case": case_digest(case),
        "hosts": hosts,
        **asdict(options),
        "version": __version__,
        "code": code_digest(),
    }


def open_parts(out: Path, manifest: dict[str, Any], *, resume: bool) -> Path:
    """Make or check the folder of parts under ``out``.

    Raises
    ------
    RuleError
        E701 or E702 if it cannot be written, E723 if it holds an unfinished cohort that nobody asked to resume,
        E724 if it holds another cohort.
    """
    folder = out / "parts"
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        if found is None:
            folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".writing")
            temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
            temporary.replace(path)
            return folder
    except OSError as error:
        raise cannot_write(out, error) from error
    except ValueError as error:
        raise fail("E724", text=out, reason="its manifest cannot be read") from error
    if not resume:
        raise fail("E723", text=out)
    refuse_other_cohort(out, found, manifest)
    return folder


def refuse_other_cohort(out: Path, found: dict[str, Any], asked: dict[str, Any]) -> None:
    """Raise E724, naming what differs, unless the two manifests describe the same cohort."""
    words = {
        "case": "the scenario or the rule book has changed",
        "code": "the simulator's code has changed",
    }
    differing = [
        words.get(key, f"{key} was {found.get(key)} and is now {asked.get(key)}")
        for key in sorted(asked.keys() | found.keys())
        if found.get(key) != asked.get(key)
    ]
    if differing:
        raise fail("E724", text=out, reason="; ".join(differing))


def case_digest(case: Case) -> str:
    """Fingerprint of all that a case hands to the engine."""
    digest = hashlib.sha256()
    for part in (case.model.tables, case.model.correlation, case.theta, case.events, case.out_times):
        _feed(digest, part)
    for spread in case.model.spreads:
        digest.update(f"{spread.parameter} {spread.sigma!r}".encode())
    return digest.hexdigest()


def _feed(digest: Any, part: Any) -> None:
    if isinstance(part, np.ndarray):
        digest.update(f"{part.dtype}{part.shape}".encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    elif is_dataclass(part):
        for item in fields(part):
            # where a row was written down does not change a number
            if not item.name.endswith("_origin"):
                digest.update(item.name.encode())
                _feed(digest, getattr(part, item.name))
    else:
        digest.update(repr(part).encode())


@cache
def code_digest() -> str:
    """Fingerprint of the sources that decide numbers."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for package in PACKAGES_BEHIND_NUMBERS:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
