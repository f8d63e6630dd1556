"""Run one host: settle it, or take it through its events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import Events, Floats
from immunity.engine.course import NEXT_OUT, STATUS, STEPS, TIME, Course, new_course, record_row
from immunity.engine.dice import new_dice
from immunity.engine.events import PARAMETER_EVENTS, change_parameter, change_pool
from immunity.engine.live import new_live
from immunity.engine.net import Host, Net, resolve
from immunity.engine.rng import FLOWS, POOLS, SHOWN, Streams, draw_rounded, new_streams, restart_stream
from immunity.engine.rosenbrock import new_work
from immunity.engine.smooth import advance_smooth
from immunity.engine.status import NEGATIVE, OK, STOPPED
from immunity.engine.stochastic import advance_stochastic


@dataclass(frozen=True)
class HostRun:
    """What one host's run gives.

    Attributes
    ----------
    readouts : float64[time, readout]
    pools : float64[time, pool] or None
    state : float64[pool]           at the end
    fired : float64[flow]           how often each flow fired
    added : float64[pool]           by events (and by rounding counts at the start of a stochastic run)
    clipped : float64[pool]         what was cut off below zero
    status : int                    see `STATUS_MESSAGES`
    stopped_at : float              day, NaN if it ran to the end
    n_steps : int
    """

    readouts: Floats
    pools: Floats | None
    state: Floats
    fired: Floats
    added: Floats
    clipped: Floats
    status: int
    stopped_at: float
    n_steps: int


def settle(net: Net, theta: Floats, initial: Floats, days: float, *, rtol: float = 1e-3) -> tuple[Floats, int]:
    """Let a host come to rest, deterministically, in the days before its day 0.

    Returns
    -------
    state : float64[pool]
    status : int
    """
    wiring = net.wiring
    course = new_course(wiring, initial, -days, np.empty(0), False, 2_000_000)
    needed = np.zeros(wiring.n_pool + wiring.n_signal + 1, np.uint8)
    work, live, host = new_work(wiring), new_live(wiring), resolve(net, theta)
    if days > 0.0:
        advance_smooth(wiring, host, live, work, course, needed, 0.0, rtol, False)
    return course.x, int(course.tally[STATUS])


def run_host(
    net: Net,
    theta: Floats,
    state: Floats,
    events: Events,
    out_times: Floats,
    *,
    stochastic: bool = False,
    seed: int = 0,
    host: int = 0,
    rtol: float = 1e-3,
    record_pools: bool = False,
    max_steps: int = 2_000_000,
) -> HostRun:
    """Take one host from day 0 through its events to the last output time.

    An output at the instant of an event shows the state before it. A numeric failure is a status and leaves NaN in the
    rows after it. After the stop rule, rows hold what stood then.

    Parameters
    ----------
    theta : float64[parameter]     this host's numbers
    state : float64[pool]          on day 0
    out_times : float64[time]      day, ascending
    rtol : float                   allowed error of a step, relative to amount + floor
    """
    theta = np.array(theta, np.float64)
    wiring = net.wiring
    course = new_course(wiring, state, 0.0, out_times, record_pools, max_steps)
    added = np.zeros(wiring.n_pool)
    work, live, numbers = new_work(wiring), new_live(wiring), resolve(net, theta)
    needed = np.zeros(len(work.values), np.uint8)
    dice = new_dice(wiring) if stochastic else None
    flow_streams = new_streams(seed, host, net.flow_key, FLOWS)
    late = new_streams(seed, host, net.flow_key, SHOWN)
    pool_streams = new_streams(seed, host, net.pool_key, POOLS) if stochastic else None
    if pool_streams is not None:
        added += _round_counts(net, course.x, pool_streams)
    end = float(out_times[-1]) if len(out_times) else 0.0
    rows = zip(events.time.tolist(), events.kind.tolist(), events.index.tolist(), events.value.tolist(), strict=True)
    _record(net, numbers, course, 0.0)
    for time, kind, index, value in (*rows, (end, None, -1, 0.0)):
        until = min(time, end)
        if course.clock[TIME] < until:
            if dice is None:
                advance_smooth(wiring, numbers, live, work, course, needed, until, rtol, True)
            else:
                advance_stochastic(wiring, numbers, live, work, dice, flow_streams, late, course, needed, until, rtol)
        if kind is None or time >= end or course.tally[STATUS] != OK:
            break
        if kind in PARAMETER_EVENTS:
            change_parameter(theta, kind, index, value)
            numbers = resolve(net, theta)
            continue
        added[index] += change_pool(net, course.x, kind, index, value, pool_streams)
        if course.x[index] < 0.0:
            course.tally[STATUS] = NEGATIVE
            break
    stopped = course.tally[STATUS] == STOPPED
    if stopped:
        _record(net, numbers, course, np.inf)
    return HostRun(
        readouts=course.readouts,
        pools=course.pools if record_pools else None,
        state=course.x,
        fired=course.fired,
        added=added,
        clipped=course.clipped,
        status=int(course.tally[STATUS]),
        stopped_at=float(course.clock[TIME]) if stopped else np.nan,
        n_steps=int(course.tally[STEPS]),
    )


def _record(net: Net, numbers: Host, course: Course, until: float) -> None:
    """Write all rows up to a time from the present state."""
    course.shown[: net.wiring.n_pool] = course.x
    while course.tally[NEXT_OUT] < len(course.out_times) and course.out_times[course.tally[NEXT_OUT]] <= until:
        record_row(net.wiring, numbers, course, course.clock[TIME])


def _round_counts(net: Net, x: Floats, streams: Streams) -> Floats:
    """Round counts at random, so that the mean is kept; return the change."""
    before = x.copy()
    for pool in np.flatnonzero(net.tables.countable).tolist():
        x[pool] = draw_rounded(streams, pool, x[pool])
        restart_stream(streams, pool)
    return x - before
