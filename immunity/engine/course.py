"""What a run carries along and writes down: state, ledger, step size, readouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.halt import watch
from immunity.engine.hazard import evaluate_signals
from immunity.engine.kernel import entry, kernel, shared
from immunity.engine.net import Host, Places, Wiring
from immunity.engine.packed import Counts, Grid, Packed

TIME, STEP, EASE = 0, 1, 2  # entries of `clock`
STEPS, NEXT_OUT, STATUS, MAX_STEPS, HALT = 0, 1, 2, 3, 4  # entries of `tally`


@dataclass(frozen=True, eq=False)
class Course(Packed):
    """One host's run so far."""

    x: Floats  # [pool]
    fired: Floats  # [flow]
    clipped: Floats  # [pool]
    odd: Floats  # [pool] by how much whole members drawn for fractional yields are off these
    clock: Floats  # TIME (day), STEP (day, the step to try next; 0: guess), EASE (see `advance_smooth`)
    tally: Counts  # STEPS, NEXT_OUT, STATUS, MAX_STEPS, HALT (1 when somebody wants the run to end at once)
    out_times: Floats
    readouts: Grid  # [time, readout]
    pools: Grid  # [time, kept pool], no rows if not wanted
    kept: Places  # [kept pool]
    shown: Floats  # [value] workspace for readouts
    watch_signal: Places  # what is looked out for besides the stop rule: sign * (signal - level) > 0
    watch_sign: Floats
    watch_level: Floats
    every_signal: Places


def new_course(
    wiring: Wiring, x: Floats, start: float, out_times: Floats, record_pools: bool | Sequence[int], max_steps: int
) -> Course:
    """Allocate a run; rows not reached stay NaN. Of pools all are kept, none, or those that are listed."""
    listed = range(wiring.n_pool if record_pools is True else 0) if isinstance(record_pools, bool) else record_pools
    kept = np.array([*listed], np.uint32)
    tally = np.array([0, 0, 0, max_steps, 0])
    watch(tally, HALT)
    return Course(
        x=x.astype(np.float64),
        fired=np.zeros(wiring.n_flow),
        clipped=np.zeros(wiring.n_pool),
        odd=np.zeros(wiring.n_pool),
        clock=np.array([start, 0.0, 0.0]),
        tally=tally,
        out_times=np.ascontiguousarray(out_times, np.float64),
        readouts=np.full((len(out_times), len(wiring.readout_signal)), np.nan),
        pools=np.full((len(out_times) if len(kept) else 0, len(kept)), np.nan),
        kept=kept,
        shown=np.zeros(wiring.n_pool + wiring.n_signal + 1),
        watch_signal=np.zeros(0, np.uint32),
        watch_sign=np.zeros(0),
        watch_level=np.zeros(0),
        every_signal=np.arange(wiring.n_signal, dtype=np.uint32),
    )


@shared
def record(wiring: Wiring, host: Host, course: Course, t: float) -> None:
    """Write the next row from the pools in `course.shown`."""
    row = course.tally[NEXT_OUT]
    course.shown[-1] = t
    evaluate_signals(wiring, host, course.every_signal, wiring.n_signal, course.shown)
    for place in range(len(wiring.readout_signal)):
        value = course.shown[wiring.n_pool + wiring.readout_signal[place]]
        course.readouts[row, place] = wiring.readout_scale[place] * value + wiring.readout_offset[place]
    if len(course.pools):
        for place in range(len(course.kept)):
            course.pools[row, place] = course.shown[course.kept[place]]
    course.tally[NEXT_OUT] = row + 1


@kernel
def looks_out(wiring: Wiring, course: Course) -> bool:
    """Say whether there is anything to stop for."""
    return wiring.stop_signal >= 0 or len(course.watch_signal) > 0


@kernel
def stop_margin(wiring: Wiring, host: Host, course: Course, t: float) -> float:
    """Return how far the pools in `course.shown` are from what the run stops for: below zero, and it does."""
    course.shown[-1] = t
    last = wiring.stop_signal
    for k in range(len(course.watch_signal)):
        last = max(last, np.int64(course.watch_signal[k]))
    evaluate_signals(wiring, host, course.every_signal, last + 1, course.shown)  # pyright: ignore[reportArgumentType]
    margin = np.inf
    if wiring.stop_signal >= 0:
        margin = course.shown[wiring.n_pool + wiring.stop_signal] - wiring.stop_below
    for k in range(len(course.watch_signal)):
        value = course.shown[wiring.n_pool + course.watch_signal[k]]
        margin = min(margin, course.watch_sign[k] * (course.watch_level[k] - value))
    return margin


@shared
def stops_here(wiring: Wiring, host: Host, course: Course, t: float) -> bool:
    """Say whether the present state is one that the run stops for."""
    for pool in range(wiring.n_pool):
        course.shown[pool] = course.x[pool]
    return stop_margin(wiring, host, course, t) < 0.0


@entry
def sense(wiring: Wiring, host: Host, course: Course, t: float) -> None:
    """Write the values of all signals in the present state into `course.shown`, called from Python."""
    for pool in range(wiring.n_pool):
        course.shown[pool] = course.x[pool]
    course.shown[-1] = t
    evaluate_signals(wiring, host, course.every_signal, wiring.n_signal, course.shown)


@kernel
def clip(wiring: Wiring, course: Course, pool: int) -> None:
    """Set a pool that fell below zero to zero and book it."""
    if course.x[pool] < 0.0:
        course.clipped[pool] -= course.x[pool]
        course.x[pool] = 0.0


@entry
def record_row(wiring: Wiring, host: Host, course: Course, t: float) -> None:
    """Write the next row, called from Python."""
    record(wiring, host, course, t)
