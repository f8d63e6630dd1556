"""What an entry is, in sentences: classes, places, doses, changes. Rules are told elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from immunity.language.compiled import Compiled
from immunity.language.load import Entry
from immunity.language.phrases import Speaker, Teller, capital, evidence_of, number_phrase, sentence, words
from immunity.language.schedules import amount_words, condition_words, rate_words, reading_words


def facts_of(entry: Entry, compiled: Compiled, speaker: Speaker) -> Iterator[str]:
    """Tell what an entry is.

    Parameters
    ----------
    entry : Entry
    compiled : Compiled       for what is known only of the whole book: members of a class, numbers before a change
    speaker : Speaker
    """
    if tell := _OF_KIND.get(entry.kind):
        yield from tell(entry, compiled, Teller(speaker, frozenset()))
    for spread in getattr(entry.record, "variation", ()):
        note = f"; {spread.note}" if spread.note else ""
        yield f"{spread.number} varies between people by a factor of {spread.gsd}{evidence_of(spread)}{note}."


def _entity_facts(entry: Entry, compiled: Compiled, tell: Teller) -> Iterator[str]:
    record = entry.record
    yield from _classes(record, tell)
    for name, weight in record.carries.items():
        yield sentence(f"It carries {number_phrase(weight)} of {tell.label(name)}")
    spots = [_spot(place, states, tell) for place, states in record.lives_in.items()]
    if spots:
        yield sentence(f"Found in {'; '.join(spots)}; counted in {record.unit}")
    for group, members in record.brings.items():
        names = [member if isinstance(member, str) else member.id or member.of for member in members]
        yield sentence(f"It brings, of {tell.label(group)}: {', '.join(map(str, names))}")
    if record.over:
        yield sentence(f"Told apart by {', '.join(words(each) for each in record.over)}")
    for pool, amount in record.initial.items():
        yield sentence(f"At first there is {number_phrase(amount)} of {tell.thing(pool)}")
    for site, pool in getattr(record, "enters", {}).items():
        yield sentence(f"An exposure at {_where(site, tell)} adds to {tell.thing(pool)}")
    for route, pool in getattr(record, "given", {}).items():
        yield sentence(f"Given {words(route)}: a dose goes to {tell.thing(pool)}")
    for other in compiled.book.entries.get("scenario", {}).values():
        said = [each.threat for each in other.record.exposures] + [each.therapy for each in other.record.therapies]
        if entry.id in said:
            yield sentence(f"In the scenario {other.id}: {other.record.title}")


def _spot(place: str, states: list[str], tell: Teller) -> str:
    return _where(place, tell) + (f" ({', '.join(words(state) for state in states)})" if states else "")


def _where(place: str, tell: Teller) -> str:
    return tell.place_text(place) if not place.startswith("each ") else words(place)


def _classes(record: Any, tell: Teller) -> Iterator[str]:
    if record.is_:
        yield sentence(f"It belongs to: {', '.join(tell.label(each) for each in record.is_)}")


def _place_facts(entry: Entry, compiled: Compiled, tell: Teller) -> Iterator[str]:
    record = entry.record
    yield from _classes(record, tell)
    if record.volume is not None:
        note = f"; {record.volume.note}" if record.volume.note else ""
        yield sentence(f"Volume: {number_phrase(record.volume)}{note}")
    for link, place in record.links.items():
        yield sentence(f"Its {words(link)} is {'itself' if place == entry.id else tell.label(place)}")
    living = sorted({row.pool.entity for row in compiled.space.rows if row.pool.place == entry.id})
    if living:
        yield sentence(f"Found here: {', '.join(tell.label(each) for each in living)}")


def _class_facts(entry: Entry, compiled: Compiled, tell: Teller) -> Iterator[str]:
    record = entry.record
    if record.unit:
        yield sentence(f"Sensed as a signal in {record.unit}: what its members carry, over the volume of the place")
    if record.open:
        yield sentence("Open: a run has those members that its scenario meets")
    if record.requires:
        yield sentence(f"Every member declares these numbers: {', '.join(record.requires)}")
    members = [
        other.id
        for entries in compiled.book.entries.values()
        for other in entries.values()
        if entry.id in getattr(other.record, "is_", ()) or entry.id in getattr(other.record, "carries", {})
    ]
    yield sentence(f"Members: {', '.join(tell.label(each) for each in members) or 'none'}")


def _set_facts(entry: Entry, compiled: Compiled, tell: Teller) -> Iterator[str]:
    record = entry.record
    told = [name for name, _ in members_told(compiled, entry.id)]
    yield sentence(f"Members: {record.members if isinstance(record.members, int) else ', '.join(told) or 'none'}")
    if record.open:
        yield sentence("Open: a run has those members that its scenario meets")
    if record.unit:
        yield sentence(f"Sensed as a signal in {record.unit}: what carriers bring of a member, over the volume")
    if record.requires:
        yield sentence(f"Every member has these numbers: {', '.join(record.requires)}")
    for key, similarity in record.similarity.items():
        yield sentence(f"{capital(words(key))} follows from epitopes of kind {words(similarity.by)}")


def _members_facts(entry: Entry, compiled: Compiled, tell: Teller) -> Iterator[str]:
    names = [member if isinstance(member, str) else member.id or member.of for member in entry.record.members]
    yield sentence(f"Adds to {tell.label(entry.record.of)}: {', '.join(map(str, names))}")


def members_told(compiled: Compiled, group: str) -> list[tuple[str, str]]:
    """Every member of a set that the book knows, and who brings it."""
    known = compiled.space.membership
    return [(name, ", ".join(each.carrier.id for each in known.brought_as(group, name))) for name in known.rows[group]]


def _change_facts(entry: Entry, compiled: Compiled, tell: Teller) -> Iterator[str]:
    for change in entry.record.changes:
        yield change_sentence(change, {row.name: row.text for row in compiled.numbers.rows})
    for event in getattr(entry.record, "events", ()):
        yield event_sentence(event, tell)


def _host_facts(entry: Entry, compiled: Compiled, tell: Teller) -> Iterator[str]:
    record = entry.record
    for key, value in record.attributes.items():
        yield sentence(f"{capital(words(key))}: {value}")
    for usual in record.typical:
        whom = "".join(f" if {words(key)} is {value}" for key, value in usual.for_.items())
        points = ", ".join(f"{y} at {x}" for x, y in usual.curve.points)
        told = f"{words(usual.attribute)} follows {words(usual.curve.signal)}{whom}, where it is not given"
        yield f"{capital(told)} ({points}){evidence_of(usual.curve)}."
    yield sentence(f"Lives undisturbed for {record.settle} before a scenario starts")
    end = record.ends_when
    if end is not None:
        yield sentence(f"The run ends, outcome {end.outcome}, when {tell.thing(end.signal)} falls below {end.below}")
    yield from _change_facts(entry, compiled, tell)
    for pair in record.correlations:
        yield f"{pair.between[0]} and {pair.between[1]} are correlated, r = {pair.r}."


def _scenario_facts(entry: Entry, compiled: Compiled, tell: Teller) -> Iterator[str]:
    record = entry.record
    yield sentence(f"Lasts {record.days:g} days, reported every {record.every}")
    for key, value in record.host.items():
        if key == "history":
            yield sentence(f"History: {len(value)} episode{'s' if len(value) != 1 else ''}")
            continue
        listed = ", ".join(tell.label(str(each)) for each in value) if isinstance(value, list) else str(value)
        yield sentence(f"Host: {words(key)} {listed or 'none'}")
    for each in record.exposures:
        said = each.model_dump(by_alias=True, exclude_none=True)
        when = rate_words(said) or f"At {each.at}"
        yield sentence(f"{when}: {amount_words(said)} of {tell.label(each.threat)} on {tell.label(each.site)}")
    for each in record.therapies:
        times = f" every {each.every}" if each.every else ""
        until = f" until {each.until}" if each.until else ""
        route = f", {words(each.route)}" if each.route else ""
        start = f"From {each.from_}" if each.from_ else f"At {each.at or '0 day'}"
        said = each.model_dump(by_alias=True, exclude_none=True)
        number = f", {each.doses} times" if each.doses else ""
        lasting = f" for {each.lasting}" if each.lasting else ""
        waits = "".join(f", {phrase}" for phrase in condition_words(said))
        what = f"{amount_words(said)} of {tell.label(each.therapy)}"
        yield sentence(f"{start}: {what}{route}{times}{number}{lasting}{until}{waits}")
    for event in record.events:
        yield event_sentence(event, tell)
    for name, text in record.numbers.items():
        yield f"{name} is {text}."


def change_sentence(change: Any, before: Mapping[str, str]) -> str:
    """Tell what a deficiency or a host makes of a number.

    Parameters
    ----------
    change : Change
    before : mapping          name of a number -> its text in the reference person
    """
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
        since = f", counted from {words(curve.since.attribute)} {curve.since.at}," if curve.since else ""
        parts.append(f"follows {words(curve.signal)}{since} ({points}){evidence_of(curve)}")
    usual = f", where it is {before[change.number]} otherwise" if change.number in before else ""
    notes = [part.note for part in (change, change.set, change.multiply) if part is not None and part.note]
    note = f" ({'; '.join(notes)})" if notes else ""
    return f"{change.number} {' and '.join(parts)}{usual}{note}" + (f", for {who}." if who else ".")


def event_sentence(event: Any, tell: Teller) -> str:
    """Tell a dated change."""
    what = tell.thing(event.pool) if event.pool else event.number
    waits = condition_words(event.model_dump(by_alias=True, exclude_none=True))
    when = waits[0] if waits else f"At {event.at}"
    read = reading_words(event.model_dump(by_alias=True, exclude_none=True), tell.thing)
    if read:
        return sentence(f"{when}: {what} is {read}" if event.move_to is None else f"{when}: of {what}, {read}")
    if event.add is not None:
        return sentence(f"{when}: {event.add} is added to {what}{f' over {event.over}' if event.over else ''}")
    if event.scale is not None:
        return sentence(f"{when}: {what} is multiplied by {event.scale}")
    return sentence(f"{when}: {what} is set to {event.set}")


_OF_KIND: dict[str, Callable[[Entry, Any, Teller], Iterator[str]]] = {
    **dict.fromkeys(("cell", "molecule", "threat", "therapy"), _entity_facts),
    "place": _place_facts,
    "class": _class_facts,
    "set": _set_facts,
    "members": _members_facts,
    "deficiency": _change_facts,
    "host": _host_facts,
    "scenario": _scenario_facts,
}
