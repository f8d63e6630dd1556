"""One host in one scenario: parameters changed by age, deficiency and override, and the list of dated events."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from immunity.compiler.attributes import attributes_of, idle_attributes
from immunity.compiler.build import Compiled
from immunity.compiler.cache import compile_met
from immunity.compiler.case import Case, Model, ReadoutInfo
from immunity.compiler.clock import TICKS_PER_DAY, at_tick, grid
from immunity.compiler.dated import Dated, Given, events_of, read_span
from immunity.compiler.factors import AGE, HISTORY, said
from immunity.compiler.happenings import deficiency_events, happenings
from immunity.compiler.history import read_history
from immunity.compiler.inflow import Inflow, with_inflows
from immunity.compiler.members import chosen, has_open_sets, met_in, not_met
from immunity.compiler.person import Person, ageing_events
from immunity.compiler.plans import read_ends
from immunity.compiler.readouts import of_age
from immunity.compiler.space import rule_entries
from immunity.compiler.tables import NO_EVENTS, Floats
from immunity.language.errors import fail
from immunity.language.load import Entry
from immunity.language.models import Scenario
from immunity.language.quantity import Quantity

MAX_OUTPUTS = 1_000_000
MAX_DAYS = 1e6  # some thousand years
KEPT = 16  # books as scenarios meet them, 10 to 20 MiB each

_MET: OrderedDict[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]], Compiled] = OrderedDict()


def build_case(compiled: Compiled, scenario: Entry, *, all_met: bool = False, ages: bool = True) -> Case:
    """Put the host of a scenario together.

    Parameters
    ----------
    compiled : Compiled
    scenario : Entry
        A validated entry of kind scenario, from the book or from a file.
    all_met : bool
        Whether the book is taken as it is, rather than the part of it that this host meets: the same faults, and no
        compiling for each scenario.
    ages : bool
        Whether the host grows and ages: only a check, which has seen the same host grow older than here, goes without.

    Raises
    ------
    RuleError
        E410, E516 and E6xx, located in the scenario.
    """
    record = scenario.record
    assert isinstance(record, Scenario)
    compiled = compiled if all_met else meeting(compiled, scenario)
    attributes, deficiencies = attributes_of(compiled.numbers, scenario)
    person = Person(compiled, scenario, attributes, deficiencies)
    theta = person.theta()
    days = _days(record, scenario)
    given = Given(compiled.space, len(theta))
    past = read_history(person, given)
    dated, taken, plans, chances = happenings(compiled, scenario, attributes, days, given)
    if past is None:
        dated = [*deficiency_events(compiled, attributes, deficiencies, given), *dated]
    ageing = ageing_events(person, 0.0, days) if ages else NO_EVENTS
    no_rates = np.zeros(len(given.inflows))
    age = attributes.get(AGE)
    start = age.value if isinstance(age, Quantity) else None
    model = _of_host(compiled.model, given.inflows, of_age(compiled.model.readouts, start, (start or 0.0) + days))
    known = [info.id for info in compiled.model.readouts]
    unmet = set(record.show).difference(known)
    if unmet:
        unmet &= {each.id for entry in rule_entries(compiled.book) for each in entry.record.readouts}
    for position, name in enumerate(record.show):
        if name not in known and name not in unmet:
            raise fail("E610", at=scenario.at("show", position), text=name, known=known)
    filled = record.model_dump(by_alias=True, exclude={"kind", "replace"}, exclude_none=True)
    host = {**{key: said(value) for key, value in attributes.items()}, "deficiencies": deficiencies}
    host |= {"history": record.host["history"]} if past is not None else {}
    return Case(
        model=model,
        title=record.title,
        scenario=record.id,
        days=days,
        theta=np.concatenate([theta, no_rates]),
        events=events_of(dated, ageing),
        plans=tuple(plans),
        chances=tuple(chances),
        past=None if past is None else replace(past, theta=np.concatenate([past.theta, no_rates])),
        ends=read_ends(compiled.model.tables, compiled.model.readouts, scenario),
        out_times=_out_times(record, scenario, days),
        filled={**filled, "host": host, "therapies": taken},
        show=tuple(name for name in record.show if name not in unmet) or tuple(known),
        warnings=(
            *compiled.model.warnings,
            *_warnings(compiled, record, dated, days, chance=bool(chances or (past and past.chances))),
        ),
    )


def _of_host(model: Model, inflows: Sequence[Inflow], readouts: tuple[ReadoutInfo, ...]) -> Model:
    """The model with what a host is given, and ranges of its age; the same object where neither changes it."""
    tables = with_inflows(model.tables, inflows)
    if tables is model.tables and readouts == model.readouts:
        return model
    return replace(model, tables=tables, readouts=readouts)


def meeting(compiled: Compiled, *starts: Entry) -> Compiled:
    """The book with those members of its open sets that entries (a scenario) meet; the same book without open sets."""
    book = compiled.book
    if not has_open_sets(book):
        return compiled
    return _with_met(compiled, met_in(book, *starts, known=compiled.space.membership))


def whole(compiled: Compiled) -> Compiled:
    """The book with all members of its open sets, met or not: what is listed, explained and traced."""
    return _with_met(compiled, None) if has_open_sets(compiled.book) else compiled


def _with_met(compiled: Compiled, met: frozenset[str] | None) -> Compiled:
    book = compiled.book
    kept = _parts(compiled, met)
    if kept == (*map(tuple, compiled.space.sets.values()), tuple(sorted(compiled.space.absent))):
        return compiled
    key = (*_named(compiled), kept)  # whatever else the scenarios name
    if key not in _MET:
        keep_met(KEPT - 1)
        _MET[key] = compile_met(book, kept, met)
    _MET.move_to_end(key)
    return _MET[key]


def _parts(compiled: Compiled, met: frozenset[str] | None) -> tuple[tuple[str, ...], ...]:
    """The members of each set that are there, and what is not."""
    sets = chosen(compiled.space.membership, met)
    return (*map(tuple, sets.values()), tuple(sorted(not_met(compiled.book, met))))


def met_lately(compiled: Compiled) -> list[Compiled]:
    """What scenarios have met of a book, as far as it is kept; last used first."""
    return [met for key, met in reversed(_MET.items()) if key[:2] == _named(compiled)]


def keep_met(most: int) -> None:
    """Forget books as scenarios meet them but for those that were used last."""
    while len(_MET) > most:
        _MET.popitem(last=False)


def forget_whole(compiled: Compiled) -> None:
    """Forget a book with all that can be met: 200 MB."""
    _MET.pop((*_named(compiled), _parts(compiled, None)), None)


def _named(compiled: Compiled) -> tuple[str, tuple[str, ...]]:
    return compiled.book.digest, compiled.book.files


def _warnings(compiled: Compiled, record: Scenario, dated: list[Dated], days: float, *, chance: bool) -> list[str]:
    found = [
        f"nothing in the rule book depends on the host's {key}"
        for key in idle_attributes(compiled.numbers, [key for key in record.host if key != HISTORY])
    ]
    if chance:
        found.append("exposures at a rate are drawn for each host from the seed, in deterministic mode as well")
    late = sum(event.time >= days and not event.ends for event in dated)
    if late:
        found.append(
            f"{late} event{'s' if late > 1 else ''} from day {days:g} on, when the scenario ends, never happen"
        )
    return found


def _days(record: Scenario, scenario: Entry) -> float:
    if not (math.isfinite(record.days) and record.days > 0):
        raise fail("E609", at=scenario.at("days"), text=record.days, reason="it is not a positive number of days")
    if record.days > MAX_DAYS:
        raise fail("E609", at=scenario.at("days"), text=record.days, reason=f"it is more than {MAX_DAYS:g} days")
    return at_tick(record.days)


def _out_times(record: Scenario, scenario: Entry, days: float) -> Floats:
    at = scenario.at("every")
    step = read_span(record.every, at)
    if step * TICKS_PER_DAY < 1.0 or days / step > MAX_OUTPUTS:
        raise fail("E609", at=at, text=record.every, reason="it is not a sensible output step")
    times = grid(step, math.floor(days / step + 1e-9))
    return times if abs(times[-1] - days) < 1e-9 else np.append(times, days)
