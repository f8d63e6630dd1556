"""Scenarios by name or path, with overrides from the command line or from Python."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from immunity.compiler.build import Compiled
from immunity.language.errors import Location, RuleErrors, fail
from immunity.language.load import Entry, load_book, validate_entry
from immunity.language.models import Scenario
from immunity.language.read import Document, read_documents


def find_scenario(compiled: Compiled, name: str | Path) -> Entry:
    """The scenario of a name in the book, or of a file.

    Raises
    ------
    RuleError
        E601 for a name that is neither.
    """
    known = compiled.book.entries.get("scenario", {})
    if str(name) in known:
        return known[str(name)]
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        found = [e for e in load_book([path], kind="scenario").entries.get("scenario", {}).values()]
        if len(found) == 1:
            return found[0]
    raise fail("E601", text=str(name), known=known)


def override(entry: Entry, changes: Mapping[str, Any]) -> Entry:
    """A scenario with some keys changed, checked anew.

    Parameters
    ----------
    entry : Entry
    changes : mapping
        Dotted paths to values: ``{"exposures.0.dose": "1e7 CFU", "host.age": "70 y", "days": 5}``.

    Raises
    ------
    RuleError
        E608 for a path that leads nowhere; what validation raises for the rest.
    """
    if not changes:
        return entry
    document = entry.document
    data = copy.deepcopy(document.data)
    for path, value in changes.items():
        _set(data, path, value, at=document.at())
    return validate_entry("scenario", Document(document.file, data, document.marks, document.keys))


def _set(data: Any, dotted: str, value: Any, *, at: Location) -> None:
    if dotted.startswith("numbers."):  # names of numbers have dots of their own
        number = str(value) if isinstance(value, int) else value  # a pure number, as the command line reads it
        data.setdefault("numbers", {})[dotted.removeprefix("numbers.")] = number
        return
    *parents, last = dotted.split(".")
    node = data
    for position, key in enumerate(parents):
        node = _step(node, key, dotted, at, make=position == 0 and key in ("host", "numbers"))
    if isinstance(node, list):
        index = _index(node, last, dotted, at)
        if index == len(node):
            node.append(value)
        else:
            node[index] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise fail("E608", at=at, text=dotted, reason=f"{'.'.join(parents)} has no keys")


def _step(node: Any, key: str, dotted: str, at: Location, *, make: bool) -> Any:
    if isinstance(node, dict):
        if key not in node and make:
            node[key] = {}
        if key not in node:
            choices = [*node, *(Scenario.model_fields if dotted.startswith(f"{key}.") else ())]
            near = [dotted.replace(key, str(choice), 1) for choice in choices]
            raise fail("E608", at=at, text=dotted, reason=f"there is no {key!r}", known=near)
        return node[key]
    if isinstance(node, list):
        index = _index(node, key, dotted, at)
        if index < len(node):
            return node[index]
    raise fail("E608", at=at, text=dotted, reason=f"there is no {key!r}")


def _index(node: list[Any], key: str, dotted: str, at: Location) -> int:
    if not key.isdigit() or int(key) > len(node):
        raise fail("E608", at=at, text=dotted, reason=f"{key!r} is not a position from 0 to {len(node)}")
    return int(key)


def parse_assignments(given: Sequence[str], prefix: str = "") -> dict[str, Any]:
    """Read ``key=value`` words; a value is a YAML scalar or flow list, anything else is text.

    Raises
    ------
    RuleError
        E608 for a word without ``=``, and the reader's errors for values that are not YAML.
    """
    changes: dict[str, Any] = {}
    for word in given:
        key, equals, text = word.partition("=")
        if not equals or not key.strip():
            raise fail("E608", text=word, reason="it has no '='")
        changes[prefix + key.strip()] = _value(text)
    return changes


def _value(text: str) -> Any:
    stripped = text.strip()
    if stripped[:1] not in "[{" or not stripped:
        return _scalar(stripped)
    return read_documents("(command line)", content=stripped.encode())[0].data


def _scalar(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


__all__ = ["RuleErrors", "find_scenario", "override", "parse_assignments"]
