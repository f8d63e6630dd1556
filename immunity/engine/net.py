"""Tables made ready to run: `prepare` lays out what is the same for every host, `resolve` one host's numbers.

All values that laws and sums can read stand in one vector: pools first, then signals, then time.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from immunity.compiler.tables import (
    LAW_HILL,
    TERM_POOL,
    TERM_SIGNAL,
    Bytes,
    Floats,
    Ints,
    Laws,
    Tables,
)
from immunity.engine.ordering import Pattern, eliminate
from immunity.engine.packed import Grid, Packed
from immunity.engine.reads import (
    Places,
    flat,
    heard_signals,
    int32,
    invert,
    knot_laws,
    places_of,
    plain_terms,
    ranges,
    reads,
    seen_pools,
    senses,
)

BY_PRIMARY, BY_LAWS = -1, -2  # how a flow's propensity depends on an arm's pool
WIDEST = 24  # signals that read more uncountable pools than this get a row of their own in the linear system


@dataclass(frozen=True, eq=False)
class Wiring(Packed):
    """What is connected to what; the same for every host. Lists are flat with pointers, as in `Tables`.

    An *arm* (flow, pool) says that the flow's propensity depends on the pool: its primary, a partner that it consumes,
    or a pool that its laws sense. Arms times stoichiometry make the entries of the approximate Jacobian W.

    A *wide* signal, a sum over many pools, would fill W with every pair of what it reads and what feels it. Instead it
    has a row and a column of its own behind those of the pools: its change is one more unknown, which its row defines
    and which arms name as if it were a pool.
    """

    n_pool: int
    n_signal: int
    n_flow: int
    countable: Bytes
    floor: Floats
    # signals: source and law_signal index the vector of values
    term_ptr: Ints
    term_source: Places
    law_ptr: Ints  # signals first, then flows
    law_kind: Bytes
    law_signal: Places
    law_signal2: Places
    law_curve: Ints
    curve_ptr: Ints
    curve_x: Floats
    curve_y: Floats
    # flows
    primary: Ints
    drawn: Bytes
    stoich_ptr: Ints
    stoich_pool: Places
    arm_ptr: Ints
    arm_pool: Places
    arm_signal: Ints  # value that the propensity is proportional to, or BY_PRIMARY, or BY_LAWS (these come last)
    grad_ptr: Ints  # per signal: the uncountable pools that it reads
    grad_pool: Places
    place_ptr: Ints  # per arm: where its entries, one per stoichiometric pool, stand in the matrix
    place: Places
    leaver_ptr: Ints  # per pool: flows that have it as primary pool
    leaver: Places
    # wide signals
    wide_row: Ints  # [signal] its row in the linear system, or -1
    row_value: Ints  # [row] the value that a row stands for
    border: Ints  # [grad] where the entry stands in the row of a wide signal, or -1
    # sparse triangular factors, row by row; rows are eliminated in this order
    order: Places
    row_ptr: Ints
    row_diagonal: Ints
    row_column: Places
    n_update: int  # of entries by rows above them, when all rows are live
    # what changes when a countable pool does
    echo_signal_ptr: Ints
    echo_signal: Places
    echo_term: Ints  # by which term alone the signal depends on the pool, in proportion; -1 if it is not as simple
    echo_flow_ptr: Ints  # drawn flows that have the pool as primary pool
    echo_flow: Places
    tell_flow_ptr: Ints  # per signal: drawn flows whose laws sense it
    tell_flow: Places
    knot_law: Places  # curves of a clock: steps end at their knots
    # what is seen from outside
    seen: Bytes  # [pool] read by a readout or the stop rule, or by nothing at all
    readout_signal: Places
    readout_scale: Floats
    readout_offset: Floats
    stop_signal: int
    stop_below: float


@dataclass(frozen=True, eq=False)
class Host(Packed):
    """One host's numbers, resolved from theta."""

    constant: Floats  # [signal]
    scale: Floats  # [signal] 1 / divisor
    weight: Floats  # [term]
    law: Grid  # [law, 4]
    rate: Floats  # [flow] constant part of the hazard
    change: Floats  # [stoich]
    slope: Floats  # [arm] d(value)/d(pool) of a partner
    own: Floats  # [arm] by how much one firing changes the arm's pool


@dataclass(frozen=True)
class Net:
    """A rule book made ready to run."""

    tables: Tables
    wiring: Wiring
    flow_key: np.ndarray
    pool_key: np.ndarray
    arm_flow: Ints
    arm_jac: Ints  # row of `Flows.jac_*`, or BY_PRIMARY, or BY_LAWS
    echo_pair: tuple[Ints, Ints]  # (arm, stoich) pairs of one flow that name the same pool


def _join_laws(first: Laws, second: Laws, n_pool: int) -> dict[str, np.ndarray]:
    def both(name: str) -> np.ndarray:
        return np.concatenate([getattr(first, name), getattr(second, name)])

    return {
        "law_kind": both("kind").astype(np.uint8),
        "law_signal": places_of(both("signal") + n_pool),
        "law_signal2": places_of(np.maximum(both("signal2"), 0) + n_pool),
        "law_curve": int32(both("curve")),
    }


def _arms(tables: Tables, flow_reads: list[set[int]]) -> tuple[list[list[tuple[int, int]]], Ints, Ints]:
    """Return per flow its (pool, jac row or kind) arms, and arm_ptr and the flow of every arm."""
    flows = tables.flows
    arms: list[list[tuple[int, int]]] = []
    for flow, rows in enumerate(ranges(flows.jac_ptr)):
        primary = int(flows.primary[flow])
        own = [(primary, BY_PRIMARY)] if primary >= 0 else []
        met = [(int(flows.jac_pool[row]), row) for row in rows if tables.countable[flows.jac_pool[row]]]
        arms.append(own + met + [(pool, BY_LAWS) for pool in sorted(flow_reads[flow])])
    sizes = int32([len(members) for members in arms])
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return arms, ptr, np.repeat(np.arange(len(arms), dtype=np.int32), sizes)


def positions(pattern: Pattern) -> dict[tuple[int, int], int]:
    """Return where in the factors each (row, column) stands."""
    columns = pattern.column.tolist()
    return {(row, columns[at]): at for row, places in enumerate(ranges(pattern.ptr)) for at in places}


def _entries(
    tables: Tables, arms: list[list[tuple[int, int]]], position: dict[tuple[int, int], int]
) -> tuple[Ints, Places]:
    """Return where in the factors each arm's entries stand."""
    stoich = tables.flows.stoich_pool.tolist()
    lists = [
        [position[stoich[entry], pool] for entry in entries]
        for entries, members in zip(ranges(tables.flows.stoich_ptr), arms, strict=True)
        for pool, _ in members
    ]
    return flat(lists)


def prepare(tables: Tables) -> Net:
    """Lay out a rule book for the kernels and order its linear algebra, once.

    Parameters
    ----------
    tables : Tables     the compiled rule book

    Returns
    -------
    Net
    """
    n_pool, n_signal, n_flow = tables.n_pool, tables.n_signal, tables.n_flow
    signals, flows = tables.signals, tables.flows
    offset = np.select(
        [signals.term_kind == TERM_POOL, signals.term_kind == TERM_SIGNAL], [0, n_pool], default=n_pool + n_signal
    )
    timed = (signals.term_kind != TERM_POOL) & (signals.term_kind != TERM_SIGNAL)
    parts: dict[str, np.ndarray] = {
        "term_ptr": int32(signals.term_ptr),
        "term_source": places_of(np.where(timed, 0, signals.term_source) + offset),
        "law_ptr": int32(np.concatenate([signals.law_ptr, flows.law_ptr[1:] + signals.law_ptr[-1]])),
        **_join_laws(signals.laws, flows.laws, n_pool),
    }
    countable = {int(pool) for pool in np.flatnonzero(tables.countable)}
    sensed, wide = reads(tables, parts, set(range(n_pool)) - countable, WIDEST, heard_signals(tables, parts))
    grad_ptr, grad_pool = flat([sorted(pools) for pools in sensed[:n_signal]])
    arms, arm_ptr, arm_flow = _arms(tables, sensed[n_signal:])
    stoich = flows.stoich_pool.tolist()
    entries = [
        (stoich[entry], pool)
        for places, members in zip(ranges(flows.stoich_ptr), arms, strict=True)
        for pool, _ in members
        for entry in places
    ]
    rim = [(n_pool + k, pool) for k, signal in enumerate(wide) for pool in sorted(sensed[signal])]
    pattern = eliminate(n_pool + len(wide), [*entries, *rim], last=len(wide))
    position = positions(pattern)
    place_ptr, place = _entries(tables, arms, position)
    wide_row = np.full(n_signal, -1, np.int32)
    wide_row[wide] = n_pool + np.arange(len(wide))
    border = np.full(len(grad_pool), -1, np.int32)
    for row, signal in enumerate(wide, n_pool):
        for at in range(grad_ptr[signal], grad_ptr[signal + 1]):
            border[at] = position[row, int(grad_pool[at])]
    leavers: list[list[int]] = [[] for _ in range(n_pool)]
    for flow, primary in enumerate(flows.primary.tolist()):
        if primary >= 0:
            leavers[primary].append(flow)
    leaver_ptr, leaver = flat(leavers)
    counted, _ = reads(tables, parts, countable, n_pool, flows=False)
    echo_signal_ptr, echo_signal = flat(invert(counted[:n_signal], n_pool))
    echo_term = plain_terms(tables, parts, echo_signal_ptr, echo_signal)
    drawn = flows.touches_countable.tolist()
    owned = [{p} & countable if touches else set() for p, touches in zip(flows.primary.tolist(), drawn, strict=True)]
    echo_flow_ptr, echo_flow = flat(invert(owned, n_pool))
    tell_flow_ptr, tell_flow = flat(invert(senses(tables, drawn), n_signal))
    arm_pool = places_of([pool for members in arms for pool, _ in members])
    arm_jac = int32([row for members in arms for _, row in members])
    pairs = [
        (arm, entry)
        for flow, members in enumerate(arms)
        for arm in range(arm_ptr[flow], arm_ptr[flow] + len(members))
        for entry in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1])
        if stoich[entry] == arm_pool[arm]
    ]
    wiring = Wiring(
        n_pool=n_pool,
        n_signal=n_signal,
        n_flow=n_flow,
        countable=tables.countable.astype(np.uint8),
        floor=np.where(tables.floor > 0.0, tables.floor, 1e-12),
        **parts,
        curve_ptr=int32(tables.curves.ptr),
        curve_x=tables.curves.x.astype(np.float64),
        curve_y=tables.curves.y.astype(np.float64),
        primary=int32(flows.primary),
        drawn=flows.touches_countable.astype(np.uint8),
        stoich_ptr=int32(flows.stoich_ptr),
        stoich_pool=places_of(flows.stoich_pool),
        arm_ptr=arm_ptr,
        arm_pool=arm_pool,
        arm_signal=int32([row if row < 0 else flows.jac_signal[row] + n_pool for row in arm_jac]),
        grad_ptr=grad_ptr,
        grad_pool=grad_pool,
        place_ptr=place_ptr,
        place=place,
        wide_row=wide_row,
        row_value=int32([*range(n_pool), *(n_pool + signal for signal in wide)]),
        border=border,
        leaver_ptr=leaver_ptr,
        leaver=leaver,
        order=pattern.order,
        row_ptr=pattern.ptr,
        row_diagonal=pattern.diagonal,
        row_column=pattern.column,
        n_update=pattern.updates,
        echo_signal_ptr=echo_signal_ptr,
        echo_signal=echo_signal,
        echo_term=echo_term,
        echo_flow_ptr=echo_flow_ptr,
        echo_flow=echo_flow,
        tell_flow_ptr=tell_flow_ptr,
        tell_flow=tell_flow,
        knot_law=places_of(knot_laws(tables)),
        seen=seen_pools(tables, parts),
        readout_signal=places_of(tables.readouts.signal),
        readout_scale=tables.readouts.scale.astype(np.float64),
        readout_offset=tables.readouts.offset.astype(np.float64),
        stop_signal=int(tables.stop.signal),
        stop_below=float(tables.stop.below),
    )
    return Net(
        tables=tables,
        wiring=wiring,
        flow_key=flows.key.astype(np.uint32),
        pool_key=np.array([zlib.crc32(name.encode()) for name in tables.names.pool], np.uint32),
        arm_flow=arm_flow,
        arm_jac=arm_jac,
        echo_pair=(int32([arm for arm, _ in pairs]), int32([entry for _, entry in pairs])),
    )


def _pick(theta: Floats, index: Ints, missing: float) -> Floats:
    """Return theta[index], with a default where the index is -1."""
    return np.where(index >= 0, theta[np.maximum(index, 0)], missing) if len(theta) else np.full(index.shape, missing)


def resolve(net: Net, theta: Floats) -> Host:
    """Turn one host's parameters into the numbers that stand in the formulas."""
    signals, flows, wiring = net.tables.signals, net.tables.flows, net.wiring
    with np.errstate(all="ignore"):  # a zero volume gives an infinity, which the run reports
        scale = 1.0 / _pick(theta, signals.divisor, 1.0)
        rate = flows.coefficient.astype(np.float64)
        if len(flows.factor):
            owner = np.repeat(np.arange(net.tables.n_flow), np.diff(flows.factor_ptr))
            np.multiply.at(rate, owner, theta[flows.factor] ** flows.power.astype(np.float64))
        change = flows.stoich_coefficient * _pick(theta, flows.stoich_weight, 1.0)
        slope = np.ones(len(net.arm_jac))
        partner = net.arm_jac >= 0
        jac = net.arm_jac[partner]
        slope[partner] = (
            flows.jac_coefficient[jac] * _pick(theta, flows.jac_weight[jac], 1.0) * scale[flows.jac_signal[jac]]
        )
    own = np.zeros(len(slope))
    np.add.at(own, net.echo_pair[0], change[net.echo_pair[1]])
    law = np.concatenate([signals.laws.parameter, flows.laws.parameter]).reshape(-1, 4)
    missing = np.where(wiring.law_kind[:, None] == LAW_HILL, [[0.0, 1.0, 0.0, 1.0]], 0.0)
    return Host(
        constant=_pick(theta, signals.constant, 0.0),
        scale=scale,
        weight=signals.term_coefficient * _pick(theta, signals.term_weight, 1.0),
        law=np.ascontiguousarray(np.where(law >= 0, _pick(theta, law, 0.0), missing)),
        rate=rate,
        change=change,
        slope=slope,
        own=own,
    )
