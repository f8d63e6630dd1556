"""Which states of an entity are one thing to somebody who asks where it came from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immunity.compiler.tables import Tables


def group_states(tables: Tables) -> NDArray[np.int64]:
    """int64[pool]: one number for the stages of a state, and for states of one entity in one place with a way back."""
    names, flows = tables.names.pool, tables.flows
    group = np.arange(len(names))
    known: dict[str, int] = {}
    for pool, name in enumerate(names):
        group[pool] = known.setdefault(".".join(part for part in name.split(".") if not part.isdigit()), pool)
    homes = [tuple(name.split(".")[:2]) for name in names]
    ways: dict[int, set[int]] = {}
    for flow, source in enumerate(flows.primary):
        for at in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1]):
            target = flows.stoich_pool[at]
            if source >= 0 and homes[source] == homes[target] and group[source] != group[target]:
                ways.setdefault(int(group[source]), set()).add(int(group[target]))
    reached = {start: _reached(start, ways) for start in ways}
    for start, there in reached.items():
        for other in there:
            if start in reached.get(other, set()) and other > start:
                group[group == other] = group[start]
    return group


def _reached(start: int, ways: dict[int, set[int]]) -> set[int]:
    found, ahead = set[int](), [start]
    while ahead:
        for other in ways.get(ahead.pop(), set()) - found:
            found.add(other)
            ahead.append(other)
    return found
