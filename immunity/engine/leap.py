"""Leaps: how often flows between large pools fire in a step, drawn around what is expected.

Every flow draws from a Poisson distribution around its expected firings. What that puts into a pool or takes out of it
relaxes within the same step: a member that left can't leave again, one that came may go on. For members that move, die
and divide independently of each other, the covariance of where they are at the end follows from two things alone, the
expected firings m and the response A of firings to amounts:

    Q = K (N C N') K',   K = 1 / (1 - h A theta),   C = diag(m) + c m m' for flows out of one pool,

with theta the share of a pool's turnover that is counted from its end rather than its start, such that one pool alone
decays by exactly exp(-z) in z turnovers. So m + noise is taken through one solve with the sparse matrix of the step,
whatever the number of turnovers. Pools in which few are left are drawn member by member instead (`few`).
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.dice import N_OTHERS, N_SHEDDING, N_WALKING, UNNOTICED, Dice, leaps, whole_yield
from immunity.engine.few import count_few, mend, share_out_few
from immunity.engine.hazard import evaluate_signals, flow_hazard
from immunity.engine.kernel import kernel, shared
from immunity.engine.live import N_POOLS, N_ROWS, N_SIGNALS, Live
from immunity.engine.net import BY_PRIMARY, Host, Wiring
from immunity.engine.rng import Streams, poisson, rounded
from immunity.engine.rosenbrock import Work, start_matrix
from immunity.engine.sparse import factorise, solve
from immunity.engine.wander import go_on

FAINT = 4.0  # expected firings below which a flow draws last, so that it can't fall below none
WHOLE = 1e6  # firings above which rounding needs no chance


@kernel
def share_late(turnover: float) -> float:
    """Return theta with (1 - (1 - theta) z) / (1 + theta z) = exp(-z); for growth, z is below zero."""
    if abs(turnover) < 1e-3:
        return 0.5 + turnover / 12.0
    if abs(turnover) > 40.0:
        return 1.0 - 1.0 / turnover if turnover > 0.0 else -1.0 / turnover
    left = math.exp(-turnover)
    return (turnover - 1.0 + left) / (turnover * (1.0 - left))


@kernel
def share_kin(turnover: float) -> float:
    """Return (z / 2 coth(z / 2) - 1) / z: by how much those born of who came within a step vary less than others."""
    if abs(turnover) < 1e-2:
        return turnover / 12.0
    half = 0.5 * turnover
    return (half / math.tanh(half) - 1.0) / turnover


@kernel
def share_batch(turnover: float) -> float:
    """Return z / 2 coth(z / 2) - 1: by how much those who came together within a step vary more than it carries on."""
    if abs(turnover) < 1e-2:
        return turnover * turnover / 12.0
    return 0.5 * turnover / math.tanh(0.5 * turnover) - 1.0


@kernel
def _meeting_at_start(wiring: Wiring, work: Work, flow: int) -> float:
    """Return what `meeting` was at the start of the step: an arm is propensity * slope / signal."""
    share, met = 1.0, 0.0
    for arm in range(wiring.arm_ptr[flow] + 1, wiring.arm_ptr[flow + 1]):
        if wiring.arm_signal[arm] >= 0 and wiring.arm_pool[arm] == wiring.primary[flow] and work.arm[arm] > 0.0:
            met += 1.0
            share *= max(0.0, 1.0 - met * work.arm[arm] / work.propensity[flow])
    return share


@shared
def heed_events(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, step: float) -> None:
    """Keep how much more often flows are expected to fire for what events made of small pools on average.

    Small pools stood still at what was expected of them; see `dice.hold_small`.
    """
    moved = False
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        work.values[pool] = dice.stand[pool]
        if work.held[pool]:
            work.values[pool] = dice.mass[pool] / step
            moved = moved or work.values[pool] != dice.stand[pool]
    if not moved:
        return
    evaluate_signals(wiring, host, live.signals, live.size[N_SIGNALS], work.values)
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        if dice.slot[flow] >= 0:
            continue
        rate = flow_hazard(wiring, host, flow, work.values)
        if wiring.primary[flow] >= 0:
            rate *= work.values[wiring.primary[flow]]
        dice.more[flow] = step * (rate - work.propensity[flow])


@kernel
def _expect(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, x: Floats, step: float) -> None:
    """Keep the expected firings of flows that leap or aren't drawn, and every pool's theta and level.

    The level stands between the amounts at the start and at the end; for small pools it is that expected at the end.
    """
    for place in range(live.size[N_POOLS]):
        dice.late[live.pools[place]] = 0.0
    for place in range(dice.walking[N_WALKING]):
        flow = dice.walking_flows[place]
        arm = wiring.arm_ptr[flow]
        dice.mean[flow] = work.expected[flow]
        dice.late[wiring.arm_pool[arm]] -= step * work.arm[arm] * host.own[arm]
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        dice.mean[flow] = work.expected[flow]
        if dice.slot[flow] >= 0:
            continue
        if wiring.drawn[flow]:
            dice.mean[flow] = max(work.expected[flow] + dice.more[flow], 0.0) * _meeting_at_start(wiring, work, flow)
        for arm in range(wiring.arm_ptr[flow], wiring.arm_ptr[flow + 1]):
            if wiring.arm_pool[arm] < wiring.n_pool:
                dice.late[wiring.arm_pool[arm]] -= step * work.arm[arm] * host.own[arm]
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        dice.late[pool] = share_late(dice.late[pool])
        dice.level[pool] = (1.0 - dice.late[pool]) * x[pool] + dice.late[pool] * max(work.new[pool], 0.0)
        if dice.small[pool]:
            dice.level[pool] = work.new[pool]


@kernel
def _response(wiring: Wiring, work: Work, dice: Dice, flow: int, arm: int, step: float) -> float:
    """Return by how much a flow's firings rise with one more in an arm's pool at the end of the step.

    In the row of a wide signal, the pools that it reads stand with their theta already.
    """
    pool = wiring.arm_pool[arm]
    if pool >= wiring.n_pool:
        return step * work.arm[arm]
    if dice.small[pool]:
        return 0.0
    if wiring.arm_signal[arm] == BY_PRIMARY and wiring.countable[pool]:
        return dice.late[pool] * dice.mean[flow] / dice.level[pool] if dice.level[pool] > 0.0 else 0.0
    return dice.late[pool] * step * work.arm[arm]


@kernel
def _respond(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, flow: int, step: float) -> None:
    """Let the matrix know how a flow's firings rise with its arms' pools, and keep it."""
    first = wiring.stoich_ptr[flow]
    for arm in range(wiring.arm_ptr[flow], wiring.arm_ptr[flow + 1]):
        response = _response(wiring, work, dice, flow, arm, step)
        dice.response[arm] = response
        if response != 0.0:
            at = wiring.place_ptr[arm]
            for entry in range(first, wiring.stoich_ptr[flow + 1]):
                work.matrix[live.entry[wiring.place[at + entry - first]]] -= response * host.change[entry]


@kernel
def _put_in(wiring: Wiring, host: Host, work: Work, flow: int, firings: float) -> None:
    """work.change += N * firings of one flow."""
    for entry in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
        work.change[wiring.stoich_pool[entry]] += host.change[entry] * firings


@kernel
def _draw_noise(
    wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, streams: Streams, x: Floats, step: float
) -> None:
    """Draw every flow's firings into `dice.firings`, and let those that leave one pool know of each other."""
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        if leaps(wiring, dice, flow):
            mean = dice.mean[flow]
            dice.firings[flow] = poisson(streams, flow, mean) if mean >= FAINT else mean
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if not wiring.countable[pool] or dice.small[pool] or dice.level[pool] <= 0.0:
            continue
        total, noise, gone, born = 0.0, 0.0, 0.0, 0.0
        for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
            flow = wiring.leaver[at]
            if not (live.flow_on[flow] and leaps(wiring, dice, flow)):
                continue
            own = dice.own[flow]
            if own < 0.0:
                total += dice.mean[flow]
                noise += dice.firings[flow] - dice.mean[flow]
                gone -= own * dice.mean[flow]
            else:
                born += own * dice.mean[flow]
        if noise == 0.0:
            continue
        late, level, after = dice.late[pool], dice.level[pool], max(work.new[pool], 0.0)
        joint = late * late * after - (1.0 - late) * (1.0 - late) * x[pool]
        more = joint * total / (level * level)
        if born > 0.0:
            turnover, births = (gone - born) / level, born / level
            came = max(after - x[pool] + gone - born, 0.0)
            more = (joint * turnover * (turnover + 2.0 * births) - 2.0 * births * came * share_kin(turnover)) / total
        if dice.batch[pool] > 0.0:
            more += step * dice.batch[pool] * share_batch((gone - born) / level) / total
        shift = (math.sqrt(max(0.0, 1.0 + more)) - 1.0) * noise / total
        for at in range(wiring.leaver_ptr[pool], wiring.leaver_ptr[pool + 1]):
            flow = wiring.leaver[at]
            if live.flow_on[flow] and leaps(wiring, dice, flow) and dice.own[flow] < 0.0:
                dice.firings[flow] += dice.mean[flow] * shift


@kernel
def _carry(wiring: Wiring, host: Host, live: Live, work: Work, dice: Dice, step: float) -> bool:
    """Solve for how far noise takes every pool by the end of the step (in `work.change`); False if it grows too fast.

    The matrix of the step is overwritten: it has done its work.
    """
    for place in range(live.size[N_ROWS]):
        work.change[live.pools[place]] = 0.0
    start_matrix(live, work)
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        more = dice.more[flow] if dice.slot[flow] < 0 else 0.0
        if wiring.drawn[flow]:
            more += dice.firings[flow] - dice.mean[flow]
        if more != 0.0:
            _put_in(wiring, host, work, flow, more)
        if dice.slot[flow] < 0:
            _respond(wiring, host, live, work, dice, flow, step)
    if dice.walking[N_SHEDDING] > 0:  # else whatever comes to walkers by chance stays among them
        for place in range(dice.walking[N_WALKING]):
            _respond(wiring, host, live, work, dice, dice.walking_flows[place], step)
    for place in range(live.size[N_POOLS], live.size[N_ROWS]):
        signal = wiring.row_value[live.pools[place]] - wiring.n_pool
        for at in range(wiring.grad_ptr[signal], wiring.grad_ptr[signal + 1]):
            read = wiring.grad_pool[at]
            if live.value_on[wiring.row_value[read]]:
                late = dice.late[read] if read < wiring.n_pool else 1.0
                work.matrix[live.entry[wiring.border[at]]] -= late * work.gradient[at]
    if not factorise(live, live.size[N_ROWS], work.matrix):
        return False
    solve(live, live.size[N_ROWS], work.matrix, work.change)
    return True


@kernel
def _make_whole(wiring: Wiring, work: Work, dice: Dice, streams: Streams) -> None:
    """Add to every flow's firings what the noise of its pools makes of them; round those that are drawn."""
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        if dice.slot[flow] >= 0:
            continue
        pull = 0.0
        for arm in range(wiring.arm_ptr[flow], wiring.arm_ptr[flow + 1]):
            pull += dice.response[arm] * work.change[wiring.arm_pool[arm]]
        if not wiring.drawn[flow]:
            work.expected[flow] = max(0.0, work.expected[flow] + dice.more[flow] + pull)
            continue
        firings = max(dice.firings[flow] + pull, 0.0) if dice.mean[flow] > 0.0 else 0.0
        if dice.mean[flow] < FAINT:
            firings = poisson(streams, flow, firings)
        else:
            firings = rounded(streams, flow, firings) if firings < WHOLE else np.floor(firings + 0.5)
        dice.firings[flow] = firings


@shared
def leap(
    wiring: Wiring,
    host: Host,
    live: Live,
    work: Work,
    dice: Dice,
    streams: Streams,
    x: Floats,
    after: Floats,
    step: float,
) -> bool:
    """Draw the firings of all leaping flows into `dice.firings`, and the state they lead to into `after`.

    Exact flows have fired: what they brought may leave again within the step.

    Parameters
    ----------
    after : float64[pool]   the expected state at the end of the step on entry, overwritten

    Returns
    -------
    bool    False if a pool whose members matter one by one would fall below zero: the step is too long
    """
    _expect(wiring, host, live, work, dice, x, step)
    _draw_noise(wiring, host, live, work, dice, streams, x, step)
    if not _carry(wiring, host, live, work, dice, step):
        return False
    _make_whole(wiring, work, dice, streams)
    share_out_few(wiring, host, live, work, dice, streams, x)
    for pool in range(wiring.n_pool):
        dice.due[pool] = max(after[pool], 0.0)
        after[pool] = x[pool]
    for place in range(dice.walking[N_OTHERS]):
        flow = dice.other_flows[place]
        firings, uneven = dice.firings[flow], dice.uneven[flow]
        if firings != 0.0:
            for at in range(wiring.stoich_ptr[flow], wiring.stoich_ptr[flow + 1]):
                pool = wiring.stoich_pool[at]
                if not uneven:
                    after[pool] += host.change[at] * firings
                    continue
                fractional = wiring.countable[pool] and host.change[at] != np.floor(host.change[at])
                if fractional and dice.slot[flow] < 0:
                    dice.odd[at] = whole_yield(streams, flow, host.change[at], firings)
                after[pool] += host.change[at] * firings + dice.odd[at]
    count_few(wiring, host, live, dice, streams, x, after, step)
    again = True
    for _ in range(2):
        if again:
            again = False
            for pool in range(wiring.n_pool):
                if after[pool] < 0.0 and wiring.countable[pool]:
                    mend(wiring, host, live, dice, streams, pool, after)
                    again = True
    if not go_on(wiring, host, live, dice, streams, x, after, step):
        return False
    for place in range(live.size[N_POOLS]):
        pool = live.pools[place]
        if wiring.countable[pool] and after[pool] < 0.0 and x[pool] < UNNOTICED:
            return False
    return True
