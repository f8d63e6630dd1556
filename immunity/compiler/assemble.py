"""Pass 7: rows to arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from immunity.compiler.bind import Scope, pools_of, reference_of
from immunity.compiler.flows import FlowRow
from immunity.compiler.numbers import Numbers, parameter_of, within
from immunity.compiler.readouts import ReadoutRow
from immunity.compiler.signal_rows import NONE, LawRow, SignalRow, Signals
from immunity.compiler.signals import signal_of
from immunity.compiler.space import NotMet, Pool, Space
from immunity.compiler.tables import (
    LAW_PROPORTIONAL,
    TERM_POOL,
    Curves,
    Flows,
    Laws,
    Names,
    Origin,
    Readouts,
    Stop,
    Tables,
)
from immunity.compiler.tables import Signals as SignalTable
from immunity.language.errors import Location, fail
from immunity.language.models import Host
from immunity.language.quantity import TIME, Quantity, expect, parse_quantity


def _ptr(lengths: Sequence[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32) if lengths else np.zeros(1, np.int32)


def _ints(values: Sequence[int]) -> np.ndarray:
    return np.asarray(values, np.int32).reshape(-1)


class _CurveStore:
    """Curves met so far, each stored once."""

    def __init__(self) -> None:
        self.index: dict[tuple[tuple[float, ...], tuple[float, ...]], int] = {}

    def add(self, curve: tuple[tuple[float, ...], tuple[float, ...]] | None) -> int:
        return NONE if curve is None else self.index.setdefault(curve, len(self.index))

    def table(self) -> Curves:
        curves = list(self.index)
        return Curves(
            _ptr([len(x) for x, _ in curves]),
            np.asarray([v for x, _ in curves for v in x], float),
            np.asarray([v for _, y in curves for v in y], float),
        )


def _laws(rows: Sequence[LawRow], curves: _CurveStore) -> Laws:
    return Laws(
        kind=np.asarray([row.kind for row in rows], np.uint8),
        signal=_ints([row.signal for row in rows]),
        signal2=_ints([row.signal2 for row in rows]),
        parameter=np.asarray([row.parameters for row in rows], np.int32).reshape(-1, 4),
        curve=_ints([curves.add(row.curve) for row in rows]),
    )


def _signal_table(rows: Sequence[SignalRow], curves: _CurveStore) -> SignalTable:
    terms = [term for row in rows for term in row.terms]
    return SignalTable(
        constant=_ints([row.constant for row in rows]),
        divisor=_ints([row.divisor for row in rows]),
        term_ptr=_ptr([len(row.terms) for row in rows]),
        term_kind=np.asarray([term.kind for term in terms], np.uint8),
        term_source=_ints([term.source for term in terms]),
        term_coefficient=np.asarray([term.coefficient for term in terms], float),
        term_weight=_ints([term.weight for term in terms]),
        law_ptr=_ptr([len(row.laws) for row in rows]),
        laws=_laws([law for row in rows for law in row.laws], curves),
    )


def _consumed_partners(signals: Signals, row: FlowRow) -> list[tuple[int, int, float, int]]:
    """Pools that a flow uses up through a proportional law, as (pool, signal, coefficient, weight).

    Its primary pool is among them where a law senses nothing else: there, members of one pool meet each other.
    """
    numbers = signals.numbers
    used = {
        change.pool
        for change in row.changes
        if change.coefficient * (1.0 if change.weight == NONE else numbers[change.weight].value) < 0
    }

    def alone(signal: SignalRow) -> bool:
        return len(signal.terms) == 1 and signal.constant == NONE

    return [
        (term.source, law.signal, term.coefficient, term.weight)
        for law in row.laws
        if law.kind == LAW_PROPORTIONAL and not signals[law.signal].laws
        for term in signals[law.signal].terms
        if term.kind == TERM_POOL and term.source in used
        if term.source != row.primary or alone(signals[law.signal])
    ]


def _flow_table(signals: Signals, rows: Sequence[FlowRow], curves: _CurveStore) -> Flows:
    space = signals.space
    factors = [factor for row in rows for factor in row.factors]
    changes = [change for row in rows for change in row.changes]
    partners = [_consumed_partners(signals, row) for row in rows]
    flat = [partner for group in partners for partner in group]
    touches = [any(space.rows[change.pool].countable for change in row.changes) for row in rows]
    return Flows(
        primary=_ints([row.primary for row in rows]),
        coefficient=np.asarray([row.coefficient for row in rows], float),
        factor_ptr=_ptr([len(row.factors) for row in rows]),
        factor=_ints([index for index, _ in factors]),
        power=np.asarray([power for _, power in factors], np.int8),
        law_ptr=_ptr([len(row.laws) for row in rows]),
        laws=_laws([law for row in rows for law in row.laws], curves),
        stoich_ptr=_ptr([len(row.changes) for row in rows]),
        stoich_pool=_ints([change.pool for change in changes]),
        stoich_coefficient=np.asarray([change.coefficient for change in changes], float),
        stoich_weight=_ints([change.weight for change in changes]),
        touches_countable=np.asarray(touches, np.uint8),
        key=np.asarray([row.key for row in rows], np.uint32),
        jac_ptr=_ptr([len(group) for group in partners]),
        jac_pool=_ints([pool for pool, _, _, _ in flat]),
        jac_signal=_ints([signal for _, signal, _, _ in flat]),
        jac_coefficient=np.asarray([coefficient for _, _, coefficient, _ in flat], float),
        jac_weight=_ints([weight for _, _, _, weight in flat]),
    )


def initial_amounts(space: Space, numbers: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Amounts before settling, and the parameters they come from; stages and index members that are left open share.

    Raises
    ------
    RuleError
        E406 where a reference names no pool, or several states or places, E413 for a pool given twice, E305 for a
        wrong unit, E516 for less than nothing.
    """
    amounts = np.zeros(len(space.rows))
    parameters = np.full(len(space.rows), -1, np.int32)
    given: dict[Pool, str] = {}
    for id, entry in space.entities.items():
        for text, number in space.entity(id).initial.items():
            at = entry.at("initial", text)
            try:
                pools = pools_of(space, reference_of(space, text, id, at=at), Scope(id, {}), at=at)
            except NotMet:
                continue
            if not pools and space.hollow(id):
                continue
            spots = {(pool.state, pool.place) for pool in pools}
            if len(spots) != 1:
                raise fail("E406", at=at, text=text, count=f"pools of {len(spots)} states" if spots else "none")
            index = parameter_of(numbers, f"{id}.initial.{text.replace(' ', '_')}", number, Scope(id, {}), at=at)
            if number.use is None:
                numbers.frozen.add(index)  # the amounts are laid down here, so that a later change would do nothing
            within(numbers, index, at=at)
            row = numbers[index]
            expect(Quantity(row.value, row.dimension, row.text), space.rows[space.pools[pools[0]]].dimension, at=at)
            for pool in pools:
                if pool in given:
                    raise fail("E413", at=at, text=pool.name, kind="initial amount of", first=given[pool])
                given[pool] = str(at)
                amounts[space.pools[pool]] = row.value / len(pools)
                parameters[space.pools[pool]] = index
    return amounts, parameters


def _stop(signals: Signals) -> tuple[Stop, float]:
    """The stop rule, and how long a host settles."""
    hosts = signals.space.book.entries.get("host", {})
    if len(hosts) > 1:
        second = list(hosts.values())[1]
        raise fail("E413", at=second.at("id"), text="host", kind="entry of kind host", first=next(iter(hosts)))
    for entry in hosts.values():
        record = entry.record
        assert isinstance(record, Host)
        settle = expect(parse_quantity(record.settle, at=entry.at("settle")), TIME, at=entry.at("settle"))
        if record.ends_when is None:
            return Stop(NONE, 0.0, ""), settle.value
        at = entry.at("ends_when", "signal")
        signal = signal_of(signals, record.ends_when.signal, Scope(None, {}), at=at)
        where = entry.at("ends_when", "below")
        below = expect(parse_quantity(record.ends_when.below, at=where), signals[signal].dimension, at=where)
        return Stop(signal, below.value, record.ends_when.outcome), settle.value
    return Stop(NONE, 0.0, ""), 0.0


def _origin(location: Location | None, rule: str) -> Origin:
    return Origin(location.file, location.line, rule) if location else Origin("", 0, rule)


def assemble(signals: Signals, flows: Sequence[FlowRow], readouts: Sequence[ReadoutRow]) -> Tables:
    """Lay all rows out flat."""
    space, numbers, curves = signals.space, signals.numbers, _CurveStore()
    stop, settle = _stop(signals)
    initial, initial_of = initial_amounts(space, numbers)
    grows = [initial_of[k] >= 0 and space.entity(row.pool.entity).grows for k, row in enumerate(space.rows)]
    flow_table = _flow_table(signals, flows, curves)
    signal_table = _signal_table(signals.rows, curves)
    return Tables(
        theta=np.asarray([row.value for row in numbers.rows], float),
        initial=initial,
        initial_of=initial_of,
        grown=np.flatnonzero(grows).astype(np.int32),
        countable=np.asarray([row.countable for row in space.rows], np.uint8),
        floor=np.asarray([row.floor for row in space.rows], float),
        signals=signal_table,
        flows=flow_table,
        curves=curves.table(),
        readouts=Readouts(
            _ints([row.signal for row in readouts]),
            np.asarray([row.scale for row in readouts], float),
            np.asarray([row.offset for row in readouts], float),
        ),
        stop=stop,
        settle_days=settle,
        names=Names(
            pool=tuple(row.pool.name for row in space.rows),
            pool_unit=tuple(row.unit for row in space.rows),
            signal=tuple(row.name for row in signals.rows),
            signal_unit=tuple(row.unit for row in signals.rows),
            flow=tuple(row.name for row in flows),
            parameter=tuple(row.name for row in numbers.rows),
            parameter_unit=tuple(str(row.dimension) for row in numbers.rows),
            readout=tuple(row.info.id for row in readouts),
            readout_unit=tuple(row.info.unit for row in readouts),
        ),
        pool_origin=tuple(_origin(row.location, row.pool.entity) for row in space.rows),
        flow_origin=tuple(_origin(row.location, row.rule) for row in flows),
        signal_origin=tuple(_origin(row.location, row.name) for row in signals.rows),
    )
