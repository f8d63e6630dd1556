"""Rules as English sentences, for `immunity explain` and for readers who review biology."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from immunity.language.load import Book, Entry
from immunity.language.models import Flow, Modifier, Readout, Signal
from immunity.language.phrases import Speaker, Teller, bound_in, capital, evidence_of, number_phrase, sentence, words


def flow_sentence(flow: Flow, speaker: Speaker) -> str:
    """Tell a flow in one sentence.

    Parameters
    ----------
    flow : Flow
    speaker : Speaker

    Returns
    -------
    str
        For instance: "Neutrophil extravasates from blood (circulating) to each site at 0.02 per day, up to 500-fold as
        CXCL8 in the site rises (half at 1 ug/L, Hill 2) [fitted; author2016word]."
    """
    tell = Teller(speaker, bound_in(flow))
    parts = [tell.event(flow), *tell.rate(flow)]
    text = " ".join(part for part in parts if part)
    text += "".join(f", {law}" for law in tell.laws(flow))
    text += tell.rate_evidence(flow)
    text += "".join(f"; each time {tell.side_effect(effect.pool, effect.amount)}" for effect in flow.also)
    return sentence(text)


def signal_sentence(signal: Signal, speaker: Speaker) -> str:
    """Tell what a signal is made of."""
    tell = Teller(speaker, bound_in(signal))
    name = signal.name or words(signal.id)
    where = f" in {tell.place_text(signal.at)}" if signal.at else ""
    of_what = f" of {words(signal.of)}" if signal.of else ""
    text = f"{capital(name)}{of_what}{where} is {tell.total(signal.sum, signal.constant, signal.per)}"
    return sentence(text + "".join(f", {law}" for law in tell.laws(signal)) + tell.unit(signal.unit))


def modifier_sentence(modifier: Modifier, speaker: Speaker) -> str:
    """Tell how an entity changes a rule of others."""
    tell = Teller(speaker, frozenset())
    laws = ", ".join(tell.laws(modifier)) or "nothing"
    return sentence(f"The flow {modifier.flow} is changed: {laws}")


def readout_sentence(readout: Readout, speaker: Speaker) -> str:
    """Tell what a readout reports."""
    tell = Teller(speaker, frozenset())
    if readout.signal is not None:
        what = tell.thing(readout.signal)
    else:
        what = tell.total(readout.sum, readout.constant, readout.per)
    text = f"{readout.name or readout.id}: {what}"
    if readout.offset:
        text += f", added to {readout.offset}"
    text += tell.unit(readout.unit)
    if readout.limit_of_detection:
        text += f"; below {readout.limit_of_detection} it is not detected"
    if readout.healthy:
        text += f"; in health {readout.healthy.lo} to {readout.healthy.hi}"
        text += f" [{', '.join(readout.healthy.source)}]" if readout.healthy.source else ""
    return sentence(text)


def describe_entity(id: str, record: Any, names: Mapping[str, str]) -> list[str]:
    """Tell all rules of an entry, one sentence each, numbers that others use included."""
    speaker = Speaker(id, record, names)
    lines: list[str] = []
    for key, tell in _TELLERS.items():
        lines += [tell(each, speaker) for each in getattr(record, key, ())]
    for name, number in getattr(record, "numbers", {}).items():
        lines.append(sentence(f"{capital(words(name))} is {number_phrase(number)}"))
    return lines


_TELLERS: dict[str, Callable[[Any, Speaker], str]] = {
    "flows": flow_sentence,
    "signals": signal_sentence,
    "modifies": modifier_sentence,
    "readouts": readout_sentence,
}


# whole entries -----------------------------------------------------------------------------------


def explain_entry(entry: Entry, compiled: Any) -> list[str]:
    """Explain an entry of any kind: what it is, its rules, what others say of it, and the papers.

    Parameters
    ----------
    entry : Entry
    compiled : Compiled         or anything else with the ``book`` that the entry is from

    Returns
    -------
    list of str                 lines for the console
    """
    book: Book = compiled.book
    names = display_names(book)
    record = entry.record
    lines = [_title(entry)]
    lines += [record.story] if record.story else []
    lines += list(_OF_KIND.get(entry.kind, _no_facts)(record, names))
    lines += [f"- {line}" for line in describe_entity(entry.id, record, names)]
    elsewhere = [f"- {line}" for line in _told_by_others(entry, book, names)]
    lines += ["", "Rules of others:", *elsewhere] if elsewhere else []
    papers = list(_papers("\n".join(lines), book))
    return [*lines, "", "Papers:", *papers] if papers else lines


def explain_rule(rule: Any, compiled: Any) -> list[str]:
    """Explain one flow: its sentence, where it stands, and its papers.

    Parameters
    ----------
    rule : Rule                 a flow with its ``record``, ``entry`` and ``name``
    compiled : Compiled
    """
    book: Book = compiled.book
    names = display_names(book)
    speaker = Speaker(rule.entry.id, rule.entry.record, names)
    lines = [f"{rule.name} ({rule.at('verb')})", flow_sentence(rule.record, speaker)]
    lines += [rule.record.note] if rule.record.note else []
    for other, modifier in _modifiers(book):
        if fnmatch.fnmatchcase(rule.name, modifier.flow):
            lines.append(f"- {modifier_sentence(modifier, Speaker(other.id, other.record, names))}")
    papers = list(_papers("\n".join(lines), book))
    return [*lines, "", "Papers:", *papers] if papers else lines


def display_names(book: Book) -> dict[str, str]:
    """Collect the display names of everything in a book."""
    return {
        id: entry.record.name for entries in book.entries.values() for id, entry in entries.items() if entry.record.name
    }


def _title(entry: Entry) -> str:
    xref = ", ".join(f"{key} {value}" for key, value in entry.record.xref.items())
    name = getattr(entry.record, "title", None) or entry.record.name or capital(words(entry.id))
    return f"{name} ({entry.kind} {entry.id})" + (f"; {xref}" if xref else "")


def _told_by_others(entry: Entry, book: Book, names: Mapping[str, str]) -> Iterator[str]:
    """Find the rules of other entries that name this one."""
    named = re.compile(rf"(?<![\w.]){re.escape(entry.id)}(?!\w)")
    for kind, entries in book.entries.items():
        for other in entries.values():
            if other is entry or kind in ("scenario", "sources"):
                continue
            speaker = Speaker(other.id, other.record, names)
            for key, tell in _TELLERS.items():
                for rule in getattr(other.record, key, ()):
                    if any(named.search(text) for text in _texts(rule)):
                        yield f"{tell(rule, speaker)} ({other.id})"


def _texts(value: Any) -> Iterator[str]:
    """All texts in a record that may be references; notes and quantities do no harm."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for name in value.model_fields_set - {"note", "id", "name"}:
            yield from _texts(getattr(value, name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _modifiers(book: Book) -> Iterator[tuple[Entry, Modifier]]:
    for entries in book.entries.values():
        for entry in entries.values():
            for modifier in getattr(entry.record, "modifies", ()):
                yield entry, modifier


def _papers(text: str, book: Book) -> Iterator[str]:
    """List the sources that a text names."""
    for entry in book.entries.get("sources", {}).values():
        for key, source in entry.record.sources.items():
            if re.search(rf"\b{re.escape(key)}\b", text):
                yield f"- {key}: {source.cite}" + (f" doi:{source.doi}" if source.doi else "")


# what only some kinds say -------------------------------------------------------------------------


def _no_facts(record: Any, names: Mapping[str, str]) -> Iterator[str]:
    return iter(())


def _entity_facts(record: Any, names: Mapping[str, str]) -> Iterator[str]:
    if record.is_:
        yield sentence(f"It is a {', a '.join(words(each) for each in record.is_)}")
    for name, weight in record.carries.items():
        yield sentence(f"It carries {number_phrase(weight)} of {words(name)}")
    spots = [
        (names.get(place) or words(place)) + (f" ({', '.join(words(state) for state in states)})" if states else "")
        for place, states in record.lives_in.items()
    ]
    if spots:
        yield sentence(f"Found in {'; '.join(spots)}; counted in {record.unit}")
    for pool, amount in record.initial.items():
        yield sentence(f"At first there is {number_phrase(amount)} {pool}")
    for key, ways in (("enters", "Enters"), ("given", "Given")):
        for way, pool in getattr(record, key, {}).items():
            yield sentence(f"{ways} {words(way)}: {pool}")


def _place_facts(record: Any, names: Mapping[str, str]) -> Iterator[str]:
    if record.is_:
        yield sentence(f"It is a {', a '.join(words(each) for each in record.is_)}")
    if record.volume is not None:
        yield sentence(f"Volume {number_phrase(record.volume)}")
    for link, place in record.links.items():
        yield sentence(f"Its {words(link)} is {names.get(place) or words(place)}")


def _class_facts(record: Any, names: Mapping[str, str]) -> Iterator[str]:
    if record.unit:
        yield sentence(f"Sensed as a signal in {record.unit}: what its members carry, over the volume of the place")
    if record.requires:
        yield sentence(f"Every member declares: {', '.join(words(each) for each in record.requires)}")


def _set_facts(record: Any, names: Mapping[str, str]) -> Iterator[str]:
    yield sentence(f"Members: {record.members if isinstance(record.members, int) else ', '.join(record.members)}")


def _change_sentence(change: Any) -> str:
    who = " and ".join(f"{words(key)} {value}" for key, value in change.for_.items())
    parts = []
    if change.multiply is not None:
        parts.append(f"is multiplied by {number_phrase(change.multiply)}")
    if change.set is not None:
        parts.append(f"is {number_phrase(change.set)}")
    if change.scales_with is not None:
        parts.append(f"scales with {words(change.scales_with)}" + (f"^{change.power}" if change.power != "1" else ""))
    for curve in change.curve if isinstance(change.curve, list) else [change.curve] if change.curve else []:
        points = ", ".join(f"{y} at {x}" for x, y in curve.points)
        parts.append(f"follows {words(curve.signal)} ({points}){evidence_of(curve)}")
    return sentence(f"{change.number} {' and '.join(parts)}" + (f" (for {who})" if who else ""))


def _event_sentence(event: Any) -> str:
    what = event.pool or event.number
    done = {"add": "is added to", "scale": "multiplies", "set": "becomes the value of"}
    key = next((key for key in done if getattr(event, key) is not None), "set")
    return sentence(f"At {event.at}, {getattr(event, key)} {done[key]} {what}")


def _host_facts(record: Any, names: Mapping[str, str]) -> Iterator[str]:
    for key, value in getattr(record, "attributes", {}).items():
        yield sentence(f"{capital(words(key))}: {value}")
    for change in record.changes:
        yield f"- {_change_sentence(change)}"
    for event in getattr(record, "events", ()):
        yield f"- {_event_sentence(event)}"
    for spread in getattr(record, "variation", ()):
        yield f"- {sentence(f'{spread.number} varies between people by a factor of {spread.gsd}{evidence_of(spread)}')}"


def _scenario_facts(record: Any, names: Mapping[str, str]) -> Iterator[str]:
    yield sentence(f"Lasts {record.days:g} days, reported every {record.every}")
    for key, value in record.host.items():
        yield sentence(f"Host: {words(key)} {', '.join(map(str, value)) if isinstance(value, list) else value}")
    for each in record.exposures:
        threat = names.get(each.threat) or words(each.threat)
        yield f"- {sentence(f'At {each.at}: {each.dose} of {threat} in {names.get(each.site) or words(each.site)}')}"
    for each in record.therapies:
        name = names.get(each.therapy) or words(each.therapy)
        times = f" every {each.every}" if each.every else ""
        until = f" until {each.until}" if each.until else ""
        start = each.from_ or each.at or "0 day"
        yield f"- {sentence(f'From {start}: {each.dose} of {name}{times}{until}')}"
    for event in record.events:
        yield f"- {_event_sentence(event)}"
    for name, text in record.numbers.items():
        yield f"- {sentence(f'{name} is {text}')}"


_OF_KIND: dict[str, Callable[[Any, Mapping[str, str]], Iterator[str]]] = {
    **dict.fromkeys(("cell", "molecule", "threat", "therapy"), _entity_facts),
    "place": _place_facts,
    "class": _class_facts,
    "set": _set_facts,
    "deficiency": _host_facts,
    "host": _host_facts,
    "scenario": _scenario_facts,
}
