"""Leaps once more, slow and plain: dense matrices, the same random numbers."""

# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# (NumPy's stubs take an element at an index of unknown type for an array)
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.net import prepare
from immunity.engine.twin import Step, hazard, meeting_slope, net_change
from immunity.engine.twin_noise import comes_back
from immunity.engine.twin_survey import Dice, Turnover

UNNOTICED, SPARSE, FAINT, WHOLE = 1e6, 64.0, 4.0, 1e6


def meeting(dice: Dice, flow: int, signals: list[float]) -> float:
    """Return the share of meetings left when nobody meets itself."""
    flows, share, met = dice.model.tables.flows, 1.0, 0
    for at in range(flows.jac_ptr[flow], flows.jac_ptr[flow + 1]):
        own = flows.jac_pool[at] == flows.primary[flow] and dice.model.tables.countable[flows.jac_pool[at]]
        if own and signals[flows.jac_signal[at]] > 0:
            met += 1
            share *= max(0.0, 1 - met * meeting_slope(dice.model, at) / signals[flows.jac_signal[at]])
    return share


def share_late(z: float) -> float:
    """Return theta with (1 - (1 - theta) z) / (1 + theta z) = exp(-z)."""
    if abs(z) < 1e-3:
        return 0.5 + z / 12
    if abs(z) > 40:
        return 1 - 1 / z if z > 0 else -1 / z
    return (z - 1 + math.exp(-z)) / (z * (1 - math.exp(-z)))


@dataclass
class Leap:
    """Firings of flows that leap, as drawn, and of all others on top of those expected."""

    drawn: dict[int, float]
    extra: Floats  # [flow]
    mean: dict[int, float]


def leap(
    dice: Dice,
    engaged: list[int],
    single: dict[int, float],
    more: Floats,
    small: set[int],
    step: Step,
    x: Floats,
    signals: list[float],
    slopes: Floats,
    batch: Floats,
    walking: set[int],
    h: float,
) -> Leap:
    """Draw the firings of leaping flows, and carry their noise and that of events to what is not drawn.

    ``more``: expected firings on top, for what events made of small pools.
    """
    model, primary = dice.model, dice.model.tables.flows.primary
    n, n_flow = model.n_pool, model.n_flow
    leaping = [flow for flow in engaged if dice.drawn(flow) and primary[flow] not in walking]
    change = np.array([net_change(model, np.eye(n_flow)[flow].tolist()) for flow in range(n_flow)])
    mean = {flow: float(step.expected[flow]) for flow in engaged}
    mean |= {flow: max(0.0, mean[flow] + more[flow]) * meeting(dice, flow, signals) for flow in leaping}
    z = [-h * sum(slopes[flow, pool] * change[flow, pool] for flow in engaged) for pool in range(n)]
    late = np.array([share_late(float(each)) for each in z])
    level = (1 - late) * x + late * np.maximum(step.new, 0.0)
    dice.level = np.array([step.new[pool] if pool in small else level[pool] for pool in range(n)])
    response = np.zeros((n_flow, n))  # firings per member more at the end of the step
    for flow in engaged:
        for pool in set(range(n)) - small:
            own = primary[flow] == pool and model.tables.countable[pool]
            slope = slopes[flow, pool]
            response[flow, pool] = late[pool] * h * slope
            if own:
                rest = slope - hazard(model, flow, signals)
                response[flow, pool] = late[pool] * (h * rest + (mean[flow] / level[pool] if level[pool] > 0 else 0.0))
    drawn = {flow: dice.streams[flow].poisson(mean[flow]) if mean[flow] >= FAINT else mean[flow] for flow in leaping}
    for pool in range(n):
        leavers = [flow for flow in leaping if primary[flow] == pool and dice.own(flow) < 0]
        total, noise = sum(mean[flow] for flow in leavers), sum(drawn[flow] - mean[flow] for flow in leavers)
        if noise != 0.0 and level[pool] > 0 and pool not in small:
            joint = late[pool] ** 2 * max(0.0, step.new[pool]) - (1 - late[pool]) ** 2 * x[pool]
            out, born = (
                sum(max(0.0, sign * dice.own(flow)) * mean[flow] for flow in leaping if primary[flow] == pool)
                for sign in (-1, 1)
            )
            extra_noise = joint * total**2 / level[pool] ** 2
            if born > 0:
                net, births = (out - born) / level[pool], born / level[pool]
                came = max(max(0.0, step.new[pool]) - x[pool] + out - born, 0.0)
                kin = net / 12 if abs(net) < 1e-2 else (net / 2 / math.tanh(net / 2) - 1) / net
                extra_noise = joint * net * (net + 2 * births) - 2 * births * came * kin
            gone = (out - born) / level[pool]
            extra_noise += h * batch[pool] * (gone**2 / 12 if abs(gone) < 1e-2 else gone / 2 / math.tanh(gone / 2) - 1)
            shift = (math.sqrt(max(0.0, 1 + extra_noise / total)) - 1) * noise / total
            for flow in leavers:
                drawn[flow] += mean[flow] * shift
    solve = np.linalg.inv(np.eye(n) - change.T @ response)
    push = sum((change[flow] * (drawn[flow] - mean[flow]) for flow in leaping), np.zeros(n))
    push += sum((change[flow] * (count - step.expected[flow]) for flow, count in single.items()), np.zeros(n))
    push += net_change(model, [more[flow] if flow in engaged else 0.0 for flow in range(n_flow)])
    pull = response @ (solve @ push)
    for flow in leaping:
        firings = max(0.0, drawn[flow] + pull[flow]) if mean[flow] > 0 else 0.0
        stream = dice.streams[flow]
        if mean[flow] < FAINT:
            drawn[flow] = stream.poisson(firings)
        else:
            drawn[flow] = stream.rounded(firings) if firings < WHOLE else math.floor(firings + 0.5)
    owed = pull + more
    extra = np.array([0.0 if dice.drawn(flow) or flow not in engaged else owed[flow] for flow in range(n_flow)])
    for pool in range(n):
        few = min(x[pool], step.new[pool]) < SPARSE and x[pool] < UNNOTICED and level[pool] > 0
        if few and model.tables.countable[pool] and pool not in small and not comes_back(dice, leaping, pool):
            events = {flow: float(step.expected[flow]) for flow in single}
            share_out(dice, leaping, pool, x[pool], late[pool], level[pool], (mean, events), (drawn, single))
    return Leap(drawn, extra, mean)


def share_out(
    dice: Dice,
    leaping: list[int],
    pool: int,
    count: float,
    late: float,
    level: float,
    means: tuple[dict[int, float], dict[int, float]],
    draws: tuple[dict[int, float], dict[int, float]],
) -> None:
    """Share few members out one by one; ``means``, ``draws``: of leaping flows, and of exact ones."""
    model, primary = dice.model, dice.model.tables.flows.primary
    came, due = (
        sum(
            max(0.0, model.stoichiometry[flow].get(pool, 0.0)) * count for part in parts for flow, count in part.items()
        )
        for parts in (draws, (({flow: means[0][flow] for flow in leaping}), means[1]))
    )
    mean, drawn = means[0], draws[0]
    leavers = [flow for flow in leaping if primary[flow] == pool and dice.own(flow) < 0]
    members = left = count
    total = sum(-dice.own(flow) * mean[flow] for flow in leavers)
    per_flow = count * min((1 - late) / level, 1 / total) if total > 0 else 0.0
    start = {flow: per_flow * mean[flow] for flow in leavers}
    for early in (True, False):
        if not early:
            members, left = members + came, left + due
        for flow in leavers:
            group = -dice.own(flow)
            taken = group * (start[flow] if early else mean[flow] - start[flow])
            chance = min(1.0, max(0.0, taken / left)) if left > 0 else 0.0
            gone = dice.streams[flow].binomial(math.floor(max(0.0, members) / group), chance) if taken > 0 else 0.0
            left, members = left - taken, members - gone * group
            drawn[flow] = gone if early else drawn[flow] + gone


def whole_yield(dice: Dice, flow: int, pool: int, firings: float) -> float:
    """Return by how much whole members are off a fractional yield."""
    part = dice.model.stoichiometry[flow][pool] % 1.0
    if part == 0.0 or not dice.model.tables.countable[pool]:
        return 0.0
    return dice.streams[flow].binomial(firings, part) - part * firings


def fire_again(
    dice: Dice, flow: int, more: float, drawn: dict[int, float], odd: dict[int, dict[int, float]], after: Floats
) -> None:
    """Let a leaping flow fire more or less often than it was drawn to."""
    drawn[flow] += more
    for other, amount in dice.model.stoichiometry[flow].items():
        before = odd[flow].get(other, 0.0)
        if before != 0.0 or amount * more % 1.0 != 0.0:
            odd[flow][other] = whole_yield(dice, flow, other, drawn[flow])
        after[other] += odd[flow].get(other, 0.0) - before + amount * more


def count_few(
    dice: Dice,
    moved: Turnover,
    small: set[int],
    leapt: Leap,
    odd: dict[int, dict[int, float]],
    x: Floats,
    due: Floats,
    after: Floats,
    h: float,
) -> None:
    """Draw how many are at the end in pools of few that come back; ``due``: as was expected."""
    countable, primary, leaping = dice.model.tables.countable, dice.model.tables.flows.primary, list(leapt.drawn)
    for pool in prepare(dice.model.tables).wiring.order.tolist():
        few = countable[pool] and pool not in small and min(x[pool], due[pool]) < SPARSE and x[pool] < UNNOTICED
        if not few or moved.born[pool] > 0.1 * moved.pace[pool] or not comes_back(dice, leaping, pool):
            continue
        leavers = [flow for flow in range(dice.model.n_flow) if primary[flow] == pool and dice.own(flow) != 0]
        if any(dice.own(flow) != -1 or flow not in leaping for flow in leavers):
            continue
        others = [
            other
            for flow in leavers
            for other in dice.touched(flow)
            if other != pool and any(primary[back] == other and pool in dice.touched(back) for back in leaping)
        ]
        around = after[pool] + sum(max(after[other], 0.0) for other in others)
        expected = due[pool] + sum(due[other] for other in others)
        if any(other in small or due[other] < due[pool] for other in others) or around <= 0 or expected <= 0:
            continue
        stayed = math.exp(-h * moved.pace[pool])
        came = max(due[pool] - stayed * x[pool], 0.0)
        chance = min(1.0, came / max(expected - stayed * x[pool], came)) if came > 0 else 0.0
        stream = dice.streams[leavers[0]]
        count = stream.binomial(x[pool], stayed)
        count += stream.binomial(max(around - count, 0.0), chance)
        over, leaving = after[pool] - count, sum(leapt.mean[flow] for flow in leavers)
        for flow in leavers:
            if over != 0.0:
                part = min(1.0, leapt.mean[flow] / leaving) if leaving > 0 else 1.0
                leaving -= leapt.mean[flow]
                more = max(dice.streams[flow].binomial(abs(over), part) * math.copysign(1, over), -leapt.drawn[flow])
                over -= more
                fire_again(dice, flow, more, leapt.drawn, odd, after)


def mend(
    dice: Dice, leaping: list[int], drawn: dict[int, float], odd: dict[int, dict[int, float]], after: Floats
) -> None:
    """Take back firings by which more left a pool than were there."""
    model = dice.model
    for pool in [*range(model.n_pool)] * 2:
        for flow in leaping:
            group, own = -dice.own(flow), model.tables.flows.primary[flow] == pool
            if own and group > 0 and after[pool] < 0 and model.tables.countable[pool]:
                undone = min(drawn[flow], math.ceil(-after[pool] / group))
                fire_again(dice, flow, -undone, drawn, odd, after)
