"""A rule book tried as a whole: every scenario of it is put together, then it is reviewed."""

from __future__ import annotations

from immunity.compiler.build import Compiled
from immunity.compiler.faults import Faults
from immunity.compiler.host import build_case, meeting, whole
from immunity.compiler.members import met_in
from immunity.compiler.review import Review, review
from immunity.language.load import Entry


def review_of(compiled: Compiled) -> Review:
    """Put every scenario of a book together, and review the whole of it, what no scenario meets included.

    Raises
    ------
    RuleError, RuleErrors
        What is wrong with scenarios, all of them.
    """
    faults = Faults()
    for scenario in compiled.book.entries.get("scenario", {}).values():
        with faults:
            build_case(compiled, scenario)
    faults.settle()
    return review(whole(compiled))


def reviews_of_both(compiled: Compiled, below: Compiled) -> tuple[Review, Review]:
    """Review a book that lies over another, and the one below it.

    One that only adds is compiled with what its own entries meet, and so is the book below; of the scenarios that stood
    before, those are tried that meet nothing else. One that replaces anything is compiled whole, and all are tried.

    Raises
    ------
    RuleError, RuleErrors
        What is wrong with scenarios, all of them.
    """
    added = _added(compiled, below)
    everything = whole(compiled) if added is None else meeting(compiled, *added)
    known = below.book.entries.get("scenario", {})
    tries = compiled.book.entries.get("scenario", {})
    new = tries.keys() - known.keys()
    old = {name for name, each in tries.items() if name in known and known[name].record == each.record}
    if added is not None:
        met = met_in(compiled.book, *added)
        old = {name for name in old if met_in(compiled.book, tries[name]) <= met}
    longest = {_person(tries[name]): name for name in sorted(old, key=lambda name: tries[name].record.days)}
    faults = Faults()
    for name, scenario in tries.items():
        with faults:
            if name in old:  # the same host has been seen to grow older in another of them
                build_case(everything, scenario, all_met=True, ages=longest[_person(scenario)] == name)
            elif added is None or name in new:
                build_case(compiled, scenario)
    faults.settle()
    return review(everything), review(whole(below) if added is None else meeting(below, *added))


def _added(compiled: Compiled, below: Compiled) -> list[Entry] | None:
    """The entries of a book that lies over another, if these are all that is new; None if it replaces any."""
    above, under = compiled.book.entries, below.book.entries
    for kind, entries in under.items():
        if any(id not in above[kind] or above[kind][id].record != entry.record for id, entry in entries.items()):
            return None
    return [e for kind, held in above.items() for id, e in held.items() if id not in under.get(kind, {})]


def _person(scenario: Entry) -> str:
    """The host of a scenario and what it changes about it: two that are alike grow older alike."""
    return f"{scenario.record.host} {scenario.record.numbers}"
