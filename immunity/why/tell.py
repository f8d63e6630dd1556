"""Causes in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from immunity.why.causes import Cause

INDENT = "  "
ENDLESS = 1e6  # times the start from which on it is plain that it was not there
_FLOW = re.compile(r"(?P<rule>[^\[]+)(\[(?P<what>.*)\])?\Z")


@dataclass(frozen=True, repr=False)
class Why:
    """Why a readout stood where it stood.

    Attributes
    ----------
    readout, name, unit : str   of what is told
    start, now : float          in its unit
    day : float
    cause : Cause               what moved it, and what moved that
    labels : mapping            id -> what people call it
    """

    readout: str
    name: str
    unit: str
    start: float
    now: float
    day: float
    cause: Cause
    labels: Mapping[str, str]

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """One line for each cause, what lies behind it set in below it."""
        there = "" if self.unit == "1" else f" {self.unit}"
        compared = _compared(self.now, self.start, f"{plain(self.start)}{there}")
        yield f"{self.name} ({self.readout}) on day {self.day:.3g}: {plain(self.now)}{there}, {compared}"
        yield from tell(self.cause, self.labels)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, infinities as null."""
        told = {key: getattr(self, key) for key in ("readout", "name", "unit", "start", "now", "day")}
        return told | {"cause": asdict(self.cause)}


def tell(cause: Cause, labels: Mapping[str, str]) -> Iterator[str]:
    """Lines about what lies behind a cause."""
    if not cause.causes:
        yield f"{INDENT}nothing in the run moved it by much"
    for each in cause.causes:
        yield from _lines(each, labels, 1)


def told_by_level(cause: Cause, labels: Mapping[str, str], level: int = 1) -> Iterator[tuple[int, str, str, Cause]]:
    """What :func:`tell` tells, in parts: how far behind, the sentence, the rule if it is a flow's, the cause itself."""
    for each in cause.causes:
        yield level, _sentence(each, labels), _rule(each.id) if each.kind == "flow" else "", each
        yield from told_by_level(each, labels, level + 1)


def because(cause: Cause, labels: Mapping[str, str]) -> str:
    """The nearest thing outside that moved something, as the end of a sentence; empty if nothing did."""
    for each in cause.walk():
        if each is cause or each.kind not in ("amount", "signal") or each.repeated:
            continue
        if _entity(each) == _entity(cause) or each.ratio <= 0.0:
            continue
        grown = "from nothing" if each.ratio >= ENDLESS else f"{_times(each.ratio)} what it was"
        return f"{_subject(each, labels)}, {grown}"
    return ""


def _entity(cause: Cause) -> str:
    """The entity of a pool or its concentration, whatever its place and state; a signal is its own."""
    place, dot, rest = cause.id.strip("[]").partition(".")
    return rest.partition(".")[0] if dot else place


def _lines(cause: Cause, labels: Mapping[str, str], level: int) -> Iterator[str]:
    yield f"{INDENT * level}{_sentence(cause, labels)}"
    for each in cause.causes:
        yield from _lines(each, labels, level + 1)


def _sentence(cause: Cause, labels: Mapping[str, str]) -> str:
    share = f"{100.0 * min(cause.share, 1.0):.0f} %: "
    if cause.kind == "event":
        return f"{share}{plain(cause.now)} {cause.unit} given or met on day {cause.day:.3g}: {_subject(cause, labels)}"
    if cause.kind == "time":
        return f"{share}the time"
    if cause.kind == "flow":
        what, between = _flow(cause.id, labels)
        begun = cause.ratio >= ENDLESS
        pace = "not so at the start" if begun else f"{_times(cause.ratio)} its pace at the start"
        return f"{share}{', '.join(filter(None, (what, between)))}; {pace}  [{_rule(cause.id)}]"
    again = ", told above" if cause.repeated else ""
    unit = "" if cause.unit == "1" else f" {cause.unit}"
    pace = _compared(cause.now, cause.start, f"{plain(cause.start)}{unit}")
    return f"{share}{_subject(cause, labels)}: {plain(cause.now)}{unit} on day {cause.day:.3g}, {pace}{again}"


def _compared(now: float, start: float, said: str) -> str:
    if start == 0.0:
        return "none at the start" if now != 0.0 else "as at the start"
    ratio = now / start
    if not 0.0 < ratio < ENDLESS or (start < 0.0 or now < 0.0):
        return f"{said} at the start"
    return f"{_times(ratio)} {said} at the start" if abs(math.log(ratio)) > 0.01 else "as at the start"


def _times(ratio: float) -> str:
    if not math.isfinite(ratio) or ratio >= ENDLESS:
        return "from nothing"
    return f"{plain(ratio)} times" if ratio >= 0.01 else f"one {plain(1.0 / ratio)}th of"


def plain(value: float) -> str:
    """Three digits as people write them: 15,800 and 3.2 million, and no 1.58e+04."""
    size = abs(float(f"{value:.3g}"))
    for name, of in (("billion", 1e9), ("million", 1e6)):
        if of <= size < 1e3 * of:
            return f"{value / of:.3g} {name}"
    if 1e3 <= size < 1e6:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def _rule(flow: str) -> str:
    found = _FLOW.match(flow)
    return found["rule"] if found else flow


def _flow(id: str, labels: Mapping[str, str]) -> tuple[str, str]:
    """What a flow is called, and between what."""
    found = _FLOW.match(id)
    if found is None:
        return id, ""
    owner, _, verb = found["rule"].partition(".")
    moved, *bound = (found["what"] or "").split(";")
    ways = [_place_of(part.strip(), labels) for part in moved.split(">") if part.strip()]
    if len(ways) == 2 and ways[0].rpartition(" in ")[0] == ways[1].rpartition(" in ")[0]:
        ways[1] = ways[1].rpartition(" in ")[2]  # the same elsewhere
    given = [part.strip() for _, _, part in (each.partition("=") for each in bound)]
    between = ", ".join([" to ".join(ways), *(labels.get(part, _plain(part)) for part in given)])
    return f"{labels.get(owner, _plain(owner))}: {_plain(verb)}", between


def flow_words(id: str, labels: Mapping[str, str]) -> str:
    """What a flow is called, and between what, as one phrase."""
    return ", ".join(filter(None, _flow(id, labels)))


def _subject(cause: Cause, labels: Mapping[str, str]) -> str:
    """What a pool or signal is called: [plasma.il6] and plasma.il6 are IL-6 in blood plasma."""
    id = cause.id.strip("[]") if cause.id.startswith("[") else cause.id
    if "." in id and " " not in id:
        return _place_of(id, labels)
    head, at, rest = id.partition(" at ")
    place, _, of = rest.partition("[")
    text = labels.get(head, _plain(head))
    of = of.strip("]")
    return (
        text
        + (f" at {labels.get(place, _plain(place))}" if at else "")
        + (f" of {labels.get(of, _plain(of))}" if of else "")
    )


def _place_of(pool: str, labels: Mapping[str, str]) -> str:
    place, _, rest = pool.partition(".")
    if not rest:
        return labels.get(pool, _plain(pool))
    entity, *states = [part for part in rest.split(".") if not part.isdigit()]
    state = f" ({_plain(' '.join(states))})" if states else ""
    return f"{labels.get(entity, _plain(entity))}{state} in {labels.get(place, _plain(place))}"


def _plain(id: str) -> str:
    return id.replace("_", " ")
