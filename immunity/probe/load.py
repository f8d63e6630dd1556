"""Physiology from folders of YAML files, every mistake with its file and line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from immunity.language.errors import RuleError, RuleErrors, fail
from immunity.language.read import Document, read_documents
from immunity.language.refusals import describe, refusals
from immunity.probe.models import Bound, Design, Ending, Excuse, Order, Physiology


@dataclass(frozen=True)
class Invariants:
    """Everything that holds of a body, from all files."""

    design: Design
    bounds: tuple[Bound, ...]
    orders: tuple[Order, ...]
    endings: tuple[Ending, ...]
    excuses: tuple[Excuse, ...]


def load_physiology(paths: Iterable[Path | str]) -> Invariants:
    """Read all physiology of some folders or files.

    Raises
    ------
    RuleErrors
        Everything that is wrong, each with file and line.
    """
    parts: list[Physiology] = []
    errors: list[RuleError] = []
    for path in (file for given in paths for file in _files(Path(given))):
        try:
            parts += [_read(document) for document in read_documents(path)]
        except RuleError as error:
            errors.append(error)
        except RuleErrors as several:
            errors.extend(several.errors)
    designs = [part.design for part in parts if part.design is not None]
    if not errors and not designs:
        errors.append(fail("E811", reason="no file has a 'design'"))
    if errors:
        raise RuleErrors(errors)
    return Invariants(
        design=designs[-1],
        bounds=tuple(bound for part in parts for bound in part.bounds),
        orders=tuple(order for part in parts for order in part.orders),
        endings=tuple(ending for part in parts for ending in part.endings),
        excuses=tuple(excuse for part in parts for excuse in part.excuses),
    )


def _read(document: Document) -> Physiology:
    if not isinstance(document.data, dict):
        raise fail("E205", at=document.at(), text=document.data, found=describe(document.data))
    try:
        return Physiology.model_validate(document.data)
    except ValidationError as error:
        raise RuleErrors(refusals(error, Physiology, document)) from None


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.rglob("*.yaml") if not p.name.startswith("."))
        if not found:
            raise fail("E117", text=str(path))
        return found
    if not path.exists():
        raise fail("E101", text=str(path))
    return [path]
