"""YAML files to plain data, with the place of every key and value kept.

PyYAML's parser finds the structure; scalars are resolved here by the YAML 1.2 core schema (so ``no`` is text and
``1e5`` a number). What can hide or repeat things (anchors, merge keys, tags, duplicate keys) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from immunity.language.errors import Location, RuleError, fail

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
MAX_DIGITS = 300
MAX_NODES = 200_000  # values and keys of a file: one of 2 MB can hold a million, and each is checked
MAX_DOCUMENTS = 10_000

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TRUTHS = {text: text.lower() == "true" for text in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")

Path_ = tuple[str | int, ...]
Mark = tuple[int, int]  # line and column; a Location is made of it only when it is asked for


@dataclass(frozen=True)
class Document:
    """One YAML document.

    Attributes
    ----------
    file : str
    data : plain data
    marks : dict                 path of keys and positions -> line and column of the value (a block: of its key)
    keys : dict                  the same path -> line and column of the key
    nulls : tuple                the paths that hold null
    origins : dict               the same path -> where else it was said, such as an argument of a command
    """

    file: str
    data: Any
    marks: dict[Path_, Mark] = field(repr=False)
    keys: dict[Path_, Mark] = field(repr=False)
    nulls: tuple[Path_, ...] = ()
    origins: Mapping[Path_, str] = field(default_factory=dict, repr=False)

    def at(self, *path: str | int, key: bool = False) -> Location:
        """Find where a value (or its key) stands, or the nearest thing around it that has a place."""
        for length in range(len(path), 0, -1) if self.origins else ():
            if path[:length] in self.origins:
                return Location(self.origins[path[:length]], 0)
        if key and path in self.keys:
            return Location(self.file, *self.keys[path])
        while path not in self.marks and path:
            path = path[:-1]
        return Location(self.file, *self.marks.get(path, (1, 0)))


def read_documents(path: Path | str, *, content: bytes | None = None) -> list[Document]:
    """Read all documents of a YAML file.

    Parameters
    ----------
    path : Path or str
    content : bytes, optional    the file's content, where it was read already

    Raises
    ------
    RuleError
        E1xx, with the place.
    """
    name = str(path)
    content = read_bytes(Path(path)) if content is None else content
    text = _decode(content, name)
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _invalid(error, name, text) from None
    if not builder.documents:
        raise fail("E113", at=Location(name, 1))
    return builder.documents


def read_bytes(path: Path) -> bytes:
    """Read a rule file as it is, if it is a regular file of reasonable size."""
    at = Location(str(path), 0)
    try:
        if not path.exists():
            raise fail("E101", text=str(path))
        if not path.is_file():
            raise fail("E102", text=str(path), reason="it is not a regular file")
        with path.open("rb") as stream:  # at most one byte too many, whatever the file claims to be
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            size = f"{path.stat().st_size / 1e6:.1f}"
            raise fail("E103", at=at, text=str(path), size=size, limit=f"{MAX_BYTES / 1e6:g}")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise fail("E102", at=at, text=str(path), reason=reason.lower()) from None
    return content


def _decode(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise fail("E104", at=Location(name, line), byte=error.start + 1) from None
    if found := _CONTROL.search(text):
        before = text[: found.start()]
        column = found.start() - (before.rfind("\n") + 1) + 1
        raise fail("E105", at=Location(name, before.count("\n") + 1, column), text=f"U+{ord(found[0]):04X}")
    return text


def _invalid(error: yaml.YAMLError, name: str, text: str) -> RuleError:
    """Turn the parser's complaint into ours."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error).strip().splitlines()[0]
    if mark is None:
        return fail("E106", at=Location(name, 1), reason=problem)
    if "end of stream" in problem and getattr(error, "context_mark", None):
        mark, problem = error.context_mark, "what begins here is not closed"  # pyright: ignore[reportAttributeAccessIssue]
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if line[mark.column : mark.column + 1] == "\t" or "\t" in line[: len(line) - len(line.lstrip())]:
        column = line.index("\t") + 1
        return fail("E107", at=Location(name, mark.line + 1, column), text="\\t")
    if "maximum nesting depth" in problem:  # newer libyaml has a limit of its own, and looks far ahead for it
        return fail("E115", at=Location(name, mark.line + 1, mark.column + 1), limit=MAX_DEPTH)
    if "found undefined alias" in problem:
        return fail("E109", at=Location(name, mark.line + 1, mark.column + 1), text=problem.split()[-1])
    return fail("E106", at=Location(name, mark.line + 1, mark.column + 1), text=line.strip() or None, reason=problem)


class _Frame:
    """An open list or mapping."""

    __slots__ = ("key", "path", "value")

    def __init__(self, value: Any, path: Path_) -> None:
        self.value = value
        self.path = path
        self.key: str | None = None


class _Builder:
    """Builds documents from parser events, one at a time and without recursion, so that depth costs nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.documents: list[Document] = []
        self._open: list[_Frame] = []
        self._root: Any = None
        self._marks: dict[Path_, Mark] = {}
        self._keys: dict[Path_, Mark] = {}
        self._nulls: list[Path_] = []
        self._nodes = 0

    def take(self, event: Any) -> None:
        """Take the parser's next event."""
        take = _TAKEN.get(type(event))
        if take is not None:
            take(self, event)

    def _mapping(self, event: Any) -> None:
        self._start(event, {})

    def _list(self, event: Any) -> None:
        self._start(event, [])

    def _close(self, event: Any) -> None:
        self._open.pop()

    def _alias(self, event: Any) -> None:
        raise fail("E109", at=self._place(event), text=f"*{event.anchor}")

    def _begin(self, event: Any) -> None:
        if event.tags:
            raise fail("E111", at=self._place(event), text="%TAG")
        if len(self.documents) >= MAX_DOCUMENTS:
            raise fail("E119", at=self._place(event), count=MAX_DOCUMENTS, what="entries")
        self._root, self._marks, self._keys, self._nulls = None, {}, {}, []

    def _finish(self, event: Any) -> None:
        if self._root is None:
            raise fail("E114", at=Location(self.name, *self._marks.get((), _mark(event))))
        self.documents.append(Document(self.name, self._root, self._marks, self._keys, tuple(self._nulls)))

    def _place(self, event: Any) -> Location:
        return Location(self.name, *_mark(event))

    def _scalar(self, event: Any) -> None:
        mark = _mark(event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise fail("E119", at=Location(self.name, *mark), count=MAX_NODES, what="keys and values")
        if event.anchor is not None or event.tag is not None:
            self._refuse_marked(event)
        plain = event.implicit[0]
        frame = self._open[-1] if self._open else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            frame.key = self._key(event.value, plain, frame, mark)
            self._keys[(*frame.path, frame.key)] = mark
            return
        value = self._resolved(event.value, mark) if plain else event.value
        path = self._attach(value)
        self._marks[path] = mark
        if value is None:
            self._nulls.append(path)

    def _start(self, event: Any, value: Any) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_marked(event)
        self._nodes += 1
        if len(self._open) >= MAX_DEPTH:
            raise fail("E115", at=self._place(event), limit=MAX_DEPTH)
        frame = self._open[-1] if self._open else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            raise fail("E112", at=self._place(event), text="a mapping" if isinstance(value, dict) else "a list")
        path = self._attach(value)
        mark = _mark(event)
        self._marks[path] = mark if event.flow_style else self._keys.get(path, mark)
        self._open.append(_Frame(value, path))

    def _attach(self, value: Any) -> Path_:
        """Put a value where it belongs, and give its path."""
        if not self._open:
            self._root = value
            return ()
        frame = self._open[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
            return (*frame.path, len(frame.value) - 1)
        key = frame.key or ""
        frame.value[key] = value
        frame.key = None
        return (*frame.path, key)

    def _key(self, text: str, plain: bool, frame: _Frame, mark: Mark) -> str:
        if plain:
            if text == "<<":
                raise fail("E110", at=Location(self.name, *mark), text=text)
            if not isinstance(self._resolved(text, mark), str):
                raise fail("E112", at=Location(self.name, *mark), text=text)
        if text in frame.value:
            first, _ = self._keys[(*frame.path, text)]
            raise fail("E108", at=Location(self.name, *mark), text=text, first=first)
        return text

    def _resolved(self, text: str, mark: Mark) -> Any:
        if len(text) > MAX_DIGITS and _INTEGER.match(text):
            raise fail("E116", at=Location(self.name, *mark), text=text, digits=len(text))
        return _resolve(text)

    def _refuse_marked(self, event: Any) -> None:
        if event.anchor is not None:
            raise fail("E109", at=self._place(event), text=f"&{event.anchor}")
        raise fail("E111", at=self._place(event), text=event.tag)


def _mark(event: Any) -> Mark:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


_TAKEN: dict[type, Callable[[_Builder, Any], None]] = {
    yaml.ScalarEvent: _Builder._scalar,
    yaml.MappingStartEvent: _Builder._mapping,
    yaml.SequenceStartEvent: _Builder._list,
    yaml.MappingEndEvent: _Builder._close,
    yaml.SequenceEndEvent: _Builder._close,
    yaml.AliasEvent: _Builder._alias,
    yaml.DocumentStartEvent: _Builder._begin,
    yaml.DocumentEndEvent: _Builder._finish,
}


def _resolve(text: str) -> Any:
    """Resolve a plain scalar by the core schema of YAML 1.2."""
    if text in _NULLS:
        return None
    if text in _TRUTHS:
        return _TRUTHS[text]
    first = text[0]
    if first not in "0123456789+-.":
        return text
    if _INTEGER.match(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.match(text):
        return float(text)
    if _SPECIAL.match(text):
        return float(text.replace(".", ""))
    return text
