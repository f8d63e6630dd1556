"""What is to happen: dated events, and plans that begin, go on and end by what is seen."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from immunity.compiler.tables import EVENT_PARAMETER_SET, Events, Plan, Watch

Row = tuple[int, int, float]  # kind, index, value
Sees = Callable[[Watch], bool]
SETTLED = -1  # the run of a plan that has none


class Item(NamedTuple):
    """Something at a time; those of one time in the order in which they were put down."""

    time: float
    order: int
    act: str
    plan: int = -1
    run: int = 0
    step: int = 0
    row: Row = (0, 0, 0.0)


@dataclass
class Agenda:
    """All that is to come.

    Attributes
    ----------
    armed : dict          (plan, role) -> what is looked out for; roles are begin, rearm, stop
    told : list           (day, what) of every course that began or was stopped, of every dose put off or left out
    """

    plans: Sequence[Plan]
    heap: list[Item] = field(default_factory=list)
    armed: dict[tuple[int, str], Watch] = field(default_factory=dict)
    told: list[tuple[float, str]] = field(default_factory=list)
    run: list[int] = field(default_factory=list)  # per plan: number of the course under way
    begun: list[int] = field(default_factory=list)  # per plan: courses so far
    first: list[float] = field(default_factory=list)  # per plan: when its course began, later by what was put off
    counter: int = 0


def new_agenda(events: Events, plans: Sequence[Plan]) -> Agenda:
    """Put down dated events, and when plans may begin."""
    agenda = Agenda(plans, run=[SETTLED] * len(plans), begun=[0] * len(plans), first=[0.0] * len(plans))
    rows = (events.time.tolist(), events.kind.tolist(), events.index.tolist(), events.value.tolist())
    agenda.heap = [Item(time, n, "row", row=(k, i, v)) for n, (time, k, i, v) in enumerate(zip(*rows, strict=True))]
    agenda.counter = len(agenda.heap)
    heapq.heapify(agenda.heap)
    for number, plan in enumerate(plans):
        _put(agenda, plan.start, "open", number)
        if plan.until < float("inf"):
            _put(agenda, plan.until, "close", number)
    return agenda


def _put(agenda: Agenda, time: float, act: str, plan: int, run: int = 0, step: int = 0, row: Row = (0, 0, 0.0)) -> None:
    heapq.heappush(agenda.heap, Item(time, agenda.counter, act, plan, run, step, row))
    agenda.counter += 1


def next_time(agenda: Agenda) -> float:
    """When something is due, infinite if nothing is."""
    return agenda.heap[0].time if agenda.heap else float("inf")


def take_due(agenda: Agenda, now: float, sees: Sees) -> list[Row]:
    """Work off what is due at an instant up to the next changes of pools and numbers, and return those.

    Parameters
    ----------
    sees : callable    whether something holds in the present state
    """
    rows: list[Row] = []
    while agenda.heap and agenda.heap[0].time <= now:
        if rows and agenda.heap[0].act == "step":
            break  # a step asks for the state that earlier changes leave
        item = heapq.heappop(agenda.heap)
        if item.act == "row":
            rows.append(item.row)
        elif item.act == "open":
            _open(agenda, item.plan, now)
        elif item.act == "close":
            agenda.armed.pop((item.plan, "begin"), None)
            agenda.armed.pop((item.plan, "rearm"), None)
        elif item.act == "begin":
            _begin(agenda, item.plan, now)
        elif item.run == agenda.run[item.plan]:
            if item.act == "run_row":
                rows.append(item.row)
            elif item.act == "step":
                _step(agenda, item, now, sees)
            else:
                _over(agenda, item.plan, now)
    return rows


def see(agenda: Agenda, plan: int, role: str, now: float) -> None:
    """What an armed watch of a plan looked out for is there."""
    agenda.armed.pop((plan, role), None)
    if role == "begin":
        _put(agenda, now + agenda.plans[plan].delay, "begin", plan)
    elif role == "rearm":
        _open(agenda, plan, now)
    else:
        agenda.told.append((now, f"{agenda.plans[plan].name} stopped"))
        for rate in agenda.plans[plan].rates:
            _put(agenda, now, "row", plan, row=(EVENT_PARAMETER_SET, rate, 0.0))
        _over(agenda, plan, now)


def _open(agenda: Agenda, number: int, now: float) -> None:
    plan = agenda.plans[number]
    if plan.when is None:
        _begin(agenda, number, now)
    elif now < plan.until:
        agenda.armed[number, "begin"] = plan.when


def _begin(agenda: Agenda, number: int, now: float) -> None:
    plan = agenda.plans[number]
    agenda.run[number] = agenda.begun[number]
    agenda.begun[number] += 1
    agenda.first[number] = now
    agenda.told.append((now, f"{plan.name} began"))
    if plan.stop_when is not None:
        agenda.armed[number, "stop"] = plan.stop_when
    _put(agenda, now + plan.steps[0][0], "step", number, agenda.run[number], 0)


def _step(agenda: Agenda, item: Item, now: float, sees: Sees) -> None:
    plan = agenda.plans[item.plan]
    if now >= plan.until:
        return
    given = plan.only_if is None or sees(plan.only_if)
    if not given and plan.wait > 0.0:
        agenda.told.append((now, f"{plan.name} put off"))
        agenda.first[item.plan] += plan.wait
        _put(agenda, now + plan.wait, "step", item.plan, item.run, item.step)
        return
    if given:
        for after, kind, index, value in plan.steps[item.step][1]:
            _put(agenda, now + after, "run_row", item.plan, item.run, row=(kind, index, value))
    else:
        agenda.told.append((now, f"{plan.name} left out"))
    following = item.step + 1
    if following < len(plan.steps):
        _put(agenda, agenda.first[item.plan] + plan.steps[following][0], "step", item.plan, item.run, following)
    else:
        _put(agenda, agenda.first[item.plan] + plan.length, "over", item.plan, item.run)


def _over(agenda: Agenda, number: int, now: float) -> None:
    plan = agenda.plans[number]
    agenda.run[number] = SETTLED
    agenda.armed.pop((number, "stop"), None)
    if plan.when is not None and agenda.begun[number] < plan.at_most and now < plan.until:
        if plan.rearm is None:
            agenda.armed[number, "begin"] = plan.when
        else:
            agenda.armed[number, "rearm"] = plan.rearm
