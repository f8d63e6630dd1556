"""The lowest versions that CI installs are the lowest that the package allows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ASKED = re.compile(r"^(?P<name>[A-Za-z0-9_-]+)(?:\[.*\])?>=(?P<version>[0-9.]+)")
NOT_TESTED = {"sphinx", "myst-nb", "furo", "ruff", "pyright", "schemathesis"}  # they check with the newest release


def asked_for(project: dict) -> dict[str, str]:
    """Name -> lowest version that pyproject.toml allows, extras included."""
    lists: Iterable[list[str]] = [project["dependencies"], *project["optional-dependencies"].values()]
    found = [_ASKED.match(line) for lines in lists for line in lines]
    assert all(found), "every dependency names its lowest version"
    return {match["name"].lower(): match["version"] for match in found if match}


def pinned(text: str) -> dict[str, str]:
    """Name -> version that a constraints file names."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return dict(line.lower().split("==") for line in lines if line)


def disagreements(asked: dict[str, str], pins: dict[str, str]) -> list[str]:
    return [
        f"{name}: {version} is allowed, {pins.get(name)} is tested"
        for name, version in asked.items()
        if name not in NOT_TESTED and not _same(version, pins.get(name, ""))
    ]


def _same(one: str, other: str) -> bool:
    return re.sub(r"(\.0)+$", "", one) == re.sub(r"(\.0)+$", "", other)


def test_what_is_allowed_is_what_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = pinned((ROOT / ".ci" / "lowest.txt").read_text(encoding="utf-8"))
    assert disagreements(asked_for(project), pins) == []


def test_the_comparison_sees_a_difference() -> None:
    assert disagreements({"numpy": "2.2"}, {"numpy": "2.2.0"}) == []
    assert disagreements({"numpy": "2.2"}, {"numpy": "2.3.0"})
    assert disagreements({"numpy": "2.2"}, {})
    assert disagreements({"rich": "1"}, {"rich": "10"})
