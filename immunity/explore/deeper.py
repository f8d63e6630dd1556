"""One step further in: why a curve rose, who is in an organ, what a rule says."""

from __future__ import annotations

from typing import Any

import numpy as np

from immunity import ask
from immunity.compiler.build import Compiled
from immunity.compiler.host import forget_whole, met_lately
from immunity.explore.session import Made, Session
from immunity.language.errors import fail
from immunity.language.explain import explain_entry
from immunity.language.quantity import in_unit
from immunity.report.words import clock, number, unit_text
from immunity.results.present import find_readout
from immunity.results.why import why_of_host
from immunity.why import flow_words, told_by_level

MOST = 24  # of a list
LEAST = 1e-3  # of a cell or a molecule's unit


def why(made: Made, readout: str, day: float | None) -> dict[str, Any]:
    """Why a readout stood where it stood on a day; each cause with the rule behind it."""
    find_readout(made.run.record.infos, readout)
    found = why_of_host(made.run.record, readout, day, course=made.course)
    lines = [
        {"level": level, "text": text, "rule": rule, "share": round(min(cause.share, 1.0), 3)}
        for level, text, rule, cause in told_by_level(found.cause, found.labels)
    ]
    return {"readout": readout, "day": found.day, "head": next(found.lines()), "lines": lines}


def inhabitants(made: Made, place: str, day: float) -> dict[str, Any]:
    """Who is in a place on a day, and what flows there: who comes, who leaves, who dies, who is made."""
    record = made.run.record
    if place not in record.places:
        raise fail("E614", text=place, known=list(record.places))
    rates, labels = made.course.rates, record.case.model.labels if record.case else {}
    row = int(np.clip(np.searchsorted(rates.time, day + 1e-9, side="right") - 1, 0, len(rates.time) - 1))
    amounts: dict[tuple[str, str], list[float]] = {}
    for index, name in enumerate(record.pool_names):
        here, _, rest = name.partition(".")
        if here != place or not rest:
            continue
        entity = rest.split(".")[0].split("[")[0]
        found = amounts.setdefault((entity, record.pool_units[index]), [0.0, 0.0, 0.0])
        values = rates.pools[:, index]
        for at, value in enumerate((values[0], values[row], values.max())):
            found[at] += float(value)
    who = [
        {
            "id": entity,
            "name": labels.get(entity, entity.replace("_", " ")),
            "unit": unit_text(unit),
            "rest": number(rest),
            "now": number(now),
            "ratio": None if rest <= LEAST else round(now / rest, 4),
            "size": now,
        }
        for (entity, unit), (rest, now, most) in amounts.items()
        if max(now, rest, most) > LEAST
    ]
    who.sort(key=lambda each: (each["unit"] != unit_text("cell"), -each["size"]))
    return {
        "place": place,
        "name": record.places[place]["name"],
        "day": float(rates.time[row]),
        "when": clock(record.days).stamp(float(rates.time[row])),
        "who": who[:60],
        "flows": _flows(made, place, row),
    }


def _flows(made: Made, place: str, row: int) -> list[dict[str, Any]]:
    """The flows of a place that are furthest from their pace at the start, or the fastest if none has changed."""
    record, course = made.run.record, made.course
    assert record.case is not None
    tables, rates, labels = record.case.model.tables, course.rates, record.case.model.labels
    found = []
    for flow, name in enumerate(tables.names.flow):
        touched = tables.flows.stoich_pool[tables.flows.stoich_ptr[flow] : tables.flows.stoich_ptr[flow + 1]]
        if not any(record.pool_names[pool].startswith(f"{place}.") for pool in touched):
            continue
        before, now = float(rates.propensities[0, flow]), float(rates.propensities[row, flow])
        if max(before, now) <= 0.0:
            continue
        primary = int(tables.flows.primary[flow])
        unit = tables.names.pool_unit[primary if primary >= 0 else int(touched[0])]
        found.append((now, before, unit, name))
    changed = sorted(found, key=lambda each: -abs(np.log((each[0] + 1.0) / (each[1] + 1.0))))[:MOST]
    return [
        {
            "rule": name.partition("[")[0],
            "text": flow_words(name, labels),
            "now": f"{number(in_unit(now, f'{unit}/day'))} {unit_text(unit)} a day",
            "before": f"{number(in_unit(before, f'{unit}/day'))}",
        }
        for now, before, unit, name in changed
    ]


def explain(session: Session, name: str) -> dict[str, Any]:
    """What a rule, an entry, a readout or a number is: its sentence, its numbers with their status, its papers.

    Told of what the last runs met, if that has it: the whole book takes 200 MB and some seconds, and is not kept.
    """
    for met in met_lately(session.book):
        lines = ask.explained(name, met) or _of_place(name, met)
        if lines is not None:
            return {"name": name, "lines": lines}
    try:
        return {"name": name, "lines": str(ask.explain(name, book=session.book)).splitlines()}
    finally:
        forget_whole(session.book)


def _of_place(name: str, met: Compiled) -> list[str] | None:
    """What a place is, with who lives there of what was met."""
    entry = met.book.entries.get("place", {}).get(name)
    return entry and explain_entry(entry, met).lines()
