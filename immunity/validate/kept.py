"""Verdicts kept in a folder: what has not changed since is not simulated again.

A verdict belongs to what was simulated (tables, numbers, doses, seeds), to what was asked and to the code between;
words, papers and places of rules in files do not count, nor does what a scenario does not meet.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from immunity.cohorts import Wanted
from immunity.language.errors import fail
from immunity.language.quantity import Quantity
from immunity.validate.expectation import Expectation
from immunity.validate.judge import NOT_JUDGED, JudgedPoint, Verdict, without_points
from immunity.validate.load import Published

# what is said of a model, and not what it does
WORDS = {
    "asked",
    "digest",
    "filled",
    "flow_origin",
    "labels",
    "location",
    "parameter_sources",
    "places",
    "pool_origin",
    "show",
    "signal_origin",
    "sources",
    "title",
    "warnings",
}
NONE_KEPT = "no verdict of it is kept"
CODE = ("engine", "cohorts", "results", "validate", "compiler/case.py", "compiler/derive.py")


class KeptVerdicts:
    """A folder of verdicts, a file each.

    Raises
    ------
    RuleError
        E701 if the folder cannot be made or written to.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise fail("E701", text=str(folder), reason=error.strerror) from error
        if not os.access(folder, os.W_OK):
            raise fail("E701", text=str(folder), reason="it cannot be written to")
        self._folder = folder
        self._code = _digest_of_code()
        self._of_models: dict[int, tuple[Any, bytes]] = {}

    def key(self, published: Published, runs: Mapping[str, Wanted | str]) -> str:
        """What the verdict of a finding depends on, as a digest.

        Parameters
        ----------
        runs : mapping    what each of its runs simulates, or why it cannot be
        """
        digest = hashlib.sha256(self._code)
        asked = published.finding.model_dump(
            mode="json", exclude={"claim", "design", "cite", "doi", "page", "note", "known_gap", "evidence", "interval"}
        )
        digest.update(json.dumps(asked, sort_keys=True, default=str).encode())
        for name in sorted(runs):
            run = runs[name]
            digest.update(name.encode())
            if isinstance(run, str):
                digest.update(run.encode())
                continue
            feed(digest, [run.options, run.hosts, self._model(run.case.model)])
            feed(digest, [getattr(run.case, field.name) for field in fields(run.case) if field.name not in _PLAIN])
        return digest.hexdigest()

    def find(self, published: Published, key: str | None) -> Verdict | None:
        """The verdict, if it was kept under this key (None: any); a file that cannot be read is as good as none."""
        try:
            kept = json.loads((self._folder / f"{published.id}.json").read_text(encoding="utf-8"))
            if key is not None and kept["key"] != key:
                return None
            points = tuple(JudgedPoint(**point) for point in kept["points"])
            expectation: Expectation = published.expectation
            words = (expectation.unit.text, expectation.x_unit, expectation.scale)
            return Verdict(published.finding, kept["verdict"], *words, points, kept["reason"], kept["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def as_they_lie(self, findings: Iterable[Published]) -> list[Verdict]:
        """The verdicts in the folder, whatever has changed since; findings without one are not judged."""
        return [
            self.find(published, None) or without_points(published, NOT_JUDGED, NONE_KEPT) for published in findings
        ]

    def keep(self, verdict: Verdict, key: str) -> None:
        """Write one verdict, whole or not at all."""
        kept = {"key": key} | {name: getattr(verdict, name) for name in ("verdict", "reason", "seconds")}
        text = json.dumps(kept | {"points": [vars(point) for point in verdict.points]}, indent=1)
        file = self._folder / f"{verdict.id}.json"
        partial = file.with_suffix(f".{os.getpid()}.part")
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(file)

    def _model(self, model: Any) -> bytes:
        """Digest of a compiled book, taken once for each."""
        if id(model) not in self._of_models:
            digest = hashlib.sha256()
            feed(digest, model)
            self._of_models[id(model)] = (model, digest.digest())  # the model is held, so that its id stays its own
        return self._of_models[id(model)][1]


_PLAIN = {"model", "names", *WORDS}


def feed(digest: Any, value: Any) -> None:
    """Add a value to a digest, with its shape, so that different values give different digests.

    Raises
    ------
    TypeError
        For a kind of value that has no place in a digest.
    """
    if value is None or isinstance(value, str | bool | int | float):
        digest.update(f"{type(value).__name__}:{value!r};".encode())
    elif isinstance(value, bytes):
        digest.update(b"bytes:" + value)
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, np.generic):
        feed(digest, value.item())
    elif isinstance(value, Quantity):
        digest.update(repr(value).encode())
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name not in WORDS:
                digest.update(field.name.encode())
                feed(digest, getattr(value, field.name))
    elif isinstance(value, Mapping):
        _each(digest, "mapping", [part for key in sorted(value) for part in (key, value[key])])
    elif isinstance(value, Sequence):
        _each(digest, "sequence", value)
    elif isinstance(value, frozenset | set):
        _each(digest, "set", sorted(value))
    else:
        raise TypeError(f"{type(value).__name__} has no digest")


def _each(digest: Any, kind: str, values: Iterable[Any]) -> None:
    parts = list(values)
    digest.update(f"{kind}{len(parts)}[".encode())
    for part in parts:
        feed(digest, part)
    digest.update(b"]")


def _digest_of_code() -> bytes:
    """Digest of the code between a compiled case and a verdict."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for name in CODE:
        place = root / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(f"{file.relative_to(root)}\0".encode())
            digest.update(file.read_bytes())
    return digest.digest()
