"""Events of SBML: when they happen, and what they set to what."""

from __future__ import annotations

from typing import Any, Protocol

from immunity.interop.algebra import Formula, names_in
from immunity.interop.sbml_math import value_of
from immunity.interop.sbml_model import Document, Happening, each_of, id_of


class Reader(Protocol):
    """Who reads the document that the event is in."""

    values: dict[str, float]

    def formula(self, thing: Any, math: Any, document: Document) -> Formula: ...
    def refused(self, thing: Any, what: str) -> Exception: ...


def happening_of(reader: Reader, document: Document, event: Any) -> list[Happening]:
    """An event, as one thing that happens, or none where it never does."""
    import libsbml as sbml

    if event.isSetPriority():
        raise reader.refused(event, "an event with a priority")
    trigger = event.getTrigger().getMath() if event.getTrigger() is not None else None
    ways = {
        sbml.AST_RELATIONAL_GT: "above",
        sbml.AST_RELATIONAL_GEQ: "above",
        sbml.AST_RELATIONAL_LT: "below",
        sbml.AST_RELATIONAL_LEQ: "below",
    }
    if trigger is None or trigger.getType() not in ways or trigger.getNumChildren() != 2:
        raise reader.refused(event, "an event that waits for more than one thing to pass a level")
    way, left, right = ways[trigger.getType()], trigger.getChild(0), trigger.getChild(1)
    if right.getType() in (sbml.AST_NAME, sbml.AST_NAME_TIME):
        way, left, right = {"above": "below", "below": "above"}[way], right, left
    if left.getType() not in (sbml.AST_NAME, sbml.AST_NAME_TIME):
        raise reader.refused(event, "an event that waits for a formula")
    level = _constant(reader, event, right, document)
    delay = _constant(reader, event, event.getDelay().getMath(), document) if event.isSetDelay() else 0.0
    sets = _sets(reader, event, delay, document)
    allowed = trigger.getType() in (sbml.AST_RELATIONAL_GEQ, sbml.AST_RELATIONAL_LEQ)
    begins = 0.0 if left.getType() == sbml.AST_NAME_TIME else reader.values.get(left.getName(), 0.0)
    true = begins > level if way == "above" else begins < level
    fires = (true or (allowed and begins == level)) and event.getTrigger().isSetInitialValue()
    fires = fires and not event.getTrigger().getInitialValue()
    if left.getType() == sbml.AST_NAME_TIME:
        if fires or (way == "above" and level > 0.0):
            return [Happening(id_of(event), max(level, 0.0) + delay, None, 0.0, sets)]
        return []  # true from the start: never becomes so
    name = left.getName()
    if name not in document.shown:
        raise reader.refused(event, f"an event that waits for {name!r}, which does not change")
    if true or fires:
        raise reader.refused(event, "an event whose trigger is true at the start")
    return [Happening(id_of(event), None, (name, way, level), delay, sets)]


def _sets(reader: Reader, event: Any, delay: float, document: Document) -> dict[str, Formula]:
    """What an event sets to what, in an order in which none reads what another has set."""
    trigger = event.getTrigger()
    if delay > 0.0 and trigger.isSetPersistent() and not trigger.getPersistent():
        raise reader.refused(event, "an event that is called off")
    sets = {
        each.getVariable(): reader.formula(event, each.getMath(), document)
        for each in each_of(event, "EventAssignment")
    }
    reads = {key: names_in(formula) & (set(document.amounts) | set(document.follows)) for key, formula in sets.items()}
    if delay > 0.0 and event.getUseValuesFromTriggerTime() and any(reads.values()):
        raise reader.refused(event, "an event that waits, and then sets what stood before it did")
    order: list[str] = []
    while len(order) < len(sets):
        left = [key for key in sets if key not in order]
        free = [key for key in left if not any(key in reads[other] for other in left if other != key)]
        if not free:
            raise reader.refused(event, "an event that exchanges what it sets")
        order.append(free[0])
    return {key: sets[key] for key in order}


def _constant(reader: Reader, thing: Any, math: Any, document: Document) -> float:
    formula = reader.formula(thing, math, document)
    names = {factor.name for term in formula for factor, _ in term.factors}
    if names - set(document.constants):
        raise reader.refused(thing, "a level or a delay that changes")
    return value_of(math, reader.values)
