"""Binding: what ``each`` runs over, and which pools a reference means under given bindings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from immunity.compiler.space import NotMet, Pool, Space
from immunity.language.errors import Location, fail
from immunity.language.references import Index, Part, Reference, parse_reference

MAX_INSTANCES = 1_000_000  # of one rule


class Value(NamedTuple):
    """What a variable stands for in one instance of a rule."""

    domain: str  # place | entity | set
    name: str
    group: str  # the class or set it runs over


Env = Mapping[str, Value]


class Scope(NamedTuple):
    """Where a reference stands: its own entity, the default place, and the bindings in force.

    ``summed`` names the variables that the sum at hand runs over by ``*``.
    """

    entity: str | None
    env: Env
    place: str | None = None
    summed: frozenset[str] = frozenset()

    def at(self, place: str | None) -> Scope:
        return self._replace(place=place) if place and place != self.place else self


def reference_of(space: Space, text: str, entity: str | None, *, at: Location | None) -> Reference:
    """Parse a reference and unfold its short forms.

    A bare place (by name, by ``each`` class or by a bound class) means the rule's own entity there.
    """
    known = space.lookup.references
    found = known.get((text, entity))
    if found is None:
        found = known[text, entity] = _unfolded(space, parse_reference(text, at=at), entity)
    return found


def _unfolded(space: Space, reference: Reference, entity: str | None) -> Reference:
    part = reference.entity
    if part is None or reference.place is not None:
        return reference
    if entity and not part.each and part.name in space.states(entity):
        return reference
    domain = space.domain(part.name)
    if part.name in space.places or (domain and domain[0] == "place"):
        return replace(reference, entity=None, place=part)
    return reference


def binders(space: Space, references: Iterable[Reference], *, at: Location | None) -> dict[str, list[Value]]:
    """Every variable the references bind, with the values it runs over.

    Raises
    ------
    RuleError
        E407 for an unknown class or set, E415 for a variable that means two things.
    """
    found: dict[str, list[Value]] = {}
    for reference in references:
        for part in (reference.entity, reference.place, *(reference.indices or ())):
            if part is None or not part.binds or part.name is None:
                continue
            domain = space.domain(part.name)
            if domain is None:
                raise fail("E407", at=at, text=part.name, known=space.domain_names())
            group = space.group(part.name)
            values = [Value(domain[0], member, group) for member in domain[1]]
            named = part.binds in space.places or part.binds in space.entities
            if named or (part.binds in found and found[part.binds] != values):
                raise fail("E415", at=at, text=part.binds)
            found[part.binds] = values
    return found


def instances(found: dict[str, list[Value]], *, at: Location | None = None) -> Iterator[Env]:
    """All combinations of bound values.

    Raises
    ------
    RuleError
        E421 for more than can be worked through.
    """
    names = list(found)
    count = math.prod(len(values) for values in found.values())
    if count > MAX_INSTANCES:
        raise fail("E421", at=at, text=", ".join(names), count=f"{count:.3g} instances", limit=f"{MAX_INSTANCES:,}")
    for combination in itertools.product(*found.values()):
        yield dict(zip(names, combination, strict=True))


def _bound(part: Part | Index, env: Env) -> Value | None:
    key = part.binds or part.name
    return env.get(key) if key else None


def place_of(space: Space, part: Part | None, scope: Scope, *, at: Location | None) -> str | None:
    """The place a part names; None if there is no part and no default."""
    if part is None:
        return scope.place
    value = _bound(part, scope.env)
    name = value.name if value and value.domain == "place" else part.name
    if name not in space.places:
        variables = [key for key, bound in scope.env.items() if bound.domain == "place"]
        domain = space.domain(name)
        if part.each and domain is not None and domain[0] != "place":
            raise fail("E407", at=at, text=name, known=["place", *space.place_classes])
        if domain is not None:
            raise fail("E408", at=at, text=name, known=variables)
        raise fail("E402", at=at, text=name, known=[*space.places, *variables])
    if name in space.absent:
        raise NotMet(name)
    if part.tail is None:
        return name
    links: dict[str, str] = space.places[name].record.links  # type: ignore[attr-defined]
    if part.tail not in links:
        raise fail("E409", at=at, text=part.tail, known=links, place=name)
    linked = links[part.tail]
    if linked not in space.places:
        raise fail("E402", at=space.places[name].at("links", part.tail), text=linked, known=space.places)
    if linked in space.absent:
        raise NotMet(linked)
    return linked


def entity_and_state(
    space: Space, part: Part | None, scope: Scope, *, at: Location | None
) -> tuple[str | None, str | None]:
    """(entity, state) a part names; the scope's own entity where it may be left out."""
    if part is None:
        return scope.entity, None
    value = _bound(part, scope.env)
    if value and value.domain == "entity":
        return value.name, part.tail
    if part.name in space.entities:
        return part.name, part.tail
    if scope.entity and part.tail is None and part.name in space.states(scope.entity):
        return scope.entity, part.name
    return None, part.tail


def index_values(
    space: Space, reference: Reference, entity: str, scope: Scope, *, at: Location | None, whole: bool
) -> list[str | None] | None:
    """The member each index means: None for all of them (``*``); the whole result None if out of range.

    Without brackets, ``whole`` says whether all members are meant, or those that the rule has bound.
    """
    over = space.entity(entity).over
    if reference.indices is None:
        return [None if whole or name not in scope.env else scope.env[name].name for name in over]
    if len(reference.indices) < len(over) and scope.place is not None and isinstance(over, dict):
        return _values_there(space, reference, entity, scope, at=at)
    if len(reference.indices) != len(over):
        raise fail("E416", at=at, text=reference.text, entity=entity, wanted=", ".join(over) or "none")
    return _values(space, reference.indices, over, scope, at=at)


def _values_there(
    space: Space, reference: Reference, entity: str, scope: Scope, *, at: Location | None
) -> list[str | None] | None:
    """As `index_values`, in a place that knows only some of the indices."""
    over = space.entity(entity).over
    there = [name for name in over if scope.place and space.knows(entity, scope.place, name)]
    if reference.indices is None or len(reference.indices) != len(there):
        raise fail("E416", at=at, text=reference.text, entity=entity, wanted=", ".join(there) or "none")
    found = _values(space, reference.indices, there, scope, at=at)
    if found is None:
        return None
    known = dict(zip(there, found, strict=True))
    return [known.get(name) for name in over]


def _values(
    space: Space, indices: Sequence[Index], names: Iterable[str], scope: Scope, *, at: Location | None
) -> list[str | None] | None:
    chosen: list[str | None] = []
    for index, name in zip(indices, names, strict=True):
        if index.name is None or (index.star and index.name == name and index.sums_over not in scope.summed):
            chosen.append(None)
            continue
        if index.name not in scope.env:
            space.check_met(name, index.name)
        member = member_of(index, name, space.positions(name), scope, at=at)
        if member is None:
            return None
        chosen.append(member)
    return chosen


def member_of(index: Index, group: str, members: Mapping[str, int], scope: Scope, *, at: Location | None) -> str | None:
    """The member of a set or class that an index means; None beyond the end of an ordered set.

    ``members`` holds the position of each.

    Raises
    ------
    RuleError
        E404 for a name that is neither a member nor a variable that runs over the same set.
    """
    variable = index.sums_over or index.binds or index.name
    value = scope.env.get(variable) if variable else None
    if value is not None and value.group != group and not (value.domain == "entity" and value.name in members):
        value = None  # members of another set may bear the same names
    if index.star and (value is None or variable not in scope.summed):
        raise fail("E404", at=at, text=f"*{index.name}", known=[])
    member = value.name if value else index.name
    if member not in members:
        variables = [key for key, bound in scope.env.items() if bound.group == group]
        raise fail("E404", at=at, text=str(member), known=[*members, *variables])
    if not index.step or member is None:
        return member
    position = members[member] + index.step
    return next(itertools.islice(members, position, None)) if 0 <= position < len(members) else None


def summed_over(
    space: Space, reference: Reference, *, at: Location | None, only: Mapping[str, Sequence[str]] | None = None
) -> dict[str, list[Value]]:
    """Variables that ``*set`` indices bind, with the values a sum runs over (``only`` these, where it says so)."""
    found: dict[str, list[Value]] = {}
    for index in reference.indices or ():
        if index.sums_over and index.name:
            domain = space.domain(index.name)
            if domain is None or domain[0] != "set":
                raise fail("E404", at=at, text=index.name, known=space.sets)
            among = domain[1] if only is None else only.get(index.sums_over, domain[1])
            members = [member for member in among if member in domain[1]]  # a class of members may leave some out
            found[index.sums_over] = [Value("set", member, space.group(index.name)) for member in members]
    return found


def pools_of(
    space: Space, reference: Reference, scope: Scope, *, at: Location | None, whole: bool = False
) -> list[Pool]:
    """Every pool a reference means; without a place all places, without a state all states.

    Parameters
    ----------
    whole : bool
        What no brackets mean: all members, as in sums and laws, or the members that the rule has bound, as in what a
        flow moves.

    Raises
    ------
    RuleError
        E401 to E404, E408 and E409 for names that do not resolve, E416 for too many or too few indices.
    """
    entity, state = entity_and_state(space, reference.entity, scope, at=at)
    if entity is None:
        part = reference.entity
        if part is None:  # a bare place, where no entity is meant by itself
            raise fail("E400", at=at, text=reference.text)
        if part.name in space.entity_classes:
            return _pools_of_class(space, part, reference, scope, at=at, whole=whole)
        known = [*space.entities, *(k for k, v in scope.env.items() if v.domain == "entity")]
        known += space.states(scope.entity) if scope.entity else []
        raise fail("E401", at=at, text=part.name, known=known)
    if state is not None and state not in space.states(entity):
        raise fail(
            "E403",
            at=at,
            text=state,
            known=space.states(entity),
            entity=entity,
            place=reference.place.name if reference.place else "any place",
        )
    if entity in space.absent:
        raise NotMet(entity)
    place = place_of(space, reference.place, scope, at=at)
    indices = index_values(space, reference, entity, scope.at(place), at=at, whole=whole)
    if indices is None:
        return []
    return space.find(entity, state, place, indices)


def _pools_of_class(
    space: Space, part: Part, reference: Reference, scope: Scope, *, at: Location | None, whole: bool
) -> list[Pool]:
    if reference.indices is not None:
        raise fail("E416", at=at, text=reference.text, entity=part.name, wanted="none, as a class has no index sets")
    states = {state for member in space.entity_classes[part.name] for state in space.states(member)}
    if part.tail is not None and part.tail not in states and space.entity_classes[part.name]:
        raise fail("E403", at=at, text=part.tail, known=states, entity=part.name, place="any place")
    found: list[Pool] = []
    for member in space.entity_classes[part.name]:
        if part.tail is not None and part.tail not in space.states(member):
            continue
        own = replace(reference, entity=Part(member, tail=part.tail))
        found += pools_of(space, own, scope, at=at, whole=whole)
    return found
