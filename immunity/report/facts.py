"""Who it is and what was done to them, as the head of the page lists it."""

from __future__ import annotations

from dataclasses import dataclass

from immunity.report.model import ReportInput


@dataclass(frozen=True)
class Fact:
    """One thing about a run, or about two: then ``lines`` holds what each has, and ``differs`` says whether it does."""

    name: str
    lines: tuple[tuple[str, ...], ...]
    differs: bool = False


def facts(report: ReportInput) -> list[Fact]:
    """The host, what was done, and how it was run; for a comparison, what differs side by side."""
    sides = [_of(report)] + ([_of(report.second)] if report.second is not None else [])
    found = []
    for name in dict.fromkeys(name for side in sides for name in side):
        lines = [side.get(name, ("none",)) for side in sides]
        differs = len(lines) > 1 and lines[0] != lines[1]
        found.append(Fact(name.replace("_", " "), tuple(lines if differs else lines[:1]), differs))
    return sorted(found, key=lambda fact: not fact.differs)


def _of(report: ReportInput) -> dict[str, tuple[str, ...]]:
    mode = report.mode if report.seed is None else f"{report.mode}, seed {report.seed}"
    host = {name: (str(value),) for name, value in report.host.items()}
    done = {name: tuple(lines) for name, lines in report.done.items()}
    return {**host, **done, "scenario": (report.scenario,), "mode": (mode,)}
