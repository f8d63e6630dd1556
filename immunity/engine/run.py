"""Run one host: settle it, or take it through its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from immunity.compiler.tables import EndPoint, Events, Floats, Plan, Watch
from immunity.engine.agenda import new_agenda, next_time, see, take_due
from immunity.engine.course import EASE, NEXT_OUT, STATUS, STEP, STEPS, TIME, Course, new_course, record_row, sense
from immunity.engine.dice import new_dice
from immunity.engine.events import GRADUAL_EVENTS, PARAMETER_EVENTS, change_parameter, change_pool
from immunity.engine.live import new_live
from immunity.engine.net import Host, Net, resolve
from immunity.engine.rng import FLOWS, POOLS, SHOWN, Streams, draw_rounded, new_streams, restart_stream
from immunity.engine.rosenbrock import new_work
from immunity.engine.smooth import advance_smooth
from immunity.engine.status import NEGATIVE, OK, STOPPED
from immunity.engine.stochastic import advance_stochastic

TINY = 1e-300
EARLIER = 1 << 40  # numbers further on in a stream than any run gets
GROWN = 0.01  # what the step after numbers have grown by a hundredth may err by, over what is allowed
SOON = 20.0  # days within which numbers grow again: a body comes to rest in some, and until then nothing need be traced
RESTLESS = 4.0  # mean steps below which the last one is that of a body that swings
SWINGING = 0.1  # of the accuracy asked for: what such a body may err by
PER_STEP = 0.5  # of the accuracy asked of results: errors of some hundred steps partly add up


@dataclass(frozen=True)
class Jumps:
    """Where events make readouts jump.

    Attributes
    ----------
    time : float64[jump]                 day, ascending, each once
    before, after : float64[jump, readout]
    """

    time: Floats
    before: Floats
    after: Floats


def join_jumps(rows: Sequence[tuple[float, Floats, Floats]], n_readout: int) -> Jumps:
    """Arrays of (time, before, after) rows."""
    return Jumps(
        np.array([time for time, _, _ in rows], np.float64),
        np.array([before for _, before, _ in rows], np.float64).reshape(len(rows), n_readout),
        np.array([after for _, _, after in rows], np.float64).reshape(len(rows), n_readout),
    )


@dataclass(frozen=True)
class HostRun:
    """What one host's run gives.

    Attributes
    ----------
    readouts : float64[time, readout]
    pools : float64[time, kept pool] or None
    state : float64[pool]           at the end
    fired : float64[flow]           how often each flow fired
    added : float64[pool]           by events (and by rounding counts at the start of a stochastic run)
    clipped : float64[pool]         what was cut off below zero
    status : int                    see `STATUS_MESSAGES`
    stopped_at : float              day, NaN if it ran to the end
    n_steps : int
    jumps : Jumps                   both sides of every event that a readout shows
    theta : float64[parameter]      numbers at the end
    ended : int                     what halted it: 0 the stop rule, k the k-th of the given end points, -1 nothing
    happened : tuple                (day, what) of every course that began or was stopped by what was seen
    given : float64[parameter]      numbers on day 0
    met : tuple                     (day, kind, index, value) of every event that came, those of plans too, in order
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
    jumps: Jumps
    theta: Floats
    ended: int = -1
    happened: tuple[tuple[float, str], ...] = ()
    given: Floats | None = None
    met: tuple[tuple[float, int, int, float], ...] = ()


def settle(net: Net, theta: Floats, initial: Floats, days: float, *, rtol: float = 1e-3) -> tuple[Floats, int, float]:
    """Let a host come to rest, deterministically, in the days before its day 0.

    A host that swings does not, and errors of its phase add up: it is settled once more, more closely.

    Returns
    -------
    state : float64[pool]
    status : int
    closer : float          by what to multiply the accuracy asked for when it is run: 1, below if it swings
    """
    course, closer = _left_alone(net, theta, initial, days, rtol), 1.0
    if course.tally[STATUS] == OK and course.clock[STEP] * course.tally[STEPS] < RESTLESS * days:
        closer = SWINGING
        course = _left_alone(net, theta, initial, days, closer * rtol)
    return course.x, int(course.tally[STATUS]), closer


def _left_alone(net: Net, theta: Floats, initial: Floats, days: float, rtol: float) -> Course:
    wiring = net.wiring
    course = new_course(wiring, initial, -days, np.empty(0), False, 2_000_000)
    needed = np.zeros(wiring.n_pool + wiring.n_signal + 1, np.uint8)
    work, live, host = new_work(wiring), new_live(wiring), resolve(net, theta)
    if days > 0.0:
        advance_smooth(wiring, host, live, work, course, needed, 0.0, PER_STEP * rtol, False)
    return course


def run_host(
    net: Net,
    theta: Floats,
    state: Floats,
    events: Events,
    out_times: Floats,
    *,
    plans: Sequence[Plan] = (),
    ends: Sequence[EndPoint] = (),
    earlier: bool = False,
    stochastic: bool = False,
    seed: int = 0,
    host: int = 0,
    rtol: float = 1e-3,
    record_pools: bool | Sequence[int] = False,
    max_steps: int = 2_000_000,
) -> HostRun:
    """Take one host from day 0 through its events to the last output time.

    An output at the instant of an event shows the state after it; `Jumps` has both sides. A numeric failure
    is a status and leaves NaN in the rows after it. After the stop rule, rows hold what stood then.

    Parameters
    ----------
    theta : float64[parameter]     this host's numbers
    state : float64[pool]          on day 0
    out_times : float64[time]      day, ascending
    plans, ends                    what happens by itself, and what halts the run, besides the stop rule: located within
                                   steps to a millionth of the step; in stochastic mode looked at after every step
    earlier : bool                 the run comes before another of the same host: other random numbers than that
    record_pools                   keep all pools at the output times, none, or those that are listed
    rtol : float                   allowed error of results, relative to amount + floor; a step may err by half of
                                   it, in stochastic mode by all of it, for chance moves results by more
    """
    given, theta = theta, np.array(theta, np.float64)
    wiring = net.wiring
    course = new_course(wiring, state, 0.0, out_times, record_pools, max_steps)
    added = np.zeros(wiring.n_pool)
    work, live, numbers = new_work(wiring), new_live(wiring), resolve(net, theta)
    needed = np.zeros(len(work.values), np.uint8)
    dice = new_dice(wiring) if stochastic else None
    flow_streams = new_streams(seed, host, net.flow_key, FLOWS)
    late = new_streams(seed, host, net.flow_key, SHOWN)
    pool_streams = new_streams(seed, host, net.pool_key, POOLS) if stochastic else None
    for streams in (flow_streams, late, *([] if pool_streams is None else [pool_streams])):
        streams.drawn[:] += np.uint64(EARLIER if earlier else 0)
    if pool_streams is not None:
        added += _round_counts(net, course.x, pool_streams)
    end = float(out_times[-1]) if len(out_times) else 0.0
    agenda, ended = new_agenda(events, plans), -1
    jumps: list[tuple[float, Floats, Floats]] = []
    met: list[tuple[float, int, int, float]] = []
    held = np.zeros(1)
    _record(net, numbers, course, 0.0)

    def sees(watch: Watch) -> bool:
        sense(wiring, numbers, course, course.clock[TIME])
        return watch.sign * (course.shown[wiring.n_pool + watch.signal] - watch.level) > 0.0

    while course.tally[STATUS] == OK:
        until = min(next_time(agenda), end)
        if course.clock[TIME] < until:
            course = _look_out(course, [*(point.watch for point in ends), *agenda.armed.values()])
            if dice is None:
                advance_smooth(wiring, numbers, live, work, course, needed, until, PER_STEP * rtol, True)
            else:
                advance_stochastic(wiring, numbers, live, work, dice, flow_streams, late, course, needed, until, rtol)
        now = float(course.clock[TIME])
        if course.tally[STATUS] == STOPPED:
            seen = _seen(net, numbers, course)
            if seen[0] < 0 or seen[0] < len(ends):
                ended = seen[0] + 1
                break
            course.tally[STATUS] = OK
            armed = list(agenda.armed)
            for number in seen:
                see(agenda, *armed[number - len(ends)], now)
            continue
        if now >= end or course.tally[STATUS] != OK:
            break
        before, shows, grows = _readouts_now(net, numbers, course), False, True
        while next_time(agenda) <= now and course.tally[STATUS] == OK:
            changed = False
            for kind, index, value in take_due(agenda, now, sees):
                met.append((now, kind, index, value))
                shows = shows or kind not in GRADUAL_EVENTS
                grows = grows and kind in GRADUAL_EVENTS
                if kind in PARAMETER_EVENTS:
                    change_parameter(theta, kind, index, value)
                    changed = True
                    continue
                added[index] += change_pool(net, course.x, kind, index, value, pool_streams, held)
                if course.x[index] < 0.0:
                    course.tally[STATUS] = NEGATIVE
                    break
            numbers = resolve(net, theta) if changed else numbers
        course.clock[EASE] = GROWN if grows and next_time(agenda) < now + SOON else 0.0
        if course.tally[STATUS] != OK:
            break
        after = _readouts_now(net, numbers, course)
        if shows and not np.array_equal(before, after):
            _add_jump(jumps, now, before, after)
        _record_anew(net, numbers, course)
    stopped = course.tally[STATUS] == STOPPED
    if stopped:
        _record(net, numbers, course, np.inf)
    return HostRun(
        readouts=course.readouts,
        pools=course.pools if len(course.kept) else None,
        state=course.x,
        fired=course.fired,
        added=added + course.odd,
        clipped=course.clipped,
        status=int(course.tally[STATUS]),
        stopped_at=float(course.clock[TIME]) if stopped else np.nan,
        n_steps=int(course.tally[STEPS]),
        jumps=join_jumps(jumps, len(wiring.readout_signal)),
        theta=theta,
        ended=ended,
        happened=tuple(agenda.told),
        given=given,
        met=tuple(met),
    )


def _record(net: Net, numbers: Host, course: Course, until: float) -> None:
    """Write all rows up to a time from the present state."""
    course.shown[: net.wiring.n_pool] = course.x
    while course.tally[NEXT_OUT] < len(course.out_times) and course.out_times[course.tally[NEXT_OUT]] <= until:
        record_row(net.wiring, numbers, course, course.clock[TIME])


def _look_out(course: Course, watches: Sequence[Watch]) -> Course:
    """The course, stopping for these besides the stop rule."""
    if not watches and not len(course.watch_signal):
        return course
    return replace(
        course,
        watch_signal=np.array([watch.signal for watch in watches], np.uint32),
        watch_sign=np.array([watch.sign for watch in watches], np.float64),
        watch_level=np.array([watch.level for watch in watches], np.float64),
    )


def _seen(net: Net, numbers: Host, course: Course) -> list[int]:
    """Which watches a run stopped for: -1 for the stop rule; at least the one that is nearest to hold."""
    wiring = net.wiring
    sense(wiring, numbers, course, course.clock[TIME])
    values = course.shown[wiring.n_pool :]
    margins = course.watch_sign * (course.watch_level - values[course.watch_signal])
    shares = margins / np.maximum(np.abs(course.watch_level), TINY)
    if wiring.stop_signal >= 0:
        margin = values[wiring.stop_signal] - wiring.stop_below
        shares = np.append(shares, margin / max(abs(wiring.stop_below), TINY))
        margins = np.append(margins, margin)
    found = np.union1d(np.flatnonzero(margins < 0.0), [np.argmin(shares)])
    return sorted(-1 if k == len(course.watch_signal) else int(k) for k in found)


def _add_jump(jumps: list[tuple[float, Floats, Floats]], now: float, before: Floats, after: Floats) -> None:
    """Book a jump; two at one instant are one."""
    if jumps and jumps[-1][0] == now:
        before = jumps.pop()[1]
    jumps.append((now, before, after))


def _record_anew(net: Net, numbers: Host, course: Course) -> None:
    """Write once more the rows of this very instant, which were written before its events."""
    now = float(course.clock[TIME])
    while course.tally[NEXT_OUT] > 0 and course.out_times[course.tally[NEXT_OUT] - 1] == now:
        course.tally[NEXT_OUT] -= 1
    _record(net, numbers, course, now)


def _readouts_now(net: Net, numbers: Host, course: Course) -> Floats:
    """What the present state reads."""
    one = np.empty((1, course.readouts.shape[1]))
    view = replace(course, tally=np.zeros_like(course.tally), readouts=one, pools=course.pools[:0])
    course.shown[: net.wiring.n_pool] = course.x
    record_row(net.wiring, numbers, view, course.clock[TIME])
    return one[0]


def _round_counts(net: Net, x: Floats, streams: Streams) -> Floats:
    """Round counts at random, so that the mean is kept; return the change."""
    before = x.copy()
    for pool in np.flatnonzero(net.tables.countable).tolist():
        x[pool] = draw_rounded(streams, pool, x[pool])
        restart_stream(streams, pool)
    return x - before
