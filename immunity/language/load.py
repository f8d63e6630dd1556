"""A rule book from its files: folders laid over one another, every entry held against its schema."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from immunity.language.check import check_record
from immunity.language.errors import Location, RuleError, RuleErrors, fail
from immunity.language.models import FOLDERS, MODELS
from immunity.language.read import Document, read_bytes, read_documents
from immunity.language.refusals import describe, locate, refusals

MAX_FILES = 5_000
MAX_FAULTS = 200  # enough to mend; reading on would only take time
SUFFIXES = (".yaml", ".yml")
FINDINGS = "findings"

# a reference names an entity whatever its kind, so these share their ids
ENTITY_KINDS = ("cell", "molecule", "threat", "therapy")

_ID = re.compile(r"[a-z][a-z0-9_]*\Z")
_DOTTED_ID = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\Z")


@dataclass(frozen=True)
class Entry:
    """One entry of a rule book: its record (a model of `models.py`) and the document it came from."""

    kind: str
    id: str
    record: Any
    document: Document = field(repr=False)
    _found: dict[tuple[str | int, ...], Location] = field(default_factory=dict, repr=False, compare=False)

    def at(self, *path: str | int) -> Location:
        """Find where a value of the record stands."""
        found = self._found.get(path)
        if found is None:  # a rule of many instances asks for the same places again and again
            found = self._found[path] = locate(self.document, path)
        return found

    @cached_property
    def cited(self) -> tuple[tuple[tuple[str | int, ...], str], ...]:
        """Every source that the record names, with where."""
        return tuple(_cited(self.record, ()))


def _cited(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            held = getattr(value, name)
            if name == "source":
                yield from (((*path, name), key) for key in held)
            else:
                yield from _cited(held, (*path, type(value).model_fields[name].alias or name))
    elif isinstance(value, dict):
        for key, held in value.items():
            yield from _cited(held, (*path, key))
    elif isinstance(value, list | tuple):
        for position, held in enumerate(value):
            yield from _cited(held, (*path, position))


@dataclass(frozen=True)
class Book:
    """A rule book, every entry valid by itself.

    Attributes
    ----------
    entries : dict of dict       kind -> id -> Entry
    digest : str                 sha256 over the names and contents of the files
    files : tuple of str
    """

    entries: Mapping[str, Mapping[str, Entry]] = field(repr=False)
    digest: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class _File:
    path: Path
    name: str  # relative to the path that was given, so that the digest does not depend on where a book lies
    kind: str | None
    layer: int


def load_book(paths: Sequence[Path | str], *, kind: str | None = None) -> Book:
    """Read a rule book and the overlays laid over it.

    Parameters
    ----------
    paths : sequence of Path     folders or single files; later ones are laid over earlier ones
    kind : str, optional         kind of entries for which neither the entry nor a folder says one

    Returns
    -------
    Book

    Raises
    ------
    RuleErrors
        Everything that is wrong with files, keys and quantities. References are the compiler's business.
    """
    errors: list[RuleError] = []
    entries: dict[str, dict[str, Entry]] = {each: {} for each in MODELS}
    layers: dict[tuple[str, str], int] = {}
    digest = hashlib.sha256()
    files = list(_files(paths, kind, errors))
    with collector_paused():
        for file in files:
            if len(errors) >= MAX_FAULTS:
                break
            try:
                content = read_bytes(file.path)
                digest.update(f"{file.layer}:{file.name}:{len(content)}:".encode())
                digest.update(content)
                documents = read_documents(file.path, content=content)
            except RuleError as error:
                errors.append(error)
                continue
            for document in documents:
                if len(errors) >= MAX_FAULTS:
                    break
                entry = _entry(document, file.kind, errors)
                if entry is not None:
                    _put(entry, file.layer, entries, layers, errors)
    if errors:
        raise RuleErrors(errors)
    return Book(entries, digest.hexdigest(), tuple(str(file.path) for file in files))


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Reading and compiling make many small containers and no cycles; the collector would take a fifth of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def list_files(paths: Sequence[Path | str]) -> list[Path]:
    """List the files that `load_book` would read, in its order."""
    return [file.path for file in _files(paths, None, [])]


def validate_entry(kind: str, document: Document) -> Entry:
    """Hold one document against the schema of a kind.

    Parameters
    ----------
    kind : str               a key of `MODELS`
    document : Document      from the reader, or changed since

    Raises
    ------
    RuleErrors
        Everything that is wrong with its keys and quantities.
    """
    errors: list[RuleError] = []
    entry = _validated(kind, document, errors)
    if entry is None or errors:
        raise RuleErrors(errors)
    return entry


def _files(paths: Sequence[Path | str], kind: str | None, errors: list[RuleError]) -> Iterator[_File]:
    """List the files of all layers, each file once."""
    seen: set[str] = set()
    for layer, given in enumerate(paths):
        path = Path(given)
        if path.is_dir():
            found = _walk(path, kind, layer)
            if not found:
                errors.append(fail("E117", text=str(path)))
            if len(found) > MAX_FILES:
                errors.append(fail("E118", text=str(path), limit=MAX_FILES))
                continue
        else:
            found = [_File(path, path.name, FOLDERS.get(path.absolute().parent.name, kind), layer)]
        for file in found:
            resolved = os.path.realpath(file.path)  # unlike Path.resolve it bears links that lead in a circle
            if resolved not in seen:
                seen.add(resolved)
                yield file


def _walk(root: Path, kind: str | None, layer: int) -> list[_File]:
    """List the rule files of a folder, sorted, hidden ones and findings aside."""
    found: list[_File] = []
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name != FINDINGS)
        here = Path(folder)
        parts = [root.absolute().name, *here.relative_to(root).parts]
        said = next((FOLDERS[part] for part in reversed(parts) if part in FOLDERS), kind)
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                path = here / name
                found.append(_File(path, path.relative_to(root).as_posix(), said, layer))
        if len(found) > MAX_FILES:
            break
    return found


def _entry(document: Document, folder_kind: str | None, errors: list[RuleError]) -> Entry | None:
    """Find the kind of a document, and hold it against the schema; findings are left to others."""
    data = document.data
    if not isinstance(data, dict):
        errors.append(fail("E205", at=document.at(), text=data, found=describe(data)))
        return None
    kind = data.get("kind", folder_kind)
    if kind in ("finding", "trial"):  # read by others
        return None
    if kind is None:
        errors.append(fail("E207", at=document.at(), known=MODELS))
        return None
    if not isinstance(kind, str) or kind not in MODELS:
        errors.append(fail("E206", at=document.at("kind"), text=kind, known=[*MODELS, "finding", "trial"]))
        return None
    return _validated(kind, document, errors)


def _validated(kind: str, document: Document, errors: list[RuleError]) -> Entry | None:
    if document.nulls:
        errors.extend(fail("E211", at=document.at(*path), text=path[-1]) for path in document.nulls[:MAX_FAULTS])
        return None
    model: type[BaseModel] = MODELS[kind]
    try:
        record: Any = model.model_validate(document.data)
    except ValidationError as error:
        errors.extend(sorted(refusals(error, model, document), key=_line))
        return None
    pattern = _DOTTED_ID if kind == "scenario" else _ID
    if not pattern.match(record.id):
        errors.append(fail("E208", at=document.at("id"), text=record.id))
        return None
    entry = Entry(kind, record.id, record, document)
    errors.extend(sorted(check_record(record, entry.at), key=_line))
    return entry


def _line(error: RuleError) -> tuple[int, int]:
    return (error.location.line, error.location.column) if error.location else (0, 0)


def _put(
    entry: Entry,
    layer: int,
    entries: dict[str, dict[str, Entry]],
    layers: dict[tuple[str, str], int],
    errors: list[RuleError],
) -> None:
    """Add an entry, or replace the one it is laid over."""
    rivals = ENTITY_KINDS if entry.kind in ENTITY_KINDS else (entry.kind,)
    earlier = next((entries[kind][entry.id] for kind in rivals if entry.id in entries[kind]), None)
    if earlier is None:
        if entry.record.replace:
            known = [name for kind in rivals for name in entries[kind]]
            errors.append(fail("E210", at=entry.at("replace"), text=entry.id, kind=entry.kind, known=known))
    elif not entry.record.replace or layers[earlier.kind, earlier.id] == layer:
        first = str(earlier.at("id"))
        errors.append(fail("E413", at=entry.at("id"), text=entry.id, kind=earlier.kind, first=first))
        return
    else:
        del entries[earlier.kind][earlier.id]
    entries[entry.kind][entry.id] = entry
    layers[entry.kind, entry.id] = layer
