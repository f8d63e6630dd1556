"""Dated events as changes ``target := factor * target + shift``, grouped by the day they happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    EVENT_AGE,
    EVENT_AGE_SET,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    EVENT_SCALE,
    EVENT_SET,
    Events,
    Floats,
)

NUMBERS = (EVENT_PARAMETER_SCALE, EVENT_PARAMETER_SET, EVENT_AGE, EVENT_AGE_SET)  # the others change pools


@dataclass(frozen=True)
class Change:
    """``target := factor * target + shift``."""

    factor: float = 1.0
    shift: float = 0.0

    def then(self, kind: int, value: float) -> Change:
        """Append one event to the change."""
        match kind:
            case kind if kind in (EVENT_ADD, EVENT_ADD_COUNTED):
                return Change(self.factor, self.shift + value)
            case kind if kind in (EVENT_SCALE, EVENT_PARAMETER_SCALE, EVENT_AGE):
                return Change(self.factor * value, self.shift * value)
            case kind if kind in (EVENT_SET, EVENT_PARAMETER_SET, EVENT_AGE_SET):
                return Change(0.0, value)
        raise ValueError(f"unknown event kind {kind}")


@dataclass(frozen=True)
class Moment:
    """All changes of one moment, by pool and by parameter."""

    time: float
    pools: Mapping[int, Change]
    parameters: Mapping[int, Change]


def group_moments(events: Events) -> list[Moment]:
    """Join the events of each moment, in their order, into one change per target."""
    moments: list[Moment] = []
    for time in np.unique(events.time):
        pools: dict[int, Change] = {}
        parameters: dict[int, Change] = {}
        for k in np.flatnonzero(events.time == time):
            kind, index = int(events.kind[k]), int(events.index[k])
            target = parameters if kind in NUMBERS else pools
            target[index] = target.get(index, Change()).then(kind, float(events.value[k]))
        moments.append(Moment(float(time), pools, parameters))
    return moments


def fold_start(moments: list[Moment], theta: Floats, state: Floats) -> tuple[list[Moment], Floats, Floats]:
    """Apply what happens at day 0 to copies of ``theta`` and ``state``; return the later moments and these."""
    theta, state = theta.copy(), state.copy()
    for moment in moments:
        if moment.time <= 0:
            for index, change in moment.pools.items():
                state[index] = change.factor * state[index] + change.shift
            for index, change in moment.parameters.items():
                theta[index] = change.factor * theta[index] + change.shift
    return [moment for moment in moments if moment.time > 0], theta, state
