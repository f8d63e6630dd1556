"""Which instance of a declared signal a reference means: its place and the member it is of."""

from __future__ import annotations

from immunity.compiler.bind import Env, Scope, Value, member_of, place_of, reference_of
from immunity.compiler.signal_rows import Signals
from immunity.language.errors import Location, fail
from immunity.language.models import Signal
from immunity.language.references import Part, Reference


def bindings_of(
    signals: Signals, record: Signal, reference: Reference, scope: Scope, at: Location
) -> tuple[Env, str | None, str]:
    """Bindings for one instance of a declared signal, its place, and the tail of its name."""
    env: dict[str, Value] = {}
    place = _place_of_signal(signals, record, reference, scope, env, at)
    label = f" at {place}" if place else ""
    if record.of is None:
        if reference.indices is not None:
            raise fail("E405", at=at, text=reference.text, known=[record.id + label])
        return env, place, label
    part, domain, members = index_of(signals, record, at)
    if not reference.indices or len(reference.indices) != 1 or reference.indices[0].name is None:
        raise fail("E418", at=at, text=reference.text, signal=record.id, group=record.of)
    group = signals.space.group(part.name)
    if reference.indices[0].name not in scope.env:
        signals.space.check_met(group, reference.indices[0].name)
    member = member_of(reference.indices[0], group, members, scope, at=at)
    if member is None:
        raise fail("E404", at=at, text=reference.text, known=members)
    assert part.binds
    env[part.binds] = Value(domain, member, group)
    return env, place, f"{label}[{member}]"


def _place_of_signal(
    signals: Signals, record: Signal, reference: Reference, scope: Scope, env: dict[str, Value], at: Location
) -> str | None:
    """The place that a reference to a declared signal means; its variable is bound."""
    space = signals.space
    if record.at is None:
        if reference.place:
            raise fail("E405", at=at, text=reference.text, known=[record.id])
        return None
    own = reference_of(space, f"at {record.at}", None, at=at).place
    if own is None:
        raise fail("E400", at=at, text=record.at)
    if not own.each:
        place = place_of(space, own, Scope(None, {}), at=at)
        if reference.place and place_of(space, reference.place, scope, at=at) != place:
            raise fail("E405", at=at, text=reference.text, known=[f"{record.id} at {place}"])
        return place
    place = place_of(space, reference.place, scope, at=at)
    if place is None:
        raise fail("E406", at=at, text=reference.text, count="none: the place is missing")
    domain = space.domain(own.name)
    if domain is None or domain[0] != "place":
        raise fail("E407", at=at, text=own.name, known=["place", *space.place_classes])
    if place not in domain[1]:
        raise fail("E405", at=at, text=f"{record.id} at {place}", known=[f"{record.id} at {p}" for p in domain[1]])
    assert own.binds
    env[own.binds] = Value("place", place, own.name)
    return place


def index_of(signals: Signals, record: Signal, at: Location) -> tuple[Part, str, dict[str, int]]:
    """What a signal with ``of`` runs over."""
    assert record.of is not None
    part = reference_of(signals.space, record.of, None, at=at).entity
    domain = signals.space.domain(part.name) if part else None
    if part is None or not part.each or domain is None or domain[0] == "place":
        known = [
            f"each {name}"
            for name in (*signals.space.entity_classes, *signals.space.sets, *signals.space.member_classes)
        ]
        raise fail("E407", at=at, text=record.of, known=known)
    if part.name in signals.space.sets:
        return part, "set", signals.space.positions(part.name)
    return part, domain[0], {member: k for k, member in enumerate(domain[1])}


def every_instance(signals: Signals, record: Signal, at: Location) -> list[str]:
    """References to every instance of a declared signal."""
    places = [""]
    if record.at:
        own = reference_of(signals.space, f"at {record.at}", None, at=at).place
        domain = signals.space.domain(own.name) if own and own.each else None
        places = [f" at {place}" for place in domain[1]] if domain else [""]
    indices = [f" [{member}]" for member in index_of(signals, record, at)[2]] if record.of else [""]
    return [f"{record.id}{place}{index}" for place in places for index in indices]
