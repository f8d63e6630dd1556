"""Events that read pools: one pool set from others, added to from others, or moved to another."""

from __future__ import annotations

from immunity.compiler.bind import Scope, pools_of, reference_of
from immunity.compiler.factors import plain
from immunity.compiler.space import Pool, Space
from immunity.compiler.tables import EVENT_ADD_HELD, EVENT_HOLD, EVENT_HOLD_MORE, EVENT_SET_HELD, EVENT_TAKE
from immunity.language.errors import Location, fail
from immunity.language.load import Entry
from immunity.language.models import DatedEvent
from immunity.language.quantity import DIMENSIONLESS

READING = ("set_from", "add_from", "move_to")  # what an event may do with what is in pools
Step = tuple[int, int, float]  # kind, pool, value


def one_chain(space: Space, text: str, scope: Scope, at: Location) -> list[Pool]:
    """The single pool a reference names, as the list of its stages.

    Raises
    ------
    RuleError
        E406.
    """
    pools = pools_of(space, reference_of(space, text, scope.entity, at=at), scope, at=at)
    chains = {(pool.entity, pool.state, pool.place, pool.indices) for pool in pools}
    if len(chains) != 1:
        raise fail("E406", at=at, text=text, count=len(chains) or "none")
    return pools


def transfer(space: Space, pool: str, event: DatedEvent, entry: Entry, position: int) -> list[Step]:
    """What an event that reads pools does, step by step.

    What is set is shared by the stages of a chain, what is added or arrives enters the first one. Every pool is read as
    it is before the event changes any.

    Raises
    ------
    RuleError
        E406 unless one pool is changed, E305 for units that do not fit, E516 for a factor below zero, E609 for a
        share above one.
    """
    path = ("events", position)
    target = [space.pools[each] for each in one_chain(space, pool, Scope(None, {}), entry.at(*path))]
    if event.move_to is not None:
        return _move(space, target, event, entry, path)
    key = "set_from" if event.set_from is not None else "add_from"
    steps: list[Step] = []
    for number, part in enumerate(event.set_from or event.add_from or []):
        at = entry.at(*path, key, number)
        found = pools_of(space, reference_of(space, part.of, None, at=at), Scope(None, {}), at=at)
        if not found:
            raise fail("E406", at=at, text=part.of, count="none")
        for each in found:
            source = space.pools[each]
            times = plain(part.times, space.rows[target[0]].dimension / space.rows[source].dimension, at)
            if times < 0:
                raise fail("E516", at=at, text=part.times, reason="an event cannot take away below nothing")
            steps.append((EVENT_HOLD_MORE if steps else EVENT_HOLD, source, times))
    if key == "add_from":
        return [*steps, (EVENT_ADD_HELD, target[0], 1.0)]
    return [*steps, *((EVENT_SET_HELD, stage, 1.0 / len(target)) for stage in target)]


def _move(space: Space, sources: list[int], event: DatedEvent, entry: Entry, path: tuple[str | int, ...]) -> list[Step]:
    at, text = entry.at(*path, "move_to"), event.move_to or ""
    target = space.pools[one_chain(space, text, Scope(None, {}), at)[0]]
    plain("1", space.rows[target].dimension / space.rows[sources[0]].dimension, at)
    share_at = entry.at(*path, "share" if event.share is not None else "move_to")
    share = plain(event.share or "1", DIMENSIONLESS, share_at)
    if not 0.0 <= share <= 1.0:
        raise fail("E609", at=share_at, text=event.share, reason="it is not between 0 and 1")
    taken = [(EVENT_TAKE, source, share) for source in sources]
    return [(EVENT_HOLD, target, 0.0), *taken, (EVENT_ADD_HELD, target, 1.0)]
