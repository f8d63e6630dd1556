"""One step of the Rosenbrock-W method ROS34PW2, order 3 with an embedded order 2, and what it says of every flow.

The matrix W only has to resemble the Jacobian: a flow enters by one entry per arm and stoichiometric pool. Stages are
written in Kaps' form: u_i = sum_{j <= i} Gamma_ij k_j solves (I - h gamma W) u_i = h gamma f(Y_i) + gamma sum_{j < i}
C_ij u_j, which needs no product with W.

References
----------
Rang, Angermann (2005), BIT 45:761, table 4. Hairer, Wanner, Solving Ordinary Differential Equations II, IV.7.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import Bytes, Floats
from immunity.engine.hazard import derivative, evaluate_signals
from immunity.engine.jacobian import evaluate_arms
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_ENTRIES, N_FLOWS, N_POOLS, N_ROWS, N_SIGNALS, Live
from immunity.engine.net import Host, Wiring
from immunity.engine.packed import Grid, Packed
from immunity.engine.sparse import factorise, solve

MANY = 16.0  # members of a pool that noise hardly takes below none
LEVEL = 1.2  # a pool that grows by less in a step has levelled off
LEAST_FLOOR = 1e-9  # of the model's floor: what is less is dust of rounding
LOOSE = 0.1  # of accuracy asked of a step: from here on it is a sketch
LOOSE_FLOOR = 1e-4  # instead of LEAST_FLOOR: in a sketch a ten-thousandth of a cell is dust too
PART_OF_PEAK = 1e-3  # of what a pool has held: less of it than that need not be exact
NOISY = 10.0  # times as much error as accuracy allows: what noise allows a pool from which its error is noise
GAMMA = 4.3586652150845900e-01
ALPHA = np.array(
    [
        [0.0, 0.0, 0.0, 0.0],
        [8.7173304301691801e-01, 0.0, 0.0, 0.0],
        [8.4457060015369423e-01, -1.1299064236484185e-01, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
    ]
)
GAMMAS = np.array(
    [
        [GAMMA, 0.0, 0.0, 0.0],
        [-8.7173304301691801e-01, GAMMA, 0.0, 0.0],
        [-9.0338057013044082e-01, 5.4180672388095326e-02, GAMMA, 0.0],
        [2.4212380706095346e-01, -1.2232505839045147e00, 5.4526025533510214e-01, GAMMA],
    ]
)
B = np.array([2.4212380706095346e-01, -1.2232505839045147e00, 1.5452602553351020e00, 4.3586652150845900e-01])
B_HAT = np.array([3.7810903145819369e-01, -9.6042292212423178e-02, 0.5, 2.1793326075422950e-01])


def _dense_weights() -> Floats:
    """Return D with x(t + s h) = x + sum_ij D_ij s^(j + 1) k_i: order 2 for any W, nearest to order 3, b at s = 1."""
    row, one = ALPHA.sum(axis=1), np.ones(4)
    second = np.array([one, row, GAMMAS.sum(axis=1)])
    third = np.array([row**2, ALPHA @ row, ALPHA @ GAMMAS @ one, GAMMAS @ row, GAMMAS @ GAMMAS @ one])
    free = np.linalg.svd(second)[2][3]
    goals = np.array([[1, 0, 0], [0, 1 / 2, 0], [0, 0, 0], [0, 0, 1 / 3], [0, 0, 1 / 6], [0] * 3, [0] * 3, [0] * 3])
    base = np.linalg.pinv(second) @ goals[:3]
    lean = third @ free
    weights = base + np.outer(free, lean @ (goals[3:] - third @ base) / (lean @ lean))
    return np.ascontiguousarray(weights, np.float64)


_BACK = np.linalg.inv(GAMMAS)
STAGE_TIME = ALPHA.sum(axis=1)
A = ALPHA @ _BACK  # Y_i = x + sum_j A_ij u_j
C = np.eye(4) / GAMMA - _BACK
LAST = B @ _BACK  # new state = x + sum_j LAST_j u_j
ERROR = (B - B_HAT) @ _BACK
DENSE = (_dense_weights().T @ _BACK).T.copy()


@dataclass(frozen=True, eq=False)
class Work(Packed):
    """What a step needs, allocated once per run."""

    values: Floats  # [value] pools, signals, time at the stage
    hazard: Floats  # [flow] at the start of the step
    propensity: Floats  # [flow] at the start of the step
    slope: Floats  # [pool] N a at the start of the step
    expected: Floats  # [flow] expected firings in the step
    stage: Grid  # [4, row] u_i
    change: Floats  # [row]
    new: Floats  # [pool] the state at the end of the step
    arm: Floats  # [arm] d(propensity)/d(pool)
    matrix: Floats  # [live entry], and one for what is not live
    gradient: Floats  # [grad] d(signal)/d(pool)
    scratch: Floats  # [row]
    line: Floats  # [row] all zero between uses
    stage_hazard: Floats  # [flow]
    stage_propensity: Floats  # [flow]
    slack: Floats  # [pool] error allowed on top of the tolerance
    floor: Floats  # [pool] amount below which accuracy is not asked for
    peak: Floats  # [pool] the largest amount so far
    coming: Floats  # [pool] per day, but for what is born of the pool itself, less what is taken
    taken: Floats  # [pool] per day
    held: Bytes  # [pool] stands still for all that depends on it while a step is computed


def new_work(wiring: Wiring) -> Work:
    """Allocate the workspace."""

    def zeros(*size: int) -> Floats:
        return np.zeros(size)

    n_pool, n_flow, n_row = wiring.n_pool, wiring.n_flow, len(wiring.order)
    return Work(
        values=zeros(n_pool + wiring.n_signal + 1),
        hazard=zeros(n_flow),
        propensity=zeros(n_flow),
        slope=zeros(n_pool),
        expected=zeros(n_flow),
        stage=zeros(4, n_row),
        change=zeros(n_row),
        new=zeros(n_pool),
        arm=zeros(len(wiring.arm_pool)),
        matrix=zeros(len(wiring.row_column) + 1),
        gradient=zeros(len(wiring.grad_pool)),
        scratch=zeros(n_row),
        line=zeros(n_row),
        stage_hazard=zeros(n_flow),
        stage_propensity=zeros(n_flow),
        slack=zeros(n_pool),
        floor=wiring.floor.copy(),
        peak=zeros(n_pool),
        coming=zeros(n_pool),
        taken=zeros(n_pool),
        held=np.zeros(n_pool, np.uint8),
    )


@shared
def begin_step(wiring: Wiring, host: Host, live: Live, work: Work, x: Floats, t: float) -> None:
    """Evaluate signals, hazards and N a at the start of a step; see `linearise`."""
    for pool in range(wiring.n_pool):
        work.values[pool] = x[pool]
        work.slope[pool] = 0.0
    work.values[-1] = t
    evaluate_signals(wiring, host, live.signals, live.size[N_SIGNALS], work.values)
    derivative(wiring, host, live.flows, live.size[N_FLOWS], work.values, work.hazard, work.propensity, work.slope)


@shared
def lower_floors(wiring: Wiring, host: Host, live: Live, work: Work, x: Floats, rtol: float) -> None:
    """Ask for accuracy below the floor of an uncountable pool that never held as much; call `begin_step` first.

    Then a part of its own peak is enough, or of what would be there if it were made and taken as it is now: what fills
    up from nothing has no relative accuracy to be asked for. While a pool rises quickly nobody knows how high: until it
    levels off its floor is that of the model.
    """
    for place in range(live.size[N_POOLS]):
        work.coming[live.pools[place]] = work.slope[live.pools[place]]
        work.taken[live.pools[place]] = 0.0
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
            pool, moved = wiring.stoich_pool[entry], host.change[entry] * work.propensity[flow]
            if moved < 0.0:
                work.taken[pool] -= moved
            elif pool == wiring.primary[flow]:
                work.coming[pool] -= moved  # made by what is there already
    set_floors(wiring, live, work, x, work.taken, rtol)


@shared
def set_floors(wiring: Wiring, live: Live, work: Work, x: Floats, taken: Floats, rtol: float) -> None:
    """Lower floors, once it is known what comes (in `work.coming`) and is taken per day."""
    least = LOOSE_FLOOR if rtol >= LOOSE else LEAST_FLOOR
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if wiring.countable[pool]:
            continue
        rising = x[pool] >= LEVEL * work.peak[pool]  # also what is not there yet
        work.peak[pool] = max(work.peak[pool], x[pool])
        work.floor[pool] = wiring.floor[pool]
        if not rising:
            part = max(PART_OF_PEAK * work.peak[pool], least * wiring.floor[pool])
            if work.coming[pool] > 0.0:
                part = max(part, x[pool] * work.coming[pool] / taken[pool] if taken[pool] > 0.0 else np.inf)
            work.floor[pool] = min(wiring.floor[pool], part)


@shared
def start_peaks(live: Live, work: Work, x: Floats) -> None:
    """Take what is there at a start, or has just been given, for a peak; then see `lower_floors`."""
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        work.peak[pool] = max(work.peak[pool], x[pool])


@shared
def linearise(wiring: Wiring, host: Host, live: Live, work: Work) -> None:
    """Evaluate the arms, where `begin_step` has begun: the last thing before steps are tried from there."""
    evaluate_arms(wiring, host, live, work.values, work.hazard, work.propensity, work.gradient, work.line, work.arm)


@shared
def start_matrix(live: Live, work: Work) -> None:
    """Make the matrix 1."""
    for at in range(live.size[N_ENTRIES]):
        work.matrix[at] = 0.0
    for place in range(live.size[N_ROWS]):
        work.matrix[live.diagonal[live.pools[place]]] = 1.0


@kernel
def _assemble(wiring: Wiring, host: Host, live: Live, work: Work, scale: float) -> None:
    """Fill in I - scale * W, and behind it a row and a column for every wide signal.

    The row says that its change is its gradient times that of the pools; the column, what its change does to them.
    """
    start_matrix(live, work)
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        first = wiring.stoich_ptr[flow]
        for arm in range(wiring.arm_ptr[flow], wiring.arm_ptr[flow + 1]):
            value = scale * work.arm[arm]
            if value != 0.0:
                at = wiring.place_ptr[arm]
                for entry in range(first, wiring.stoich_ptr[flow + 1]):
                    work.matrix[live.entry[wiring.place[at + entry - first]]] -= value * host.change[entry]
    for place in range(live.size[N_POOLS], live.size[N_ROWS]):
        signal = wiring.row_value[live.pools[place]] - wiring.n_pool
        for at in range(wiring.grad_ptr[signal], wiring.grad_ptr[signal + 1]):
            if live.value_on[wiring.row_value[wiring.grad_pool[at]]]:
                work.matrix[live.entry[wiring.border[at]]] -= work.gradient[at]


@shared
def try_step(wiring: Wiring, host: Host, live: Live, work: Work, x: Floats, t: float, h: float) -> bool:
    """Compute the four stages and the new state (in `work.new`) of one step; call `begin_step` and `linearise` first.

    Returns
    -------
    bool    False if the matrix could not be factorised
    """
    n_pools, n_flows, n_rows = live.size[N_POOLS], live.size[N_FLOWS], live.size[N_ROWS]
    _assemble(wiring, host, live, work, h * GAMMA)
    if not factorise(live, n_rows, work.matrix):
        return False
    for place in range(n_flows):
        flow = live.flows[place]
        work.expected[flow] = B[0] * work.propensity[flow]
    for pool in range(wiring.n_pool):
        work.stage[0, pool] = h * GAMMA * work.slope[pool]
    for row in range(wiring.n_pool, len(wiring.order)):
        for i in range(4):
            work.stage[i, row] = 0.0
    solve(live, n_rows, work.matrix, work.stage[0])
    for i in range(1, 4):
        for place in range(n_pools):
            pool = live.pools[place]
            total = x[pool] + A[i, 0] * work.stage[0, pool]
            carried = C[i, 0] * work.stage[0, pool]
            if i > 1:
                total += A[i, 1] * work.stage[1, pool]
                carried += C[i, 1] * work.stage[1, pool]
            if i > 2:
                total += A[i, 2] * work.stage[2, pool]
                carried += C[i, 2] * work.stage[2, pool]
            work.values[pool] = x[pool] if work.held[pool] else total
            work.change[pool] = 0.0
            work.stage[i, pool] = GAMMA * carried
        work.values[-1] = t + STAGE_TIME[i] * h
        evaluate_signals(wiring, host, live.signals, live.size[N_SIGNALS], work.values)
        derivative(
            wiring, host, live.flows, n_flows, work.values, work.stage_hazard, work.stage_propensity, work.change
        )
        for place in range(n_flows):
            flow = live.flows[place]
            work.expected[flow] += B[i] * work.stage_propensity[flow]
        for place in range(n_pools):
            pool = live.pools[place]
            work.stage[i, pool] += h * GAMMA * work.change[pool]
        solve(live, n_rows, work.matrix, work.stage[i])
    for place in range(n_pools):
        pool = live.pools[place]
        total = x[pool]
        for j in range(4):
            total += LAST[j] * work.stage[j, pool]
        work.new[pool] = total
    return True


@shared
def finish_expected(wiring: Wiring, host: Host, live: Live, work: Work, h: float) -> None:
    """Complete the expected firings: m = h * sum_i b_i a(Y_i) + h * sum_arm arm * sum_i b_i u_i[pool].

    What the error of a step makes less than none is none, in the new state as well.
    """
    for place in range(live.size[N_ROWS]):
        pool = live.pools[place]
        total = 0.0
        for j in range(4):
            total += B[j] * work.stage[j, pool]
        work.scratch[pool] = total
    for place in range(live.size[N_FLOWS]):
        flow = live.flows[place]
        total = work.expected[flow]
        for arm in range(wiring.arm_ptr[flow], wiring.arm_ptr[flow + 1]):
            total += work.arm[arm] * work.scratch[wiring.arm_pool[arm]]
        if total < 0.0:
            for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                work.new[wiring.stoich_pool[entry]] -= h * total * host.change[entry]
            total = 0.0
        work.expected[flow] = h * total


@shared
def step_error(wiring: Wiring, live: Live, work: Work, rtol: float) -> tuple[float, bool]:
    """Return the largest embedded error over its allowance rtol * (amount + floor) + slack; NaN if not finite.

    And whether noise allows the worst pool far more than accuracy does: then the error is noise as well. The floor of
    an uncountable pool is lowered where it never held as much (see `lower_floors`).
    """
    worst, noisy = 0.0, False
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        error = 0.0
        for j in range(4):
            error += ERROR[j] * work.stage[j, pool]
        asked = rtol * (abs(work.new[pool]) + work.floor[pool])
        ratio = abs(error) / (asked + work.slack[pool])
        if not ratio <= worst:
            if np.isnan(ratio):
                return np.nan, False
            worst, noisy = ratio, work.slack[pool] > NOISY * asked and work.new[pool] > MANY
    return worst, noisy


@shared
def interpolate(live: Live, work: Work, x: Floats, share: float, out: Floats) -> None:
    """Write the state at t + share * h into out[0:n_pool]; amounts are not below zero."""
    for pool in range(len(x)):
        out[pool] = x[pool]
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        total = x[pool]
        for j in range(4):
            weight = share * (DENSE[j, 0] + share * (DENSE[j, 1] + share * DENSE[j, 2]))
            total += weight * work.stage[j, pool]
        out[pool] = max(total, 0.0)
