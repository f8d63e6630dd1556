"""The command validate: published findings judged by code."""

from __future__ import annotations

from cyclopts import App


def register(app: App) -> None:
    """Add the command."""
    del app


def finding_rows() -> list[tuple[str, str]]:
    """Findings by id."""
    return []
