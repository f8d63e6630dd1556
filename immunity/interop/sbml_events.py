"""Dated events as changes ``target := factor * target + shift``, grouped by the day they happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    EVENT_ADD_HELD,
    EVENT_AGE,
    EVENT_AGE_SET,
    EVENT_GROW,
    EVENT_HOLD,
    EVENT_HOLD_MORE,
    EVENT_PARAMETER_SCALE,
    EVENT_PARAMETER_SET,
    EVENT_SCALE,
    EVENT_SET,
    EVENT_SET_HELD,
    EVENT_TAKE,
    Events,
    Floats,
)

READING = (EVENT_HOLD, EVENT_HOLD_MORE, EVENT_TAKE, EVENT_SET_HELD, EVENT_ADD_HELD)
NUMBERS = (EVENT_PARAMETER_SCALE, EVENT_PARAMETER_SET, EVENT_AGE, EVENT_AGE_SET)  # the others change pools


@dataclass(frozen=True)
class Change:
    """``target := factor * target + shift + sum of times * other pool``, all of before the moment."""

    factor: float = 1.0
    shift: float = 0.0
    others: tuple[tuple[int, float], ...] = ()  # pool, times

    def then(self, kind: int, value: float) -> Change:
        """Append one event to the change."""
        match kind:
            case kind if kind in (EVENT_ADD, EVENT_ADD_COUNTED):
                return Change(self.factor, self.shift + value, self.others)
            case kind if kind in (EVENT_SCALE, EVENT_PARAMETER_SCALE, EVENT_AGE, EVENT_GROW):
                others = tuple((pool, times * value) for pool, times in self.others)
                return Change(self.factor * value, self.shift * value, others)
            case kind if kind in (EVENT_SET, EVENT_PARAMETER_SET, EVENT_AGE_SET):
                return Change(0.0, value)
        raise ValueError(f"unknown event kind {kind}")


@dataclass
class _Held:
    """What events that read pools pass on, as a sum over pools of before the moment."""

    times: dict[int, float] = field(default_factory=dict)
    shift: float = 0.0

    def step(self, pools: dict[int, Change], kind: int, index: int, value: float) -> None:
        """Do one event, on the changes so far."""
        there = pools.get(index, Change())
        if kind in (EVENT_HOLD, EVENT_HOLD_MORE, EVENT_TAKE):
            if kind == EVENT_HOLD:
                self.times, self.shift = {}, 0.0
            for pool, times in ((index, there.factor), *there.others):
                self.times[pool] = self.times.get(pool, 0.0) + value * times
            self.shift += value * there.shift
            if kind == EVENT_TAKE:
                pools[index] = there.then(EVENT_SCALE, 1.0 - value)
            return
        if kind == EVENT_SET_HELD:
            there = Change(0.0, 0.0)
        sums = dict(there.others)
        for pool, times in self.times.items():
            sums[pool] = sums.get(pool, 0.0) + value * times
        factor = there.factor + sums.pop(index, 0.0)
        others = tuple((pool, times) for pool, times in sums.items() if times)
        pools[index] = Change(factor, there.shift + value * self.shift, others)


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
        held = _Held()
        for k in np.flatnonzero(events.time == time):
            kind, index = int(events.kind[k]), int(events.index[k])
            if kind in READING:
                held.step(pools, kind, index, float(events.value[k]))
                continue
            target = parameters if kind in NUMBERS else pools
            target[index] = target.get(index, Change()).then(kind, float(events.value[k]))
        moments.append(Moment(float(time), pools, parameters))
    return moments


def fold_start(moments: list[Moment], theta: Floats, state: Floats) -> tuple[list[Moment], Floats, Floats]:
    """Apply what happens at day 0 to copies of ``theta`` and ``state``; return the later moments and these."""
    theta, state = theta.copy(), state.copy()
    for moment in moments:
        if moment.time <= 0:
            before = state.copy()
            for index, change in moment.pools.items():
                others = sum(times * before[pool] for pool, times in change.others)
                state[index] = change.factor * before[index] + change.shift + others
            for index, change in moment.parameters.items():
                theta[index] = change.factor * theta[index] + change.shift
    return [moment for moment in moments if moment.time > 0], theta, state
