"""Dated changes: doses, losses, settings of pools and parameters."""

from __future__ import annotations

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
    Floats,
)
from immunity.engine.net import Net
from immunity.engine.rng import Streams, draw_binomial, draw_poisson, draw_rounded, restart_stream

PARAMETER_EVENTS = (EVENT_PARAMETER_SCALE, EVENT_PARAMETER_SET, EVENT_AGE, EVENT_AGE_SET)
GRADUAL_EVENTS = (EVENT_AGE, EVENT_AGE_SET, EVENT_GROW)  # in small steps: nothing that a curve should show as a jump


def change_parameter(theta: Floats, kind: int, index: int, value: float) -> None:
    """Apply an event that changes theta."""
    theta[index] = value if kind in (EVENT_PARAMETER_SET, EVENT_AGE_SET) else theta[index] * value


def change_pool(
    net: Net, x: Floats, kind: int, pool: int, value: float, streams: Streams | None, held: Floats
) -> float:
    """Apply an event that changes a pool, and return by how much it changed.

    In stochastic mode (``streams`` given) countable pools stay whole: counted doses are Poisson, losses binomial, and
    all else is rounded at random so that the mean is kept.

    Parameters
    ----------
    x : float64[pool]   changed in place
    held : float64[1]   what events of this instant pass on, changed in place
    """
    before = x[pool]
    if kind in (EVENT_HOLD, EVENT_HOLD_MORE):
        held[0] = value * before + (held[0] if kind == EVENT_HOLD_MORE else 0.0)
        return 0.0
    after = {
        EVENT_ADD: before + value,
        EVENT_ADD_COUNTED: before + value,
        EVENT_SET: value,
        EVENT_TAKE: before * (1.0 - value),
        EVENT_SET_HELD: value * held[0],
        EVENT_ADD_HELD: before + value * held[0],
    }.get(kind, before * value)
    if streams is not None and net.tables.countable[pool]:
        if kind == EVENT_ADD_COUNTED:
            after = before + draw_poisson(streams, pool, value)
        elif kind == EVENT_TAKE:
            after = before - draw_binomial(streams, pool, before, value)
        elif kind == EVENT_SCALE and value <= 1.0:
            after = draw_binomial(streams, pool, before, value)
        else:
            after = draw_rounded(streams, pool, after)
        restart_stream(streams, pool)
    x[pool] = after
    if kind == EVENT_TAKE:
        held[0] += before - after
    return float(after - before)
