"""Flows that would make something of nothing, or fire less than never, are refused before they run."""

from __future__ import annotations

from collections.abc import Sequence

from immunity.compiler.flows import FlowRow
from immunity.compiler.signal_rows import NONE, LawRow, Signals
from immunity.compiler.tables import (
    LAW_CURVE,
    LAW_HILL,
    LAW_POWER,
    LAW_PROPORTIONAL,
    LAW_SATURATING,
    TERM_POOL,
    TERM_SIGNAL,
)
from immunity.language.errors import fail


def check_sound(signals: Signals, rows: Sequence[FlowRow]) -> None:
    """Check every flow.

    Raises
    ------
    RuleError
        E518 for a flow that takes from a pool, and goes on when that is empty; E519 for a hazard that may be negative.
    """
    negative: dict[int, bool] = {}
    for row in rows:
        net: dict[int, float] = {}
        for change in row.changes:
            weight = 1.0 if change.weight == NONE else signals.numbers[change.weight].value
            net[change.pool] = net.get(change.pool, 0.0) + change.coefficient * weight
        for pool, amount in net.items():
            taken = amount < 0.0 and pool != row.primary
            if taken and not any(_ends_with(signals, law, pool) for law in row.laws):
                raise fail("E518", at=row.location, text=row.rule, pool=signals.space.rows[pool].pool.name)
        for law in row.laws:
            if law.kind == LAW_PROPORTIONAL and _may_be_negative(signals, law.signal, negative):
                raise fail("E519", at=row.location, text=row.rule, reason=f"{signals[law.signal].name!r} may")
            if law.kind == LAW_CURVE and law.curve is not None and min(law.curve[1]) < 0.0:
                raise fail("E519", at=row.location, text=row.rule, reason="a point of its curve does")


def _ends_with(signals: Signals, law: LawRow, pool: int) -> bool:
    """Whether a law is zero when a pool is empty."""
    if law.kind == LAW_HILL:
        if law.parameters[0] != NONE and signals.numbers[law.parameters[0]].value != 0.0:
            return False
    elif law.kind not in (LAW_PROPORTIONAL, LAW_SATURATING, LAW_POWER):
        return False
    return _empty_with(signals, law.signal, pool)


def _empty_with(signals: Signals, signal: int, pool: int) -> bool:
    """Whether a signal is zero when a pool is empty: it senses nothing else, or goes by what doesn't."""
    row = signals[signal]
    if any(_ends_with(signals, law, pool) for law in row.laws):
        return True
    if row.empty or (row.constant != NONE and signals.numbers[row.constant].value != 0.0):
        return row.empty
    return all(
        term.source == pool
        if term.kind == TERM_POOL
        else term.kind == TERM_SIGNAL and _empty_with(signals, term.source, pool)
        for term in row.terms
    )


def _may_be_negative(signals: Signals, signal: int, known: dict[int, bool]) -> bool:
    """Whether a signal adds something below zero."""
    if signal not in known:
        row = signals[signal]
        found = row.constant != NONE and signals.numbers[row.constant].value < 0.0
        for term in row.terms:
            weight = term.coefficient * (1.0 if term.weight == NONE else signals.numbers[term.weight].value)
            below = term.kind == TERM_SIGNAL and _may_be_negative(signals, term.source, known)
            found = found or weight < 0.0 or below
        known[signal] = found or any(
            law.kind == LAW_PROPORTIONAL and _may_be_negative(signals, law.signal, known) for law in row.laws
        )
    return known[signal]
