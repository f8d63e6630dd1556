"""Judges an invalid example: is it refused for its own reason, at its own line, with the near miss it should have?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from immunity.compiler.build import compile_book
from immunity.compiler.host import build_case
from immunity.language.errors import RuleError, RuleErrors
from immunity.language.load import load_book

HERE = Path(__file__).parent
BODY = HERE / "valid" / "body.yaml"

_HEAD = re.compile(
    r"# refused: (?P<code>E\d{3}), stage (?P<stage>load|compile|case)"
    r"(?:, near miss (?P<near>\S+))?, line (?P<line>\d+)\n"
)


@dataclass(frozen=True)
class Verdict:
    """What an example is to be refused for."""

    code: str
    stage: str
    near: str | None
    line: int


def expected(path: Path) -> Verdict:
    """Read the first line of an example."""
    found = _HEAD.match(path.read_text(encoding="utf-8"))
    assert found, f"{path.name} does not say in its first line what it is refused for"
    return Verdict(found["code"], found["stage"], found["near"], int(found["line"]))


def refusals_of(path: Path, stage: str) -> list[RuleError]:
    """Take an example as far as its stage, and collect what is said against it."""
    try:
        book = load_book([path] if stage == "load" else [BODY, path])
        if stage != "load":
            compiled = compile_book(book)
            for scenario in book.entries["scenario"].values():
                build_case(compiled, scenario)
    except RuleErrors as errors:
        return list(errors.errors)
    except RuleError as error:
        return [error]
    return []


def judge(path: Path, wanted: Verdict) -> list[str]:
    """List what is wrong with the refusal of an example; an empty list is a pass."""
    errors = refusals_of(path, wanted.stage)
    if len(errors) != 1:
        return [f"{len(errors)} refusals instead of one: {[str(error) for error in errors]}"]
    error = errors[0]
    at = error.location
    checks = {
        f"code {error.code} instead of {wanted.code}": error.code == wanted.code,
        f"no place: {error}": at is not None,
        f"file {at and at.file}": at is not None and at.file == str(path),
        f"line {at and at.line} instead of {wanted.line}": at is not None and at.line == wanted.line,
        f"suggests {error.suggestion} instead of {wanted.near}": wanted.near is None or error.suggestion == wanted.near,
        "does not say how to mend it": len(error.mend) > 8,
        f"leaves a blank in its text: {error.message} {error.mend}": "<"
        not in (error.message + error.mend).replace(str(error.text), ""),
    }
    return [fault for fault, passed in checks.items() if not passed]
