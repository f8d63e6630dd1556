"""What was done to whom, in words: the host, the exposures and therapies, and how two runs differ in these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from immunity.language.schedules import amount_words, condition_words, rate_words, reading_words, told_together
from immunity.results.record import Record

SHORT = 70  # letters of a name that is read at a glance
_TOLD_BY_ANOTHER = ("size", "history")  # the size follows the weight; a history is told in short
_USUAL = {"gestation": "40 week", "breast_fed": "0 day"}  # of most people, and of no weight in adults
_TELL_NOTHING_OF_THE_PERSON = ("id", "name", "story", "note", "xref", "title", "days", "every", "show")


def host_words(record: Record) -> dict[str, str]:
    """The host as a person would put it; what is empty is left out."""
    host = record.filled.get("host", {})
    lived = {"history": _lived(record, host["history"])} if host.get("history") else {}
    told = {k: v for k, v in host.items() if k not in _TOLD_BY_ANOTHER and (k not in _USUAL or v != _USUAL[k])}
    said = {key: text for key, value in told.items() if (text := _said(record, value))}
    return said | lived


def host_line(record: Record) -> str:
    """The same in one line; what differs from most people in a way that no unit tells bears its name."""
    said = host_words(record).items()
    return ", ".join(f"{key.replace('_', ' ')} {text}" if key in _USUAL else text for key, text in said)


def _lived(record: Record, history: Sequence[Mapping[str, Any] | str]) -> str:
    """What was lived through before day 0; if it is long, how much of it."""
    told = [_lived_once(record, item) for item in history]
    return "; ".join(told) if len(told) <= 2 and sum(map(len, told)) <= SHORT else f"{len(told)} things met before"


def _lived_once(record: Record, item: Mapping[str, Any] | str) -> str:
    if isinstance(item, str):
        return name_of(record, item)
    ids = [entry.get("threat") for entry in item.get("exposures") or ()]
    ids += [entry.get("therapy") for entry in item.get("therapies") or ()]
    ids += [item["scenario"]] if item.get("scenario") else ["an event"] if item.get("events") else []
    when = f"{item['before']} before" if item.get("before") else f"at {item['age']}" if item.get("age") else ""
    return " ".join(filter(None, [_listed([name_of(record, str(id)) for id in dict.fromkeys(ids)]), when]))


def vary_words(record: Record) -> str:
    """In what the hosts of a cohort differ; the widest spread first."""
    spreads = {name: float(np.std(np.log(draws))) for name, draws in record.draws.items() if (draws > 0).all()}
    if not spreads:
        return "nothing but chance" if record.mode == "stochastic" else "nothing"
    widest = sorted(spreads, key=lambda name: -spreads[name])
    told = [f"{name.replace('_', ' ')} (by a factor of {np.exp(spreads[name]):.2g})" for name in widest[:3]]
    more = f" and {len(widest) - 3} more numbers" if len(widest) > 3 else ""
    return f"{', '.join(told)}{more}{', and chance' if record.mode == 'stochastic' else ''}"


def done_words(record: Record) -> dict[str, list[str]]:
    """What the host met and was given, with dose, place and time: a sentence each, and one where only times differ.

    Returns
    -------
    dict    exposures, therapies, events and numbers; what there is none of is left out
    """
    filled = record.filled
    said = {
        "exposures": [_exposure(record, e) for e in filled.get("exposures") or ()],
        "therapies": [_therapy(record, t) for t in filled.get("therapies") or ()],
        "events": [_event(record, e) for e in filled.get("events") or ()],
        "numbers": [f"{name} = {value}" for name, value in (filled.get("numbers") or {}).items()],
    }
    return {key: told_together(lines) for key, lines in said.items() if lines}


def title_of(title: str, changes: Mapping[str, Any], record: Record) -> str:
    """The title of a scenario, or one made of what was done to whom where a change has made it untrue.

    Parameters
    ----------
    title : str          as the scenario has it
    changes : mapping    dotted keys that were changed; their length and what is shown leave a title true
    """
    keys = {key.split(".", 1)[0] for key in changes}
    if "title" in keys or not keys - set(_TELL_NOTHING_OF_THE_PERSON):
        return title
    numbers = done_words(record).get("numbers", [])
    if not keys - {"numbers", *_TELL_NOTHING_OF_THE_PERSON}:
        return "; ".join(filter(None, [title, _shortened(numbers)]))  # what was met is as the scenario has it
    filled = record.filled
    met = _titled(record, filled.get("exposures") or (), "threat", "site", "dose")
    met += [_brief(_event(record, event)) for event in filled.get("events") or ()]
    given = _titled(record, filled.get("therapies") or (), "therapy", "", "dose")
    what = ", on ".join(part for part in (_listed(met), _listed(given)) if part) or "At rest"
    said = host_words(record)
    changed = [said.get(key.split(".")[1], "") for key in changes if key.startswith("host.")]
    whom = ", ".join(dict.fromkeys(filter(None, [said.get("deficiencies", ""), *changed])))
    parts = [_capital(what), *filter(None, [whom, _shortened(numbers)])]
    return "; ".join(parts)


def _titled(record: Record, entries: Sequence[Mapping[str, Any]], named: str, place: str, dose: str) -> list[str]:
    """Names with doses, and the place once where it is the same for all."""
    places = list(dict.fromkeys(str(entry.get(place)) for entry in entries))
    found = []
    for entry in entries:
        words = [str(entry.get(dose)), *([f"every {entry['every']}"] if entry.get("every") else [])]
        where = f", {name_of(record, str(entry.get(place))).lower()}" if place and len(places) > 1 else ""
        found.append(f"{in_sentence(name_of(record, str(entry.get(named))))} ({', '.join(words)}){where}")
    if place and len(places) == 1 and found:
        found[-1] += f", {name_of(record, places[0]).lower()}"
    return found


def labels_of_pair(one: Record, two: Record) -> tuple[str, str]:
    """What to call each of two runs: what differs between them, or their titles where too much does."""
    pairs = differences(one, two)
    titles = one.title, two.title
    if not pairs:
        return _apart(titles)[1] if titles[0] != titles[1] else ("first run", "second run")
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    given = _on_a_drug(one, two) if len(pairs) == 1 else None
    labels = given or (_listed(_without_repeats(first)), _listed(_without_repeats(second)))
    if labels[0] != labels[1] and max(map(len, labels)) <= SHORT:
        return labels
    if titles[0] != titles[1]:
        return _apart(titles)[1]
    return _shortened(first), _shortened(second)


def _on_a_drug(one: Record, two: Record) -> tuple[str, str] | None:
    """What to call two runs if one is given a drug that the other is not, and no more: on it, and without it."""
    lists = [list(record.filled.get("therapies") or ()) for record in (one, two)]
    more = (
        [entry for entry in lists[0] if entry not in lists[1]],
        [entry for entry in lists[1] if entry not in lists[0]],
    )
    if sorted(map(len, more)) != [0, 1]:
        return None
    drug = str((more[0] or more[1])[0].get("therapy", ""))
    if any(str(entry.get("therapy")) == drug for entry in (lists[0] if more[1] else lists[1])):
        return None  # more of what both are given
    name = in_sentence(name_of(one, drug))
    return (f"on {name}", f"without {name}") if more[0] else (f"without {name}", f"on {name}")


def _apart(titles: tuple[str, str]) -> tuple[str, tuple[str, str]]:
    """What two titles begin with alike, and how each goes on: "Flu", and "untreated" and "on a drug"."""
    parts = [title.split(", ") for title in titles]
    alike = 0
    while alike < min(map(len, parts)) - 1 and parts[0][alike] == parts[1][alike]:
        alike += 1
    return ", ".join(parts[0][:alike]), (", ".join(parts[0][alike:]), ", ".join(parts[1][alike:]))


def title_of_pair(one: Record, two: Record) -> str:
    """What a comparison is about: what both have in common, and what each is."""
    labels = labels_of_pair(one, two)
    common, ends = _apart((one.title, two.title))
    if one.title != two.title and labels == ends:
        return f"{common}: {ends[0]} or {ends[1]}" if common else f"{ends[0]} \N{EN DASH} or: {ends[1]}"
    return f"{one.filled.get('title', one.title)}: {labels[0]} or {labels[1]}"


def differences(one: Record, two: Record) -> list[tuple[str, str]]:
    """What was different between two runs, each as it stands in the first and in the second."""
    found: list[tuple[str, str]] = []
    hosts = [record.filled.get("host", {}) for record in (one, two)]
    for key in dict.fromkeys((*hosts[0], *hosts[1])):
        mine, other = (_said(record, host.get(key)) for record, host in zip((one, two), hosts, strict=True))
        if mine != other:
            nothing = "no deficiency" if key == "deficiencies" else f"no {key.replace('_', ' ')}"
            found.append((mine or nothing, other or nothing))
    found += _differing(one, two, "exposures", "threat", _exposure)
    found += _differing(one, two, "therapies", "therapy", _therapy)
    found += _differing(one, two, "events", "pool", _event)
    numbers = [record.filled.get("numbers") or {} for record in (one, two)]
    for name in dict.fromkeys((*numbers[0], *numbers[1])):
        mine, other = (n.get(name) for n in numbers)
        if mine != other:
            said = [
                f"{name} {value}" if value is not None else f"{name} as in the reference" for value in (mine, other)
            ]
            found.append((said[0], said[1]))
    if not found and one.mode != two.mode:
        found.append((one.mode, two.mode))
    if not found and one.seed != two.seed:
        found.append((f"seed {one.seed}", f"seed {two.seed}"))
    return found


def _differing(one: Record, two: Record, key: str, named: str, say: Any) -> list[tuple[str, str]]:
    """Entries of a list of exposures or doses that are not alike in both, by what they are of."""
    lists = [list(record.filled.get(key) or ()) for record in (one, two)]
    for entry in [e for e in lists[0] if e in lists[1]]:
        if entry in lists[1]:
            lists[0].remove(entry)
            lists[1].remove(entry)
    found = []
    for mine, other in zip_longest(*lists):
        if mine is not None and other is not None and mine.get(named) == other.get(named):
            unlike = [k for k in dict.fromkeys((*mine, *other)) if mine.get(k) != other.get(k)]
            if unlike and set(unlike) <= {"dose", "add", "at"}:
                found.append(tuple(", ".join(_part(k, e.get(k)) for k in unlike) for e in (mine, other)))
                continue
        there = mine or other or {}
        nothing = f"no {in_sentence(name_of(one, str(there.get(named) or 'event')))}"
        found.append((say(one, mine) if mine else nothing, say(two, other) if other else nothing))
    return found


def _part(key: str, value: Any) -> str:
    return f"at {value}" if key == "at" else str(value if value is not None else "none")


def name_of(record: Record, id: str) -> str:
    """What people call an entry of the rule book."""
    known = record.provenance.get("names", {})
    return str(known.get(id) or _capital(id.replace("_", " ")))


def in_sentence(name: str) -> str:
    """A name in the middle of a sentence: scrape, but Staphylococcus aureus, CRP and IL-6."""
    return name[:1].lower() + name[1:] if name.isalpha() and name[1:].islower() else name


def _exposure(record: Record, entry: Mapping[str, Any]) -> str:
    place = name_of(record, str(entry.get("site", ""))).lower()
    threat = name_of(record, str(entry.get("threat", "")))
    waits = ", ".join(condition_words(entry)) or rate_words(entry) or _when(entry.get("at"))
    return f"{threat}, {amount_words(entry)}, {place}, {waits}"


def _therapy(record: Record, entry: Mapping[str, Any]) -> str:
    parts = [name_of(record, str(entry.get("therapy", ""))), amount_words(entry)]
    if entry.get("route"):
        parts.append(str(entry["route"]).replace("_", " "))
    if entry.get("every"):
        begin, end = entry.get("from") or entry.get("at") or "0 d", entry.get("until")
        times = f" {entry['doses']} times" if entry.get("doses") else ""
        lasting = f" for {entry['lasting']}" if entry.get("lasting") else ""
        parts.append(f"every {entry['every']}{times}{lasting} from {begin}{f' until {end}' if end else ''}")
    elif not entry.get("when"):
        parts.append(_when(entry.get("from") or entry.get("at")))
    return ", ".join([*parts, *condition_words(entry)])


def _event(record: Record, entry: Mapping[str, Any]) -> str:
    """A dated change: so much more of a pool, or a number set to a value."""
    what = str(entry.get("pool") or entry.get("number") or "")
    thing, at, place = what.partition(" at ")
    named = name_of(record, thing) if entry.get("pool") else thing
    amount = reading_words(entry, lambda text: name_of(record, text.partition(" at ")[0]))
    if not amount:
        verb = next((verb for verb in ("add", "scale", "set") if entry.get(verb) is not None), "")
        words = {"add": "", "scale": "times ", "set": "set to "}
        amount = f"{words.get(verb, '')}{entry.get(verb, '')}"
    where = f", {name_of(record, place).lower()}" if at else ""
    over = f" over {entry['over']}" if entry.get("over") else ""
    waits = condition_words(entry) or [_when(entry.get("at"))]
    return f"{named}, {amount}{over}{where}, {', '.join(waits)}"


def _when(at: Any) -> str:
    text = str(at or "0 day")
    return "at the start" if text.split(" ")[0] in ("0", "0.0") else f"at {text}"


def _brief(sentence: str) -> str:
    """Dose and name of an exposure or therapy, without the place and the time where it is at the start."""
    return sentence.removesuffix(", at the start")


def _said(record: Record, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_lowered(name_of(record, str(v))) for v in value)
    text = str(value if value is not None else "").replace("_", " ")
    number, _, unit = text.partition(" ")
    return f"{number} years" if unit in ("y", "year", "years") else text


def _lowered(name: str) -> str:
    """The name of a deficiency inside a sentence: asplenia, chronic granulomatous disease, but C3 deficiency."""
    first = name.split(" ", 1)[0]
    return name[:1].lower() + name[1:] if first[1:].islower() else name


def _without_repeats(parts: list[str]) -> list[str]:
    return list(dict.fromkeys(parts))


def _shortened(parts: list[str]) -> str:
    kept = _without_repeats(parts)
    return ", ".join(kept[:2]) + (f", and {len(kept) - 2} more" if len(kept) > 2 else "")


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else " and ".join((", ".join(parts[:-1]), parts[-1])) if parts else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
