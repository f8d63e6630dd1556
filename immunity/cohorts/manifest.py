"""What an unfinished cohort was started with, so that it is only ever continued as the same cohort."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from immunity._version import __version__
from immunity.cohorts.batch import Options, cannot_write
from immunity.cohorts.content import feed
from immunity.compiler.case import Case
from immunity.language.errors import fail

MANIFEST = "manifest.json"
PACKAGES_BEHIND_NUMBERS = ("compiler", "engine", "cohorts")


def describe_cohort(case: Case, hosts: int, options: Options, shard: int) -> dict[str, Any]:
    """Everything that decides the numbers of a cohort, and how many hosts a file has."""
    return {
        "case": case_digest(case),
        "hosts": hosts,
        **asdict(options),
        "keep": list(options.keep),
        "version": __version__,
        "code": code_digest(),
        "shard": shard,
        "finished": False,
    }


def open_parts(out: Path, manifest: dict[str, Any], *, resume: bool) -> tuple[Path, dict[str, Any]]:
    """Make or check the folder of parts under ``out``; a cohort may be continued with more hosts.

    Returns
    -------
    folder, manifest
        As it stands from now on: shards are as large as the cohort began with.

    Raises
    ------
    RuleError
        E701 or E702 if it cannot be written, E723 if it holds an unfinished cohort that nobody asked to resume,
        E724 if it holds another cohort.
    """
    folder = out / "parts"
    try:
        path = folder / MANIFEST
        found = read_manifest(path)
        if found is not None and not resume:
            if not found.get("finished"):
                raise fail("E723", text=out)
            shutil.rmtree(folder)
            found = None
        if found is not None:
            refuse_other_cohort(out, found, manifest)
            if found["shard"] < 1:
                raise ValueError(path)
            manifest = {**manifest, "shard": found["shard"], "finished": found["finished"]}
            manifest["finished"] = found["finished"] is True and found["hosts"] == manifest["hosts"]
        write_manifest(folder, manifest)
    except OSError as error:
        raise cannot_write(out, error) from error
    except ValueError as error:
        raise fail("E724", text=out, reason="its manifest cannot be read") from error
    return folder, manifest


def read_manifest(path: Path) -> dict[str, Any] | None:
    """What is written there; None if there is no file.

    Raises
    ------
    ValueError
        If it is not a manifest.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(found, dict):
        raise ValueError(path)
    return found


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write it, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MANIFEST
    temporary = path.with_suffix(".writing")
    temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    temporary.replace(path)


def mark_finished(folder: Path) -> None:
    """Say that the result of these parts is written: they are kept so that hosts can be added."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    write_manifest(folder, {**manifest, "finished": True})


def refuse_other_cohort(out: Path, found: dict[str, Any], asked: dict[str, Any]) -> None:
    """Raise E724, naming what differs, unless the second describes the same cohort with as many hosts or more."""
    words = {
        "case": "the scenario or the rule book has changed",
        "code": "the simulator's code has changed",
    }
    differing = [
        words.get(key, f"{key} was {found.get(key)} and is now {asked.get(key)}")
        for key in sorted((asked.keys() | found.keys()) - {"shard", "finished"})
        if found.get(key) != asked.get(key) and not (key == "hosts" and _fewer(found.get(key), asked[key]))
    ]
    if not differing and not (isinstance(found.get("shard"), int) and "finished" in found):
        differing = ["it was written by another version"]
    if differing:
        raise fail("E724", text=out, reason="; ".join(differing))


def _fewer(found: Any, asked: int) -> bool:
    return isinstance(found, int) and 0 < found < asked


def case_digest(case: Case) -> str:
    """Fingerprint of all that a case hands to the engine."""
    digest = hashlib.sha256()
    for part in (
        case.model.tables,
        case.model.correlation,
        case.theta,
        case.events,
        case.out_times,
        case.plans,
        case.ends,
        case.chances,
        case.past,
        [
            (each.parameter, each.text, sorted(each.follows.items()), [(k, q.value) for k, q in each.where.items()])
            for each in case.model.formulas
        ],
    ):
        feed(digest, part)
    for spread in case.model.spreads:
        digest.update(f"{spread.parameter} {spread.sigma!r}".encode())
    return digest.hexdigest()


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
