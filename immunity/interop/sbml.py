"""Systems Biology Markup Language, Level 3 Version 2: a compiled model that other simulators run.

Pools become species (amounts), numbers parameters, signals and readouts assignment rules, flows reactions, dated
events events. What SBML can not say (drawn firings, halting a host) is left out and told in the notes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from immunity.compiler.tables import Events, Floats, Names, Tables
from immunity.interop.sbml_document import (
    Sheet,
    add_event,
    add_parameter,
    add_reaction,
    add_rule,
    add_species,
    define_size,
    define_unit,
    describe,
    one,
    start_document,
    write_document,
)
from immunity.interop.sbml_events import Change, Moment, fold_start, group_moments
from immunity.interop.sbml_formula import (
    PURE,
    Symbols,
    Units,
    number,
    product,
    propensity_dimension,
    propensity_formula,
    signal_formula,
)
from immunity.interop.sbml_names import unique_ids
from immunity.interop.sbml_signs import signals_below_zero
from immunity.interop.sbml_units import as_items, dimension_of, is_substance
from immunity.language.quantity import CELL, DIMENSIONLESS, TIME, Dimension, base_unit

DISCLAIMER = "For research and teaching, not medical advice."

Annotations = Mapping[str, Mapping[str, str]]


def to_sbml(
    tables: Tables,
    theta: Floats,
    state: Floats,
    events: Events,
    *,
    title: str,
    annotations: Annotations | None = None,
    left_out: Sequence[str] = (),
) -> str:
    """Write one host in one scenario as SBML Level 3 Version 2.

    Parameters
    ----------
    theta : float64[parameter]   the host's numbers, base units
    state : float64[pool]        amounts at day 0
    annotations : mapping        pool name -> {"cl": "CL:0000775", "uberon": ..., "uniprot": ..., "chebi": ...,
                                 "taxonomy": ...}; other keys are passed over
    left_out : sequence of str   what the scenario has and the document has not, for its notes

    Returns
    -------
    str
        The document. Events of day 0 are part of the initial values.
    """
    moments, theta, state = fold_start(group_moments(events), theta, state)
    names = tables.names
    sheet = start_document()
    pools = unique_ids(names.pool, sheet.taken)
    symbols = Symbols(
        pool=pools,
        signal=unique_ids(names.signal, sheet.taken),
        parameter=unique_ids(names.parameter, sheet.taken),
        theta=theta,
        changing=frozenset(index for moment in moments for index in moment.parameters),
        below_zero=signals_below_zero(tables, theta),
        units=_units(sheet, names, pools),
    )
    note = _note(tables, title) + (f" Not part of this document: {', '.join(left_out)}." if left_out else "")
    describe(sheet, title, note)
    for index, (sid, name, unit) in enumerate(
        zip(symbols.parameter, names.parameter, names.parameter_unit, strict=True)
    ):
        constant = index not in symbols.changing
        add_parameter(sheet, sid, name, unit, value=float(theta[index]), constant=constant)
    for sid, name, unit, amount in zip(symbols.pool, names.pool, names.pool_unit, state, strict=True):
        add_species(sheet, sid, name, unit, float(amount), (annotations or {}).get(name, {}))
    _write_signals(sheet, tables, symbols)
    _write_readouts(sheet, tables, symbols)
    for flow in range(tables.n_flow):
        _write_flow(sheet, tables, flow, symbols)
    for moment in moments:
        _write_moment(sheet, moment, names, symbols)
    return write_document(sheet)


def _units(sheet: Sheet, names: Names, pools: Sequence[str]) -> Units:
    """Dimensions of everything that has a name, and how amounts are said."""

    def dimensions(units: Sequence[str]) -> tuple[Dimension, ...]:
        return tuple(DIMENSIONLESS if found is None else found[1] for found in map(dimension_of, units))

    held = dimensions(names.pool_unit)
    return Units(
        pool=held,
        signal=dimensions(names.signal_unit),
        parameter=dimensions(names.parameter_unit),
        amount=[
            sid if is_substance(dimension) else f"({sid} * {one(sheet, dimension)})"
            for sid, dimension in zip(pools, held, strict=True)
        ],
        define=lambda dimension: define_unit(sheet, base_unit(dimension)) or PURE,
        one=lambda dimension: one(sheet, dimension),
    )


def _note(tables: Tables, title: str) -> str:
    note = f"{title}. {DISCLAIMER} Time is in days from the start of the scenario, pools are amounts."
    stop = tables.stop
    if stop.signal >= 0:
        signal = tables.names.signal[stop.signal]
        note += f" Not part of this document: a host halts ({stop.outcome}) once {signal} falls below {stop.below:g}."
    return note


def _write_signals(sheet: Sheet, tables: Tables, symbols: Symbols) -> None:
    names = tables.names
    for index, (sid, name, unit) in enumerate(zip(symbols.signal, names.signal, names.signal_unit, strict=True)):
        add_rule(sheet, sid, name, unit, signal_formula(tables, index, symbols))


def _write_readouts(sheet: Sheet, tables: Tables, symbols: Symbols) -> None:
    names, readouts = tables.names, tables.readouts
    sids = unique_ids(names.readout, sheet.taken)
    for index, (sid, name, unit) in enumerate(zip(sids, names.readout, names.readout_unit, strict=True)):
        scale = float(readouts.scale[index])
        value = product([number(scale, define_size(sheet, 1.0 / scale)), symbols.signal[int(readouts.signal[index])]])
        offset = float(readouts.offset[index])
        formula = f"{value} + {number(offset, define_unit(sheet, unit, base=False))}" if offset else value
        add_rule(sheet, sid, name, unit, formula, base=False)


def _write_flow(sheet: Sheet, tables: Tables, flow: int, symbols: Symbols) -> None:
    """Write a flow. A side effect whose weight an event changes becomes a reaction of its own."""
    name, primary = tables.names.flow[flow], int(tables.flows.primary[flow])
    formula = propensity_formula(tables, flow, symbols)
    for weight, effects in _effects(tables, flow, symbols).items():
        changes = {symbols.pool[pool]: amount for pool, amount in effects.items() if amount}
        if changes:
            modifiers = [symbols.pool[primary]] if primary >= 0 and symbols.pool[primary] not in changes else []
            own = formula if weight < 0 else product([symbols.parameter[weight], formula])
            fires = propensity_dimension(tables, flow, symbols)
            if weight >= 0:
                fires = fires * symbols.units.parameter[weight]
            if (extra := CELL / as_items(fires * TIME)) != DIMENSIONLESS:  # reactions count items
                own = product([own, symbols.units.one(extra)])
            label = name if weight < 0 else f"{name} by {tables.names.parameter[weight]}"
            add_reaction(sheet, label, own, changes, modifiers)


def _effects(tables: Tables, flow: int, symbols: Symbols) -> dict[int, dict[int, float]]:
    """Sum a flow's stoichiometry by changing weight (-1: numbers that stay) and pool."""
    flows = tables.flows
    effects: dict[int, dict[int, float]] = {}
    for k in range(flows.stoich_ptr[flow], flows.stoich_ptr[flow + 1]):
        weight, pool = int(flows.stoich_weight[k]), int(flows.stoich_pool[k])
        amount = float(flows.stoich_coefficient[k])
        if weight >= 0 and weight not in symbols.changing:
            amount, weight = amount * float(symbols.theta[weight]), -1
        group = effects.setdefault(weight, {})
        group[pool] = group.get(pool, 0.0) + amount
    return effects


def _write_moment(sheet: Sheet, moment: Moment, names: Names, symbols: Symbols) -> None:
    held = symbols.units.pool
    targets = [
        (symbols.pool[i], names.pool_unit[i] if is_substance(held[i]) else "1", change)
        for i, change in moment.pools.items()
    ]
    targets += [(symbols.parameter[i], names.parameter_unit[i], change) for i, change in moment.parameters.items()]
    condition = f"time >= {number(moment.time, define_unit(sheet, 'day'))}"
    assignments = {sid: _affine(sid, change, define_unit(sheet, unit)) for sid, unit, change in targets}
    for index, change in moment.pools.items():
        held = symbols.units.pool
        for pool, times in change.others:
            per = define_unit(sheet, base_unit(held[index] / held[pool])) if held[index] != held[pool] else None
            assignments[symbols.pool[index]] += f" + {number(times, per)} * {symbols.pool[pool]}"
    add_event(sheet, f"at_day_{moment.time:g}", condition, assignments)


def _affine(sid: str, change: Change, unit: str | None) -> str:
    shift = number(change.shift, unit)
    if change.factor == 0:
        return shift
    scaled = sid if change.factor == 1 else f"{number(change.factor)} * {sid}"
    return f"{scaled} + {shift}" if change.shift else scaled
