"""Stochastic mode: the Markov jump process of countable pools, with all others driven by it.

A Rosenbrock step says how often every flow is expected to fire. Flows that touch no countable pool fire as often as
that; the others are drawn, by leaps between large pools, event by event where a small pool is touched.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import numpy as np

from immunity.compiler.tables import Bytes
from immunity.engine.course import (
    HALT,
    MAX_STEPS,
    NEXT_OUT,
    STATUS,
    STEP,
    STEPS,
    TIME,
    Course,
    clip,
    looks_out,
    record,
    stops_here,
)
from immunity.engine.dice import Dice, note_changes, survey
from immunity.engine.exact import (
    expected_events,
    forget_firings,
    keep_events,
    recall_firings,
    rewind_events,
    run_events,
)
from immunity.engine.hazard import evaluate_signals, next_knot
from immunity.engine.kernel import entry, kernel
from immunity.engine.leap import heed_events, leap
from immunity.engine.live import N_FLOWS, N_POOLS, N_SIGNALS, Live, find_live
from immunity.engine.net import Host, Wiring
from immunity.engine.noise import excuse_noise, trace_noise
from immunity.engine.plan import all_small, hold_small, let_go, plan_step, split_flows
from immunity.engine.rng import Streams
from immunity.engine.rosenbrock import (
    Work,
    begin_step,
    finish_expected,
    interpolate,
    set_floors,
    start_peaks,
    step_error,
    try_step,
)
from immunity.engine.show import is_brisk, show
from immunity.engine.smooth import (
    GROW,
    NO_FIT,
    SAFETY,
    SHRINK,
    TINIEST,
    first_step,
    fit,
    next_factor,
    share_until_stop,
    why_small,
)
from immunity.engine.sparse import lay_out
from immunity.engine.status import HALTED, OK, STOPPED, TOO_MANY_STEPS
from immunity.engine.walk import mark_plain
from immunity.engine.wander import look_back, recall_walk

MOMENT = 1e-3  # days within which the stop rule need not be located
CHUNK = 20000  # events after which a purely exact run looks up, and a step that expected none was too long
FRANTIC = 3e4  # events expected before the next output above which even a purely exact run may leap
RETRACE = 4  # steps after which noise is traced anew
AT_REST = 0.35  # error at which `next_factor` leaves a step as long as it was
STALE = 32  # steps after which an emptied pool is taken off the lists


@kernel
def _falls_short(wiring: Wiring, live: Live, work: Work, rtol: float) -> bool:
    """Say whether an uncountable amount falls below zero by more than tolerance explains."""
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if not wiring.countable[pool] and work.new[pool] < -rtol * wiring.floor[pool]:
            return True
    return False


@kernel
def _list_anew(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, course: Course, needed: Bytes) -> None:
    """Rebuild the lists of what is live, and forget the clocks of all else."""
    find_live(wiring, host, course.x, live, needed, work.values)
    lay_out(wiring, live)
    mark_plain(wiring, host, live, dice, needed)
    for flow in range(wiring.n_flow):
        dice.slot[flow] = -1
        if not live.flow_on[flow]:
            dice.clock[flow] = -1.0


@kernel
def _apply(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, course: Course, smooth: bool) -> bool:
    """x += N k, with k as expected (if `smooth`) for flows that are not drawn; say whether a counted pool ran empty."""
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        firings = dice.firings[flow]
        if smooth and not wiring.drawn[flow]:
            firings = work.expected[flow]
        if firings != 0.0:
            course.fired[flow] += firings
            uneven = dice.uneven[flow]
            for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                pool, odd = wiring.stoich_pool[at], 0.0
                if uneven:
                    odd = dice.odd[at]
                    course.odd[pool] += odd
                    dice.odd[at] = 0.0
                course.x[pool] += host.change[at] * firings + odd
    emptied = False
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        clip(wiring, course, pool)
        dice.aside[pool] = work.new[pool] - dice.due[pool] if smooth else 0.0
        if wiring.countable[pool] and course.x[pool] == 0.0:
            emptied = True
    return emptied


@kernel
def _stand_midway(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, course: Course, t: float, step: float
) -> None:
    """Let events see small pools as they are at the start, and all else as expected in the middle of the step."""
    interpolate(live, work, course.x, 0.5, work.values)
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if dice.small[pool]:
            work.values[pool] = course.x[pool]
    work.values[-1] = t + 0.5 * step
    evaluate_signals(wiring, host, live.signals, live.size[N_SIGNALS], work.values)


@kernel
def _draw_step(
    wiring: Wiring,
    host: Host,
    live: Live,
    work: Work,
    dice: Dice,
    streams: Streams,
    late: Streams,
    course: Course,
    needed: Bytes,
    n_exact: int,
    t: float,
    step: float,
) -> bool:
    """Draw what happens in a step whose expectation is known, and show what falls in it; False if it leapt too far.

    That is also where few have become a crowd, which feeds on many who stand still meanwhile: no end of events.
    Events come first, so that leaps know of them. For what is shown they are gone through once more, then taken as
    they were the first time: outputs do not alter the run.
    """
    finish_expected(wiring, host, live, work, step)
    if n_exact > 0:
        _stand_midway(wiring, host, live, work, dice, course, t, step)
        keep_events(wiring, dice, streams, n_exact, 0)
        most = CHUNK + int(8.0 * expected_events(work, dice, n_exact))
        if run_events(wiring, host, live, dice, streams, needed, work.values, n_exact, step, most) < step:
            rewind_events(dice, streams, n_exact, 0)
            return False
        heed_events(wiring, host, live, work, dice, step)
    if not leap(wiring, host, live, work, dice, streams, course.x, work.new, step):
        rewind_events(dice, streams, n_exact, 0)
        return False
    if course.tally[NEXT_OUT] < len(course.out_times) and course.out_times[course.tally[NEXT_OUT]] < t + step:
        if n_exact > 0:
            keep_events(wiring, dice, streams, n_exact, 1)
            rewind_events(dice, streams, n_exact, 0)
            forget_firings(wiring, dice, n_exact)
            _stand_midway(wiring, host, live, work, dice, course, t, step)
        done = 0.0
        while course.tally[NEXT_OUT] < len(course.out_times) and course.out_times[course.tally[NEXT_OUT]] < t + step:
            when = course.out_times[course.tally[NEXT_OUT]]
            if n_exact > 0:
                run_events(wiring, host, live, dice, streams, needed, work.values, n_exact, when - t - done, 1 << 62)
            look_back(wiring, host, dice, course.x, when - t)
            show(wiring, host, live, work, dice, late, course, step, done / step, (when - t) / step, when)
            done = when - t
        if n_exact > 0:
            rewind_events(dice, streams, n_exact, 1)
            recall_firings(wiring, dice, n_exact)
        recall_walk(dice)
    return True


@kernel
def _drawn_factor(error: float, error_before: float, noisy: bool, rtol: float) -> float:
    """Return by how much to lengthen a step, as `next_factor` does, but where the error is that of noise.

    That part is much the same for any step. Control that weighs two errors rests where they are 0.35 of what is
    allowed: at 0.3 it would lengthen steps by a few percent at a time.
    """
    if noisy and error < AT_REST:
        return min(GROW, SAFETY * max(error, 1e-8) ** (-1.0 / 3.0))
    return next_factor(error, error_before, rtol)


@kernel
def _may_stop_within(
    wiring: Wiring, host: Host, live: Live, work: Work, course: Course, t: float, step: float
) -> float:
    """Return how long the step may be for the stop rule to hold no earlier than at its end, as expected."""
    if not looks_out(wiring, course) or step < MOMENT:
        return step
    return max(MOMENT, step * min(1.0, share_until_stop(wiring, host, live, work, course, t, step)))


@entry
def advance_stochastic(
    wiring: Wiring,
    host: Host,
    live: Live,
    work: Work,
    dice: Dice,
    streams: Streams,
    late: Streams,
    course: Course,
    needed: Bytes,
    t_end: float,
    rtol: float,
) -> None:
    """Run one host to t_end, writing readouts on the way; `course.tally[STATUS]` says how it went.

    What is shown within steps draws from streams of its own (``late``), so that outputs alter the run only where
    they have to end a step.
    """
    x, tally = course.x, course.tally
    t = course.clock[TIME]
    note_changes(wiring, host, dice)
    _list_anew(wiring, host, live, work, dice, course, needed)
    begin_step(wiring, host, live, work, x, t)
    h = first_step(wiring, live, work, x, rtol, course.clock[STEP])
    error_before, grow, stale, traced, knot, followed = 1.0, GROW, 0, 0, t, np.inf
    events_a_day = survey(wiring, host, live, work, dice)
    start_peaks(live, work, x)
    set_floors(wiring, live, work, x, dice.leaving, rtol)
    while tally[STATUS] == OK:
        if wiring.stop_signal >= 0 and work.values[wiring.n_pool + wiring.stop_signal] < wiring.stop_below:
            tally[STATUS] = STOPPED
        if len(course.watch_signal) > 0 and stops_here(wiring, host, course, t):
            tally[STATUS] = STOPPED
        if t >= t_end or tally[STATUS] != OK:
            break
        if tally[STEPS] >= tally[MAX_STEPS]:
            tally[STATUS] = TOO_MANY_STEPS
            break
        if tally[HALT] != 0:
            tally[STATUS] = HALTED
            break
        tally[STEPS] += 1
        target = t_end
        if tally[NEXT_OUT] < len(course.out_times):
            target = min(target, course.out_times[tally[NEXT_OUT]])
        events = events_a_day * (target - t)
        only_events = needed[-1] == 0 and events < FRANTIC and all_small(wiring, host, live, dice, x)
        if only_events:
            n_exact = split_flows(wiring, host, live, dice, streams)
            step = run_events(wiring, host, live, dice, streams, needed, work.values, n_exact, target - t, CHUNK)
        else:
            if traced % RETRACE == 0:
                followed = trace_noise(wiring, host, live, work, dice, x, fit(h, t_end - t))
            traced += 1
            if knot <= t:
                knot = next_knot(wiring, host, course.shown, t)
            coming, target = target, min(t_end, knot)
            step = fit(plan_step(wiring, host, live, work, dice, needed, x, fit(h, target - t), followed), target - t)
            if t + step > coming and is_brisk(wiring, host, live, work, dice, x, step):
                target = coming
                step = fit(step, target - t)
            excuse_noise(wiring, host, live, work, dice, x, step)
            error, noisy = NO_FIT, False
            hold_small(wiring, host, live, work, dice, x, t, step)
            if try_step(wiring, host, live, work, dice.stand, t, step):
                let_go(live, work, dice, x)
                error, noisy = step_error(wiring, live, work, rtol)
            good = error <= 1.0 and not _falls_short(wiring, live, work, rtol)
            if good:
                until = _may_stop_within(wiring, host, live, work, course, t, step)
                if until < step:
                    h = until
                    begin_step(wiring, host, live, work, x, t)
                    continue
                n_exact = split_flows(wiring, host, live, dice, streams)
                good = _draw_step(wiring, host, live, work, dice, streams, late, course, needed, n_exact, t, step)
            if not good:
                h = step * (0.5 if error <= 1.0 else max(SHRINK, SAFETY * error ** (-1.0 / 3.0)))
                if np.isnan(h):
                    h = SHRINK * step
                grow = 1.0
                if h < TINIEST * max(TINIEST, abs(t)):
                    tally[STATUS] = why_small(work, error <= 1.0)
                begin_step(wiring, host, live, work, x, t)
                continue
            factor = min(grow, _drawn_factor(error, error_before, noisy, rtol))
            h = max(h, factor * step) if step < h else factor * step
            error_before, grow = error, GROW
        if _apply(wiring, host, live, work, dice, course, not only_events):
            stale += 1
        t = target if step == target - t else t + step
        if stale >= STALE:
            _list_anew(wiring, host, live, work, dice, course, needed)
            stale = 0
        begin_step(wiring, host, live, work, x, t)
        events_a_day = survey(wiring, host, live, work, dice)
        set_floors(wiring, live, work, x, dice.leaving, rtol)
        if tally[NEXT_OUT] < len(course.out_times) and course.out_times[tally[NEXT_OUT]] == t:
            for pool in range(wiring.n_pool):
                course.shown[pool] = x[pool]
            record(wiring, host, course, t)
    course.clock[TIME], course.clock[STEP] = t, h
