"""Findings from folders of YAML files, every mistake with its file and line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from immunity.language.errors import Location, RuleError, RuleErrors, fail
from immunity.language.read import Document, read_documents
from immunity.language.refusals import describe, locate, refusals
from immunity.validate.expectation import Expectation, check_expectation
from immunity.validate.measure import check_measure
from immunity.validate.models import Finding

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Published:
    """A finding with the expectation read, and where it was written down."""

    finding: Finding
    expectation: Expectation
    document: Document = field(repr=False)

    @property
    def id(self) -> str:
        return self.finding.id

    def at(self, *path: str | int) -> Location:
        """Where a key of the finding stands."""
        return locate(self.document, path)


def load_findings(paths: Iterable[Path | str]) -> tuple[Published, ...]:
    """Read all findings of some folders or files, sorted by topic and id.

    Raises
    ------
    RuleErrors
        Everything that is wrong, each with file and line.
    """
    found: dict[str, Published] = {}
    errors: list[RuleError] = []
    for path in _files(paths, errors):
        try:
            documents = read_documents(path)
        except RuleError as error:
            errors.append(error)
            continue
        for document in documents:
            try:
                published = read_finding(document)
                if published.id in found:
                    first = str(found[published.id].at("id"))
                    raise fail("E802", at=published.at("id"), text=published.id, first=first)
                found[published.id] = published
            except RuleError as error:
                errors.append(error)
            except RuleErrors as several:
                errors.extend(several.errors)
    errors += _used_twice(found.values())
    if errors:
        raise RuleErrors(errors)
    return tuple(sorted(found.values(), key=lambda p: (p.finding.topic, p.id)))


def read_finding(document: Document) -> Published:
    """Hold one document against the schema of findings.

    Raises
    ------
    RuleError, RuleErrors
    """
    if not isinstance(document.data, dict):
        raise fail("E205", at=document.at(), text=document.data, found=describe(document.data))
    try:
        finding = Finding.model_validate(_as_schema_wants(document.data))
    except ValidationError as error:
        raise RuleErrors(refusals(error, Finding, document)) from None

    def at(*path: str | int) -> Location:
        return locate(document, path)

    check_measure(finding, at)
    return Published(finding, check_expectation(finding, at), document)


def _as_schema_wants(data: dict[str, object]) -> dict[str, object]:
    """Points are lists in YAML and tuples in the schema."""
    expect = data.get("expect")
    if not isinstance(expect, dict) or not isinstance(expect.get("points"), list):
        return data
    points = [tuple(point) if isinstance(point, list) else point for point in expect["points"]]
    return {**data, "expect": {**expect, "points": points}}


def _files(paths: Iterable[Path | str], errors: list[RuleError]) -> list[Path]:
    files: list[Path] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and not p.name.startswith("."))
            if not found:
                errors.append(fail("E117", text=str(path)))
            files += found
        elif path.exists():
            files.append(path)
        else:
            errors.append(fail("E101", text=str(path)))
    return files


def _used_twice(found: Iterable[Published]) -> list[RuleError]:
    """What a model was fitted to cannot also test it."""
    first: dict[str, Published] = {}
    errors = []
    for published in found:
        finding = published.finding
        key = finding.model_dump_json(include={"runs", "measure"})
        other = first.setdefault(key, published)
        if other.finding.used_for != finding.used_for:
            errors.append(fail("E808", at=published.at("used_for"), text=finding.id, first=other.id))
    return errors


def pick_findings(findings: Iterable[Published], ids: Iterable[str] | None) -> tuple[Published, ...]:
    """Choose findings by id or topic; all of them if none are named.

    Raises
    ------
    RuleError
        E801 for a name that is neither.
    """
    findings = tuple(findings)
    wanted = tuple(ids or ())
    known = {p.id for p in findings} | {p.finding.topic for p in findings}
    for name in wanted:
        if name not in known:
            raise fail("E801", text=name, known=known)
    return tuple(p for p in findings if not wanted or p.id in wanted or p.finding.topic in wanted)
