"""Doses, schedules and conditions of a scenario in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def amount_words(entry: Mapping[str, Any]) -> str:
    """How much, and how fast: ``100 mg over 30 min``, ``5 mg/h for 6 h after 40 mg``."""
    over, loading = entry.get("over"), entry.get("loading")
    if entry.get("rate") is not None and isinstance(entry["rate"], str):
        said = f"{entry['rate']}{f' for {over}' if over else ''}"
    else:
        said = f"{entry.get('dose')}{f' over {over}' if over else ''}"
    return f"{said} after {loading}" if loading else said


def rate_words(entry: Mapping[str, Any]) -> str | None:
    """How often an exposure comes by chance; None if it is dated."""
    rate = entry.get("rate")
    if rate is None:
        return None
    held = {"value": rate} if isinstance(rate, str) else rate
    shaped = [word for key, word in (("by_age", "age"), ("by_season", "season")) if held.get(key)]
    return f"by chance, {held.get('value')}{' by ' + ' and '.join(shaped) if shaped else ''}"


def condition_words(entry: Mapping[str, Any]) -> list[str]:
    """What a course or a change waits for, each as a phrase."""
    found = []
    when = entry.get("when")
    if when:
        times = int(when.get("at_most") or 1)
        found.append(f"when {_level(when)}{f', up to {times} times' if times > 1 else ''}")
    if entry.get("only_if"):
        wait = entry["only_if"].get("wait")
        found.append(f"each only if {_level(entry['only_if'])}{f', else {wait} later' if wait else ''}")
    if entry.get("stop_when"):
        found.append(f"stopped when {_level(entry['stop_when'])}")
    return found


def reading_words(entry: Mapping[str, Any], name: Callable[[str], str]) -> str:
    """What an event does with what is in other pools; nothing if it says its amount itself."""
    if entry.get("move_to"):
        share = entry.get("share")
        return f"{f'a share of {share}' if share else 'all of it'} moved to {name(entry['move_to'])}"
    for key, verb in (("set_from", "set to"), ("add_from", "raised by")):
        if entry.get(key):
            parts = [part if isinstance(part, str) else part["of"] for part in entry[key]]
            factors = ["1" if isinstance(part, str) else part.get("times", "1") for part in entry[key]]
            said = [
                name(part) if times == "1" else f"{times} times {name(part)}"
                for part, times in zip(parts, factors, strict=True)
            ]
            return f"{verb} {' plus '.join(said)}"
    return ""


def told_together(lines: Sequence[str]) -> list[str]:
    """Sentences that differ in nothing but when, as one: ``BCG, 5e8 CFU, skin, at 21 d, 28 d and 35 d``."""
    times: dict[tuple[str, int], list[str]] = {}
    for nth, line in enumerate(lines):
        what, dated, when = line.rpartition(", at ")
        times.setdefault((what, -1) if dated and when[0].isdigit() else (line, nth), []).append(when)
    return [
        what if nth >= 0 else f"{what}, at {', '.join(when[:-1])}{' and ' if when[1:] else ''}{when[-1]}"
        for (what, nth), when in times.items()
    ]


def _level(level: Mapping[str, Any]) -> str:
    side = "above" if level.get("above") is not None else "below"
    return f"{level.get('readout')} is {side} {level.get(side)}"
