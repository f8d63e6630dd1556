"""What a rule book forgot: unreachable pools, unused numbers, unsensed signals, unsourced numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunity.compiler.build import Compiled
from immunity.compiler.tables import TERM_POOL
from immunity.language.models import Therapy, Threat


@dataclass(frozen=True)
class Review:
    """Findings of a review, each a name with where it stands."""

    unreachable: tuple[str, ...]
    unused: tuple[str, ...]
    unsensed: tuple[str, ...]
    unsourced: tuple[str, ...]
    statuses: dict[str, int]

    def lines(self) -> list[str]:
        """One line for each finding but the unsourced numbers, which are only counted."""
        lines = [f"pool {name} can never hold anything" for name in self.unreachable]
        lines += [f"number {name} is not used by any rule" for name in self.unused]
        lines += [f"{name} is not sensed by any rule" for name in self.unsensed]
        return lines


def reachable_pools(compiled: Compiled) -> np.ndarray:
    """bool[pool]: whether a pool can hold anything, given initial amounts, doses and exposures."""
    tables = compiled.model.tables
    flows = tables.flows
    reached = tables.initial > 0
    for index, row in enumerate(compiled.space.rows):
        record = compiled.space.entity(row.pool.entity)
        if isinstance(record, Threat | Therapy):
            reached[index] = True
    changed = True
    while changed:
        changed = False
        for flow in range(tables.n_flow):
            if flows.primary[flow] >= 0 and not reached[flows.primary[flow]]:
                continue
            for k in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1]):
                pool = flows.stoich_pool[k]
                if not reached[pool]:
                    reached[pool] = changed = True
    return reached


def review(compiled: Compiled) -> Review:
    """Review a compiled book."""
    tables, numbers = compiled.model.tables, compiled.numbers
    reached = reachable_pools(compiled)
    unreachable = [name for name, ok in zip(tables.names.pool, reached, strict=True) if not ok]
    changed = _names_changed_by_hosts(compiled)
    unused = [
        row.name
        for index, row in enumerate(numbers.rows)
        if index not in numbers.used and row.status != "constant" and row.name not in changed
    ]
    sensed = {
        compiled.space.rows[term.source].pool.entity
        for row in compiled.signals.rows
        for term in row.terms
        if term.kind == TERM_POOL
    }
    silent = [id for id, entry in compiled.space.entities.items() if entry.kind == "molecule" and id not in sensed]
    primaries = {compiled.space.rows[flow.primary].pool.entity for flow in compiled.flows if flow.primary >= 0}
    unsensed = [f"molecule {id}" for id in silent if id not in primaries]
    made = {row.name.split(" at ")[0].split("[")[0] for row in compiled.signals.rows}
    unsensed += [f"signal {id}" for id in compiled.signals.declared if id not in made]
    statuses: dict[str, int] = {}
    for row in numbers.rows:
        statuses[row.status] = statuses.get(row.status, 0) + 1
    statuses.pop("constant", None)
    unsourced = [row.name for row in numbers.rows if row.status != "constant" and not row.source]
    return Review(tuple(unreachable), tuple(unused), tuple(unsensed), tuple(unsourced), statuses)


def _names_changed_by_hosts(compiled: Compiled) -> set[str]:
    return {name for name in compiled.numbers.index if name.startswith("host.")}
