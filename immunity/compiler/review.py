"""What a rule book forgot: unreachable pools, unused numbers, unsensed signals, unsourced numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from immunity.compiler.build import Compiled
from immunity.compiler.dated import routes, ways_in
from immunity.compiler.tables import TERM_POOL


@dataclass(frozen=True)
class Review:
    """Findings of a review, each a name.

    Attributes
    ----------
    unreachable : pools that can never hold anything
    unused : numbers that no rule uses
    unsensed : molecules and signals that change nothing and are not read out
    unsourced : numbers without a source
    needless : numbers that a class requires of its members, but no rule uses
    uneven : flows that make fractions of what is counted
    statuses : how many numbers have which status
    """

    unreachable: tuple[str, ...]
    unused: tuple[str, ...]
    unsensed: tuple[str, ...]
    unsourced: tuple[str, ...]
    needless: tuple[str, ...]
    uneven: tuple[str, ...]
    statuses: dict[str, int]

    def lines(self) -> list[str]:
        """One line for each finding but the unsourced numbers, which are only counted."""
        lines = [f"pool {name} can never hold anything" for name in self.unreachable]
        lines += [f"number {name} is not used by any rule" for name in self.unused]
        lines += [f"{name} is not sensed by any rule" for name in self.unsensed]
        lines += [f"class {name}, which no rule uses" for name in self.needless]
        lines += [f"flow {name} adds a fraction to a counted pool" for name in self.uneven]
        return lines


def review(compiled: Compiled) -> Review:
    """Review a compiled book."""
    numbers, names = compiled.numbers, compiled.model.tables.names
    reached = reachable_pools(compiled)
    given = [index for index, row in enumerate(numbers.rows) if row.status != "constant"]
    needless = _needless(compiled)
    required = {member for members in needless.values() for member in members}
    return Review(
        unreachable=tuple(name for name, ok in zip(names.pool, reached, strict=True) if not ok),
        unused=tuple(
            name
            for name in (numbers[index].name for index in given if index not in numbers.used)
            if not name.startswith("host.") and name not in required
        ),
        unsensed=tuple(_unsensed(compiled)),
        unsourced=tuple(numbers[index].name for index in given if not numbers[index].source),
        needless=tuple(needless),
        uneven=tuple(_uneven(compiled)),
        statuses=dict(Counter(numbers[index].status for index in given)),
    )


def reachable_pools(compiled: Compiled) -> np.ndarray:
    """bool[pool]: whether a pool can hold anything, given initial amounts, doses, exposures and events."""
    space, tables = compiled.space, compiled.model.tables
    reached = tables.initial > 0
    for id, entry in space.entities.items():
        if id in space.absent:
            continue
        ways = ways_in(space, id) if entry.kind == "threat" else routes(space, id) if entry.kind == "therapy" else {}
        for pool in ways.values():
            reached[space.pools[pool]] = True
    changed = True
    while changed:
        changed = False
        for row in compiled.flows:
            needed = {change.pool for change in row.changes if change.weight < 0 and change.coefficient < 0}
            if row.primary >= 0:
                needed.add(row.primary)
            if all(reached[pool] for pool in needed):
                for change in row.changes:
                    changed |= not reached[change.pool]
                    reached[change.pool] = True
    return reached


def _unsensed(compiled: Compiled) -> list[str]:
    """Molecules that nothing senses and that turn into nothing, and declared signals that nothing needs."""
    rows, space = compiled.signals.rows, compiled.space
    felt = {space.rows[term.source].pool.entity for row in rows for term in row.terms if term.kind == TERM_POOL}
    for flow in compiled.flows:
        own = space.rows[flow.primary].pool.entity if flow.primary >= 0 else None
        if own and any(space.rows[change.pool].pool.entity != own for change in flow.changes):
            felt.add(own)
    made = {row.name.split(" at ")[0].split("[")[0] for row in rows}
    silent = [id for id, entry in space.entities.items() if entry.kind == "molecule" and id not in felt]
    return [f"molecule {id}" for id in silent] + [f"signal {id}" for id in compiled.signals.declared if id not in made]


def _needless(compiled: Compiled) -> dict[str, list[str]]:
    """What classes require and no rule uses of any member: a sentence, and the numbers of the members."""
    space, numbers = compiled.space, compiled.numbers
    found: dict[str, list[str]] = {}
    for id, entry in compiled.book.entries.get("class", {}).items():
        members = [*space.place_classes.get(id, ()), *space.entity_classes.get(id, ())]
        for key in entry.record.requires:
            names = [f"{member}.{key}" for member in members]
            if not any(numbers.index.get(name) in numbers.used for name in names):
                found[f"{id} requires {key}"] = names
    return found


def _uneven(compiled: Compiled) -> list[str]:
    """Flows that would leave a fraction of an individual in a counted pool."""
    amounts = {
        flow.name: [
            change.coefficient * (1.0 if change.weight < 0 else compiled.numbers[change.weight].value)
            for change in flow.changes
            if compiled.space.rows[change.pool].countable
        ]
        for flow in compiled.flows
    }
    return [name for name, found in amounts.items() if any(amount != round(amount) for amount in found)]
