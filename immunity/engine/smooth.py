"""Deterministic mode: dx/dt = N a(x), with steps as long as the embedded error allows."""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import numpy as np

from immunity.compiler.tables import Bytes, Floats
from immunity.engine.course import (
    EASE,
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
    stop_margin,
    stops_here,
)
from immunity.engine.hazard import next_knot
from immunity.engine.kernel import entry, kernel, shared
from immunity.engine.live import N_FLOWS, N_POOLS, Live, find_live
from immunity.engine.net import Host, Wiring
from immunity.engine.rosenbrock import (
    LOOSE,
    Work,
    begin_step,
    finish_expected,
    interpolate,
    linearise,
    lower_floors,
    start_peaks,
    step_error,
    try_step,
)
from immunity.engine.sparse import lay_out
from immunity.engine.status import HALTED, NEGATIVE, NOT_FINITE, OK, STEP_UNDERFLOW, STOPPED, TOO_MANY_STEPS

SAFETY, SHRINK, GROW = 0.9, 0.15, 8.0
TINIEST = 1e-14  # of a day, or of the time
NO_FIT = 10.0  # error given to a step whose matrix could not be factorised


@shared
def first_step(wiring: Wiring, live: Live, work: Work, x: Floats, rtol: float, before: float) -> float:
    """Guess a step in which nothing changes much; ``before``: the last step before an event, or 0."""
    fastest = 0.0
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        fastest = max(fastest, abs(work.slope[pool]) / (abs(x[pool]) + wiring.floor[pool]))
    guess = 0.5 * np.cbrt(rtol) / fastest if fastest > 0.0 else np.inf
    return min(before, max(guess, 0.01 * before)) if before > 0.0 else guess


@kernel
def next_factor(error: float, error_before: float, rtol: float) -> float:
    """Return by how much to lengthen the step: proportional and integral control of the error, bolder in a sketch."""
    now, before = (0.8, 0.3) if rtol >= LOOSE else (0.7, 0.4)
    error = max(error, 1e-8)
    return min(GROW, max(SHRINK, SAFETY * error ** (-now / 3.0) * max(error_before, 1e-4) ** (before / 3.0)))


@kernel
def fit(h: float, left: float) -> float:
    """Cut a step so that it ends on time, without leaving a splinter behind."""
    if h >= left:
        return left
    return 0.5 * left if 2.0 * h > left else h


@kernel
def why_small(work: Work, negative: bool) -> int:
    """Return the status that explains why no step is short enough."""
    if not np.isfinite(np.sum(work.slope)):
        return NOT_FINITE
    return NEGATIVE if negative else STEP_UNDERFLOW


@kernel
def _below_zero(wiring: Wiring, live: Live, work: Work, x: Floats, rtol: float) -> bool:
    """Say whether some amount falls below zero by more than rounding and tolerance explain."""
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if work.new[pool] < -rtol * wiring.floor[pool] - 1e-13 * x[pool]:
            return True
    return False


@shared
def share_until_stop(wiring: Wiring, host: Host, live: Live, work: Work, course: Course, t: float, h: float) -> float:
    """Return the share of an accepted step after which the stop rule holds, 2.0 if it does not."""
    interpolate(live, work, course.x, 1.0, course.shown)
    if stop_margin(wiring, host, course, t + h) >= 0.0:
        return 2.0
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        interpolate(live, work, course.x, middle, course.shown)
        if stop_margin(wiring, host, course, t + middle * h) < 0.0:
            high = middle
        else:
            low = middle
    return high


@entry
def advance_smooth(
    wiring: Wiring,
    host: Host,
    live: Live,
    work: Work,
    course: Course,
    needed: Bytes,
    t_end: float,
    rtol: float,
    obey_stop: bool,
) -> None:
    """Integrate one host to t_end, writing readouts on the way; `course.tally[STATUS]` says how it went.

    Where nothing has happened but that numbers grew by `course.clock[EASE]`, the step goes on as it was, and may err
    by as much: what follows at once comes to its new rest within it, and is not traced on the way.
    """
    x, tally = course.x, course.tally
    t = course.clock[TIME]
    find_live(wiring, host, x, live, needed, work.values)
    lay_out(wiring, live)
    begin_step(wiring, host, live, work, x, t)
    linearise(wiring, host, live, work)
    stops = obey_stop and looks_out(wiring, course)
    if stops and stops_here(wiring, host, course, t):
        tally[STATUS] = STOPPED
        return
    h = first_step(wiring, live, work, x, rtol, course.clock[STEP])
    ease = course.clock[EASE] if course.clock[STEP] > 0.0 else 0.0
    if ease > 0.0:
        h = course.clock[STEP]
        for pool in range(wiring.n_pool):
            work.slack[pool] = ease * x[pool]
    course.clock[EASE] = 0.0
    error_before, grow, stopping, knot = 1.0, GROW, False, t
    start_peaks(live, work, x)
    lower_floors(wiring, host, live, work, x, rtol)
    while t < t_end and tally[STATUS] == OK:
        if tally[STEPS] >= tally[MAX_STEPS]:
            tally[STATUS] = TOO_MANY_STEPS
            break
        if tally[HALT] != 0:
            tally[STATUS] = HALTED
            break
        tally[STEPS] += 1
        if knot <= t:
            knot = next_knot(wiring, host, course.shown, t)
        until = min(t_end, knot)
        step = h if stopping else fit(h, until - t)
        error = NO_FIT
        if try_step(wiring, host, live, work, x, t, step):
            error, _ = step_error(wiring, live, work, rtol)
        negative = error <= 1.0 and _below_zero(wiring, live, work, x, rtol)
        if not error <= 1.0 or negative:
            h = 0.5 * step if negative else step * max(SHRINK, SAFETY * error ** (-1.0 / 3.0))
            if np.isnan(h):
                h = SHRINK * step
            grow, stopping = 1.0, False
            if h < TINIEST * max(TINIEST, abs(t)):
                tally[STATUS] = why_small(work, negative)
            continue
        if stops and not stopping:
            share = share_until_stop(wiring, host, live, work, course, t, step)
            if share < 1.0 - 1e-6:
                h, stopping = share * step, True
                continue
            stopping = share <= 1.0
        if ease > 0.0:
            ease = 0.0
            work.slack[:] = 0.0
        after = until if step == until - t else t + step
        while tally[NEXT_OUT] < len(course.out_times) and course.out_times[tally[NEXT_OUT]] <= after:
            when = course.out_times[tally[NEXT_OUT]]
            interpolate(live, work, x, (when - t) / step, course.shown)
            record(wiring, host, course, when)
        finish_expected(wiring, host, live, work, step)
        for place in range(live.size[N_FLOWS]):
            course.fired[live.flows[place]] += work.expected[live.flows[place]]
        for place in range(live.size[N_POOLS]):
            pool = live.pools[place]
            x[pool] = work.new[pool]
            clip(wiring, course, pool)
        factor = min(grow, next_factor(error, error_before, rtol))
        h = max(h, factor * step) if step < h else factor * step
        error_before, grow, t = error, GROW, after
        begin_step(wiring, host, live, work, x, t)
        lower_floors(wiring, host, live, work, x, rtol)
        linearise(wiring, host, live, work)
        if stopping:
            tally[STATUS] = STOPPED
    course.clock[TIME], course.clock[STEP] = t, h
