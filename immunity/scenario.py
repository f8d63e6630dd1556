"""Scenarios by name or path, with overrides from the command line or from Python."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from immunity._faces import face
from immunity.arguments import Word, check_text, label_of, parse_assignments, plain_data, under
from immunity.compiler.build import Compiled
from immunity.language.errors import Location, RuleErrors, fail
from immunity.language.load import Entry, load_book, validate_entry
from immunity.language.models import Scenario
from immunity.language.read import Document

LIFE = "life"  # scenarios of this name are made of a world and a schedule
_POSITION = re.compile(r"[0-9]{1,6}\Z")


def find_scenario(compiled: Compiled, name: str | Path) -> Entry:
    """The scenario of a name in the book, or of a file.

    Raises
    ------
    RuleError
        E601 for a name that is neither, E120 for one that cannot be written.
    """
    known = compiled.book.entries.get("scenario", {})
    check_text(str(name))
    if str(name) in known:
        return known[str(name)]
    if str(name).split(".")[0] == LIFE and not _is_file(Path(name)):
        return face("scenario_of_life")(str(name))
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or _is_file(path):
        found = [e for e in load_book([path], kind="scenario").entries.get("scenario", {}).values()]
        if len(found) == 1:
            return found[0]
    raise fail("E601", text=str(name), known=known)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def override(entry: Entry, changes: Mapping[str, Any]) -> Entry:
    """A scenario with some keys changed, checked anew.

    Parameters
    ----------
    entry : Entry
    changes : mapping
        Dotted paths to values: ``{"exposures.0.dose": "1e7 CFU", "host.age": "70 y", "days": 5}``. A fault in a value
        is located at the argument that gave it, not in the file of the scenario.

    Raises
    ------
    RuleError
        E608 for a path that leads nowhere, E120 for text that cannot be written; what validation raises for the rest.
    """
    if not changes:
        return entry
    document = entry.document
    data, origins = copy.deepcopy(document.data), dict(document.origins)
    nulls: list[tuple[str | int, ...]] = []
    for path, value in changes.items():
        at = Location(label_of(path, value), 0)
        check_text(path, at=at)
        where = _set(data, str(path), plain_data(value, at=at), at=at)
        origins[where] = at.file
        if value is None:
            nulls.append(where)
    changed = Document(document.file, data, document.marks, document.keys, tuple(nulls), origins)
    return validate_entry("scenario", changed)


def _set(data: Any, dotted: str, value: Any, *, at: Location) -> tuple[str | int, ...]:
    """Set one value, and hand back its path."""
    if dotted.startswith("numbers."):  # names of numbers have dots of their own
        number = str(value) if type(value) in (int, float) else value  # a pure number
        name, numbers = dotted.removeprefix("numbers."), data.setdefault("numbers", {})
        if not isinstance(numbers, dict):
            raise fail("E608", at=at, text=dotted, reason="numbers has no keys")
        numbers[name] = number
        return ("numbers", name)
    *parents, last = dotted.split(".")
    node, path = data, []
    for position, key in enumerate(parents):
        node = _step(node, key, dotted, at, make=position == 0 and key in ("host", "numbers"))
        path.append(int(key) if _POSITION.match(key) else key)
    if isinstance(node, list):
        index = _index(node, last, dotted, at)
        if index == len(node):
            node.append(value)
        else:
            node[index] = value
        return (*path, index)
    if not isinstance(node, dict):
        raise fail("E608", at=at, text=dotted, reason=f"{'.'.join(parents)} has no keys")
    node[last] = value
    return (*path, last)


def _step(node: Any, key: str, dotted: str, at: Location, *, make: bool) -> Any:
    if isinstance(node, dict):
        if key not in node and make:
            node[key] = {}
        if key not in node:
            if dotted.startswith(f"{key}.") and key in Scenario.model_fields:
                raise fail(
                    "E608",
                    at=at,
                    text=dotted,
                    reason=f"the scenario has no {key} yet: give them as one list, {key}='[{{...}}]'",
                )
            choices = [*node, *(Scenario.model_fields if dotted.startswith(f"{key}.") else ())]
            near = [dotted.replace(key, str(choice), 1) for choice in choices]
            raise fail("E608", at=at, text=dotted, reason=f"there is no {key!r}", known=near)
        return node[key]
    if isinstance(node, list):
        index = _index(node, key, dotted, at)
        if index < len(node):
            return node[index]
        before = dotted[: dotted.index(f".{key}.")]
        whole = f"{before}.{index}='{{...}}'"
        raise fail("E608", at=at, text=dotted, reason=f"{before} has no {key} yet: give the whole of it, {whole}")
    raise fail("E608", at=at, text=dotted, reason=f"there is no {key!r}")


def _index(node: list[Any], key: str, dotted: str, at: Location) -> int:
    if not _POSITION.match(key) or int(key) > len(node):
        raise fail("E608", at=at, text=dotted, reason=f"{key!r} is not a position from 0 to {len(node)}")
    return int(key)


__all__ = ["RuleErrors", "Word", "find_scenario", "override", "parse_assignments", "under"]
