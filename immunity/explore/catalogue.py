"""What a page may choose from: scenarios, deficiencies, drugs, germs, histories; all of it read from the rule book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from immunity.explore.session import Session
from immunity.language.load import Entry

HISTORIES = (("30 d", "a month before"), ("365 d", "a year before"), ("3650 d", "ten years before"))


def catalogue(session: Session) -> dict[str, Any]:
    """Everything there is to choose from, whatever the scenario."""
    book = session.book.book.entries
    examples = {key: _examples(session.scenarios.values(), key, named) for key, named in _LISTS.items()}
    return {
        "first": session.first,
        "scenarios": [
            {
                "id": entry.id,
                "title": entry.record.title,
                "story": entry.record.story or "",
                "group": _group(session, entry),
            }
            for entry in session.scenarios.values()
        ],
        "deficiencies": [_named(entry) for entry in _sorted(book.get("deficiency", {}))],
        "therapies": [
            _named(entry) | {"as": examples["therapies"][entry.id]}
            for entry in _sorted(book.get("therapy", {}))
            if entry.id in examples["therapies"]
        ],
        "threats": [
            _named(entry) | {"as": examples["exposures"][entry.id]}
            for entry in _sorted(book.get("threat", {}))
            if entry.id in examples["exposures"]
        ],
    }


_LISTS = {"therapies": "therapy", "exposures": "threat"}


def _named(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "name": entry.record.name or entry.id, "story": entry.record.story or ""}


def _sorted(entries: Mapping[str, Entry]) -> list[Entry]:
    return sorted(entries.values(), key=lambda entry: (entry.record.name or entry.id).lower())


def _examples(scenarios: Iterable[Entry], key: str, named: str) -> dict[str, dict[str, Any]]:
    """How each drug or germ is given in the first scenario that gives it: a dose and a way that make sense."""
    found: dict[str, dict[str, Any]] = {}
    for entry in scenarios:
        for given in entry.document.data.get(key) or ():
            if not {"when", "only_if", "stop_when", "rate"} & set(given):
                found.setdefault(given[named], dict(given))
    return found


def _group(session: Session, entry: Entry) -> str:
    """Under what to list a scenario: its first germ, its first drug, or neither."""
    data, book = entry.document.data, session.book.book.entries
    for key, kind in (("exposures", "threat"), ("therapies", "therapy")):
        for given in data.get(key) or ():
            known = book.get(kind, {}).get(given.get(_LISTS[key]))
            if known is not None:
                return known.record.name or known.id
    return "Others"


def setup(session: Session, entry: Entry) -> dict[str, Any]:
    """One scenario: who is in it, what is met and given, and what may have been lived through before."""
    data, record = entry.document.data, entry.record
    host = {key: value for key, value in (data.get("host") or {}).items()}
    case = session.case_of(entry)
    filled = case.filled.get("host", {})
    return {
        "id": entry.id,
        "title": record.title,
        "story": record.story or "",
        "days": case.days,
        "host": {key: filled.get(key) for key in ("age", "weight", "sex")} | {"given": host},
        "bounds": _bounds(session),
        "deficiencies": list(filled.get("deficiencies") or ()),
        "history": list(host.get("history") or ()),
        "histories": _histories(session, data),
        "exposures": [dict(each) for each in data.get("exposures") or ()],
        "therapies": [dict(each) for each in data.get("therapies") or ()],
        "show": list(case.show),
        "readouts": [
            {"id": info.id, "name": info.name, "panel": info.panel}
            for info in sorted(case.model.readouts, key=lambda info: (info.panel, info.name))
        ],
        "names": case.names,
    }


def _bounds(session: Session) -> dict[str, list[str]]:
    """What a host's attributes may be, as the rule book limits them."""
    found: dict[str, list[str]] = {}
    for host in session.book.book.entries.get("host", {}).values():
        found |= {key: list(limits) for key, limits in host.record.limits.items()}
    return found


def _histories(session: Session, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Pasts that bear on a scenario: the same germ met before, and vaccines that bring an antigen of it."""
    exposures = [dict(each, at="0 d") for each in data.get("exposures") or () if "rate" not in each]
    threats = session.book.book.entries.get("threat", {})
    found: list[dict[str, Any]] = []
    brought: set[str] = set()
    for each in exposures:
        threat = threats.get(each["threat"])
        brought |= _antigens(threat) if threat else set()
    living = [each for each in exposures if each["threat"] in threats and _antigens(threats[each["threat"]])]
    if living:
        found += [
            {"label": f"Met the same, {words}", "item": {"before": before, "exposures": living}}
            for before, words in HISTORIES
        ]
    for id, dosing in _examples(session.scenarios.values(), "therapies", "therapy").items():
        therapy = session.book.book.entries.get("therapy", {}).get(id)
        if therapy is None or not _antigens(therapy) & brought:
            continue
        dose = {key: value for key, value in dosing.items() if key in ("therapy", "dose", "route")} | {"at": "0 d"}
        found.append(
            {
                "label": f"{therapy.record.name}, two months before",
                "item": {"before": "60 d", "therapies": [dose]},
            }
        )
    return found


def _antigens(entry: Entry) -> set[str]:
    """Members of open sets that something brings, by name."""
    brings = getattr(entry.record, "brings", {})
    return {
        name
        for members in brings.values()
        for member in members
        if (name := member if isinstance(member, str) else (member.id or member.of))
    }
