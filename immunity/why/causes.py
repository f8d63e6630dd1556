"""From a readout back to what moved it: by shares of what flows brought, and by what made them faster or slower."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from immunity.compiler.case import Case
from immunity.compiler.tables import (
    EVENT_ADD,
    EVENT_ADD_COUNTED,
    LAW_CURVE,
    LAW_SATURATING,
    TERM_POOL,
    TERM_SIGNAL,
    Floats,
    Laws,
)
from immunity.language.quantity import in_unit
from immunity.why.rates import numbers_along, rates_along
from immunity.why.states import group_states

DEPTH = 4  # flows told one behind the other
LEAST = 0.15  # share of a change below which what brought it is not told
MOST = 2  # of what moved one thing
SETTLED = 0.1  # share of a change by which something counts as not having begun to change
STEADY = math.log(1.05)


@dataclass(frozen=True)
class Cause:
    """One thing that moved another.

    Attributes
    ----------
    kind : str       amount, signal, flow, event or time
    id : str         name of the pool, signal or flow
    start, now : float   amount or value, or firings per day, at the start and when it mattered
    unit : str       of both
    share : float    of what moved that which it caused
    since : float    day from which on a flow brought its share
    repeated : bool  told elsewhere already: causes go in a circle
    """

    kind: str
    id: str
    start: float
    now: float
    unit: str
    day: float
    share: float = 1.0
    since: float = 0.0
    repeated: bool = False
    causes: tuple[Cause, ...] = field(default=())

    @property
    def ratio(self) -> float:
        """Now over the start; infinite for what was not there."""
        return self.now / self.start if self.start != 0.0 else math.inf

    def in_its_unit(self) -> Cause:
        """This and everything behind it, from base units to the units they are told in."""
        behind = tuple(each.in_its_unit() for each in self.causes)
        return replace(self, start=in_unit(self.start, self.unit), now=in_unit(self.now, self.unit), causes=behind)

    def walk(self) -> Iterator[Cause]:
        """This and everything behind it."""
        yield self
        for cause in self.causes:
            yield from cause.walk()


class Course:
    """A run of one host, ready to be asked.

    Parameters
    ----------
    theta : float64[parameter]      the host's numbers on day 0
    time, pools                     float64[time] days, float64[time, pool] amounts in base units
    """

    def __init__(self, case: Case, theta: Floats, time: Floats, pools: Floats) -> None:
        self.case = case
        self.rates = rates_along(case.model.tables, numbers_along(theta, case.events, time), pools, time)
        self.group = group_states(case.model.tables)

    def causes(self, readout: str, day: float, depth: int = DEPTH) -> Cause:
        """Find what made a readout what it is on a day, compared with the start of the run."""
        return _Finder(self).of_signal(self._signal(readout), _row(self.rates.time, day), 1.0, depth)

    def flows_of(self, readout: str) -> list[int]:
        """Flows that fired and changed a pool that a readout counts."""
        flows, pools = self.case.model.tables.flows, self._pools(self._signal(readout))
        touching = (
            np.searchsorted(flows.stoich_ptr, np.flatnonzero(np.isin(flows.stoich_pool, pools)), side="right") - 1
        )
        return [int(flow) for flow in np.unique(touching) if self.rates.propensities[:, flow].any()]

    def removed(self, readout: str) -> list[tuple[str, float]]:
        """Rules that took away what a readout counts, over the whole run, with their shares; most first."""
        tables, rates = self.case.model.tables, self.rates
        flows, taken = tables.flows, dict[str, float]()
        counted = np.zeros(len(tables.names.pool), dtype=bool)
        counted[self._pools(self._signal(readout))] = True
        of_flow = np.repeat(np.arange(len(flows.primary)), np.diff(flows.stoich_ptr))
        change = np.where(counted[flows.stoich_pool], rates.change, 0.0)
        net = np.bincount(of_flow, change, minlength=len(flows.primary))
        for flow in np.flatnonzero((flows.primary >= 0) & counted[flows.primary] & (net < 0.0)):
            rule = tables.names.flow[flow].partition("[")[0]
            fired = float(np.trapezoid(rates.propensities[:, flow], rates.time))
            taken[rule] = taken.get(rule, 0.0) - float(net[flow]) * fired
        whole = sum(taken.values())
        ranked = sorted(taken.items(), key=lambda item: -item[1])
        return [(rule, amount / whole) for rule, amount in ranked if amount > 0.0]

    def _signal(self, readout: str) -> int:
        tables = self.case.model.tables
        return int(tables.readouts.signal[tables.names.readout.index(readout)])

    def _pools(self, signal: int) -> list[int]:
        """Pools that a signal sums up, through other signals too."""
        rows, found = self.case.model.tables.signals, list[int]()
        for term in range(rows.term_ptr[signal], rows.term_ptr[signal + 1]):
            source = int(rows.term_source[term])
            if rows.term_kind[term] == TERM_POOL:
                found.append(source)
            elif rows.term_kind[term] == TERM_SIGNAL:
                found += self._pools(source)
        return found


def _row(time: Floats, day: float) -> int:
    return int(np.searchsorted(time, day + 1e-9, side="right")) - 1


class _Finder:
    """One walk back: each signal and pool is told once."""

    def __init__(self, course: Course) -> None:
        self.case, self.tables = course.case, course.case.model.tables
        self.rates, self.group = course.rates, course.group
        self.told: set[tuple[str, int]] = set()

    def of_signal(self, signal: int, row: int, share: float, depth: int) -> Cause:
        """What moved a signal: the terms of its sum, or a law on it."""
        tables, rates, rows = self.tables, self.rates, self.tables.signals
        terms = range(rows.term_ptr[signal], rows.term_ptr[signal + 1])
        laws = range(rows.law_ptr[signal], rows.law_ptr[signal + 1])
        if len(terms) == 1 and not len(laws) and rows.constant[signal] < 0:
            source, kind = int(rows.term_source[terms[0]]), rows.term_kind[terms[0]]
            if kind == TERM_SIGNAL:
                return self.of_signal(source, row, share, depth)
            if kind == TERM_POOL:
                return self.of_pool(source, row, share, depth)
        before, now = float(rates.signals[0, signal]), float(rates.signals[row, signal])
        made = Cause("signal", tables.names.signal[signal], before, now, tables.names.signal_unit[signal],
                     float(rates.time[row]), share)  # fmt: skip
        if ("signal", signal) in self.told:
            return _again(made)
        self.told.add(("signal", signal))
        moved = {-1: _log_ratio(rates.sums[row, signal], rates.sums[0, signal])}
        moved |= {law: _log_ratio(rates.signal_laws[row, law], rates.signal_laws[0, law]) for law in laws}
        causes: list[Cause] = []
        for key, part in _largest(moved, rose=now >= before):
            if key >= 0:
                causes += self._of_law(rows.laws, key, row, part, depth)
                continue
            gained = {}
            for term in terms:
                there = self._source(term)
                by = int(rows.term_weight[term])
                weight = rates.numbers[row, by] if by >= 0 else 1.0
                gained[term] = float(rows.term_coefficient[term] * weight * (there[row] - there[0]))
            for term, of_sum in _largest(gained, rose=rates.sums[row, signal] >= rates.sums[0, signal]):
                source, kind = int(rows.term_source[term]), rows.term_kind[term]
                if kind == TERM_SIGNAL:
                    causes.append(self.of_signal(source, row, part * of_sum, depth))
                elif kind == TERM_POOL:
                    causes.append(self.of_pool(source, row, part * of_sum, depth))
                else:
                    causes.append(self._clock(row, part * of_sum))
        return _with(made, causes)

    def of_pool(self, pool: int, row: int, share: float, depth: int) -> Cause:
        """What moved an amount: events that added to it, and flows that brought more or took less than at the start.

        States that pass into each other and back are taken together: what goes round between them moves nothing.
        """
        tables, rates = self.tables, self.rates
        amounts = rates.pools[:, pool]
        before, now = float(amounts[0]), float(amounts[row])
        made = Cause("amount", tables.names.pool[pool], before, now, tables.names.pool_unit[pool],
                     float(rates.time[row]), share)  # fmt: skip
        group = int(self.group[pool])
        if ("pool", group) in self.told:
            return _again(made)
        self.told.add(("pool", group))
        if depth <= 0 or row == 0:
            return _with(made, self._given(pool, 0, row))
        first = self._onset(amounts, row)
        rose = now >= before
        brought = self._brought(group, first, row)
        given = self._given(pool, first, row) if rose else []
        total = sum(part for part in brought.values() if part != 0.0 and (part > 0.0) == rose)
        total += sum(each.now for each in given)
        causes = [replace(each, share=each.now / total) for each in given]
        for flow, part in _largest(brought, rose=rose, total=total):
            causes.append(self.of_flow(flow, pool, first, row, part, depth - 1))
        return _with(made, causes)

    def of_flow(self, flow: int, pool: int, first: int, row: int, share: float, depth: int) -> Cause:
        """What made a flow faster or slower than at the start: its primary pool, or what its laws sense."""
        tables, rates, flows = self.tables, self.rates, self.tables.flows
        pace = rates.propensities[first : row + 1, flow]
        at = first + int(np.argmax(np.abs(pace - rates.propensities[0, flow])))
        before, now = float(rates.propensities[0, flow]), float(rates.propensities[at, flow])
        made = Cause("flow", tables.names.flow[flow], before, now, f"{self._counted(flow, pool)}/day",
                     float(rates.time[at]), share, float(rates.time[first]))  # fmt: skip
        laws = range(flows.law_ptr[flow], flows.law_ptr[flow + 1])
        moved = {law: _log_ratio(rates.flow_laws[at, law], rates.flow_laws[0, law]) for law in laws}
        primary = int(flows.primary[flow])
        if primary >= 0 and self.group[primary] != self.group[pool]:
            moved[-1] = _log_ratio(rates.pools[at, primary], rates.pools[0, primary])
        causes: list[Cause] = []
        for key, part in _largest(moved, rose=now >= before):
            if key >= 0:
                causes += self._of_law(flows.laws, key, at, part, depth)
            else:
                causes.append(self.of_pool(primary, at, part, depth))
        return _with(made, causes)

    def _of_law(self, laws: Laws, law: int, row: int, share: float, depth: int) -> list[Cause]:
        """What moved a factor: the signal that it senses."""
        signal = int(laws.signal[law])
        if laws.kind[law] == LAW_SATURATING:
            other = int(laws.signal2[law])
            now, then = self.rates.signals[row], self.rates.signals[0]
            if abs(_log_ratio(now[other], then[other])) > abs(_log_ratio(now[signal], then[signal])):
                signal = other
        if laws.kind[law] == LAW_CURVE and self._is_clock(signal):
            return [self._clock(row, share)]
        return [self.of_signal(signal, row, share, depth)]

    def _given(self, pool: int, first: int, row: int) -> list[Cause]:
        """Events that added to a pool, or to another state of it, in a span of time."""
        events, time = self.case.events, self.rates.time
        adds = np.isin(events.kind, (EVENT_ADD, EVENT_ADD_COUNTED))
        adds[adds] &= self.group[events.index[adds]] == self.group[pool]
        adds &= (events.time >= (time[first] if first else -np.inf)) & (events.time <= time[row])
        if not adds.any():
            return []
        amount, day = float(events.value[adds].sum()), float(events.time[adds][0])
        names = self.tables.names
        return [Cause("event", names.pool[pool], 0.0, amount, names.pool_unit[pool], day)]

    def _brought(self, group: int, first: int, row: int) -> dict[int, float]:
        """What each flow brought to a group of pools beyond what it brings at the start, between two rows."""
        flows, rates = self.tables.flows, self.rates
        found: dict[int, float] = {}
        days = np.diff(rates.time[first : row + 1])
        for at in np.flatnonzero(self.group[flows.stoich_pool] == group):
            flow = int(np.searchsorted(flows.stoich_ptr, at, side="right")) - 1
            excess = rates.propensities[first : row + 1, flow] - rates.propensities[0, flow]
            brought = float(np.sum(0.5 * (excess[1:] + excess[:-1]) * days))
            found[flow] = found.get(flow, 0.0) + float(rates.change[at]) * brought
        return found

    def _onset(self, amounts: Floats, row: int) -> int:
        """The last row before which a pool had not begun to move to where it is."""
        change = amounts[row] - amounts[0]
        still = np.flatnonzero(np.abs(amounts[:row] - amounts[0]) <= SETTLED * abs(change))
        return min(int(still[-1]) if len(still) else 0, row - 1)

    def _source(self, term: int) -> Floats:
        rows = self.tables.signals
        kind, source = rows.term_kind[term], rows.term_source[term]
        if kind == TERM_POOL:
            return self.rates.pools[:, source]
        return self.rates.signals[:, source] if kind == TERM_SIGNAL else self.rates.time

    def _is_clock(self, signal: int) -> bool:
        rows = self.tables.signals
        terms = range(rows.term_ptr[signal], rows.term_ptr[signal + 1])
        return all(rows.term_kind[term] not in (TERM_POOL, TERM_SIGNAL) for term in terms)

    def _clock(self, row: int, share: float) -> Cause:
        day = float(self.rates.time[row])
        return Cause("time", "time", 0.0, day, "day", day, share)

    def _counted(self, flow: int, pool: int) -> str:
        primary = int(self.tables.flows.primary[flow])
        return self.tables.names.pool_unit[primary if primary >= 0 else pool]


def _log_ratio(now: float, before: float) -> float:
    """How far a factor moved; what was nothing or below is taken to have moved without end."""
    if now == before:
        return 0.0
    if before <= 0.0 or now <= 0.0:
        return math.copysign(50.0, now - before)
    return math.log(now / before)


def _largest(parts: dict[int, float], *, rose: bool, total: float | None = None) -> list[tuple[int, float]]:
    """Those that moved most in one direction, with their shares of all that moved so."""
    sign = 1.0 if rose else -1.0
    along = {key: part * sign for key, part in parts.items() if part * sign > 0.0}
    whole = sum(along.values()) if total is None else total * sign
    if whole <= 0.0:
        return []
    ranked = sorted(along.items(), key=lambda item: -item[1])[:MOST]
    return [(key, part / whole) for key, part in ranked if part >= LEAST * whole]


def _again(made: Cause) -> Cause:
    return replace(made, repeated=True)


def _with(made: Cause, causes: list[Cause]) -> Cause:
    return replace(made, causes=tuple(each for each in causes if each.kind not in ("amount", "signal") or _moved(each)))


def _moved(cause: Cause) -> bool:
    return abs(_log_ratio(cause.now, cause.start)) > STEADY
