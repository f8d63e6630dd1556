"""Which runs push a rule book beyond what it was fitted to: doses, schedules, hosts, defects and pairs."""

from __future__ import annotations

import copy
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from immunity.language.quantity import TIME, expect, parse_quantity
from immunity.probe.models import Design

LISTS = {"exposures": "threat", "therapies": "therapy", "events": "pool"}
MONTH, WEEKS = 30, 10
HOURS = 24  # into how many parts a dose over a day is cut
NO_DOSE = ("set",)  # events that set a pool are no dose
_NUMBER = re.compile(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(.*)$")


@dataclass(frozen=True)
class Trial:
    """One run: a scenario, who meets it, and what is changed.

    Attributes
    ----------
    id : str                 what was done, in words that stay the same from run to run
    along : tuple            by what it differs from other trials: (along, subject, id of the lesser trial)
    untouched : str          id of the trial of the same host, for as long, that meets nothing
    """

    id: str
    scenario: str
    days: float
    host: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    along: tuple[tuple[str, str, str], ...] = ()
    untouched: str = ""

    @property
    def command(self) -> str:
        """The command that runs it."""
        words = ["immunity", "run", self.scenario, "--days", f"{self.days:g}"]
        if self.host:
            words += ["--host", *(f"{key}={_word(value)}" for key, value in self.host.items())]
        if self.changes:
            words += ["--with", *(f"{key}={_word(value)}" for key, value in self.changes.items())]
        return shlex.join(words)


@dataclass(frozen=True)
class Item:
    """One thing given in a scenario: where it stands and what of it is a dose."""

    kind: str
    position: int
    subject: str
    key: str
    dose: str


def items_of(data: Mapping[str, Any]) -> list[Item]:
    """Everything in a scenario that has a dose."""
    found = []
    for kind, names in LISTS.items():
        for position, entry in enumerate(data.get(kind) or []):
            key = "add" if kind == "events" else "dose"
            if _NUMBER.match(str(entry.get(key, ""))) and names in entry:
                found.append(Item(kind, position, str(entry[names]).split()[0].split(".")[0], key, str(entry[key])))
    return found


def scaled(text: str, factor: float) -> str:
    """A dose times a factor, in its own unit.

    >>> scaled("1e5 CFU", 0.01)
    '1000 CFU'
    """
    number = _NUMBER.match(text)
    assert number is not None, text
    return f"{float(number[1]) * factor:.12g} {number[2]}".strip()


def with_untouched(trials: Iterable[Trial], scenarios: Mapping[str, Mapping[str, Any]]) -> Iterator[Trial]:
    """Each trial, and the same host for as long with nothing given; scenarios share it where they can."""
    for trial in trials:
        data = scenarios[trial.scenario]
        host = {**(data.get("host") or {}), **trial.host}
        who = ", ".join(f"{key}={_word(value)}" for key, value in sorted(host.items())) or "the reference host"
        own = f" of {trial.scenario}" if data.get("numbers") else ""
        name = f"nothing given to {who}{own} for {trial.days:g} days"
        nothing = {kind: [] for kind in LISTS if data.get(kind)}
        yield Trial(name, trial.scenario, trial.days, trial.host, nothing)
        yield replace(trial, untouched=name)


def gathered(trials: Iterable[Trial]) -> list[Trial]:
    """Each trial once, with all that it is compared with."""
    found: dict[str, Trial] = {}
    for trial in trials:
        kept = found.get(trial.id)
        along = trial.along if kept is None else tuple(dict.fromkeys((*kept.along, *trial.along)))
        found[trial.id] = replace(kept or trial, along=along)
    return list(found.values())


def trials_of(
    scenario: str,
    data: Mapping[str, Any],
    design: Design,
    *,
    deficiencies: tuple[str, ...],
    quick: bool = False,
) -> Iterator[Trial]:
    """Every trial of one scenario by itself; some come more than once, see ``gathered``.

    Parameters
    ----------
    data : mapping           the scenario as its file has it
    deficiencies : tuple     what hosts may lack; tried where something lives in the scenario
    quick : bool             the ends of the doses, and the extremes of age
    """
    rest = expect(parse_quantity(design.rest), TIME, what="a time").value
    items = items_of(data)
    days = _last_day(data) + rest
    base = Trial(scenario, scenario, days)
    for trial in _trials(base, data, items, design, deficiencies, quick=quick):
        yield trial
        yield from _after(trial, items, design)


def _trials(
    base: Trial,
    data: Mapping[str, Any],
    items: list[Item],
    design: Design,
    deficiencies: tuple[str, ...],
    *,
    quick: bool,
) -> Iterator[Trial]:
    scenario, days = base.scenario, base.days
    rest = expect(parse_quantity(design.rest), TIME, what="a time").value
    yield base
    factors = (design.factors[0], design.factors[-1]) if quick else tuple(design.factors)
    own = dict(data.get("host") or {})
    hosts = {name: {**attributes} for name, attributes in design.hosts.items() if name != design.adult}
    for item in items:
        yield from _doses(base, data, item, factors)
    for name, host in hosts.items():
        one = Trial(f"{scenario}, {name}", scenario, days, host, {}, (("host", name, base.id),))
        yield one
        if not quick:
            for item in items[:1]:
                yield from _doses(one, data, item, (factors[0], 1.0, factors[-1]))
    if items and not quick:
        yield from _schedules(base, data, items[0], rest, factors)
    if items and any(item.kind != "therapies" for item in items):
        has = list(own.get("deficiencies") or [])
        for name in deficiencies:
            if name not in has and not quick:
                host = {"deficiencies": [*has, name]}
                changed = Trial(f"{scenario}, {name}", scenario, days, host, {}, (("deficiency", name, base.id),))
                yield changed
                yield from _doses(changed, data, items[0], (factors[0], 1.0))
    if len(data.get("therapies") or []) and len(items) > len(data.get("therapies") or []):
        for position, entry in enumerate(data["therapies"]):
            left = [copy.deepcopy(other) for index, other in enumerate(data["therapies"]) if index != position]
            name = entry["therapy"]
            without = Trial(f"{scenario} without {name} ({position})", scenario, days, {}, {"therapies": left})
            yield without
            yield Trial(f"{scenario} with {name} ({position})", scenario, days, along=(("therapy", name, without.id),))


def pairs_of(scenarios: Mapping[str, Mapping[str, Any]], design: Design, *, every: int = 1) -> Iterator[Trial]:
    """Two scenarios in one person, the second a day after the first began; every k-th pair."""
    rest = expect(parse_quantity(design.rest), TIME, what="a time").value
    names = [name for name, data in scenarios.items() if items_of(data) and not data.get("numbers")]
    count = 0
    for position, first in enumerate(names):
        for second in names[position + 1 :]:
            count += 1
            if count % every:
                continue
            one, two = scenarios[first], scenarios[second]
            merged = {kind: [*copy.deepcopy(one.get(kind) or []), *_later(two.get(kind) or [])] for kind in LISTS}
            changes: dict[str, Any] = {kind: value for kind, value in merged.items() if value}
            lacks = [*((one.get("host") or {}).get("deficiencies") or [])]
            lacks += [d for d in ((two.get("host") or {}).get("deficiencies") or []) if d not in lacks]
            days = max(_last_day(one), 1.0 + _last_day(two)) + rest
            host = {"deficiencies": lacks} if lacks else {}
            yield Trial(f"{first} and {second}", first, days, host, changes)


def _after(trial: Trial, items: list[Item], design: Design) -> Iterator[Trial]:
    """The same host, dose and defect after each history that is to help against what is met; no schedules."""
    if any(along == "therapy" for along, _, _ in trial.along):
        return
    for past, against in design.histories.items():
        met = {_path(item) for item in items if item.subject in against}
        if met and set(trial.changes) <= met:
            name, host = f"{trial.id}, after {past}", {**trial.host, "history": [past]}
            yield replace(trial, id=name, host=host, along=(("history", past, trial.id),))


def _path(item: Item) -> str:
    return f"{item.kind}.{item.position}.{item.key}"


def _doses(base: Trial, data: Mapping[str, Any], item: Item, factors: tuple[float, ...]) -> Iterator[Trial]:
    """One item at several doses, each compared with the dose below it."""
    below = None
    for factor in sorted({*factors, 1.0}):
        name = base.id if factor == 1.0 else f"{base.id}, {factor:g} x {item.subject}"
        along = (("dose", item.subject, below),) if below is not None else ()
        if factor != 1.0:
            changes = {**base.changes, _path(item): scaled(item.dose, factor)}
            yield Trial(name, base.scenario, base.days, base.host, changes, along)
        elif along:
            yield Trial(name, base.scenario, base.days, base.host, base.changes, along)
        below = name


def _schedules(
    base: Trial, data: Mapping[str, Any], item: Item, rest: float, factors: tuple[float, ...]
) -> Iterator[Trial]:
    """A dose over a day, daily for a month, weekly for ten weeks; each at the middle and the ends of the doses."""
    for factor in (factors[0], 1.0, factors[-1]):
        dose = scaled(item.dose, factor)
        part = scaled(item.dose, factor / HOURS)
        for name, amount, step, count in (
            ("over a day", part, 1.0 / HOURS, HOURS),
            ("daily for a month", dose, 1.0, MONTH),
            ("weekly for ten weeks", dose, 7.0, WEEKS),
        ):
            entry = {k: v for k, v in data[item.kind][item.position].items() if k not in ("every", "from", "until")}
            start = _start(data[item.kind][item.position])
            times = [start + step * index for index in range(count)]
            copies = [{**entry, item.key: amount, "at": f"{time * 24:.10g} h"} for time in times]
            others = [o for index, o in enumerate(data[item.kind]) if index != item.position]
            changes = {item.kind: [*others, *copies]}
            days = max(base.days, times[-1] + rest)
            label = "" if factor == 1.0 else f"{factor:g} x "
            yield Trial(f"{base.id}, {label}{item.subject} {name}", base.scenario, days, base.host, changes)


def _later(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same a day later."""
    moved = []
    for entry in entries:
        copied = dict(entry)
        for key in ("at", "from", "until"):
            if key in copied:
                copied[key] = f"{(_day(copied[key]) + 1.0) * 24:.10g} h"
        if "at" not in copied and "from" not in copied:
            copied["at"] = "24 h"
        moved.append(copied)
    return moved


def _start(entry: Mapping[str, Any]) -> float:
    return _day(entry.get("at") or entry.get("from") or "0 day")


def _last_day(data: Mapping[str, Any]) -> float:
    """When the last thing is given, or the scenario ends as its author has it, if nothing is given."""
    times = [0.0]
    for kind in LISTS:
        for entry in data.get(kind) or []:
            times += [_day(entry[key]) for key in ("at", "until", "from") if entry.get(key)]
            if entry.get("doses") and entry.get("every"):
                wait = _day((entry.get("only_if") or {}).get("wait") or "0 day")
                times.append(_start(entry) + (int(entry["doses"]) - 1) * (_day(entry["every"]) + wait))
    return max(times)


def _day(text: str) -> float:
    return expect(parse_quantity(text), TIME, what="a time").value


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
